from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal

from odoo import fields, models


def half_year(day):
    """The first day of the half-year that ``day`` lies in."""
    return date(day.year, 1 if day.month < 7 else 7, 1)


def next_half_year(day):
    """The first day of the half-year after the one that ``day`` lies in."""
    return date(day.year, 7, 1) if day.month < 7 else date(day.year + 1, 1, 1)


def as_rate(fraction):
    """A rate out of the database as Decimal: what a person typed, without the dust of floats."""
    return Decimal(str(round(fraction or 0.0, 8)))


def percent(rate):
    """A rate for a reader: 0.0215 is "2.15 %"."""
    figure = as_rate(rate) * 100
    return f"{figure.normalize():f} %"


class RecoveryLawInterest(models.AbstractModel):
    """Interest for late payment: which rate, from when, counted how."""

    _name = "recovery.law.interest"
    _description = "Law: interest"

    interest_kind = fields.Selection(
        [
            ("none", "No interest"),
            ("fixed", "Fixed rate"),
            ("reference", "Reference rate + points"),
        ],
        string="Interest",
        required=True,
        default="none",
    )
    interest_rate = fields.Float(string="Rate", digits=(16, 6), help="Per year: 0.08 = 8 %.")
    reference_rate_id = fields.Many2one("recovery.reference.rate", index=True, ondelete="restrict")
    reference_points = fields.Float(
        string="Points Above", digits=(16, 6), help="Added to the reference rate: 0.08 = 8 points."
    )
    reference_day = fields.Selection(
        [
            ("first_day", "First day of the half-year"),
            ("last_day_before", "Last day of the half-year before"),
        ],
        string="Rate Taken On",
        required=True,
        default="first_day",
    )
    reference_step = fields.Float(
        string="Rounded Up To",
        digits=(16, 6),
        help="The sum is rounded up to the next multiple: 0.005 = half a point. 0: not at all.",
    )
    rate_mode = fields.Selection(
        [
            ("floating", "Follows the reference rate by half-year"),
            ("frozen", "Stays what it was when interest began"),
        ],
        string="Rate of a Debt",
        required=True,
        default="floating",
    )
    day_count = fields.Selection(
        [
            ("act/365", "Actual days / 365"),
            ("act/act", "Actual days / days of the year"),
            ("act/360", "Actual days / 360"),
            ("30E/360", "30E / 360 (European)"),
            ("30U/360", "30U / 360 (US)"),
        ],
        required=True,
        default="act/365",
    )
    compound_periods = fields.Integer(
        string="Compounded",
        help="Times a year that unpaid interest itself begins to bear interest. 0: simple "
        "interest, which nearly every law asks for.",
    )
    interest_when_rejected = fields.Boolean(
        string="Interest after a rejected dispute",
        help="When a dispute ends rejected, its days bear interest too.",
    )
    default_start = fields.Selection(
        [
            ("due_date", "After the due date"),
            ("due_days", "Days after the due date"),
            ("invoice_days", "Days after the invoice"),
            ("notice", "After the first reminder"),
        ],
        string="Interest Begins",
        required=True,
        default="due_date",
    )
    default_days = fields.Integer(
        string="Days until Interest",
        help="Days after the due date, the invoice or the reminder. Never before the due date.",
    )

    _interest_is_fraction = models.Constraint(
        "CHECK (interest_rate BETWEEN 0 AND 1 AND reference_points BETWEEN -1 AND 1"
        " AND reference_step BETWEEN 0 AND 1)",
        "Rates are fractions: 8 % is 0.08.",
    )
    _interest_has_reference = models.Constraint(
        "CHECK (interest_kind != 'reference' OR reference_rate_id IS NOT NULL)",
        "Choose the reference rate that the interest follows.",
    )
    _interest_has_rate = models.Constraint(
        "CHECK (interest_kind != 'fixed' OR interest_rate > 0)",
        "Say which rate is charged, or choose that there is no interest.",
    )
    _interest_not_negative = models.Constraint(
        "CHECK (default_days BETWEEN 0 AND 3660 AND compound_periods BETWEEN 0 AND 366)",
        "Days until interest and times of compounding are numbers from 0 on.",
    )

    def _rates(self, start, end):
        """The yearly rates of a debt, for ``calc.interest.accrue``.

        :param start: date, the first day that bears interest
        :param end: date, the last one (included)
        :return: [(valid from, Decimal)], ascending, the first one valid on ``start``; a frozen
            rate is one entry; empty when the row gives no interest
        :raise UserError: the reference rate has no value for a day that is needed
        """
        self.ensure_one()
        if self.interest_kind == "none":
            return []
        if self.interest_kind == "fixed":
            return [(start, as_rate(self.interest_rate))]
        rates = [(start, self._reference_rate_of(start))]
        day = next_half_year(start)
        while self.rate_mode == "floating" and day <= end:
            rates.append((day, self._reference_rate_of(day)))
            day = next_half_year(day)
        return rates

    def _reference_rate_of(self, day):
        """The rate of the half-year that ``day`` lies in: reference, points, rounded up."""
        taken_on = half_year(day)
        if self.reference_day == "last_day_before":
            taken_on -= timedelta(days=1)
        rate = self.reference_rate_id._rate_on(taken_on) + as_rate(self.reference_points)
        step = as_rate(self.reference_step)
        if step:
            rate = (rate / step).to_integral_value(ROUND_CEILING) * step
        return rate

    def _runs_from(self, date_due, invoice_date=None, notified_on=None):
        """The day after which interest runs: the next one is the first that bears it.

        :param date_due: date on which the item fell due; interest never runs before
        :param invoice_date: date of its invoice (None: as if of the due date)
        :param notified_on: day on which its first reminder counts as received
            (``_received_on``); None: none was handed over
        :return: date; None while interest has not begun
        """
        self.ensure_one()
        if self.default_start == "notice":
            if not notified_on:
                return None
            return max(date_due, notified_on + timedelta(days=self.default_days))
        if self.default_start == "due_days":
            return date_due + timedelta(days=self.default_days)
        if self.default_start == "invoice_days":
            return max(date_due, (invoice_date or date_due) + timedelta(days=self.default_days))
        return date_due
