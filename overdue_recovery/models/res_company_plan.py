from odoo import fields, models


class ResCompanyPlan(models.AbstractModel):
    """How a company agrees on payment plans."""

    _name = "res.company.recovery.plan"
    _description = "Company: payment plans"

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

    _recovery_plan_days = models.Constraint(
        "CHECK(recovery_plan_grace_days >= 0 AND recovery_plan_cure_days >= 0"
        " AND recovery_plan_offer_days >= 0)",
        "The days of payment plans can't be negative.",
    )
