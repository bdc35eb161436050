from odoo import api, fields, models
from odoo.exceptions import UserError


class RecoveryLateReason(models.Model):
    """Why a customer is late, and what helps.

    Sensitive reasons, those of health, family and living, are read by ``group_sensitive`` only:
    a record rule hides the rows, and for everybody else the name that shows on a case or invoice
    is a neutral one.
    """

    _name = "recovery.late.reason"
    _description = "Reason of Lateness"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Small letters, digits and _; unique.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    side = fields.Selection(
        [("ours", "Ours"), ("theirs", "The customer's"), ("third_party", "A third party's")],
        required=True,
        default="theirs",
        help="Where the cause lies, and so who can put it right.",
    )
    treatment = fields.Selection(
        [
            ("remind", "Remind kindly"),
            ("wait", "Give time"),
            ("plan", "Offer a payment plan"),
            ("hardship", "Examine hardship"),
            ("talk", "Talk to the right person"),
            ("resend", "Send the invoice again"),
            ("correct", "Put our side right"),
            ("trace", "Trace the payment"),
            ("autopay", "Offer automatic payment"),
        ],
        required=True,
        default="remind",
        help="What usually helps.",
    )
    suggested_treatment = fields.Text(translate=True, help="What to do, in a few sentences.")
    is_sensitive = fields.Boolean(
        string="Sensitive", help="A matter of health, family or living: few may read it."
    )

    _code_uniq = models.Constraint("UNIQUE (code)", "Another reason has this code already.")
    _code_format = models.Constraint(
        "CHECK (code ~ '^[a-z][a-z0-9_]*$')",
        "A code has small letters, digits and underscores only, and begins with a letter.",
    )

    @api.depends("name", "is_sensitive")
    @api.depends_context("lang", "uid")
    def _compute_display_name(self):
        """The web client shows names of records that the user may not read: not these."""
        may_know = self.env.user.has_group("overdue_recovery.group_sensitive")
        for reason in self:
            is_hidden = reason.is_sensitive and not may_know
            reason.display_name = self.env._("Private reason") if is_hidden else reason.name

    @api.ondelete(at_uninstall=False)
    def _unlink_only_unused(self):
        """sudo: a case of a company that the user can't see uses a reason too."""
        for model in ("recovery.case", "account.move"):
            records = self.env[model].sudo().with_context(active_test=False)
            used = records.search([("late_reason_id", "in", self.ids)], limit=1)
            if used:
                raise UserError(
                    self.env._(
                        "The reason “%(reason)s” is noted on %(record)s. Archive it instead.",
                        reason=used.late_reason_id.name,
                        record=used.display_name,
                    )
                )
