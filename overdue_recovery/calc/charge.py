"""What a late debt may cost beside interest: fixed sums, scales, tiered fees, commissions.

Amounts are in rounding units, percentages are fractions (``Decimal('0.02')`` = 2 %). Each result is
rounded half up once. Every table ascends by the amount from which a row applies.
"""

from collections.abc import Sequence
from decimal import Context, Decimal
from fractions import Fraction
from itertools import pairwise

_PRECISE = Context(prec=50)


def fixed_sum(amount: int, bands: Sequence[tuple[int, int]]) -> int:
    """The fixed sum for a debt of ``amount``: of the last band that begins at or below it.

    ``bands`` = ``[(from_amount, sum), …]``; below the first band nothing is due. United Kingdom,
    Late Payment of Commercial Debts (Interest) Act 1998, s. 5A: 40, from 1,000 on 70, from 10,000
    on 100 pounds:

    >>> bands = [(0, 4000), (100000, 7000), (1000000, 10000)]
    >>> [fixed_sum(amount, bands) for amount in (99999, 100000, 999999, 1000000)]
    [4000, 7000, 7000, 10000]
    >>> fixed_sum(4999, [(5000, 4000)])
    0

    >>> fixed_sum(100, bands[::-1])
    Traceback (most recent call last):
    ValueError: the amounts of a table must ascend: [1000000, 100000, 0]
    >>> fixed_sum(-1, bands)
    Traceback (most recent call last):
    ValueError: the amount must not be negative: -1
    """
    _check(amount, bands)
    return next((total for start, total in reversed(bands) if start <= amount), 0)


def scale(
    amount: int,
    brackets: Sequence[tuple[int, int, Decimal]],
    minimum: int = 0,
    maximum: int | None = None,
) -> int:
    """Costs by a scale: of the last bracket that begins below ``amount``, base + rate × excess.

    ``brackets`` = ``[(from_amount, base, rate), …]``: a bracket holds what is over its
    ``from_amount``, so its bound itself belongs to the bracket before. The result is at least
    ``minimum`` and at most ``maximum`` (None = no limit).

    Netherlands, Besluit vergoeding voor buitengerechtelijke incassokosten, art. 2: 15 % of the
    first 2,500, 10 % of the next 2,500, 5 % of the next 5,000, 1 % up to 200,000, then 0.5 %; at
    least 40, at most 6,775:

    >>> wik = [(0, 0, Decimal('0.15')), (250000, 37500, Decimal('0.10')),
    ...        (500000, 62500, Decimal('0.05')), (1000000, 87500, Decimal('0.01')),
    ...        (20000000, 277500, Decimal('0.005'))]
    >>> [scale(amount, wik, 4000, 677500) for amount in (12500, 100000, 500000, 2300000)]
    [4000, 15000, 62500, 100500]
    >>> scale(10**9, wik, 4000, 677500)
    677500

    Belgium, Code of economic law, art. XIX.4 (consumers): 20 up to 150; 30 + 10 % of what is over
    150; 65 + 5 % of what is over 500, at most 2,000:

    >>> cap = [(0, 2000, Decimal(0)), (15000, 3000, Decimal('0.10')),
    ...        (50000, 6500, Decimal('0.05'))]
    >>> [scale(amount, cap, maximum=200000) for amount in (10000, 15000, 40000, 100000)]
    [2000, 2000, 5500, 9000]

    Nothing owed is in no bracket; the minimum comes after:

    >>> scale(0, cap), scale(0, wik, 4000)
    (0, 4000)

    >>> scale(100, cap, 500, 400)
    Traceback (most recent call last):
    ValueError: the minimum 500 is over the maximum 400
    """
    _check(amount, brackets)
    costs = next(
        (
            _half_up(base + Fraction(rate) * (amount - start))
            for start, base, rate in reversed(brackets)
            if start < amount
        ),
        0,
    )
    return _within(costs, minimum, maximum)


