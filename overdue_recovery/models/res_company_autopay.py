from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompanyAutopay(models.AbstractModel):
    """How a company collects by saved cards and mandates."""

    _name = "res.company.recovery.autopay"
    _description = "Company: automatic payment"

    recovery_autopay_days = fields.Integer(
        string="Debits are announced",
        default=14,
        help="Days before the debit, proposed with each mandate; SEPA asks for 14 unless another "
        "time was agreed.",
        prefetch="recovery",
    )
    recovery_autopay_retries = fields.Char(
        string="Failed debits are tried again",
        default="3, 7",
        help="Days after each failure, in order: “3, 7” tries twice more. Empty: never.",
        prefetch="recovery",
    )

    _recovery_autopay_not_negative = models.Constraint(
        "CHECK(recovery_autopay_days >= 0)", "Debits can't be announced after they are made."
    )

    @api.constrains("recovery_autopay_retries")
    def _check_recovery_autopay_retries(self):
        for company in self:
            company._recovery_retry_days()

    def _recovery_retry_days(self):
        """[days after the first failure, after the second, …].

        :raise ValidationError: the text is no list of days
        """
        self.ensure_one()
        parts = [part.strip() for part in (self.recovery_autopay_retries or "").split(",")]
        days = [int(part) for part in parts if part.isdecimal() and 0 < int(part) < 100]
        if len(days) != len([part for part in parts if part]):
            raise ValidationError(
                self.env._("Write the days of further tries as numbers from 1 to 99: “3, 7”.")
            )
        return days
