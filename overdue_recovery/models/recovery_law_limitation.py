from datetime import date, timedelta
from functools import lru_cache

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models

# What nobody asked for in three years is left to a person, where no row says more.
DEFAULT_MONTHS = 36


@lru_cache(maxsize=10_000)
def last_day(date_due, months, start="due_date"):
    """The last day on which a debt can be enforced: ``months`` after the day on which it fell due,
    or after the end of that year."""
    begin = date(date_due.year, 12, 31) if start == "year_end" else date_due
    try:
        return begin + relativedelta(months=months)
    except (OverflowError, ValueError):
        return date.max


def last_day_by(laws, date_due):
    """The last day by the first of these ``ChargeLaw`` that was in force when the debt fell due,
    else three years after."""
    for law in laws:
        if law.is_in_force(date_due):
            return last_day(date_due, law.limitation_months, law.limitation_start)
    return last_day(date_due, DEFAULT_MONTHS)


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

    _limitation_within_reason = models.Constraint(
        "CHECK (limitation_months BETWEEN 0 AND 1200)",
        "The limitation is a number of months from 0 to 1,200.",
    )

    def _limitation_date(self, date_due):
        """The last day on which a debt that fell due on ``date_due`` can be enforced; None: the
        row does not say."""
        self.ensure_one()
        if not self.limitation_months:
            return None
        return last_day(date_due, self.limitation_months, self.limitation_start)

    @api.model
    def _last_day(self, company, partner, date_due):
        """The last day on which ``partner`` can be made to pay what fell due on ``date_due``: by
        the row in force then that has a switch on and knows, else three years after.

        :param company: res.company, the creditor
        :param partner: res.partner, the debtor
        """
        return last_day_by(self._limiting(company, partner), date_due)

    @api.model
    def _limiting(self, company, partner):
        """The ``ChargeLaw`` that know when debts of ``partner`` end, the most precise first."""
        country, _state = partner._recovery_home(company)
        debtor_type = partner._recovery_law_type()
        laws = (law for law in self._charge_laws() if law.limitation_months)
        fitting = (law for law in laws if law.applies_to(country, debtor_type))
        return sorted(fitting, key=lambda law: law.precision(), reverse=True)

    @api.model
    def _time_barred_before(self, today):
        """No debt that fell due on this day or later is time-barred on ``today``, whoever owes
        it: what is younger need not be looked at. Months are of unequal length: some days more."""
        months = [law.limitation_months for law in self._charge_laws() if law.limitation_months]
        return today - relativedelta(months=min([DEFAULT_MONTHS, *months])) + timedelta(days=4)