def tiered(
    amount: int, tiers: Sequence[tuple[int, int, Decimal]], accumulated: bool = False
) -> int:
    """A fee by tiers ``[(from_amount, fixed, percent), …]``.

    Single: the last tier that begins at or below ``amount`` gives its fixed part and its percentage
    of the whole amount. Accumulated: every tier reached gives its fixed part and its percentage of
    the part of the amount that lies in it.

    >>> tiers = [(0, 500, Decimal('0.02')), (100000, 1000, Decimal('0.01'))]
    >>> tiered(150000, tiers), tiered(150000, tiers, accumulated=True)
    (2500, 4000)

    At its very bound a tier is reached; below the first one there is no fee:

    >>> tiered(100000, tiers), tiered(99999, tiers), tiered(4999, [(5000, 500, Decimal(0))])
    (2000, 2500, 0)
    >>> tiered(100000, tiers, accumulated=True), tiered(99999, tiers, accumulated=True)
    (3500, 2500)
    """
    _check(amount, tiers)
    reached = [tier for tier in tiers if tier[0] <= amount]
    if not accumulated:
        return sum(_half_up(fixed + Fraction(rate) * amount) for _, fixed, rate in reached[-1:])
    ends = [*(start for start, _fixed, _rate in reached[1:]), amount]
    fee = sum(
        fixed + Fraction(rate) * (end - start)
        for (start, fixed, rate), end in zip(reached, ends, strict=False)
    )
    return _half_up(fee)


def discount_cost(percent: Decimal, discount_days: int, net_days: int) -> Decimal:
    """What not taking a cash discount costs, as a fraction per year, simple, 365 days, unrounded.

    percent ÷ (1 − percent) × 365 ÷ (net_days − discount_days), the usual textbook formula of trade
    credit. 2 % within 10 days, net 30:

    >>> round(discount_cost(Decimal('0.02'), 10, 30), 4)
    Decimal('0.3724')

    >>> discount_cost(Decimal('0.02'), 30, 30)
    Traceback (most recent call last):
    ValueError: the discount must end before the net term: 30 and 30 days
    >>> discount_cost(Decimal(2), 10, 30)
    Traceback (most recent call last):
    ValueError: a discount is a fraction from 0 to below 1: 2
    """
    if not 0 <= discount_days < net_days:
        raise ValueError(
            f"the discount must end before the net term: {discount_days} and {net_days} days"
        )
    if not 0 <= percent < 1:
        raise ValueError(f"a discount is a fraction from 0 to below 1: {percent}")
    share = Fraction(percent)
    yearly = share / (1 - share) * Fraction(365, net_days - discount_days)
    return _PRECISE.divide(Decimal(yearly.numerator), Decimal(yearly.denominator))


def commission(amount: int, rate: Decimal, vat: Decimal) -> tuple[int, int, int]:
    """Of ``amount`` recovered, an agency's fee, the VAT on the fee, and what it remits.

    Fee and VAT are each rounded half up; the three add up to ``amount``. 4,000.00 at 9.5 % + 25 %
    VAT:

    >>> commission(400000, Decimal('0.095'), Decimal('0.25'))
    (38000, 9500, 352500)

    >>> commission(400000, Decimal('0.9'), Decimal('0.25'))
    Traceback (most recent call last):
    ValueError: fee and VAT exceed what was recovered: 450000 of 400000
    >>> commission(400000, Decimal('-0.1'), Decimal('0.25'))
    Traceback (most recent call last):
    ValueError: rate and VAT must not be negative: -0.1 and 0.25
    """
    _check(amount, ())
    if rate < 0 or vat < 0:
        raise ValueError(f"rate and VAT must not be negative: {rate} and {vat}")
    fee = _half_up(Fraction(rate) * amount)
    tax = _half_up(Fraction(vat) * fee)
    if fee + tax > amount:
        raise ValueError(f"fee and VAT exceed what was recovered: {fee + tax} of {amount}")
    return fee, tax, amount - fee - tax


def _check(amount: int, table: Sequence[tuple]) -> None:
    if amount < 0:
        raise ValueError(f"the amount must not be negative: {amount}")
    starts = [row[0] for row in table]
    if any(low >= high for low, high in pairwise(starts)):
        raise ValueError(f"the amounts of a table must ascend: {starts}")


def _within(costs: int, minimum: int, maximum: int | None) -> int:
    if maximum is None:
        return max(costs, minimum)
    if minimum > maximum:
        raise ValueError(f"the minimum {minimum} is over the maximum {maximum}")
    return min(max(costs, minimum), maximum)


def _half_up(amount: Fraction) -> int:
    return int((amount + Fraction(1, 2)) // 1)
