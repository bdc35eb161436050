"""What may go to a collection agency, what the agency takes for it, and when it takes more.

Amounts are in rounding units; rates and points are fractions (``Decimal('0.095')`` = 9.5 %). A fee
is computed by ``charge.commission`` at the rate that these functions choose.
"""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

#: Reasons why no notice goes out that don't keep an item from an agency: dates and sums of the
#: next notice, and whom it reaches.
HARMLESS = frozenset(
    [
        "interval",
        "credits",
        "min_amount",
        "min_percent",
        "no_address",
        "grace",
        "not_due",
        "last_level",
    ]
)


def obstacles(
    reasons: Collection[str], may_refer: bool = False, takes_costs: bool = False
) -> tuple[str, ...]:
    """Why an item may not be placed with an agency, given why no notice of it goes out.

    An item is ripe at the last level, or at one from which a referral may be considered
    (``may_refer``), once the day that its last notice gave for payment has passed:

    >>> obstacles(["last_level"])
    ()
    >>> obstacles(["pay_by", "last_level"])
    ('pay_by',)
    >>> obstacles(["not_due"]), obstacles(["not_due"], may_refer=True), obstacles([], True)
    (('not_last',), (), ())

    Whatever else stops a notice stops a referral too, and every reason is named:

    >>> obstacles(["disputed", "hardship", "grace"])
    ('disputed', 'hardship', 'not_last')

    Costs have no level of their own: they go with the debt, if the agency takes them.

    >>> obstacles(["charge"]), obstacles(["charge"], takes_costs=True)
    (('charge',), ())
    """
    if "charge" in reasons:
        return () if takes_costs else ("charge",)
    found = [code for code in reasons if code not in HARMLESS]
    if not (may_refer or "last_level" in reasons):
        found.append("not_last")
    return tuple(found)


def holes(bands: Sequence[tuple[int, int | None]]) -> str | None:
    """What is wrong with bands of amounts ``[(from, to), …]``: ``hole``, ``overlap``, or None.

    The first begins at 0, each begins where the one before ends, the last has no end (None). A
    band's end belongs to the next one.

    >>> holes([(0, 100000), (100000, None)])
    >>> holes([(0, 100000), (200000, None)]), holes([(0, 100000)]), holes([(1, None)]), holes([])
    ('hole', 'hole', 'hole', 'hole')
    >>> holes([(0, 100000), (90000, None)]), holes([(0, None), (500, None)])
    ('overlap', 'overlap')
    >>> holes([(0, 0), (0, None)])
    'overlap'
    """
    ordered = sorted(bands, key=lambda band: band[0])
    if not ordered or ordered[0][0] > 0 or ordered[-1][1] is not None:
        return "hole"
    for (start, end), (following, _end) in pairwise(ordered):
        if end is None or end <= start or end > following:
            return "overlap"
        if end < following:
            return "hole"
    return None


def rate(
    amount: int,
    age_days: int,
    bands: Sequence[tuple[int, Decimal]],
    surcharges: Sequence[tuple[int, Decimal]] = (),
) -> Decimal:
    """The agency's share of what it collects of a debt of ``amount`` that is ``age_days`` old.

    ``bands`` = ``[(from_amount, share), …]``: of the last one that begins at or below the amount.
    ``surcharges`` = ``[(from_days, points), …]``: of the last one reached, added to the share.

    >>> bands = [(0, Decimal('0.15')), (100000, Decimal('0.095'))]
    >>> older = [(180, Decimal('0.05')), (365, Decimal('0.15'))]
    >>> rate(99999, 179, bands, older), rate(100000, 180, bands, older), rate(5, 365, bands, older)
    (Decimal('0.15'), Decimal('0.145'), Decimal('0.30'))

    >>> rate(99, 0, [(100, Decimal('0.1'))])
    Traceback (most recent call last):
    ValueError: no band holds the amount 99
    """
    shares = [share for start, share in sorted(bands) if start <= amount]
    if not shares:
        raise ValueError(f"no band holds the amount {amount}")
    points = [points for start, points in sorted(surcharges) if start <= age_days]
    return shares[-1] + (points[-1] if points else Decimal(0))


def next_cliff(
    date_due: date, today: date, surcharges: Sequence[tuple[int, Decimal]]
) -> tuple[date, Decimal] | None:
    """The first day after ``today`` on which the age of the debt makes the agency dearer, and by
    how many points; None: never again.

    >>> older = [(180, Decimal('0.05')), (365, Decimal('0.15'))]
    >>> next_cliff(date(2025, 1, 1), date(2025, 3, 1), older)
    (datetime.date(2025, 6, 30), Decimal('0.05'))
    >>> next_cliff(date(2025, 1, 1), date(2025, 6, 30), older)
    (datetime.date(2026, 1, 1), Decimal('0.10'))
    >>> next_cliff(date(2025, 1, 1), date(2026, 1, 1), older) is None
    True
    """
    points = Decimal(0)
    for start, added in sorted(surcharges):
        day = date_due + timedelta(days=start)
        if day > today and added > points:
            return day, added - points
        points = added if day <= today else points
    return None


def bearable_rate(amount: int, share: Decimal, vat: Decimal, missing: int = 0) -> Fraction:
    """The rate for ``charge.commission`` of a payment: the share, or as much more as the agency's
    minimum fee still misses, never more than the payment bears with the VAT on it.

    4,000.00 at 9.5 %; 100.00 of which at least 25.00 are taken; 20.00 that don't bear so much:

    >>> vat = Decimal('0.25')
    >>> bearable_rate(400000, Decimal('0.095'), vat)
    Fraction(19, 200)
    >>> bearable_rate(10000, Decimal('0.095'), vat, 2500)
    Fraction(1, 4)
    >>> bearable_rate(2000, Decimal('0.095'), vat, 2500)
    Fraction(4, 5)
    >>> bearable_rate(0, Decimal('0.095'), vat, 2500)
    Fraction(0, 1)
    """
    if amount <= 0:
        return Fraction(0)
    most = Fraction(int(amount / (1 + Fraction(vat))), amount)
    return min(max(Fraction(share), Fraction(max(missing, 0), amount)), most)


def recall_cost(
    amount: int, fixed: int, share: Decimal, today: date, exclusive_until: date | None
) -> int:
    """What taking back ``amount`` costs: a fixed sum, and a share of it while the agency has the
    exclusive right, that day included. Rounded half up.

    >>> recall_cost(100000, 2500, Decimal('0.05'), date(2025, 3, 1), date(2025, 3, 1))
    7500
    >>> recall_cost(100000, 2500, Decimal('0.05'), date(2025, 3, 2), date(2025, 3, 1))
    2500
    >>> recall_cost(100000, 0, Decimal('0.05'), date(2025, 3, 2), None)
    0
    """
    if amount < 0:
        raise ValueError(f"the amount must not be negative: {amount}")
    is_exclusive = exclusive_until is not None and today <= exclusive_until
    part = Fraction(share) * amount if is_exclusive else Fraction(0)
    return fixed + int((part + Fraction(1, 2)) // 1)
