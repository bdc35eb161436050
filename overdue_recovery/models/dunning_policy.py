from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from psycopg2 import OperationalError


class DunningPolicy(models.Model):
    """The escalation rules of one segment of customers.

    A customer follows the policy named on it, else the first active policy of the company whose
    ``partner_domain`` it matches (by sequence). The shipped "Standard" policy comes last and
    matches everybody.
    """

    _name = "dunning.policy"
    _description = "Dunning Policy"
    _inherit = ["dunning.policy.charge", "mail.thread"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10, help="The first policy that matches a customer is used.")
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    level_ids = fields.One2many("dunning.level", "policy_id", string="Levels", copy=True)
    partner_domain = fields.Char(
        string="Customers", default="[]", help="Only customers that match; empty matches all."
    )
    date_start = fields.Date(
        string="Start",
        tracking=True,
        help="Items that fell due before this day are listed for you and never dunned by "
        "themselves, until somebody starts them.",
    )
    grace_contact_days = fields.Integer(
        string="Grace before contact", help="Days after the due date without any contact."
    )
    grace_charge_days = fields.Integer(
        string="Grace before charges", help="Days after the due date without any charge."
    )
    min_interval_days = fields.Integer(
        string="Days between notices", default=7, help="Counted per customer, over all its items."
    )
    min_amount = fields.Monetary(
        string="Smallest amount",
        default=10.0,
        help="Less than this in all and no notice is made (company currency).",
    )
    mode = fields.Selection(
        [
            ("manual", "By hand only"),
            ("approve", "Prepared every day, sent by a person"),
            ("automatic", "Prepared and sent every day"),
        ],
        default="approve",
        required=True,
        tracking=True,
    )
    step = fields.Selection(
        [("one", "One level at a time"), ("catch_up", "Straight to the level due by age")],
        default="one",
        required=True,
    )
    max_notices = fields.Integer(
        string="Most notices without approval",
        help="An automatic run with more notices waits for a person. 0: three times the median "
        "of the last five runs, at least 50.",
    )
    postal_days = fields.Integer(
        string="Postal days", default=3, help="Added to the pay-by date of a letter."
    )
    net_payables = fields.Selection(
        [
            ("show", "Ignore"),
            ("hold", "Hold the notice"),
            ("subtract", "Subtract like a credit"),
        ],
        string="When we owe the customer",
        default="show",
        required=True,
    )
    stale_bank_days = fields.Integer(
        string="Wait for bank data",
        default=3,
        help="After so many working days without a bank line receipts may be missing: notices then "
        "wait for a person. 0: never. Only for companies that import statements.",
    )
    private_mode = fields.Boolean(
        help="Messages say only how much is open, never for what (patients, consumers)."
    )
    thank_you = fields.Boolean(
        string="Say thank you", help="A message when a customer in recovery has paid everything."
    )

    _not_negative = models.Constraint(
        "CHECK(min_interval_days >= 0 AND grace_contact_days >= 0 AND grace_charge_days >= 0"
        " AND postal_days >= 0 AND stale_bank_days >= 0 AND min_amount >= 0 AND max_notices >= 0)",
        "Days, amounts and numbers of a policy can't be negative.",
    )

    @api.constrains("partner_domain")
    def _check_partner_domain(self):
        anybody = self.env["res.partner"].search([], limit=1)
        for policy in self:
            policy._matching(anybody)

    @api.constrains("mode")
    def _check_readiness(self):
        for policy in self.filtered(lambda policy: policy.mode == "automatic"):
            missing = policy.company_id._recovery_missing_for_automatic()
            if missing:
                raise ValidationError(
                    self.env._(
                        "Policy “%(policy)s” can't send by itself yet:\n%(missing)s",
                        policy=policy.name,
                        missing="\n".join(f"– {text}" for text in missing),
                    )
                )

    @api.constrains("level_ids", "active")
    def _check_levels(self):
        self.level_ids._check_ladder()

    @api.model_create_multi
    def create(self, vals_list):
        policies = super().create(vals_list)
        domain = [("company_id", "in", policies.company_id.ids)]
        if self.sudo()._read_group(domain, ["company_id"], having=[("__count", ">", 1)]):
            self.env["res.groups"]._recovery_show("group_policies")
        return policies

    def write(self, vals):
        if "company_id" in vals:
            moved = self.filtered(lambda policy: policy.company_id.id != vals["company_id"])
            self._check_may_move(moved)
        return super().write(vals)

    def _check_may_move(self, moved):
        """A policy that notices or items know stays with its company."""
        used = moved.with_context(active_test=False).level_ids._used()
        if used:
            raise UserError(
                self.env._(
                    "Policy “%s” was used by its company and stays there: duplicate it instead.",
                    used.policy_id[:1].name,
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_only_unused(self):
        """The database deletes the levels of a policy past their own check."""
        # the ones the items reached, archived ones too
        self.with_context(active_test=False).level_ids._unlink_only_unused()

    @api.model
    def _landing(self):
        """The screen of policies: the policy itself while the company has no other."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "overdue_recovery.dunning_policy_action"
        )
        own = self.search([("company_id", "=", self.env.company.id)], limit=2)
        if len(own) == 1:
            action |= {"res_id": own.id, "view_mode": "form", "views": [(False, "form")]}
        return action

    def _matching(self, partners):
        """Those of ``partners`` that are this policy's customers.

        :raise ValidationError: ``partner_domain`` can't be read (any more)
        """
        try:
            return partners._recovery_filter(self._customer_domain())
        except OperationalError:
            raise
        except Exception as error:
            raise ValidationError(
                self.env._(
                    "The customers of policy “%(policy)s” can't be read: %(error)s. "
                    "Choose them again with the filter editor.",
                    policy=self.name,
                    error=error,
                )
            ) from error

    def _customer_domain(self):
        """The policy's customers as a Domain. An unreadable text raises what its parser raises."""
        return Domain(literal_eval(self.partner_domain or "[]"))

    def _ladder(self):
        """The active levels as ``calc.escalation.Level`` facts, ordered; amounts in rounding units
        of the company's currency."""
        self.ensure_one()
        return tuple(level._fact() for level in self.level_ids.filtered("active"))
