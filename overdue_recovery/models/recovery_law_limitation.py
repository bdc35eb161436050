from datetime import date

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models

# What nobody asked for in three years is left to a person, whatever the law.
DEFAULT_MONTHS = 36


class RecoveryLawLimitation(models.AbstractModel):
    """When a debt can no longer be enforced."""

    _name = "recovery.law.limitation"
    _description = "Law: limitation"

    limitation_months = fields.Integer(
        string="Limitation (months)",
        help="After so many months a debt can no longer be enforced. 0: not known; such debts "
        "are left to a person after 3 years.",
    )
    limitation_start = fields.Selection(
        [("due_date", "The due date"), ("year_end", "The end of the year of the due date")],
        string="Counted From",
        required=True,
        default="due_date",
    )

    def _limitation_date(self, date_due):
        """The last day on which a debt that fell due on ``date_due`` can be enforced; None: the
        row does not say."""
        self.ensure_one()
        if not self.limitation_months:
            return None
        start = date(date_due.year, 12, 31) if self.limitation_start == "year_end" else date_due
        return start + relativedelta(months=self.limitation_months)

    @api.model
    def _last_day(self, company, partner, date_due):
        """The last day on which ``partner`` can be made to pay what fell due on ``date_due``: of
        the row in force then that has a switch on and knows, else three years after."""
        laws = (
            law
            for law in self._charge_laws()
            if law.limitation_months and law.is_in_force(date_due)
        )
        law = self._fitting(company, partner, laws)
        if not law:
            return date_due + relativedelta(months=DEFAULT_MONTHS)
        return self.browse(law.id).sudo()._limitation_date(date_due)
