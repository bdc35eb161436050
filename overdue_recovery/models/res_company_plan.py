from typing import NamedTuple

from odoo import fields, models


class PlanLimits(NamedTuple):
    """What a customer may agree on without us; amounts in company currency, 0: no limit, except
    for ``accepted``: 0 accepts nothing at once."""

    months: int
    count: int
    minimum: float
    first_percent: float
    accepted: float


class ResCompanyPlan(models.AbstractModel):
    """How a company agrees on payment plans."""

    _name = "res.company.recovery.plan"
    _description = "Company: payment plans"

    currency_id = fields.Many2one("res.currency")
    recovery_plan_grace_days = fields.Integer(
        string="Grace of installments",
        default=3,
        help="Days that an installment may be late before its plan is defaulted.",
        prefetch="recovery",
    )
    recovery_plan_cure_days = fields.Integer(
        string="Days to cure a plan",
        default=14,
        help="Days after the default within which a plan goes on when all that is due is paid.",
        prefetch="recovery",
    )
    recovery_plan_offer_days = fields.Integer(
        string="Days to accept a plan",
        default=14,
        help="So long the offer of a plan holds, but never after its first payment.",
        prefetch="recovery",
    )

    recovery_plan_reminder_days = fields.Integer(
        string="Reminder of installments",
        default=3,
        help="Days before an installment on which the customer is reminded. 0: never.",
        prefetch="recovery",
    )
    recovery_plan_max_months = fields.Integer(
        string="Longest plan (months)",
        default=6,
        help="Months from the day of a customer's request to its last installment. 0: no limit.",
        prefetch="recovery",
    )
    recovery_plan_max_count = fields.Integer(
        string="Most installments",
        default=6,
        help="Of a plan that a customer asks for. 0: no limit.",
        prefetch="recovery",
    )
    recovery_plan_min_amount = fields.Monetary(
        string="Smallest installment",
        default=25.0,
        help="Of a plan that a customer asks for. 0: no limit.",
        prefetch="recovery",
    )
    recovery_plan_first_percent = fields.Float(
        string="First payment at least (%)",
        help="Part of the amount that a customer pays first. 0: no limit.",
        prefetch="recovery",
    )
    recovery_plan_accepted_amount = fields.Monetary(
        string="Accepted at once up to",
        help="A customer's request up to this amount begins without a person. 0: none does.",
        prefetch="recovery",
    )

    _recovery_plan_days = models.Constraint(
        "CHECK(LEAST(recovery_plan_grace_days, recovery_plan_cure_days, recovery_plan_offer_days,"
        " recovery_plan_reminder_days, recovery_plan_max_months, recovery_plan_max_count,"
        " recovery_plan_min_amount, recovery_plan_first_percent, recovery_plan_accepted_amount)"
        " >= 0 AND COALESCE(recovery_plan_first_percent, 0) <= 100)",
        "Days, limits and amounts of payment plans can't be negative, nor a part more than all.",
    )

    def _recovery_plan_limits(self):
        """What a customer may ask for by itself."""
        self.ensure_one()
        return PlanLimits(
            self.recovery_plan_max_months,
            self.recovery_plan_max_count,
            self.recovery_plan_min_amount,
            self.recovery_plan_first_percent,
            self.recovery_plan_accepted_amount,
        )
