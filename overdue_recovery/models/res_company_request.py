from odoo import fields, models

# Working days after which nobody would call it an answer.
LONGEST_DEADLINE = 60


class ResCompanyRequest(models.AbstractModel):
    """How long a company takes to answer what customers ask."""

    _name = "res.company.recovery.request"
    _description = "Company: requests of customers"

    recovery_request_days = fields.Integer(
        string="Days to answer a request",
        default=3,
        help="Working days; after them a manager has the task too.",
        prefetch="recovery",
    )

    _recovery_request_not_negative = models.Constraint(
        "CHECK(recovery_request_days >= 0)", "The days to answer a request can't be negative."
    )

    def _recovery_request_deadline(self):
        """The day until which a request of today is answered."""
        days = min(self.recovery_request_days, LONGEST_DEADLINE)
        return self.partner_id._recovery_add_working_days(self._recovery_today(), days)
