"""How a debt is paid in parts: equal shares, their dates, and parts that bear interest.

Amounts are in rounding units. Whatever the rounding, the parts add up to the debt.
"""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

#: The frequencies: days, or months, from one installment to the next.
_DAYS = {"weekly": 7, "biweekly": 14}
_MONTHS = {"monthly": 1, "quarterly": 3}


@dataclass(frozen=True, slots=True)
class Installment:
    """A row of a schedule with interest: ``amount`` = ``interest`` + ``principal``.

    ``number`` counts from 1; ``balance`` is the principal still owed after it.
    """

    number: int
    interest: int
    principal: int
    amount: int
    balance: int


def split(amount: int, count: int) -> list[int]:
    """``amount`` in ``count`` equal parts, rounded down; the last one takes the rest.

    >>> split(100000, 3)
    [33333, 33333, 33334]
    >>> split(5, 1), split(2, 3)
    ([5], [0, 0, 2])

    >>> split(100000, 0)
    Traceback (most recent call last):
    ValueError: there must be at least one installment, not 0
    >>> split(-3, 3)
    Traceback (most recent call last):
    ValueError: the amount must not be negative: -3
    """
    _check(amount, count)
    share = amount // count
    return [share] * (count - 1) + [amount - share * (count - 1)]


def schedule(
    amount: int,
    first_date: date,
    count: int,
    frequency: str,
    down_payment: int = 0,
    holiday: int | None = None,
) -> list[tuple[date, int]]:
    """The ``(date, amount)`` of ``count`` installments, the first one on ``first_date``.

    ``frequency`` is weekly, biweekly, monthly or quarterly. Months keep the day of the first date;
    a month too short for it has its last day instead, and the next one the day again:

    >>> for row in schedule(100000, date(2025, 1, 31), 3, 'monthly'):
    ...     print(*row)
    2025-01-31 33333
    2025-02-28 33333
    2025-03-31 33334

    A down payment is part of ``amount``, comes on the first date as a row of its own, and moves the
    installments one period on:

    >>> for row in schedule(100000, date(2025, 3, 3), 2, 'weekly', down_payment=40000):
    ...     print(*row)
    2025-03-03 40000
    2025-03-10 30000
    2025-03-17 30000

    Nothing but what was agreed for the first date falls into the month ``holiday`` (1 to 12): the
    rest moves on.

    >>> for row in schedule(90000, date(2025, 6, 30), 3, 'monthly', holiday=8):
    ...     print(*row)
    2025-06-30 30000
    2025-07-30 30000
    2025-09-30 30000

    >>> schedule(100000, date(2025, 1, 31), 3, 'daily')
    Traceback (most recent call last):
    ValueError: unknown frequency 'daily': weekly, biweekly, monthly, quarterly
    >>> schedule(100000, date(2025, 1, 31), 3, 'monthly', down_payment=100001)
    Traceback (most recent call last):
    ValueError: the down payment must be between 0 and the amount 100000: 100001
    """
    if not 0 <= down_payment <= max(0, amount):
        raise ValueError(
            f"the down payment must be between 0 and the amount {amount}: {down_payment}"
        )
    shares = split(amount - down_payment, count)
    if down_payment:
        shares.insert(0, down_payment)
    return list(zip(_days(first_date, frequency, len(shares), holiday), shares, strict=True))


def waterfall(reduction: int, amounts: list[int]) -> list[int]:
    """What is paid of each of ``amounts`` when a debt went down by ``reduction``: the first ones
    first. What is more than all of them belongs to none.

    >>> waterfall(15000, [10000, 10000, 10000])
    [10000, 5000, 0]
    >>> waterfall(99999, [10000, 0, 5000]), waterfall(0, [10000]), waterfall(100, [])
    ([10000, 0, 5000], [0], [])

    >>> waterfall(-1, [10000])
    Traceback (most recent call last):
    ValueError: the reduction must not be negative: -1
    """
    if reduction < 0:
        raise ValueError(f"the reduction must not be negative: {reduction}")
    paid = []
    for amount in amounts:
        paid.append(min(amount, reduction))
        reduction -= paid[-1]
    return paid


def due(rows: list[tuple[date, int]], day: date) -> int:
    """What is due by ``day``, that day included, of a schedule's ``(date, amount)``.

    >>> rows = schedule(30000, date(2025, 3, 3), 3, 'weekly')
    >>> [due(rows, date(2025, 3, day)) for day in (2, 3, 16, 17)]
    [0, 10000, 20000, 30000]
    """
    return sum(amount for date_due, amount in rows if date_due <= day)


def annuity(principal: int, yearly_rate: Decimal, count: int) -> list[Installment]:
    """``count`` equal monthly payments that pay ``principal`` and the interest on what is left.

    payment = principal × i ÷ (1 − (1 + i) ^ −count) with i = ``yearly_rate`` ÷ 12, rounded half up
    once; each row's interest is rounded half up; the last row clears the balance, whatever its
    amount.

    >>> for row in annuity(100000, Decimal('0.12'), 3):
    ...     print(row.number, row.interest, row.principal, row.amount, row.balance)
    1 1000 33002 34002 66998
    2 670 33332 34002 33666
    3 337 33666 34003 0

    Without interest it is ``principal ÷ count``, rounded half up:

    >>> [row.amount for row in annuity(100000, Decimal(0), 3)]
    [33333, 33333, 33334]

    >>> annuity(100000, Decimal('-0.01'), 3)
    Traceback (most recent call last):
    ValueError: the rate must not be negative: -0.01
    """
    _check(principal, count)
    if yearly_rate < 0:
        raise ValueError(f"the rate must not be negative: {yearly_rate}")
    monthly = Fraction(yearly_rate) / 12
    payment = _payment(principal, monthly, count)
    rows, balance = [], principal
    for number in range(1, count + 1):
        interest = _half_up(balance * monthly)
        paid = balance if number == count else min(balance, payment - interest)
        balance -= paid
        rows.append(Installment(number, interest, paid, interest + paid, balance))
    return rows


def _payment(principal: int, monthly: Fraction, count: int) -> int:
    if not monthly:
        return _half_up(Fraction(principal, count))
    return _half_up(principal * monthly / (1 - (1 + monthly) ** -count))


def _days(first: date, frequency: str, count: int, holiday: int | None) -> list[date]:
    """The first ``count`` days from ``first`` on that are not in the month ``holiday``."""
    found, number = [], 0
    while len(found) < count:
        day = _after(first, frequency, number)
        if not number or day.month != holiday:
            found.append(day)
        number += 1
    return found


def _after(first: date, frequency: str, number: int) -> date:
    """The day ``number`` periods after ``first``."""
    if frequency in _DAYS:
        return first + timedelta(days=_DAYS[frequency] * number)
    if frequency not in _MONTHS:
        known = ", ".join((*_DAYS, *_MONTHS))
        raise ValueError(f"unknown frequency {frequency!r}: {known}")
    years, month = divmod(first.month - 1 + _MONTHS[frequency] * number, 12)
    year, month = first.year + years, month + 1
    return date(year, month, min(first.day, calendar.monthrange(year, month)[1]))


def _check(amount: int, count: int) -> None:
    if amount < 0:
        raise ValueError(f"the amount must not be negative: {amount}")
    if count < 1:
        raise ValueError(f"there must be at least one installment, not {count}")


def _half_up(amount: Fraction) -> int:
    return int((amount + Fraction(1, 2)) // 1)
