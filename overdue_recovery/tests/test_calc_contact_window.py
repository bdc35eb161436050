import doctest
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytz
from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.overdue_recovery.calc import contact_window
from odoo.addons.overdue_recovery.calc.contact_window import UTC, Contact, Limit, Rule, verdict
from odoo.tests import BaseCase, tagged

GENTLY = settings(max_examples=80, deadline=None, derandomize=True)
NAMES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
ZONES = st.sampled_from([ZoneInfo(name) for name in NAMES])
# the clocks change in all of these weeks somewhere
SPRING, AUTUMN = (
    st.dates(date(2025, 3, 1), date(2025, 4, 14)),
    st.dates(date(2025, 10, 1), date(2025, 11, 9)),
)
MOMENTS = st.builds(datetime.combine, SPRING | AUTUMN, st.times(), ZONES)
CHANNELS = st.sampled_from(["email", "sms", "letter", "call"])
HOURS = st.tuples(st.integers(0, 11), st.integers(12, 24))
LIMITS = st.lists(
    st.builds(Limit, st.none() | CHANNELS, st.none() | st.integers(1, 4), st.integers(1, 10)),
    max_size=3,
)
RULES = st.builds(
    Rule,
    st.sets(st.integers(0, 6), min_size=1),
    HOURS,
    st.frozensets(st.dates(date(2025, 3, 1), date(2025, 4, 30)), max_size=10),
    LIMITS,
    st.integers(0, 9),
)
KEYS = st.none() | st.sampled_from("ABC")


@st.composite
def asked(draw):
    """A moment, and contacts of the fortnight before it."""
    at = draw(MOMENTS)
    ago = draw(st.lists(st.integers(0, 14 * 24 * 60), max_size=8))
    history = [
        Contact(
            at.astimezone(UTC) - timedelta(minutes=minutes),
            draw(CHANNELS),
            draw(st.booleans()),
            draw(KEYS),
        )
        for minutes in ago
    ]
    return at, history


