"""The figures by which receivables are judged, from sums that the caller has read.

Amounts are in rounding units of one currency (or all in whole ones: only their ratios matter).
Results are unrounded: days, or shares as fractions (``Decimal('0.947')`` = 94.7 %). A figure that
the sums can't tell (no sales, no promise judged) is None, never 0.
"""

from collections.abc import Iterable, Sequence
from decimal import Context, Decimal
from fractions import Fraction

_PRECISE = Context(prec=50)

#: The outcomes of a promise that was judged.
_JUDGED = ("kept", "partly_kept", "broken")


def dso(receivables: int, sales: int, days: int) -> Decimal | None:
    """Days sales outstanding: receivables ÷ credit sales of the last ``days`` days × days.

    >>> dso(250000, 900000, 90)
    Decimal('25')
    >>> dso(250000, 0, 90) is None
    True
    >>> dso(250000, 900000, 0)
    Traceback (most recent call last):
    ValueError: a period has at least one day, not 0
    """
    _check_days(days)
    _check_amounts(receivables, sales)
    return _ratio(receivables * days, sales)


def best_possible_dso(current: int, sales: int, days: int) -> Decimal | None:
    """The DSO if nothing were overdue: receivables not yet overdue ÷ sales × days.

    >>> best_possible_dso(180000, 900000, 90)
    Decimal('18')
    """
    return dso(current, sales, days)


def average_days_delinquent(
    receivables: int, current: int, sales: int, days: int
) -> Decimal | None:
    """DSO − best possible DSO: the days that lateness alone adds.

    >>> average_days_delinquent(250000, 180000, 900000, 90)
    Decimal('7')
    >>> average_days_delinquent(180000, 250000, 900000, 90)
    Traceback (most recent call last):
    ValueError: of 180000 receivable, 250000 can not be current
    """
    _check_part(current, receivables)
    return dso(receivables - current, sales, days)


def countback_dso(receivables: int, sales: Sequence[int], days: int = 30) -> Decimal | None:
    """Days of the newest sales that the receivables stand for (the count-back method).

    ``sales`` are those of periods of ``days`` days, the newest first: whole periods are taken off
    while they are covered, of the last one its part.

    >>> round(countback_dso(212000, [100000, 80000, 70000]), 2)
    Decimal('73.71')
    >>> countback_dso(0, [])
    Decimal('0')

    Receivables older than all sales given can't be counted back: give more periods.

    >>> countback_dso(250001, [100000, 80000, 70000]) is None
    True
    """
    _check_days(days)
    _check_amounts(receivables, *sales)
    left, counted = receivables, Fraction(0)
    for sold in sales:
        if not left:
            break
        taken = min(left, sold)
        counted += days * Fraction(taken, sold) if left <= sold else days
        left -= taken
    return None if left else _decimal(counted)


def cei(begin: int, sales: int, end_total: int, end_current: int) -> Decimal | None:
    """Collection effectiveness index of a period, as a fraction: what was collected of what could.

    (begin + sales − end total) ÷ (begin + sales − end current), where ``begin`` is all receivable
    at its beginning, ``end_total`` at its end, ``end_current`` the part of it not yet overdue.

    >>> round(cei(400000, 1200000, 350000, 280000), 4)
    Decimal('0.9470')
    >>> cei(0, 1000, 1000, 1000) is None
    True
    >>> cei(0, 1000, 1000, 1001)
    Traceback (most recent call last):
    ValueError: of 1000 receivable, 1001 can not be current
    """
    _check_amounts(begin, sales, end_total)
    _check_part(end_current, end_total)
    return _ratio(begin + sales - end_total, begin + sales - end_current)


def promises_kept(outcomes: Iterable[str]) -> Decimal | None:
    """The share of promises kept among those judged; open and cancelled ones don't count.

    A promise partly kept is judged, and not kept.

    >>> promises_kept(['kept', 'kept', 'partly_kept', 'broken', 'open'])
    Decimal('0.5')
    >>> promises_kept(['open']) is None
    True
    """
    judged = [outcome for outcome in outcomes if outcome in _JUDGED]
    return _ratio(judged.count("kept"), len(judged))


def roll_rates(before: Sequence[int], after: Sequence[int]) -> list[Decimal | None]:
    """For each ageing column, the share of it that is in the next column one period later.

    ``before`` and ``after`` are the columns of the ageing report at the begin and the end of a
    period as long as a column is wide (30 days, a month). One row less than columns: nothing is
    older than the last one.

    >>> [str(rate) for rate in roll_rates([100000, 40000, 10000], [120000, 20000, 8000])]
    ['0.2', '0.2']
    >>> roll_rates([0, 500], [100, 0])
    [None]
    >>> roll_rates([0, 500], [100])
    Traceback (most recent call last):
    ValueError: the reports have 2 and 1 columns
    """
    if len(before) != len(after):
        raise ValueError(f"the reports have {len(before)} and {len(after)} columns")
    _check_amounts(*before, *after)
    return [_ratio(later, earlier) for earlier, later in zip(before, after[1:], strict=False)]


def recovery_rate(recovered: int, placed: int) -> Decimal | None:
    """What was recovered of what was placed (with an agency, a law firm), as a fraction.

    >>> recovery_rate(4000, 10000)
    Decimal('0.4')
    >>> recovery_rate(0, 0) is None
    True
    """
    _check_amounts(recovered, placed)
    return _ratio(recovered, placed)


def _check_days(days: int) -> None:
    if days < 1:
        raise ValueError(f"a period has at least one day, not {days}")


def _check_amounts(*amounts: int) -> None:
    if min(amounts, default=0) < 0:
        raise ValueError(f"an amount must not be negative: {min(amounts)}")


def _check_part(current: int, total: int) -> None:
    _check_amounts(current)
    if current > total:
        raise ValueError(f"of {total} receivable, {current} can not be current")


def _ratio(part: int, whole: int) -> Decimal | None:
    return _decimal(Fraction(part, whole)) if whole else None


def _decimal(number: Fraction) -> Decimal:
    return _PRECISE.divide(Decimal(number.numerator), Decimal(number.denominator))
