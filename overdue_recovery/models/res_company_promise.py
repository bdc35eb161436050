from odoo import fields, models


class ResCompanyPromise(models.AbstractModel):
    """How a company takes promises to pay."""

    _name = "res.company.recovery.promise"
    _description = "Company: promises to pay"

    recovery_promise_tolerance_days = fields.Integer(
        string="Tolerance of promises",
        default=2,
        help="Days that the money of a promise may take longer, proposed with each.",
        prefetch="recovery",
    )

    _recovery_promise_limits = models.Constraint(
        "CHECK(recovery_promise_tolerance_days >= 0)",
        "The days of tolerance can't be negative.",
    )
