"""Which level of reminder an item rises to today, and every reason why it does not.

``decide`` looks at one item: its dates, its holds, where it stands. ``decide_customer`` does so for
all open items of one customer and adds the tests that only their sum can answer. Neither knows the
clock: ``today`` comes in, and the same facts give the same answer.

A level with a negative delay is a reminder before the maturity (*early*), every other one comes
after it (*late*). Levels go by ``sequence``, then by ``delay_days``. What has passed is strict: an
item due on the 1st is overdue on the 2nd, and rises on the 11th when the last notice asked for
payment by the 10th.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise, takewhile
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

#: Hold reasons that lower what may be demanded; all other holds stop an item whatever its amount.
LOWERING = ("disputed", "promised", "in_plan", "in_transit", "credit_note_coming")

#: Every reason why an item does not rise, the most serious first. Facts of the caller that stop an
#: item and leave its amount (``time_barred``, ``short_payment``, ``no_address``) come as holds.
REASONS = (
    "no_followup",
    "blocked",
    "before_start",
    "time_barred",
    *LOWERING,
    "hardship",
    "reply_waiting",
    "says_paid",
    "cheque_received",
    "returned_payment",
    "insolvency",
    "deceased",
    "represented",
    "moratorium",
    "factored",
    "we_owe_them",
    "referred",
    "collected_by_us",
    "other",
    "under_way",
    "short_payment",
    "pay_by",
    "interval",
    "credits",
    "min_amount",
    "min_percent",
    "no_address",
    "grace",
    "not_due",
    "last_level",
)

STEPS = ("one", "catch_up")
BASES = ("due_date", "previous_notice")

#: A reminder before the maturity is worth its while from this many days of payment terms on.
SHORTEST_TERM_REMINDED = 14

_SWITCHES = ("no_followup", "blocked", "under_way")
_NEVER = date.max.toordinal()
_RANK = {code: rank for rank, code in enumerate(REASONS)}


@dataclass(frozen=True)
class Item:
    """The facts of one open item.

    Amounts are in the item's currency, ``value`` alone in the company's. ``level`` is the highest
    level handed over in this cycle (its key, or the ``Level``), ``level_date`` the day of that,
    ``pay_by`` the last day that its notice gave for payment.

    No slots: what an item does not tell is the class's own default, which costs it nothing.
    """

    key: Hashable
    date_due: date
    residual: int
    currency: Hashable
    level: Hashable | None = None
    level_date: date | None = None
    pay_by: date | None = None
    cycle: int = 1
    #: holds in force, by attribute: ``reason``, ``amount`` (None = all of the item)
    holds: Sequence[Any] = ()
    #: what may be demanded under these holds; None = the residual
    demandable: int | None = None
    #: the same in company currency; None = the same figure
    value: int | None = None
    no_followup: bool = False
    blocked: bool = False
    under_way: bool = False
    #: it was taken up before (has facts of its own), so the policy's start no longer matters
    started: bool = False
    #: maturity − invoice date in days; None = unknown
    term_days: int | None = None

    @classmethod
    def of(cls, **facts):
        """The item with these facts, the first four given. For who makes a million of them: a
        frozen dataclass sets all its fields one by one, which takes longer than to decide.

        >>> facts = {"key": 7, "date_due": date(2025, 3, 12), "residual": 100, "currency": "EUR"}
        >>> Item.of(**facts, blocked=True) == Item(**facts, blocked=True)
        True
        """
        item = object.__new__(cls)
        object.__setattr__(item, "__dict__", facts)
        return item


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """One step of a policy; amounts in company currency, ``min_percent`` a fraction (0.10).

    A level equals its key and hashes like it, so facts and tests may hold either:

    >>> Level("second", 20, 15) == "second", Level("second", 20, 15) in {"first": 5, "second": 15}
    (True, True)
    >>> Level("second", 20, 15) == Level("third", 20, 15)
    False
    """

    key: Hashable
    sequence: int
    delay_days: int
    basis: str = "due_date"
    min_amount: int = 0
    min_percent: Any = 0

    def __eq__(self, other):
        return self.key == (other.key if isinstance(other, Level) else other)

    def __hash__(self):
        return hash(self.key)


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds for all levels: ``min_amount`` in company currency, ``date_start`` inclusive."""

    grace_days: int = 0
    min_interval_days: int = 0
    min_amount: int = 0
    date_start: date | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The level to rise to, or None and all the reasons, the most serious first.

    ``due_on`` is the first day on which the next step can go as far as the item's dates say. It may
    lie in the past: a step that is overdue itself. None when no step is left.
    """

    level: Level | None
    reasons: tuple[str, ...]
    due_on: date | None


_STANDARD = Policy()


def decide(
    item: Item,
    levels: Sequence[Level],
    today: date,
    step: str = "one",
    policy: Policy = _STANDARD,
) -> Decision:
    """What the dates and the holds of ``item`` say today.

    >>> policy_levels = (Level("early", 1, -3), Level("L1", 2, 5), Level("L2", 3, 15))
    >>> def answer(today, step="one", policy=Policy(), **facts):
    ...     item = Item("item", date(2025, 3, 12), 10000, "EUR", **facts)
    ...     decision = decide(item, policy_levels, today, step, policy)
    ...     level = decision.level and decision.level.key
    ...     return level, decision.reasons, decision.due_on and decision.due_on.strftime("%d %b")

    An early level goes from its day to the last day before the maturity. Missed, it stays missed;
    it is not for items with terms of less than 14 days either:

    >>> answer(date(2025, 3, 8))
    (None, ('not_due',), '09 Mar')
    >>> answer(date(2025, 3, 11))
    ('early', (), '09 Mar')
    >>> answer(date(2025, 3, 12))
    (None, ('not_due',), '17 Mar')
    >>> answer(date(2025, 3, 11), term_days=10)
    (None, ('not_due',), '17 Mar')

    A late level goes from its delay on, the first of them on the first overdue day at the soonest:

    >>> answer(date(2025, 3, 16))
    (None, ('not_due',), '17 Mar')
    >>> answer(date(2025, 3, 17))
    ('L1', (), '17 Mar')
    >>> decide(Item(1, date(2025, 3, 12), 1, "EUR"), [Level(1, 1, 0)], date(2025, 3, 12)).due_on
    datetime.date(2025, 3, 13)

    However late it is, ``one`` takes the next step and ``catch_up`` the highest due by its delay:

    >>> answer(date(2025, 5, 1))
    ('L1', (), '17 Mar')
    >>> answer(date(2025, 5, 1), step="catch_up")
    ('L2', (), '27 Mar')

    No item rises before the day has passed that its last notice gave for payment:

    >>> answer(date(2025, 3, 30), level="L1", pay_by=date(2025, 3, 30))
    (None, ('pay_by',), '31 Mar')
    >>> answer(date(2025, 3, 31), level="L1", pay_by=date(2025, 3, 30))
    ('L2', (), '31 Mar')
    >>> answer(date(2025, 5, 1), level="L2")
    (None, ('last_level',), None)

    Basis ``previous_notice`` counts from the day of the present level, or from the maturity when
    there is none, and is reached as the next step only:

    >>> spaced = (Level("L1", 1, 5), Level("L2", 2, 10, basis="previous_notice"))
    >>> item = Item("item", date(2025, 3, 12), 1, "EUR", "L1", level_date=date(2025, 4, 1))
    >>> decide(item, spaced, date(2025, 4, 10)).reasons
    ('not_due',)
    >>> decide(item, spaced, date(2025, 4, 11)).level.key
    'L2'

    Within the policy's days of grace an item is not late (due on 12 March, 13 March is a day late
    without grace and not late with three days of it):

    >>> prompt = [Level("L1", 1, 1)]
    >>> item = Item("item", date(2025, 3, 12), 10000, "EUR")
    >>> decide(item, prompt, date(2025, 3, 13)).level.key
    'L1'
    >>> decide(item, prompt, date(2025, 3, 13), policy=Policy(grace_days=3))
    Decision(level=None, reasons=('grace',), due_on=datetime.date(2025, 3, 16))

    All reasons are told, not the first one met. A hold with an amount lowers what is demanded and
    stops the item when nothing is left; a hold of another reason stops it anyway:

    >>> from types import SimpleNamespace as Hold
    >>> answer(date(2025, 4, 1), holds=[Hold(reason="disputed", amount=4000)], demandable=6000)
    ('L1', (), '17 Mar')
    >>> answer(date(2025, 4, 1), holds=[Hold(reason="disputed", amount=10000)], demandable=0)
    (None, ('disputed',), '17 Mar')
    >>> answer(date(2025, 3, 13), blocked=True, holds=[Hold(reason="hardship", amount=None)])
    (None, ('blocked', 'hardship', 'not_due'), '17 Mar')

    What fell due before the policy's start is left out until somebody takes it up:

    >>> answer(date(2025, 4, 1), policy=Policy(date_start=date(2025, 3, 13)))
    (None, ('before_start',), '17 Mar')
    >>> answer(date(2025, 4, 1), policy=Policy(date_start=date(2025, 3, 13)), started=True)
    ('L1', (), '17 Mar')

    Facts that contradict each other are refused:

    >>> answer(date(2025, 4, 1), level="L9")
    Traceback (most recent call last):
    ValueError: item 'item' stands at level 'L9', which the policy does not have
    >>> answer(date(2025, 4, 1), step="two")
    Traceback (most recent call last):
    ValueError: step must be one of one, catch_up: 'two'
    >>> decide(item, [Level("a", 1, 5), Level("b", 1, 5)], date(2025, 4, 1))
    Traceback (most recent call last):
    ValueError: levels 'a' and 'b' have the same sequence 1 and delay of 5 days
    """
    _check_step(step)
    return _decide(item, _rules(_ladder(levels), today.toordinal(), step, policy))


def decide_customer(
    items: Iterable[Item],
    levels: Sequence[Level],
    today: date,
    step: str = "one",
    policy: Policy = _STANDARD,
    credits: Mapping[Hashable, int] | None = None,
    last_contact: date | None = None,
) -> dict[Hashable, Decision]:
    """``decide`` for all open items of one customer, plus what only their sum can tell.

    Pass every open item, those not yet due and those on hold too: they count in the sums. The tests
    take rises back or lower them, they never add one, and leave other decisions as they are.

    >>> due, today = date(2025, 3, 12), date(2025, 4, 20)
    >>> def answer(items, *args, **options):
    ...     decisions = decide_customer(items, *args, **options)
    ...     return {key: d.level.key if d.level else d.reasons for key, d in decisions.items()}

    1. Within ``min_interval_days`` of ``last_contact`` no item rises to a late level (early ones
    neither start nor obey it); ``due_on`` is then not before the interval is over:

    >>> item, weekly = Item("item", due, 10000, "EUR"), Policy(min_interval_days=7)
    >>> decide_customer([item], [Level("L1", 1, 5)], today, "one", weekly, None, date(2025, 4, 14))
    {'item': Decision(level=None, reasons=('interval',), due_on=datetime.date(2025, 4, 21))}

    2. ``credits`` are what the customer is owed, by currency. Where they cover all that may be
    demanded (of items overdue and of those rising to an early level), nothing rises:

    >>> answer([item, Item("other", due, 1, "USD")], [Level("L1", 1, 5)], today,
    ...        credits={"EUR": 10000})
    {'item': ('credits',), 'other': 'L1'}

    3. What rises to a level must come to its ``min_amount`` and to its ``min_percent`` of all open
    items (a fraction, compared exactly). Otherwise it falls to the next lower level that it has not
    reached and that is due, and counts there; an overdue item never falls to an early level. A
    level that needs 10 % lets 100 of 1,000 pass; 100 of 1,100 falls by one level:

    >>> steps = (Level("L1", 1, 5), Level("L2", 2, 15, min_percent=0.10))
    >>> late = Item("late", due, 100, "EUR")
    >>> answer([late, Item("later", date(2025, 6, 1), 900, "EUR")], steps, today, "catch_up")
    {'late': 'L2', 'later': ('not_due',)}
    >>> answer([late, Item("later", date(2025, 6, 1), 1000, "EUR")], steps, today, "catch_up")
    {'late': 'L1', 'later': ('not_due',)}
    >>> answer([Item("late", due, 100, "EUR", level="L1"),
    ...         Item("later", date(2025, 6, 1), 1000, "EUR")], steps, today)
    {'late': ('min_percent',), 'later': ('not_due',)}

    4. All that is overdue or rises to an early level must come to the policy's ``min_amount``:

    >>> answer([late], steps, today, policy=Policy(min_amount=101))
    {'late': ('min_amount',)}

    Sums are of ``value``, less the credits from the oldest maturity on (a credit that takes half of
    an item in its currency takes half of its value):

    >>> answer([late], steps, today, policy=Policy(min_amount=60), credits={"EUR": 40})
    {'late': 'L1'}
    >>> answer([late], steps, today, policy=Policy(min_amount=60), credits={"EUR": 41})
    {'late': ('min_amount',)}
    """
    _check_step(step)
    _check_credits(credits)
    rules = _rules(_ladder(levels), today.toordinal(), step, policy)
    customer = _Customer(items, rules)
    if customer.rising:
        customer.keep_interval(last_contact)
        customer.settle(credits or {})
    return customer.decisions


def not_due_after(levels: Sequence[Level], today: date, policy: Policy = _STANDARD) -> date | None:
    """The day after which a maturity alone says that the item is not due: no step of it has come
    today. An item without level, holds or anything else against it needs no further look.

    >>> not_due_after((Level("early", 1, -3), Level("L1", 2, 5)), date(2025, 3, 12))
    datetime.date(2025, 3, 15)
    >>> decide(Item(1, date(2025, 3, 16), 1, "EUR"),
    ...        (Level("early", 1, -3), Level("L1", 2, 5)), date(2025, 3, 12)).reasons
    ('not_due',)

    None where a maturity does not tell: the policy starts later, or has no step after the maturity.

    >>> not_due_after((Level("L1", 2, 5),), date(2025, 3, 12), Policy(date_start=date(2025, 4, 1)))
    >>> not_due_after((Level("early", 1, -3),), date(2025, 3, 12))
    """
    delays = [level.delay_days for level in levels]
    starts_later = policy.date_start is not None and policy.date_start > today
    if starts_later or max(delays, default=-1) < 0:
        return None
    return today - timedelta(days=min(0, *delays))


def map_level(old_delay: int | None, levels: Sequence[Level]) -> Level | None:
    """Where an item stands after a change of policy: the highest level with at most its old delay.

    >>> levels = (Level("L1", 1, 5), Level("L2", 2, 20))
    >>> map_level(19, levels).key, map_level(20, levels).key, map_level(4, levels)
    ('L1', 'L2', None)
    >>> map_level(None, levels) is None
    True
    """
    if old_delay is None:
        return None
    ordered = _ladder(levels).levels
    return next((level for level in reversed(ordered) if level.delay_days <= old_delay), None)


def _check_step(step):
    if step not in STEPS:
        raise ValueError(f"step must be one of {', '.join(STEPS)}: {step!r}")


def _check_credits(credits):
    if credits and min(credits.values()) < 0:
        raise ValueError(f"credits must not be negative: {dict(credits)}")


class _Ladder:
    """The levels of a policy: checked, in order, and what is ahead of an item at each of them."""

    __slots__ = ("ahead", "given", "levels", "tested")

    def __init__(self, levels: Sequence[Level]):
        self.given = levels
        ordered = sorted(levels, key=attrgetter("sequence", "delay_days"))
        _check_levels(ordered)
        early = tuple(level for level in ordered if level.delay_days < 0)
        late = tuple(level for level in ordered if level.delay_days >= 0)
        #: in order, and an early level never above a late one
        self.levels = early + late
        #: {level key, or None for an item without level: (early levels, late levels) to come}
        self.ahead = {None: (early, late)}
        for place, level in enumerate(early, 1):
            self.ahead[level.key] = early[place:], late
        for place, level in enumerate(late, 1):
            self.ahead[level.key] = (), late[place:]
        #: the levels that ask for a sum, the highest first
        self.tested = [lv for lv in reversed(self.levels) if lv.min_amount or lv.min_percent]

    def ahead_of(self, item):
        """The early and the late levels that an item, or the facts of one, has not reached."""
        return self.ahead.get(item.level, ((), ()))


#: Ladders by the identity of what they were made of. They keep that alive, so no id is used twice.
_ladders = {}


def _ladder(levels):
    """The ladder of ``levels``, which thousands of items in a row share."""
    made_of = id(levels) if type(levels) is tuple else tuple(map(id, levels))
    ladder = _ladders.get(made_of)
    if ladder is None:
        if len(_ladders) >= 256:
            _ladders.clear()
        ladder = _ladders[made_of] = _Ladder(levels)
    return ladder


def _check_levels(ordered):
    for one, other in pairwise(ordered):
        if (one.sequence, one.delay_days) == (other.sequence, other.delay_days):
            raise ValueError(
                f"levels {one.key!r} and {other.key!r} have the same sequence {one.sequence}"
                f" and delay of {one.delay_days} days"
            )
    seen = set()
    for level in ordered:
        if level.key in seen:
            raise ValueError(f"level {level.key!r} is given twice")
        if level.basis not in BASES:
            raise ValueError(f"level {level.key!r} has an unknown basis: {level.basis!r}")
        seen.add(level.key)


class _Rules:
    """What decides on every item of a customer alike. One object for the same rules, so that it
    is told from others by its identity."""

    __slots__ = ("ladder", "now", "policy", "step")

    def __init__(self, ladder, now, step, policy):
        self.ladder = ladder
        self.now = now
        self.step = step
        self.policy = policy


@lru_cache(maxsize=256)
def _rules(ladder, now, step, policy):
    return _Rules(ladder, now, step, policy)


class _Facts(NamedTuple):
    """All of an item that its decision depends on; the names are those of ``Item``."""

    date_due: date
    level: Hashable | None
    level_date: date | None
    pay_by: date | None
    started: bool
    is_short: bool
    codes: tuple[str, ...]


# From here on days are ordinals: the inner loop runs over every open item of a ledger.


def _decide(item, rules):
    if item.date_due is None:
        raise ValueError(f"item {item.key!r} has no maturity")
    if rules.ladder.levels and item.level not in rules.ladder.ahead:
        raise ValueError(
            f"item {item.key!r} stands at level {item.level!r}, which the policy does not have"
        )
    facts = _Facts(
        item.date_due,
        item.level,
        item.level_date,
        item.pay_by,
        item.started,
        _is_short(item),
        _stopping_codes(item),
    )
    return _decide_facts(facts, rules)


@lru_cache(maxsize=32_768)
def _decide_facts(facts, rules):
    """A ledger has many items and few days: most of them were decided before."""
    now, policy = rules.now, rules.policy
    reasons = list(facts.codes)
    due = facts.date_due.toordinal()
    floor = _floor(facts)
    if _is_before_start(facts, policy):
        reasons.append("before_start")
    if now < floor:
        reasons.append("pay_by")
    target = _next_step(facts, due, floor, rules)
    if target is None:
        return Decision(None, _ranked([*reasons, "last_level"]), None)
    day, level = target
    if now < day:
        reasons.append("not_due")
    elif now <= due + policy.grace_days and level.delay_days >= 0:
        reasons.append("grace")
    due_on = _first_day(target, due, floor, policy)
    return Decision(None, _ranked(reasons), due_on) if reasons else Decision(level, (), due_on)


def _floor(facts):
    """The first day after the one that the last notice gave for payment."""
    return facts.pay_by.toordinal() + 1 if facts.pay_by else 0


def _is_before_start(facts, policy):
    is_new = facts.level is None and not facts.started
    return bool(policy.date_start) and is_new and facts.date_due < policy.date_start


def _first_day(target, due, floor, policy):
    """The first day a step can go: by its delay, out of grace, not before ``floor``."""
    day, level = target
    if day <= due + policy.grace_days and level.delay_days >= 0:
        day = due + policy.grace_days + 1
    if day < floor:
        day = floor
    return date.fromordinal(day) if day < _NEVER else date.max


def _next_step(facts, due, floor, rules):
    """The step for today, or else the one to wait for, as (day by its delay, level)."""
    now = rules.now
    early, late = rules.ladder.ahead_of(facts)
    if early and now < due and floor < due and not facts.is_short:
        return _highest_come([(due + level.delay_days, level) for level in early], now)
    if not late:
        return None
    if rules.step == "one":
        return _late_day(facts, late[0], due), late[0]
    return _highest_come(_late_steps(facts, late, due), now)


def _is_short(item):
    """Whether the item's terms are too short for a reminder before the maturity."""
    return item.term_days is not None and item.term_days < SHORTEST_TERM_REMINDED


