from odoo import fields, models

# Working days after which nobody would call it a decision.
LONGEST_DEADLINE = 250


class ResCompanyDispute(models.AbstractModel):
    """How long a company takes to decide what a customer contests."""

    _name = "res.company.recovery.dispute"
    _description = "Company: disputes"

    recovery_dispute_days = fields.Integer(
        string="Days to decide a dispute",
        default=10,
        help="Working days within which the owner of a dispute decides it.",
        prefetch="recovery",
    )

    _recovery_dispute_not_negative = models.Constraint(
        "CHECK(recovery_dispute_days >= 0)", "The days to decide a dispute can't be negative."
    )

    def _recovery_dispute_deadline(self):
        """The day until which a dispute that begins today is decided."""
        days = min(self.recovery_dispute_days, LONGEST_DEADLINE)
        return self.partner_id._recovery_add_working_days(self._recovery_today(), days)
