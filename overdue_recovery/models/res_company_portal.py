from odoo import fields, models


class ResCompanyPortal(models.AbstractModel):
    """What a company lets customers do on the portal without asking it."""

    _name = "res.company.recovery.portal"
    _description = "Company: acts on the portal"

    recovery_says_paid_days = fields.Integer(
        string="Days to look for a payment",
        default=7,
        help="So long nothing is asked of what a customer says is paid; once for each item.",
        prefetch="recovery",
    )
    recovery_portal_promise_days = fields.Integer(
        string="Promises up to (days)",
        default=14,
        help="So far ahead a customer may promise by itself, and put it off once.",
        prefetch="recovery",
    )
    _recovery_portal_not_negative = models.Constraint(
        "CHECK(recovery_says_paid_days >= 0 AND recovery_portal_promise_days >= 0)",
        "What customers may do by themselves can't be negative.",
    )
