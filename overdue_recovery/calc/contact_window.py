"""When a person may be contacted: weekdays, hours, holidays, limits in rolling windows, a gap.

``verdict`` looks at one moment under one rule and at what the person was told before. It knows
neither the clock nor any law: the caller brings both, in the recipient's time zone (that of
``at``). All wall-clock times and all days are those of that zone, also over a change of the clocks:
eight o'clock is eight o'clock, and seven days after Monday 10:00 is Monday 10:00.
"""

from collections.abc import Collection, Container, Hashable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

#: Every reason for which a moment does not suit, the most serious first; ``no_moment`` refuses.
REASONS = ("no_moment", "limit", "conversation", "gap", "holiday", "weekday", "hours")

#: A rule that is closed for this many days in a row is closed for good.
HORIZON = 366

#: In several zones at once, so often a next moment is tried: each try is half a day further.
ATTEMPTS = 100

UTC = timezone.utc
_DAY_END = time.max


class Limit(NamedTuple):
    """At most ``count`` contacts on ``channel`` in any ``days`` days.

    ``channel`` None means: demands on whatever channel, of which those with the same key are one.
    ``count`` None means: any number. A conversation uses a limit up at once: whoever was spoken to
    on a channel is left in peace there for ``days`` days. A plain tuple of three serves as well.
    """

    channel: str | None
    count: int | None
    days: int


