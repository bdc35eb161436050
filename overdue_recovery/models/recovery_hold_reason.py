from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..calc import demand, escalation


class RecoveryHoldReason(models.Model):
    """Why recovery pauses, and what the pause means: the switches are what a new hold starts with.

    The code is what the decision reads, so it never changes and the shipped ones stay; rename or
    archive them as you like, and add own reasons, which pause without lowering the demand.
    """

    _name = "recovery.hold.reason"
    _description = "Reason of a Hold"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Small letters, digits and _; never changes.")
    sequence = fields.Integer(default=200, help="The most serious first.")
    active = fields.Boolean(default=True)
    description = fields.Text(translate=True, help="When to use it, and what happens then.")
    lowers_demand = fields.Boolean(
        compute="_compute_lowers_demand",
        search="_search_lowers_demand",
        help="The amount held is not demanded; the rest of the item still is.",
    )
    stops_contact = fields.Boolean(default=True, help="No demand is sent for what is held.")
    stops_charges = fields.Boolean(help="Neither interest nor fees arise on what is held.")
    whole_customer = fields.Boolean(help="Covers all items of the customer, not only one.")
    representative_only = fields.Boolean(
        help="Write to the representative only, never to the debtor."
    )
    review_days = fields.Integer(
        help="Days after which a person looks at it again. 0: it ends by itself with its cause."
    )
    is_sensitive = fields.Boolean(
        string="Sensitive", help="A matter of health, family or living: few may read the details."
    )

    _code_uniq = models.Constraint("UNIQUE (code)", "Another reason has this code already.")
    _code_format = models.Constraint(
        "CHECK (code ~ '^[a-z][a-z0-9_]*$')",
        "A code has small letters, digits and underscores only, and begins with a letter.",
    )
    _review_days_positive = models.Constraint(
        "CHECK (review_days >= 0)", "Days until the review can't be negative."
    )

    def _blocks(self):
        """What a hold of this reason blocks: contact, charge or both."""
        self.ensure_one()
        if self.stops_contact and self.stops_charges:
            return "both"
        return "charge" if self.stops_charges else "contact"

    @api.depends("code")
    def _compute_lowers_demand(self):
        for reason in self:
            reason.lowers_demand = reason.code in demand.LOWERING

    @api.model
    def _search_lowers_demand(self, operator, value):
        if operator != "in":
            return NotImplemented
        lowering = Domain("code", "in", list(demand.LOWERING))
        parts = [lowering if wanted else ~lowering for wanted in set(value)]
        return Domain.OR(parts)

    def write(self, vals):
        if "code" in vals and any(reason.code != vals["code"] for reason in self):
            raise UserError(
                self.env._("The code of a reason never changes: make a new reason instead.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_shipped(self):
        shipped = self.filtered(lambda reason: reason.code in escalation.REASONS)[:1]
        if shipped:
            raise UserError(
                self.env._(
                    "“%(reason)s” is used by the program and can't be deleted; archive it instead.",
                    reason=shipped.name,
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_only_unused(self):
        """sudo: a hold of a company that the user can't see uses a reason too."""
        used = self.env["recovery.hold"].sudo().search([("reason_id", "in", self.ids)], limit=1)
        if used:
            raise UserError(
                self.env._(
                    "“%(reason)s” is the reason of a hold on %(subject)s. Archive it instead.",
                    reason=used.reason_id.name,
                    subject=used.subject,
                )
            )