def _highest_come(steps, now):
    """The highest step whose day has come, else the first to come."""
    come = [step for step in steps if step[0] <= now]
    return come[-1] if come else min(steps, key=itemgetter(0))


def _late_steps(item, levels, due):
    """The late steps within reach: the next one, then those that count from the maturity."""
    steps = [(due + (lv.delay_days or 1), lv) for lv in levels if lv.basis == "due_date"]
    if levels[0].basis != "due_date":
        steps.insert(0, (_late_day(item, levels[0], due), levels[0]))
    return steps


def _late_day(item, level, due):
    if level.basis == "previous_notice" and item.level_date:
        return max(item.level_date.toordinal() + level.delay_days, due + 1)
    return due + (level.delay_days or 1)


def _stopping_codes(item):
    """Codes of what stops the item whatever the day."""
    codes = _reasons_of_holds(item) if item.holds or _demandable(item) <= 0 else ()
    if item.no_followup or item.blocked or item.under_way:
        codes = (*codes, *(code for code in _SWITCHES if getattr(item, code)))
    return tuple(codes)


def _reasons_of_holds(item):
    nothing_left = _demandable(item) <= 0
    codes = [hold.reason for hold in item.holds if nothing_left or hold.reason not in LOWERING]
    # Nothing may be demanded and no hold says why: something else has covered it.
    return codes or (["credits"] if nothing_left else [])


