from datetime import date
from decimal import Decimal
from itertools import pairwise

from odoo import models

from ..calc import interest
from .recovery_charge_facts import DAY


class RecoveryChargeInterest(models.AbstractModel):
    """Interest of an item: which days, on what principal, at which rate.

    The principal of a day is what is demanded now plus all that was paid on that day or later;
    on days under a hold that stops charges it is nothing. Rounded half up, once. Everything is
    computed from what the proof says, so the proof alone is enough to compute it again.
    """

    _name = "recovery.charge.interest"
    _description = "Charge: interest"

    def _interests(self, notice, _level, chargeable, facts):
        """One span for each item whose level charges interest."""
        found = []
        for one in chargeable:
            if one.level.charge_interest:
                found += self._interest(notice, one, facts)
        return found

    def _interest(self, notice, one, facts):
        starts = self._starts_after(notice, one, facts)
        if not starts:
            return []
        claimed = facts.claimed_until.get(one.line.item_id)
        date_from = max(starts, claimed or starts)
        date_to = one.line.paid_on or facts.today
        if date_from >= date_to:
            return []
        proof = self._interest_terms(notice, one, facts, starts, date_from, date_to)
        segments, unrounded = accrue(proof, proof["payments"])
        units = interest.half_up(unrounded)
        if units <= 0:
            return []
        proof |= {
            "claimed_until": claimed and claimed.isoformat(),
            "days": (date_to - date_from).days,
            "segments": segments,
            "unrounded": str(unrounded),
            "rounded": "half up, once",
        }
        currency = self.env["res.currency"].browse(one.line.currency_id)
        values = self._charge_values(notice, "interest", [one], currency, units, proof, facts)
        return [{**values, "date_from": date_from, "date_to": date_to}]

    def _starts_after(self, notice, one, facts):
        """The day after which interest on an item runs; None: it has not begun."""
        reminder = facts.reminders.get((one.line.item_id, one.line.cycle))
        notified = reminder and one.law._received_on(
            reminder.date, reminder.channel, notice.partner_id
        )
        return one.law._runs_from(one.line.date_due, one.line.invoice_date, notified or None)

    def _interest_terms(self, notice, one, facts, starts, date_from, date_to):
        """What `accrue` computes from, as the proof keeps it: dates as text, units as numbers."""
        line, law = one.line, one.law
        payments = facts.payments.get(line.item_id, [])
        first = starts + DAY
        rates = facts.once(("rates", law, first, date_to), lambda: law._rates(first, date_to))
        return {
            "day_count": law.day_count,
            "compound_periods": law.compound_periods,
            "starts_after": starts.isoformat(),
            "date_from": date_from.isoformat(),
            "date_to": date_to.isoformat(),
            "rates": [[day.isoformat(), str(rate)] for day, rate in rates],
            "base": line.demanded + sum(units for _day, units in payments),
            "payments": [[day.isoformat(), units] for day, units in payments],
            "pauses": self._pauses_proof(notice, line, facts),
        }

    def _pauses_proof(self, notice, line, facts):
        """[[first day, last day, units or None]] of the holds under which nothing is charged. A
        part that is held today is not demanded, so it is not in the base either."""
        return [
            [
                pause.date_from.isoformat(),
                (pause.date_to or facts.today).isoformat(),
                round(pause.amount / line.rounding) if pause.amount else None,
            ]
            for pause in facts.pauses_of(line, notice.partner_id.id)
            if not (pause.amount and pause.covers(facts.today))
        ]


def accrue(proof, payments):
    """Interest over ``(date_from, date_to]`` of a proof, cut where principal or rate change.

    :param payments: [[value date, units]]; those of the proof, or those known by now
    :return: (segments, unrounded units as Decimal)
    """
    segments, total = [], Decimal(0)
    for start, end, principal, rate in _segments(proof, payments):
        part = _interest_on(principal, start, end, rate, proof, total)
        total += part
        segments.append(
            {
                "from": start.isoformat(),
                "to": end.isoformat(),
                "days": (end - start).days,
                "principal": principal,
                "rate": str(rate),
                "interest": str(part),
            }
        )
    return segments, total


def _interest_on(principal, start, end, rate, proof, earned):
    """Interest of one segment; where the law compounds, on what was ``earned`` before too."""
    periods = proof["compound_periods"]
    if not periods or not principal:
        return interest.accrue(principal, start, end, [(start, rate)], proof["day_count"])
    years = interest.fraction(start, end, proof["day_count"])
    return interest.compound(principal + interest.half_up(earned), rate, years, periods)


def _segments(proof, payments):
    """[(start, end, principal, rate)] of days ``(start, end]``; equal neighbours are one."""
    first, last = _day(proof["date_from"]), _day(proof["date_to"])
    rates = sorted((_day(day), Decimal(rate)) for day, rate in proof["rates"])
    ends = {end for end in _ends(proof, payments, rates) if first < end < last}
    found = []
    for start, end in pairwise(sorted({first, last} | ends)):
        known = [rate for day, rate in rates if day <= end]
        if not known:
            raise ValueError(f"no rate is known for {end}")
        principal = _principal(proof, payments, end)
        if found and found[-1][2:] == (principal, known[-1]):
            start = found.pop()[0]
        found.append((start, end, principal, known[-1]))
    return found


def _ends(proof, payments, rates):
    """The last days before principal or rate change: a payment's own day still bears interest on
    what it paid."""
    yield from (_day(day) for day, _units in payments)
    yield from (day - DAY for day, _rate in rates)
    for begin, end, _units in proof["pauses"]:
        yield _day(begin) - DAY
        yield _day(end)


def _principal(proof, payments, day):
    """What bears interest on ``day``."""
    principal = proof["base"] - sum(units for paid, units in payments if _day(paid) < day)
    for begin, end, units in proof["pauses"]:
        if _day(begin) <= day <= _day(end):
            if units is None:
                return 0
            principal -= units
    return max(principal, 0)


def _day(text):
    return date.fromisoformat(text)