@dataclass(frozen=True, slots=True)
class Rule:
    """What binds a contact on one channel.

    ``weekdays`` are numbers (0 = Monday), ``hours`` (first, end), each a ``time`` or a number of
    hours, the end excluded (24 = midnight). ``holidays`` is whatever can say ``day in holidays``.
    ``limits`` are ``Limit`` or (channel, count, days). ``gap_days`` counts from the last contact;
    attempts on a channel that has a limit of its own are counted there, and start a gap only when
    they became a conversation.
    """

    weekdays: Collection[int]
    hours: tuple
    holidays: Container[date] = ()
    limits: Iterable[tuple] = ()
    gap_days: int = 0


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact that took place, at an aware moment. Those with the same ``key`` belong to one
    demand (the messages of one notice); without a key, each is its own. One that was no demand
    (the debtor called) counts as a conversation or not at all."""

    at: datetime
    channel: str
    conversation: bool = False
    key: Hashable | None = None
    demand: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """``decision`` send, hold or refuse; ``until`` the first moment that suits, for hold only;
    ``reasons`` all codes at the moment that was asked about, the most serious first."""

    decision: str
    until: datetime | None = None
    reasons: tuple[str, ...] = ()


def verdict(
    rule: Rule, at: datetime, history: Iterable[Contact] = (), key: Hashable | None = None
) -> Verdict:
    """Whether ``rule`` lets a contact happen ``at`` a moment, and if not, when.

    ``history`` holds the contacts that count, in any order; those that failed are left out.
    ``key`` is the demand that wants to go: its own messages do not block one another.

    Weekdays and hours are those of the moment's own zone; the end of the hours is excluded:

    >>> from zoneinfo import ZoneInfo
    >>> zone = ZoneInfo("Europe/Berlin")
    >>> office = Rule(range(5), (8, 19))
    >>> def asked(rule, *moment, history=(), key=None):
    ...     found = verdict(rule, datetime(*moment, tzinfo=zone), history, key)
    ...     return found.decision, found.until and f"{found.until:%a %d %b %H:%M}", found.reasons
    >>> asked(office, 2025, 3, 3, 8), asked(office, 2025, 3, 3, 18, 59)
    (('send', None, ()), ('send', None, ()))
    >>> asked(office, 2025, 3, 3, 19)
    ('hold', 'Tue 04 Mar 08:00', ('hours',))
    >>> asked(office, 2025, 3, 8, 7)
    ('hold', 'Mon 10 Mar 08:00', ('weekday', 'hours'))

    A day off is waited for like a weekend. The end of a hold suits in every respect:

    >>> asked(Rule(range(5), (8, 19), {date(2025, 3, 10)}), 2025, 3, 8, 12)
    ('hold', 'Tue 11 Mar 08:00', ('weekday',))
    >>> asked(Rule(range(5), (8, 19), {date(2025, 3, 3)}), 2025, 3, 3, 20)
    ('hold', 'Tue 04 Mar 08:00', ('holiday', 'hours'))

    The clocks change on 30 March: eight o'clock on that Sunday is an hour earlier than usual.

    >>> verdict(Rule(range(7), (8, 19)), datetime(2025, 3, 29, 23, tzinfo=zone)).until.isoformat()
    '2025-03-30T08:00:00+02:00'

    A limit counts the contacts on its channel in a rolling window, which a contact leaves to the
    minute. Seven calls from Monday to Sunday are all that seven days take:

    >>> calls = [Contact(datetime(2025, 3, day, 10, tzinfo=zone), "call") for day in range(3, 10)]
    >>> seven = Rule(range(7), (8, 21), (), [("call", 7, 7)])
    >>> asked(seven, 2025, 3, 9, 15, history=calls)
    ('hold', 'Mon 10 Mar 10:00', ('limit',))
    >>> asked(seven, 2025, 3, 10, 10, history=calls)
    ('send', None, ())
    >>> asked(seven, 2025, 3, 9, 15, history=[Contact(call.at, "email") for call in calls])
    ('send', None, ())

    A conversation uses the limit of its channel up; ``count`` None leaves only that:

    >>> talk = Contact(datetime(2025, 3, 3, 10, tzinfo=zone), "call", conversation=True)
    >>> asked(seven, 2025, 3, 5, 9, history=[talk])
    ('hold', 'Mon 10 Mar 10:00', ('conversation',))
    >>> asked(Rule(range(7), (8, 21), (), [Limit("call", None, 7)]), 2025, 3, 5, 9, history=calls)
    ('send', None, ())

    Without a channel, a limit counts demands: messages with one key are one, at the last of them,
    and do not stand in each other's way:

    >>> weekly = Rule(range(5), (8, 19), (), [(None, 1, 7)])
    >>> sent = [Contact(datetime(2025, 3, 3, 10, tzinfo=zone), "email", key="A"),
    ...         Contact(datetime(2025, 3, 3, 11, tzinfo=zone), "call", key="A")]
    >>> asked(weekly, 2025, 3, 3, 12, history=sent, key="A")
    ('send', None, ())
    >>> asked(weekly, 2025, 3, 3, 12, history=sent, key="B")
    ('hold', 'Mon 10 Mar 11:00', ('limit',))
    >>> asked(Rule(range(7), (8, 19), (), [(None, 2, 7)]), 2025, 3, 3, 12, history=sent)
    ('send', None, ())

    The gap counts from the last contact:

    >>> asked(Rule(range(5), (8, 19), (), (), 3), 2025, 3, 5, 12, history=sent)
    ('hold', 'Thu 06 Mar 11:00', ('gap',))

    Every hold ends. A rule that leaves no moment within a year refuses instead, and says so:

    >>> asked(Rule((), (8, 19)), 2025, 3, 3, 12)
    ('refuse', None, ('no_moment', 'weekday'))
    >>> asked(Rule(range(5), (19, 8)), 2025, 3, 3, 12)
    ('refuse', None, ('no_moment', 'hours'))
    >>> asked(Rule(range(5), (8, 19), (), [("email", 0, 1)]), 2025, 3, 3, 12)
    ('refuse', None, ('no_moment', 'limit'))

    A moment without a time zone is nobody's:

    >>> verdict(office, datetime(2025, 3, 3, 12))
    Traceback (most recent call last):
    ValueError: the moment 2025-03-03 12:00:00 has no time zone
    """
    at = _in_zone(at)
    waits = _waits(rule, at, list(history), key)
    closed = _closed(rule, at)
    if not waits and not closed:
        return Verdict("send")
    reasons = tuple(code for code in REASONS if code in waits or code in closed)
    until = None
    if None not in waits.values():
        until = _opening(rule, max((at, *waits.values()), key=_absolute))
    if until is None:
        return Verdict("refuse", None, ("no_moment", *reasons))
    return Verdict("hold", until, reasons)


def verdict_in_all(
    rule: Rule,
    at: datetime,
    zones: Iterable[tzinfo],
    history: Iterable[Contact] = (),
    key: Hashable | None = None,
) -> Verdict:
    """The verdict for somebody who may be in any of ``zones``: a moment has to suit in each.

    Somewhere in the United States is from Honolulu to New York, so the day begins at 14:00 in New
    York (in winter, 13:00) and ends there:

    >>> zones = [ZoneInfo("America/New_York"), ZoneInfo("Pacific/Honolulu")]
    >>> office = Rule(range(5), (8, 19))
    >>> found = verdict_in_all(office, datetime(2025, 7, 7, 14, tzinfo=UTC), zones)
    >>> found.decision, found.until.isoformat(), found.reasons
    ('hold', '2025-07-07T18:00:00+00:00', ('hours',))
    >>> verdict_in_all(office, datetime(2025, 7, 7, 22, 59, tzinfo=UTC), zones).decision
    'send'
    >>> verdict_in_all(office, datetime(2025, 7, 4, 23, tzinfo=UTC), zones).until.isoformat()
    '2025-07-07T18:00:00+00:00'

    Zones may be so far apart that no moment suits in all of them:

    >>> far = [ZoneInfo("Pacific/Auckland"), ZoneInfo("Europe/London")]
    >>> verdict_in_all(office, datetime(2025, 7, 7, 14, tzinfo=UTC), far)
    Verdict(decision='refuse', until=None, reasons=('no_moment', 'hours'))
    """
    history, zones = list(history), list(zones)
    moment, reasons = at, ()
    for _attempt in range(ATTEMPTS):
        found = [verdict(rule, moment.astimezone(zone), history, key) for zone in zones]
        if moment is at:
            told = {code for one in found for code in one.reasons}
            reasons = tuple(code for code in REASONS if code in told and code != "no_moment")
        if any(one.decision == "refuse" for one in found):
            break
        ends = [one.until.astimezone(UTC) for one in found if one.decision == "hold"]
        if not ends:
            return Verdict("hold", moment, reasons) if reasons else Verdict("send")
        moment = max(ends)
    return Verdict("refuse", None, ("no_moment", *reasons))


def narrow(rules: Iterable[Rule]) -> Rule:
    """The rule that is kept when all of ``rules`` are: what one forbids, no other one allows.

    >>> narrow([Rule(range(5), (8, 19), {1}, [(None, 1, 7)]),
    ...         Rule(range(7), (time(9), 21), {2}, [("call", 7, 7)], 2)])
    Rule(weekdays=frozenset({0, 1, 2, 3, 4}), hours=(datetime.time(9, 0), datetime.time(19, 0)), \
holidays=_Either(({1}, {2})), limits=((None, 1, 7), ('call', 7, 7)), gap_days=2)

    No rule at all binds nothing:

    >>> verdict(narrow([]), datetime(2025, 3, 9, 3, tzinfo=UTC)).decision
    'send'
    """
    rules = list(rules)
    days = [frozenset(rule.weekdays) for rule in rules]
    return Rule(
        weekdays=frozenset(range(7)).intersection(*days),
        hours=(
            max((_clock(rule.hours[0]) for rule in rules), default=time.min),
            min((_clock(rule.hours[1]) for rule in rules), default=_DAY_END),
        ),
        holidays=_Either(rule.holidays for rule in rules if rule.holidays != ()),
        limits=tuple(limit for rule in rules for limit in rule.limits),
        gap_days=max((rule.gap_days for rule in rules), default=0),
    )


class _Either(tuple):
    """Contains a day when one of its containers does."""

    __slots__ = ()

    def __contains__(self, day):
        return any(day in days for days in self)

    def __repr__(self):
        return f"_Either({super().__repr__()})"


# -- what has to be waited for ---------------------------------------------------------------


def _waits(rule, at, history, key):
    """{reason: first moment at which it has passed, None for never} of limits and gap."""
    waits = {}
    for limit in map(Limit._make, rule.limits):
        talks = [one.at for one in history if one.conversation and one.channel == limit.channel]
        _note(waits, "conversation", at, [_later(at, talk, limit.days) for talk in talks])
        if limit.count is not None:
            _note(waits, "limit", at, [_room(limit, at, history, key)])
    if rule.gap_days:
        limited = {limit[0] for limit in rule.limits}
        starts = [
            one.at
            for one in history
            if one.demand and (one.conversation or one.channel not in limited)
            if one.key is None or one.key != key
        ]
        _note(waits, "gap", at, [_later(at, start, rule.gap_days) for start in starts])
    return waits


def _note(waits, reason, at, ends):
    """Add those of ``ends`` that still lie ahead of ``at``; None is never."""
    for end in ends:
        if end is None:
            waits[reason] = None
        elif _absolute(end) > _absolute(at) and waits.get(reason, at) is not None:
            waits[reason] = max(end, waits.get(reason, at), key=_absolute)


def _room(limit, at, history, key):
    """When ``limit`` has room for one more: None for never. What lies ahead of ``at`` counts too:
    a window that ends later would hold both."""
    if limit.count <= 0:
        return None
    ends = sorted(
        (_later(at, moment, limit.days) for moment in _counted(limit, history, key)), key=_absolute
    )
    still = [end for end in ends if _absolute(end) > _absolute(at)]
    return still[len(still) - limit.count] if len(still) >= limit.count else at


def _counted(limit, history, key):
    """The moments that a limit counts: those on its channel, or one for each other demand."""
    history = [one for one in history if one.demand]
    if limit.channel is not None:
        return [one.at for one in history if one.channel == limit.channel]
    alone = [one.at for one in history if one.key is None]
    demands = {}
    for one in history:
        if one.key is not None and one.key != key:
            demands[one.key] = max(one.at, demands.get(one.key, one.at), key=_absolute)
    return [*alone, *demands.values()]


# -- when it is open -------------------------------------------------------------------------


def _closed(rule, at):
    """The reasons for which the day or the hour of ``at`` does not suit."""
    first, end = map(_clock, rule.hours)
    now = at.time()
    found = {
        "holiday": at.date() in rule.holidays,
        "weekday": at.weekday() not in rule.weekdays,
        "hours": now < first or now >= end != _DAY_END,
    }
    return {code for code, closed in found.items() if closed}


def _opening(rule, moment):
    """The first moment from ``moment`` on whose day and hour suit; None within the horizon."""
    moment = moment.astimezone(UTC).astimezone(moment.tzinfo)
    for _day in range(HORIZON + 1):
        opening = max(moment, _at(moment, rule.hours[0]), key=_absolute)
        if opening.date() == moment.date() and not _closed(rule, opening):
            return opening
        moment = _at(moment + timedelta(days=1), 0)
    return None


def _at(moment, hour):
    """That hour on the day of ``moment``; one that a change of the clocks leaves out is moved."""
    local = datetime.combine(moment.date(), _clock(hour), tzinfo=moment.tzinfo)
    return local.astimezone(UTC).astimezone(moment.tzinfo)


def _clock(hour):
    """A time of the day from a ``time`` or a number of hours; 24 is the end of the day."""
    if isinstance(hour, time):
        return hour
    minutes = round(hour * 60)
    return _DAY_END if minutes >= 24 * 60 else time(minutes // 60, minutes % 60)


def _later(at, moment, days):
    """So many days after ``moment`` by the clock of ``at``'s zone."""
    return moment.astimezone(at.tzinfo) + timedelta(days=days)


def _in_zone(at):
    """``at`` in a zone that can be calculated with: one of pytz stands for one offset only."""
    if at.tzinfo is None or at.utcoffset() is None:
        raise ValueError(f"the moment {at} has no time zone")
    name = getattr(at.tzinfo, "zone", None)
    return at.astimezone(ZoneInfo(name)) if name else at


def _absolute(moment):
    """What moments are compared by: two of one zone would be compared by their clocks."""
    return moment.astimezone(UTC)
