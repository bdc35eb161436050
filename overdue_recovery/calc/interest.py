"""Interest on a debt that is paid late: what a number of days at dated rates comes to.

Amounts are in rounding units, rates are fractions per year (``Decimal('0.12')`` = 12 %). Interest
runs over ``(date_from, date_to]``: the first day counted is the day after ``date_from`` (the due
date, or the last day already claimed), the last one is ``date_to`` (the day of payment). Spans that
follow one another thus share no day and leave none out, and a day at a time adds up to the whole
for every day count but 30U/360, whose months end on two different days.

Nothing is rounded in here: add up the spans of a claim and call ``half_up`` once.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Context, Decimal
from fractions import Fraction

#: Enough digits for no sum to be moved over a half by the one division that ends a computation.
_PRECISE = Context(prec=50)

#: ``(valid_from, rate)``: the rate is in force on that day and until the next one begins.
Rate = tuple[date, Decimal]


def accrue(
    principal: int,
    date_from: date,
    date_to: date,
    rates: Sequence[Rate],
    day_count: str = "act/365",
) -> Decimal:
    """Simple interest on ``principal`` over ``(date_from, date_to]``, in unrounded units.

    A rate applies to the days from its ``valid_from`` on. 1,000.00 due on 31 March 2024 and paid on
    30 September bears the rate of the first half-year for 91 days, of the second for 92
    (directive 2011/7/EU: the reference rate of the half-year plus 8 points, by days):

    >>> rates = [(date(2024, 1, 1), Decimal('0.1250')), (date(2024, 7, 1), Decimal('0.1225'))]
    >>> due, paid = date(2024, 3, 31), date(2024, 9, 30)
    >>> [half_up(accrue(100000, due, paid, rates, day_count)) for day_count in DAY_COUNTS]
    [6204, 6187, 6290, 6188, 6188]

    Nothing accrues on the day itself; one day more is one day's interest:

    >>> accrue(36500, due, due, rates), accrue(36500, due, date(2024, 4, 1), rates)
    (Decimal('0'), Decimal('12.5'))

    The rates may come in any order. One that repeats the rate before it is no change, and a stretch
    of days at one rate is counted as one period (which matters to 30U/360 only):

    >>> again = [(date(2025, 1, 1), Decimal('0.12')), (date(2024, 1, 1), Decimal('0.12'))]
    >>> accrue(36000, date(2024, 11, 15), date(2025, 2, 15), again, '30U/360')
    Decimal('1080')

    A day before the first rate, two rates of one day, or a span that ends before it begins are
    refused rather than counted as nothing:

    >>> accrue(100000, date(2023, 12, 30), date(2024, 1, 2), rates)
    Traceback (most recent call last):
    ValueError: no rate is known for 2023-12-31: the first one is valid from 2024-01-01
    >>> accrue(100000, due, paid, rates + rates)
    Traceback (most recent call last):
    ValueError: two rates are valid from 2024-01-01
    >>> accrue(100000, paid, due, rates)
    Traceback (most recent call last):
    ValueError: the span ends before it begins: 2024-09-30 to 2024-03-31
    >>> accrue(-1, due, paid, rates)
    Traceback (most recent call last):
    ValueError: the principal must not be negative: -1
    """
    if principal < 0:
        raise ValueError(f"the principal must not be negative: {principal}")
    years_of = _years_of(date_from, date_to, day_count)
    weighted = sum(
        Fraction(rate) * years_of(start, end)
        for start, end, rate in _stretches(date_from, date_to, rates)
    )
    return _decimal(principal * weighted)


def compound(
    principal: int, rate: Decimal, years: int | Decimal | Fraction, periods_per_year: int
) -> Decimal:
    """Interest on ``principal`` after ``years`` with interest on interest, in unrounded units.

    principal × ((1 + rate ÷ n) ^ (n × years) − 1), added ``n = periods_per_year`` times a year;
    0 = simple interest. 10,000.00 at 12 % for 2 years, simple, yearly and monthly:

    >>> [half_up(compound(1000000, Decimal('0.12'), 2, times)) for times in (0, 1, 12)]
    [240000, 254400, 269735]

    A part of a period bears the same part of the exponent:

    >>> half_up(compound(1000000, Decimal('0.21'), Fraction(1, 2), 1))
    100000

    >>> compound(1000000, Decimal('0.12'), 2, -1)
    Traceback (most recent call last):
    ValueError: a year has no -1 periods
    >>> compound(1000000, Decimal('0.12'), -2, 1)
    Traceback (most recent call last):
    ValueError: the years must not be negative: -2
    >>> compound(-1, Decimal('0.12'), 2, 1)
    Traceback (most recent call last):
    ValueError: the principal must not be negative: -1
    """
    if principal < 0:
        raise ValueError(f"the principal must not be negative: {principal}")
    if years < 0:
        raise ValueError(f"the years must not be negative: {years}")
    if periods_per_year < 0:
        raise ValueError(f"a year has no {periods_per_year} periods")
    if not periods_per_year:
        return _decimal(principal * Fraction(rate) * Fraction(years))
    growth = _PRECISE.power(
        _decimal(1 + Fraction(rate) / periods_per_year),
        _decimal(Fraction(years) * periods_per_year),
    )
    return _PRECISE.multiply(Decimal(principal), _PRECISE.subtract(growth, Decimal(1)))


def fraction(date_from: date, date_to: date, day_count: str) -> Fraction:
    """The part of a year in ``(date_from, date_to]`` by a day count convention.

    ``act/365`` (fixed), ``act/360``: calendar days over 365 or 360, in leap years too.

    ``act/act`` (ISDA 2006, 4.16 (b)): each day over the days of its year; a counted day ``d`` is
    the night before it and belongs to the year of ``d − 1``.

    ``30E/360`` (ISDA 2006, 4.16 (g), the eurobond basis): every month has 30 days, the 31st is the
    30th. ``30U/360`` (ISDA 2006, 4.16 (f), the bond basis, without an end-of-February rule): the
    31st is the 30th at the start, and at the end where the start is the 30th or 31st.

    >>> whole = date(2024, 1, 1), date(2025, 1, 1)
    >>> [str(fraction(*whole, day_count)) for day_count in DAY_COUNTS]
    ['366/365', '1', '61/60', '1', '1']
    >>> turn = date(2023, 12, 31), date(2024, 1, 1)
    >>> fraction(*turn, 'act/act'), fraction(*turn, '30E/360')
    (Fraction(1, 365), Fraction(1, 360))
    >>> mid = date(2024, 1, 15), date(2024, 1, 31)
    >>> fraction(*mid, '30E/360') * 360, fraction(*mid, '30U/360') * 360
    (Fraction(15, 1), Fraction(16, 1))

    >>> fraction(*whole, '30/365')
    Traceback (most recent call last):
    ValueError: unknown day count '30/365': act/365, act/act, act/360, 30E/360 or 30U/360
    >>> fraction(*whole[::-1], 'act/365')
    Traceback (most recent call last):
    ValueError: the span ends before it begins: 2025-01-01 to 2024-01-01
    """
    return _years_of(date_from, date_to, day_count)(date_from, date_to)


def half_up(amount: Decimal) -> int:
    """Round an amount half up to whole units, as a claim is rounded once.

    >>> [half_up(Decimal(amount)) for amount in ('2.4999', '2.5', '3.5', '0')]
    [2, 3, 4, 0]
    """
    return int((Fraction(amount) + Fraction(1, 2)) // 1)


def _years_of(date_from: date, date_to: date, day_count: str) -> Callable[[date, date], Fraction]:
    """The function of ``day_count``, once it and the span were found to make sense."""
    if day_count not in DAY_COUNTS:
        *names, last = DAY_COUNTS
        raise ValueError(f"unknown day count {day_count!r}: {', '.join(names)} or {last}")
    if date_to < date_from:
        raise ValueError(f"the span ends before it begins: {date_from} to {date_to}")
    return DAY_COUNTS[day_count]


def _stretches(
    date_from: date, date_to: date, rates: Sequence[Rate]
) -> Iterator[tuple[date, date, Decimal]]:
    """The span cut where the rate changes: ``(start, end, rate)`` with days ``(start, end]``."""
    if date_from == date_to:
        return
    changes = _changes(rates)
    first_day = date_from + timedelta(days=1)
    if not changes or first_day < changes[0][0]:
        known = f"the first one is valid from {changes[0][0]}" if changes else "there is none"
        raise ValueError(f"no rate is known for {first_day}: {known}")
    ends = [valid_from - timedelta(days=1) for valid_from, _rate in changes[1:]]
    for (_valid_from, rate), last_day in zip(changes, [*ends, date_to], strict=True):
        end = min(last_day, date_to)
        if end > date_from:
            yield date_from, end, rate
            date_from = end


def _changes(rates: Sequence[Rate]) -> list[Rate]:
    """The rates by date, without those that change nothing."""
    changes: list[Rate] = []
    previous = None
    for valid_from, rate in sorted(rates):
        if valid_from == previous:
            raise ValueError(f"two rates are valid from {valid_from}")
        previous = valid_from
        if not changes or changes[-1][1] != rate:
            changes.append((valid_from, rate))
    return changes


def _act_365(start: date, end: date) -> Fraction:
    return Fraction((end - start).days, 365)


def _act_360(start: date, end: date) -> Fraction:
    return Fraction((end - start).days, 360)


def _act_act(start: date, end: date) -> Fraction:
    years = Fraction(0)
    while start.year < end.year:
        next_year = date(start.year + 1, 1, 1)
        years += Fraction((next_year - start).days, _days_in(start.year))
        start = next_year
    return years + Fraction((end - start).days, _days_in(end.year))


def _30e_360(start: date, end: date) -> Fraction:
    return _months_of_30(start, min(start.day, 30), end, min(end.day, 30))


def _30u_360(start: date, end: date) -> Fraction:
    first = min(start.day, 30)
    return _months_of_30(start, first, end, min(end.day, 30) if first == 30 else end.day)


def _months_of_30(start: date, first: int, end: date, last: int) -> Fraction:
    days = 360 * (end.year - start.year) + 30 * (end.month - start.month) + last - first
    return Fraction(days, 360)


def _days_in(year: int) -> int:
    return (date(year, 12, 31) - date(year, 1, 1)).days + 1


def _decimal(number: Fraction | int) -> Decimal:
    number = Fraction(number)
    return _PRECISE.divide(Decimal(number.numerator), Decimal(number.denominator))


#: The day counts that a law row may name, by the function that counts.
DAY_COUNTS = {
    "act/365": _act_365,
    "act/act": _act_act,
    "act/360": _act_360,
    "30E/360": _30e_360,
    "30U/360": _30u_360,
}
