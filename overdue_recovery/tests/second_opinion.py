"""Interest and charges computed a second time, by other means than ``calc``.

For the act/* day counts it walks from day to day and looks up each day's rate; for the 30/360 ones
it counts the days by year, month and day as the conventions are written down. ``audited``
computes a charge from its proof alone. Nothing here shares a line with what it checks, so a mistake
would have to be made twice.
"""

import calendar
from collections import Counter
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from functools import cache

ONE_DAY = timedelta(days=1)


def interest(principal, date_from, date_to, rates, day_count):
    """Simple interest over ``(date_from, date_to]`` as an exact Fraction of units."""
    counted = (_walked if day_count.startswith("act/") else _by_months)(
        date_from, date_to, _rate_finder(rates), day_count
    )
    return sum(
        (principal * Fraction(rate) * days / basis for (rate, basis), days in counted.items()),
        Fraction(0),
    )


def rounded(amount):
    """Whole units of an exact Fraction, half up, by way of the decimal module."""
    with localcontext() as context:
        context.prec = 60
        exact = Decimal(amount.numerator) / Decimal(amount.denominator)
        return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def audited(proof):
    """What a charge comes to, in units, from nothing but its proof (a JSON object)."""
    return {"interest": _audited_interest, "fixed_sum": _audited_sum, "fee": _audited_fee}[
        proof["rule"]
    ](proof)


def _audited_interest(proof):
    """Interest by day: the principal of a day is the base less what was paid before that day,
    and nothing under a hold that stops charges. Simple interest only."""
    assert not proof["compound_periods"]
    rates = [(date.fromisoformat(day), Decimal(rate)) for day, rate in proof["rates"]]
    rate_on = _rate_finder(rates)
    end = date.fromisoformat(proof["date_to"])
    total, start = Fraction(0), date.fromisoformat(proof["date_from"])
    while start < end:
        principal, rate = _principal_on(start + ONE_DAY, proof), rate_on(start + ONE_DAY)
        last = start + ONE_DAY
        while last < end and (principal, rate) == (
            _principal_on(last + ONE_DAY, proof),
            rate_on(last + ONE_DAY),
        ):
            last += ONE_DAY
        total += interest(principal, start, last, [(start, rate)], proof["day_count"])
        start = last
    return rounded(total)


def _principal_on(day, proof):
    text = day.isoformat()
    principal = proof["base"] - sum(units for paid, units in proof["payments"] if paid < text)
    held = [units for first, last, units in proof["pauses"] if first <= text <= last]
    return 0 if None in held else max(0, principal - sum(held))


def _audited_sum(proof):
    """The fixed sum of the last band that the debt reaches, in the currency of the debt."""
    terms = proof["fixed_sum"]
    assert terms["rule"] == "fixed_sum"
    reached = [band for band in terms["bands"] if band[0] <= terms["base"]]
    units = max(reached)[1] if reached else 0
    return rounded(units * Fraction(terms.get("exchange_rate", "1")))


def _audited_fee(proof):
    """A fixed fee, or a percentage of what may be charged; nothing else is audited here."""
    terms = proof["fee"]
    if terms["type"] == "fixed":
        return terms["fixed"]
    assert terms["type"] == "percent"
    return rounded(Fraction(terms["percent"]) * terms["base"])


def _walked(date_from, date_to, rate_on, day_count):
    """Every night of the span, counted by the rate of the day after it and its year's days."""
    nights, day = Counter(), date_from
    while day < date_to:
        night_before, day = day, day + ONE_DAY
        nights[rate_on(day), _basis(night_before, day_count)] += 1
    return nights


def _basis(day, day_count):
    if day_count == "act/act":
        return 366 if calendar.isleap(day.year) else 365
    return {"act/365": 365, "act/360": 360}[day_count]


def _by_months(date_from, date_to, rate_on, day_count):
    """Longest runs of days at one rate, found by asking for the rate of every day."""
    days, start = Counter(), date_from
    while start < date_to:
        rate, end = rate_on(start + ONE_DAY), start
        while end < date_to and rate_on(end + ONE_DAY) == rate:
            end += ONE_DAY
        days[rate, 360] += _days_360(start, end, day_count)
        start = end
    return days


def _rate_finder(rates):
    """A function of the day: the rate of the newest entry that is not later."""
    newest_first = sorted(rates, reverse=True)

    def rate_on(day):
        return next(rate for valid_from, rate in newest_first if valid_from <= day)

    return cache(rate_on)


def _days_360(start: date, end: date, day_count):
    (year1, month1, day1), (year2, month2, day2) = (
        (day.year, day.month, day.day) for day in (start, end)
    )
    if day1 == 31:
        day1 = 30
    if day2 == 31 and (day_count == "30E/360" or day1 == 30):
        day2 = 30
    return (year2 * 360 + month2 * 30 + day2) - (year1 * 360 + month1 * 30 + day1)
