"""What may be demanded of an item now, and what is left of it after open credits."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

#: The hold reasons that lower what may be demanded. Every other reason stops the notice or the
#: charge and leaves the amount as it is.
LOWERING = ("disputed", "promised", "in_plan", "in_transit", "credit_note_coming")


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold in force on an item.

    ``amount`` is in the item's currency, None = all of it; ``until`` is the last day it is in
    force, None = open-ended. ``until`` is told, not judged: callers pass the holds in force.

    >>> Hold('disputed', 4000).lowers, Hold('hardship').lowers
    (True, False)
    """

    reason: str
    amount: int | None = None
    until: date | None = None

    @property
    def lowers(self) -> bool:
        """Whether it lowers what may be demanded, rather than stop the notice."""
        return self.reason in LOWERING


def demandable(residual: int, holds: Iterable[Hold]) -> int:
    """What of ``residual`` may be demanded under ``holds``: never negative, never more.

    >>> demandable(10000, [])
    10000
    >>> demandable(10000, [Hold('disputed', 2500), Hold('promised', 3000)])
    4500

    A hold without amount covers the item; holds that overlap never make it a credit:

    >>> demandable(10000, [Hold('in_plan')])
    0
    >>> demandable(10000, [Hold('disputed', 8000), Hold('in_transit', 8000)])
    0

    Other holds leave the amount as it is, and a hold that is used up frees nothing:

    >>> demandable(10000, [Hold('hardship'), Hold('promised', -500)])
    10000
    """
    lowered = [hold.amount for hold in holds if hold.lowers] if holds else ()
    if None in lowered:
        return 0
    return max(0, residual - sum(max(0, amount) for amount in lowered))


def net(items: Sequence[tuple[Hashable, date, int]], credits: int) -> dict[Hashable, int]:
    """What is left to pay of each ``(key, date_due, amount)`` once ``credits`` are taken off.

    All amounts are of one currency. Credits are taken from the oldest maturity on, of equal
    maturities from the first one given; what they exceed the items by is not spread.

    >>> items = [('b', date(2025, 2, 1), 5000), ('a', date(2025, 1, 1), 3000)]
    >>> net(items, 0)
    {'b': 5000, 'a': 3000}
    >>> net(items, 4000)
    {'b': 4000, 'a': 0}
    >>> net(items, 9999)
    {'b': 0, 'a': 0}

    An item of which nothing may be demanded takes no credit and gives none:

    >>> net([('a', date(2025, 1, 1), 0), ('b', date(2025, 2, 1), 5000)], 1000)
    {'a': 0, 'b': 4000}
    >>> net([('a', date(2025, 1, 1), -700), ('b', date(2025, 2, 1), 5000)], 1000)
    {'a': 0, 'b': 4000}

    Credits are given as what the customer is owed, and each item once:

    >>> net(items, -1)
    Traceback (most recent call last):
    ValueError: credits must not be negative: -1
    >>> net(items + items, 0)
    Traceback (most recent call last):
    ValueError: an item is given twice
    """
    if credits < 0:
        raise ValueError(f"credits must not be negative: {credits}")
    left = {key: max(0, amount) for key, _date_due, amount in items}
    if len(left) != len(items):
        raise ValueError("an item is given twice")
    for key, _date_due, _amount in sorted(items, key=lambda item: item[1]):
        taken = min(credits, left[key])
        left[key] -= taken
        credits -= taken
    return left