def _ranked(codes):
    """The codes once each, most serious first; reasons unknown here stand with ``other``."""
    if len(codes) == 1:
        return tuple(codes)
    return tuple(sorted(set(codes), key=lambda code: (_RANK.get(code, _RANK["other"]), code)))


def _demandable(item):
    """What may be demanded of ``item``, in its currency.

    ``demandable`` is what the caller computed. Should it be missing on an item whose holds lower
    the amount, they are not forgotten here.
    """
    if not item.holds:
        return max(0, item.residual) if item.demandable is None else item.demandable
    lowered = [hold.amount for hold in item.holds if hold.reason in LOWERING]
    if None in lowered:
        return 0
    if item.demandable is not None:
        return item.demandable
    return max(0, item.residual - sum(max(0, amount) for amount in lowered))


def _value(item):
    """The figure of ``item`` in the customer's sums."""
    if item.value is not None:
        return item.value
    return item.residual if item.demandable is None else item.demandable


class _Customer:
    """The decisions on one customer's items, and the tests that take rises back or lower them."""

    def __init__(self, items, rules):
        self.items = tuple(items)
        self.ladder = rules.ladder
        self.now = rules.now
        self.step = rules.step
        self.policy = rules.policy
        self.credits = {}
        self.decisions = {item.key: _decide(item, rules) for item in self.items}
        if len(self.decisions) != len(self.items):
            raise ValueError("an item is given twice")
        self.rising = {i.key: i for i in self.items if self.decisions[i.key].level is not None}
        #: codes of the levels an item fell from, by its key
        self.missed = {}

    def demanded(self) -> list[Item]:
        """The items that a notice of today would demand: overdue, or rising before their day."""
        now, rising = self.now, self.rising
        return [i for i in self.items if i.date_due.toordinal() < now or i.key in rising]

    def stop(self, items: Iterable[Item], *codes: str, not_before: date = date.min):
        for item in items:
            reasons = _ranked([*codes, *self.missed.get(item.key, ())])
            due_on = max(self.decisions[item.key].due_on, not_before)
            self.decisions[item.key] = Decision(None, reasons, due_on)
            del self.rising[item.key]

    def keep_interval(self, last_contact: date | None):
        if last_contact is None:
            return
        over = last_contact + timedelta(days=self.policy.min_interval_days)
        if self.now < over.toordinal():
            self.stop(
                self.rising_to(lambda level: level.delay_days >= 0), "interval", not_before=over
            )

    def settle(self, credits: Mapping[Hashable, int]):
        """The tests of sums, until none of them changes a decision.

        An early reminder that is taken back no longer shares the credits, which may then cover
        what is left of their currency, and so on; each round takes back, so the rounds end.
        """
        self.credits = credits
        count = None
        while self.rising and count != len(self.rising):
            count = len(self.rising)
            self.keep_credits()
            self.keep_levels()
            self.keep_minimum()

    def keep_credits(self):
        for currency, credit in self.credits.items():
            demanded = [item for item in self.demanded() if item.currency == currency]
            if credit >= sum(map(_demandable, demanded)):
                self.stop([item for item in demanded if item.key in self.rising], "credits")

    def keep_levels(self):
        if not self.ladder.tested:
            return
        values = self.values()
        whole = sum(values.values())
        for level in self.ladder.tested:
            group = self.rising_to(level.__eq__)
            missed = _missed(level, sum(values[item.key] for item in group), whole)
            if missed:
                self.fall(group, level, missed)

    def rising_to(self, wanted: Callable[[Level], bool]) -> list[Item]:
        return [item for key, item in self.rising.items() if wanted(self.decisions[key].level)]

    def fall(self, group: Iterable[Item], level: Level, missed: Collection[str]):
        for item in group:
            self.missed.setdefault(item.key, []).extend(missed)
            lower = self.lower_decision(item, level)
            if lower:
                self.decisions[item.key] = lower
            else:
                self.stop([item])

    def lower_decision(self, item: Item, level: Level) -> Decision | None:
        """Rising to the highest step below ``level`` that is open to ``item`` today."""
        _early, late = self.ladder.ahead_of(item)
        if level.delay_days < 0 or self.step == "one":
            return None
        due = item.date_due.toordinal()
        steps = takewhile(lambda step: step[1] != level, _late_steps(item, late, due))
        come = [step for step in steps if step[0] <= self.now]
        if not come:
            return None
        # The item's own dates let it rise, so they let it rise to any level that has come.
        return Decision(come[-1][1], (), _first_day(come[-1], due, _floor(item), self.policy))

    def keep_minimum(self):
        if not self.policy.min_amount:
            return
        values = self.values()
        if sum(values[item.key] for item in self.demanded()) < _exact(self.policy.min_amount):
            self.stop(list(self.rising.values()), "min_amount")

    def values(self) -> dict[Hashable, int | Fraction]:
        """The items' figures for the sums, less the credits from the oldest maturity on."""
        values = {item.key: _value(item) for item in self.items}
        left = dict(self.credits)
        for item in sorted(self.demanded() if left else (), key=attrgetter("date_due")):
            amount = _demandable(item)
            taken = min(left.get(item.currency, 0), amount)
            if taken > 0:
                left[item.currency] -= taken
                # what is taken whole stays a whole number: sums of fractions take time
                share = Fraction(amount - taken, amount) if taken < amount else 0
                values[item.key] *= share
        return values


def _missed(level, amount, whole):
    """Codes of the tests of ``level`` that ``amount``, out of ``whole``, does not pass."""
    codes = []
    if amount < _exact(level.min_amount):
        codes.append("min_amount")
    if level.min_percent and amount < _exact(level.min_percent) * whole:
        codes.append("min_percent")
    return codes


def _exact(number):
    """``number`` as it is written: 0.1 is a tenth, not the nearest binary fraction."""
    return number if isinstance(number, int) else Fraction(str(number))