@tagged("post_install", "-at_install")
class TestCalcContactWindow(BaseCase):
    def test_the_examples_of_the_docstrings_hold(self):
        results = doctest.testmod(contact_window)
        self.assertGreater(results.attempted, 0)
        self.assertEqual(results.failed, 0)

    @GENTLY
    @given(RULES, asked(), KEYS)
    def test_every_hold_ends_at_a_moment_that_suits(self, rule, situation, key):
        at, history = situation
        found = verdict(rule, at, history, key)
        self.assertIn(found.decision, ("send", "hold"))
        self.assertEqual(found.decision == "hold", bool(found.reasons))
        if found.decision == "hold":
            self.assertGreater(found.until.astimezone(UTC), at.astimezone(UTC))
            self.assertEqual(verdict(rule, found.until, history, key).decision, "send")

    @GENTLY
    @given(RULES, asked(), KEYS)
    def test_nothing_suits_before_a_hold_ends(self, rule, situation, key):
        at, history = situation
        found = verdict(rule, at, history, key)
        if found.decision != "hold":
            return
        start, end = at.astimezone(UTC), found.until.astimezone(UTC)
        for part in (0.1, 0.5, 0.9, 0.999):
            moment = (start + (end - start) * part).astimezone(at.tzinfo)
            self.assertEqual(verdict(rule, moment, history, key).decision, "hold", moment)
        moment = (end - timedelta(microseconds=1)).astimezone(at.tzinfo)
        self.assertEqual(verdict(rule, moment, history, key).decision, "hold")

    @GENTLY
    @given(RULES, asked(), KEYS)
    def test_nothing_is_sent_outside_the_rule(self, rule, situation, key):
        at, history = situation
        if verdict(rule, at, history, key).decision != "send":
            return
        first, end = rule.hours
        self.assertIn(at.weekday(), rule.weekdays)
        self.assertTrue(first <= at.hour and (at.hour < end or end == 24))
        self.assertNotIn(at.date(), rule.holidays)
        for limit in rule.limits:
            inside = [one for one in history if _is_within(one, at, limit.days)]
            if limit.channel is None:
                demands = {one.key or id(one) for one in inside} - {key}
                self.assertLess(len(demands), limit.count or 99)
            else:
                own = [one for one in inside if one.channel == limit.channel]
                self.assertLess(len(own), limit.count or 99)
                self.assertFalse([one for one in own if one.conversation])

    @GENTLY
    @given(RULES, RULES, asked(), KEYS)
    def test_a_further_rule_only_ever_narrows(self, rule, further, situation, key):
        at, history = situation
        both = contact_window.narrow([rule, further])
        if verdict(both, at, history, key).decision == "send":
            for one in (rule, further):
                alone = Rule(one.weekdays, one.hours, one.holidays, one.limits)
                self.assertEqual(verdict(alone, at, history, key).decision, "send")

    @GENTLY
    @given(RULES, asked(), KEYS)
    def test_the_order_of_contacts_and_their_zone_do_not_matter(self, rule, situation, key):
        at, history = situation
        local = [
            Contact(one.at.astimezone(at.tzinfo), one.channel, one.conversation, one.key)
            for one in history
        ]
        self.assertEqual(verdict(rule, at, history, key), verdict(rule, at, local[::-1], key))

    def test_eight_calls_in_a_week_wait_until_the_first_one_leaves_the_window(self):
        zone = ZoneInfo("America/New_York")
        monday = datetime(2025, 6, 2, 10, tzinfo=zone)
        calls = [Contact(monday + timedelta(days=day), "call") for day in range(7)]
        sunday = datetime(2025, 6, 8, 15, tzinfo=zone)
        for gap_days in (0, 7):
            rule = Rule(range(7), (time(8), time(21)), (), [("call", 7, 7)], gap_days)
            found = verdict(rule, sunday, calls)
            self.assertEqual((found.decision, found.until), ("hold", monday + timedelta(days=7)))

    def test_a_gap_after_a_conversation(self):
        zone = ZoneInfo("America/New_York")
        talk = Contact(datetime(2025, 6, 2, 10, tzinfo=zone), "call", conversation=True)
        rule = Rule(range(7), (8, 21), (), [("call", 7, 7)], 7)
        found = verdict(rule, datetime(2025, 6, 4, 10, tzinfo=zone), [talk])
        self.assertEqual(found.until, talk.at + timedelta(days=7))
        self.assertEqual(found.reasons, ("conversation", "gap"))

    def test_the_hour_that_the_clocks_skip_or_repeat(self):
        zone = ZoneInfo("Europe/Berlin")
        early = Rule(range(7), (2.5, 4))
        # 02:30 does not exist on that day: an hour later by the clock, it is that moment
        found = verdict(early, datetime(2025, 3, 30, 1, tzinfo=zone))
        self.assertEqual(found.until.isoformat(), "2025-03-30T03:30:00+02:00")
        # the hour from 2 to 3 comes twice: both times suit
        for fold in (0, 1):
            moment = datetime(2025, 10, 26, 2, 45, tzinfo=zone, fold=fold)
            self.assertEqual(verdict(early, moment).decision, "send")

    def test_a_week_over_a_change_of_the_clocks_ends_at_the_same_hour(self):
        zone = ZoneInfo("Europe/Berlin")
        sent = Contact(datetime(2025, 3, 27, 10, tzinfo=zone), "email")
        rule = Rule(range(7), (0, 24), (), [(None, 1, 7)])
        found = verdict(rule, datetime(2025, 4, 2, 12, tzinfo=zone), [sent])
        self.assertEqual(found.until.isoformat(), "2025-04-03T10:00:00+02:00")

    def test_a_zone_of_pytz_is_read_with_its_changes_of_the_clocks(self):
        moment = pytz.timezone("Europe/Berlin").localize(datetime.fromisoformat("2025-03-29 20:00"))
        found = verdict(Rule(range(7), (8, 19)), moment)
        self.assertEqual(found.until.isoformat(), "2025-03-30T08:00:00+02:00")


def _is_within(contact, at, days):
    """Whether ``at`` lies in the window of so many days that the contact begins."""
    end = contact.at.astimezone(at.tzinfo) + timedelta(days=days)
    return end.astimezone(UTC) > at.astimezone(UTC)
