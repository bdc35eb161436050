"""How late an item is, in days and in columns of the ageing report."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

#: The last day of each column, included; the first one is what is not due.
BOUNDS = (0, 30, 60, 90)


def days_overdue(date_due: date, today: date) -> int:
    """Whole days since the maturity; 0 when the item is due today or later.

    Due today is not overdue, the day after is one day overdue:

    >>> days_overdue(date(2025, 3, 12), date(2025, 3, 11))
    0
    >>> days_overdue(date(2025, 3, 12), date(2025, 3, 12))
    0
    >>> days_overdue(date(2025, 3, 12), date(2025, 3, 13))
    1

    Calendar days count, the 29th of February among them:

    >>> days_overdue(date(2024, 2, 28), date(2024, 3, 1))
    2
    """
    return max(0, (today - date_due).days)


def bucket(days: int, bounds: Sequence[int] = BOUNDS) -> int:
    """Number of the column in which an item overdue by ``days`` is shown.

    Each bound is the last day of its column (inclusive): 0 is not due, ``len(bounds)`` is over the
    last bound. With the usual bounds: 0 not due, 1 for 1–30 days, 2 for 31–60, 3 for 61–90, 4 over.

    >>> [bucket(days) for days in (0, 1, 30, 31, 60, 61, 90, 91, 4000)]
    [0, 1, 1, 2, 2, 3, 3, 4, 4]
    >>> [bucket(days, bounds=(0, 14)) for days in (0, 14, 15)]
    [0, 1, 2]

    A ledger on 31 March 2025, in whole units:

    >>> ledger = [
    ...     (1000, date(2025, 4, 10)), (2000, date(2025, 3, 31)), (3000, date(2025, 3, 30)),
    ...     (4000, date(2025, 3, 1)), (500, date(2025, 2, 28)), (700, date(2025, 1, 30)),
    ...     (900, date(2025, 1, 29)), (1100, date(2024, 12, 31)), (1200, date(2024, 12, 30)),
    ... ]
    >>> columns = [0, 0, 0, 0, 0]
    >>> for amount, date_due in ledger:
    ...     columns[bucket(days_overdue(date_due, date(2025, 3, 31)))] += amount
    >>> columns
    [3000, 7000, 1200, 2000, 1200]

    Bounds that do not ascend would put items into no column or two:

    >>> bucket(45, bounds=(0, 60, 30))
    Traceback (most recent call last):
    ValueError: ageing bounds must ascend: (0, 60, 30)
    """
    if any(low >= high for low, high in pairwise(bounds)):
        raise ValueError(f"ageing bounds must ascend: {tuple(bounds)}")
    return bisect_left(bounds, days)
