"""What should rise today: a second opinion, by short rules and a memory of its own.

It knows the plain case only: one company, one currency, one policy of step `one` whose levels
count from the due date; anything else is refused at the start.
"""

from collections import Counter, defaultdict
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

import holidays

SHORTEST_TERM_REMINDED = 14
SATURDAY = 5


class Reached(NamedTuple):
    """Where an item stands: the level and day of its last notice, the pay-by printed there."""

    level: int
    day: date
    pay_by: date
    cycle: int


class Expectation:
    """The policy, and where every item stands by what was handed over.

    :raise ValueError: the policy is none of the plain kind
    """

    def __init__(self, facts):
        self.facts = facts
        self.levels = facts.levels()
        self.ladder = sorted(self.levels.values(), key=lambda level: level.place)
        self.interval, self.min_amount, self.start, grace, step, payables = facts.policy()
        self.reached = {}
        self.late_contact = {}
        if grace or step != "one" or payables != "show" or facts.count_levels() != len(self.ladder):
            raise ValueError("This policy is not of the plain kind that can be checked.")

    def remember(self, notice):
        """Keep what a ``facts.Notice`` lifted."""
        for line in notice.rising:
            self.reached[line.item] = Reached(line.level, notice.day, line.pay_by, line.cycle)
        if self.is_demand(notice):
            self.late_contact[notice.debtor] = notice.day

    def is_demand(self, notice):
        """Whether a notice demands, or only reminds before the due date."""
        return any(self.levels[line.level].delay_days >= 0 for line in notice.rising)

    # -- what should rise ------------------------------------------------------------------

    def rising(self, day, ledger, under_way):
        """{item id: level id} of what should rise today.

        :param under_way: ids of items on notices that are on their way
        """
        found, by_debtor = {}, defaultdict(list)
        for item in ledger.items.values():
            by_debtor[item.debtor].append(item)
        for debtor, items in by_debtor.items():
            steps = {item.id: self.step(day, item) for item in items if item.id not in under_way}
            steps = {line: level for line, level in steps.items() if level}
            if self.is_too_soon(day, debtor):
                steps = {line: level for line, level in steps.items() if level.delay_days < 0}
            found.update(self.large_enough(day, items, steps, ledger.credits.get(debtor, 0)))
        return {line: level.id for line, level in found.items()}

    def step(self, day, item):
        """The level that an item's own facts let it rise to today, or None."""
        at = self.reached.get(item.id)
        if item.is_stopped or not item.demandable or not self.is_started(item):
            return None
        if at and day <= at.pay_by:
            return None
        ahead = [level for level in self.ladder if not at or level.place > self.place(at)]
        early = [level for level in ahead if level.delay_days < 0 and is_due(item, level, day)]
        if early and (item.date_due - item.invoice_date).days >= SHORTEST_TERM_REMINDED:
            return early[-1]
        late = [level for level in ahead if level.delay_days >= 0]
        return late[0] if late and is_due(item, late[0], day) else None

    def place(self, at):
        """The place on the ladder of a ``Reached``."""
        return self.levels[at.level].place

    def is_started(self, item):
        """Whether the policy's start lets an item stand on a notice at all."""
        return item.id in self.reached or not self.start or item.date_due >= self.start

    def is_too_soon(self, day, debtor):
        """Whether the customer's last demand is less than the policy's interval ago."""
        last = self.late_contact.get(debtor)
        return last is not None and (day - last).days < self.interval

    def large_enough(self, day, items, rising, credits):
        """What of ``rising`` is left after the tests of sums, repeated until nothing changes."""
        before = None
        while rising and rising != before:
            before = rising
            net = spread([i for i in items if i.date_due < day or i.id in rising], credits)
            if sum(net.values()) < max(self.min_amount, 1):
                return {}
            sums = Counter()
            for line, level in rising.items():
                sums[level] += net[line]
            rising = {line: lv for line, lv in rising.items() if sums[lv] >= lv.min_amount}
        return rising

    # -- pay-by ----------------------------------------------------------------------------

    def pay_by(self, day, item, level):
        """The day until which an item may be paid that is asked for on ``day``."""
        if level.delay_days < 0:
            return max(day, item.date_due)
        result = day + timedelta(days=level.new_due_days)
        days_off = holidays_of(self.facts.country(item.debtor), result.year)
        while result.weekday() >= SATURDAY or result in days_off:
            result += timedelta(days=1)
        return result


def is_due(item, level, day):
    """Whether a level's day has come for an item (before its maturity for a reminder)."""
    if level.delay_days < 0:
        return item.date_due + timedelta(days=level.delay_days) <= day < item.date_due
    return item.date_due + timedelta(days=max(level.delay_days, 1)) <= day


def spread(items, credits):
    """{item id: cents left to demand} once credits took from the oldest maturity on."""
    net = {}
    for item in sorted(items, key=lambda item: (item.date_due, item.id)):
        taken = min(credits, item.demandable)
        credits -= taken
        net[item.id] = item.demandable - taken
    return net


@lru_cache
def holidays_of(country, year):
    """Public holidays of a country, of a year and the next."""
    if not country:
        return frozenset()
    return frozenset(holidays.country_holidays(country, years=(year, year + 1)))
