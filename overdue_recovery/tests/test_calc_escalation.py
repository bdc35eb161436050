import doctest
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.overdue_recovery.calc import demand, escalation
from odoo.addons.overdue_recovery.calc.demand import Hold
from odoo.addons.overdue_recovery.calc.escalation import Item, Level, Policy
from odoo.tests import BaseCase, tagged

GENTLY = settings(max_examples=200, deadline=None, derandomize=True)
DUE = date(2025, 3, 12)
LEVELS = (Level("early", 1, -3), Level("L1", 2, 5), Level("L2", 3, 15), Level("L3", 4, 30))

DAYS = st.integers(-20, 90).map(lambda days: DUE + timedelta(days=days))
STEPS = st.sampled_from(escalation.STEPS)
BLOCKING = st.builds(Hold, st.sampled_from(["hardship", "says_paid", "time_barred", "own_reason"]))
LOWERING = st.builds(Hold, st.sampled_from(demand.LOWERING), st.none() | st.integers(0, 2000))
HOLDS = st.lists(BLOCKING | LOWERING, max_size=2)
SWITCHES = st.sampled_from([{}, {}, {}, {"blocked": True}, {"under_way": True}])


def after(days):
    return DUE + timedelta(days=days)


def rank(levels, level):
    """Place of a level in the order of escalation, -1 for none."""
    ordered = sorted(levels, key=lambda lv: (lv.delay_days >= 0, lv.sequence, lv.delay_days))
    return -1 if level is None else ordered.index(level)


@st.composite
def ladders(draw, thresholds=False):
    """Policies with one to five levels, holes and odd orders included."""
    delays = draw(st.lists(st.integers(-10, 45), min_size=1, max_size=5, unique=True))
    if draw(st.booleans()):
        delays.sort()
    amounts = st.integers(0, 3000) if thresholds else st.just(0)
    percents = st.sampled_from([0, 0.1, 0.5, 0.9]) if thresholds else st.just(0)
    bases = st.sampled_from(["due_date", "due_date", "previous_notice"])
    return tuple(
        Level(f"L{number}", number, delay, draw(bases), draw(amounts), draw(percents))
        for number, delay in enumerate(delays)
    )


@st.composite
def items(draw, levels, key="item", clean=False):
    """Items anywhere on the ladder; clean ones have nothing against them but dates."""
    residual = draw(st.integers(1, 2000))
    holds = [] if clean else draw(HOLDS)
    stands = draw(st.booleans())
    return Item(
        key,
        draw(st.integers(-5, 5).map(after)),
        residual,
        draw(st.sampled_from(["EUR", "USD"])),
        level=draw(st.sampled_from([lv.key for lv in levels])) if stands else None,
        level_date=draw(DAYS) if stands else None,
        pay_by=draw(st.none() | DAYS) if stands else None,
        holds=holds,
        demandable=demand.demandable(residual, holds),
        term_days=draw(st.sampled_from([None, 13, 14])),
        **({} if clean else draw(SWITCHES)),
    )


@st.composite
def situations(draw, clean=False):
    levels = draw(ladders())
    policy = Policy(grace_days=draw(st.integers(0, 10)))
    return draw(items(levels, clean=clean)), levels, draw(DAYS), draw(STEPS), policy


@st.composite
def customers(draw):
    levels = draw(ladders(thresholds=True))
    count = draw(st.integers(1, 4))
    opened = [draw(items(levels, key=number, clean=number > 1)) for number in range(count)]
    policy = Policy(draw(st.integers(0, 3)), draw(st.integers(0, 14)), draw(st.integers(0, 3000)))
    return opened, levels, draw(DAYS), draw(STEPS), policy


CREDITS = st.dictionaries(st.sampled_from(["EUR", "USD", "GBP"]), st.integers(0, 3000))


def handed_over(item, level, today, new_due_days):
    """The item once a notice of today lifted it to ``level``."""
    early = level.delay_days < 0
    pay_by = item.date_due if early else today + timedelta(days=new_due_days)
    return replace(item, level=level.key, level_date=today, pay_by=pay_by)


def daily_runs(levels, run_days, step, new_due_days=0):
    """(day, level, item before it) of each rise, of runs on days counted from the maturity."""
    item, rises = Item("item", DUE, 1000, "EUR"), []
    for today in map(after, run_days):
        level = escalation.decide(item, levels, today, step).level
        if level is not None:
            rises.append((today, level, item))
            item = handed_over(item, level, today, new_due_days)
    return rises


RUNS = (
    ladders(),
    # from some day on, every so many days: a job that misses runs
    st.builds(range, st.integers(-15, 30), st.just(120), st.integers(1, 9)),
    STEPS,
    st.integers(0, 14),
)


@tagged("post_install", "-at_install")
class TestCalcEscalation(BaseCase):
    def decide(self, day, step="one", policy=None, **facts):
        item = Item("item", DUE, 10000, "EUR", **facts)
        return escalation.decide(item, LEVELS, after(day), step, policy or Policy())

    def test_the_examples_of_the_docstrings_hold(self):
        results = doctest.testmod(escalation)
        self.assertGreater(results.attempted, 0)
        self.assertEqual(results.failed, 0)

    # One item

    def test_due_on_the_12th_is_late_on_the_13th_but_not_within_three_days_of_grace(self):
        levels = [Level("L1", 1, 1)]
        item = Item("item", DUE, 10000, "EUR")
        self.assertEqual(escalation.decide(item, levels, after(1)).level, "L1")
        graced = escalation.decide(item, levels, after(1), policy=Policy(grace_days=3))
        self.assertEqual((graced.reasons, graced.due_on), (("grace",), after(4)))

    def test_a_level_without_delay_waits_for_the_first_overdue_day(self):
        levels, item = [Level("L1", 1, 0)], Item("item", DUE, 10000, "EUR")
        self.assertEqual(escalation.decide(item, levels, DUE).reasons, ("not_due",))
        self.assertEqual(escalation.decide(item, levels, after(1)).level, "L1")

    def test_an_early_level_that_pay_by_would_hold_past_the_maturity_is_passed_over(self):
        levels = (Level("week", 1, -7), Level("eve", 2, -1), Level("L1", 3, 5))
        reminded = Item("item", DUE, 10000, "EUR", level="week", pay_by=DUE)
        decision = escalation.decide(reminded, levels, after(-1))
        self.assertEqual((decision.reasons, decision.due_on), (("pay_by", "not_due"), after(5)))

    def test_of_two_early_levels_the_missed_one_is_not_made_up(self):
        levels = (Level("week", 1, -7), Level("eve", 2, -1), Level("L1", 3, 5))
        item = Item("item", DUE, 10000, "EUR")
        self.assertEqual(escalation.decide(item, levels, after(-2)).level, "week")
        self.assertEqual(escalation.decide(item, levels, after(-1)).level, "eve")
        waiting = escalation.decide(replace(item, level="week"), levels, after(-4))
        self.assertEqual((waiting.reasons, waiting.due_on), (("not_due",), after(-1)))

    def test_an_early_level_is_for_terms_of_fourteen_days_and_more(self):
        self.assertEqual(self.decide(-2, term_days=14).level, "early")
        self.assertEqual(self.decide(-2, term_days=13).due_on, after(5))

    def test_a_level_that_counts_from_the_previous_notice_is_reached_as_the_next_step_only(self):
        levels = (LEVELS[1], Level("L2", 2, 15, "previous_notice"), Level("L3", 3, 50))
        item = Item("item", DUE, 10000, "EUR")
        self.assertEqual(escalation.decide(item, levels, after(40), "catch_up").level, "L1")
        item = replace(item, level="L1", level_date=after(20))
        self.assertEqual(escalation.decide(item, levels, after(34), "catch_up").due_on, after(35))
        self.assertEqual(escalation.decide(item, levels, after(35), "catch_up").level, "L2")
        self.assertEqual(escalation.decide(item, levels, after(50), "catch_up").level, "L3")

    def test_a_notice_sent_long_before_the_maturity_brings_no_next_one_before_it(self):
        levels = (Level("early", 1, -9), Level("L1", 2, 2, "previous_notice"))
        reminded = Item("item", DUE, 10000, "EUR", level="early", level_date=after(-9))
        decision = escalation.decide(reminded, levels, after(0))
        self.assertEqual((decision.reasons, decision.due_on), (("not_due",), after(1)))
        self.assertEqual(escalation.decide(reminded, levels, after(1)).level, "L1")

    def test_all_reasons_are_told_with_the_most_serious_first(self):
        decision = self.decide(
            6,
            policy=Policy(grace_days=9, date_start=after(1)),
            pay_by=after(6),
            holds=[Hold("own_reason"), Hold("hardship"), Hold("hardship"), Hold("time_barred")],
            no_followup=True,
            blocked=True,
            under_way=True,
        )
        self.assertEqual(
            ",".join(decision.reasons),
            "no_followup,blocked,before_start,time_barred,hardship,own_reason,under_way,pay_by,grace",
        )
        self.assertEqual(decision.due_on, after(10))

    def test_the_policys_start_leaves_out_only_what_was_never_taken_up(self):
        policy = Policy(date_start=after(1))
        self.assertEqual(self.decide(6, policy=policy).reasons, ("before_start",))
        self.assertEqual(self.decide(6, policy=Policy(date_start=DUE)).level, "L1")
        self.assertEqual(self.decide(6, policy=policy, started=True).level, "L1")
        self.assertEqual(self.decide(20, policy=policy, level="L1").level, "L2")

    def test_a_lowering_hold_stops_the_item_when_nothing_is_left(self):
        for facts in (
            {"holds": [Hold("in_plan")]},
            {"holds": [Hold("in_plan")], "demandable": 10000},
            {"holds": [Hold("in_plan", 10000)]},
            {"holds": [Hold("in_plan", 4000)], "demandable": 0},
        ):
            with self.subTest(facts=facts):
                self.assertEqual(self.decide(6, **facts).reasons, ("in_plan",))
        self.assertEqual(self.decide(6, holds=[Hold("in_plan", 9999)]).level, "L1")

    def test_an_item_of_which_nothing_may_be_demanded_never_rises(self):
        self.assertEqual(self.decide(6, demandable=0).reasons, ("credits",))

    def test_without_levels_there_is_no_next_step(self):
        decision = escalation.decide(Item("item", DUE, 10000, "EUR"), (), after(6))
        self.assertEqual((decision.reasons, decision.due_on), (("last_level",), None))

    def test_a_maturity_at_the_end_of_the_calendar_is_no_error(self):
        decision = escalation.decide(Item("item", date.max, 1, "EUR"), LEVELS[1:], after(0))
        self.assertEqual((decision.reasons, decision.due_on), (("not_due",), date.max))

    def test_the_level_may_be_given_as_its_key_or_itself(self):
        self.assertEqual(self.decide(60, level="L1"), self.decide(60, level=LEVELS[1]))
        self.assertIs(self.decide(60, level="L1").level, LEVELS[2])

    def test_a_list_of_levels_that_changed_is_read_anew(self):
        levels, item = [Level("L1", 1, 5)], Item("item", DUE, 1, "EUR", level="L1")
        self.assertEqual(escalation.decide(item, levels, after(20)).reasons, ("last_level",))
        levels.append(Level("L2", 2, 15))
        self.assertEqual(escalation.decide(item, levels, after(20)).level, "L2")

    def test_bad_facts_are_refused_in_words(self):
        item = Item("INV/1", DUE, 1, "EUR")
        one = Level("a", 1, 5)
        for text, facts, levels, step in (
            ("'INV/1' stands at level 'gone'", replace(item, level="gone"), [one], "one"),
            ("'INV/1' has no maturity", replace(item, date_due=None), [one], "one"),
            ("'a' is given twice", item, [one, Level("a", 2, 5)], "one"),
            ("'a' and 'b' have the same", item, [one, Level("b", 1, 5)], "one"),
            ("unknown basis: 'moon'", item, [Level("b", 1, 5, "moon")], "one"),
            ("step must be one of one, catch_up: 'two'", item, [one], "two"),
        ):
            with self.subTest(text=text), self.assertRaisesRegex(ValueError, text):
                escalation.decide(facts, levels, after(6), step)

    @GENTLY
    @given(situations())
    def test_there_are_reasons_exactly_when_the_item_does_not_rise(self, situation):
        item, levels, *_rest = situation
        decision = escalation.decide(*situation)
        self.assertEqual(bool(decision.reasons), decision.level is None)
        known = [code for code in decision.reasons if code in escalation.REASONS]
        self.assertEqual(known, sorted(set(known), key=escalation.REASONS.index))
        self.assertEqual(decision.due_on is None, "last_level" in decision.reasons)
        self.assertTrue(
            decision.level is None or rank(levels, decision.level) > rank(levels, item.level)
        )

    @GENTLY
    @given(situations(), BLOCKING | LOWERING)
    def test_a_further_hold_never_makes_an_item_rise_nor_hides_a_reason(self, situation, hold):
        item, *rest = situation
        before = escalation.decide(item, *rest)
        holds = [*item.holds, hold]
        held = replace(item, holds=holds, demandable=demand.demandable(item.residual, holds))
        decision = escalation.decide(held, *rest)
        self.assertLessEqual(set(before.reasons), set(decision.reasons))
        self.assertEqual(decision.due_on, before.due_on)
        self.assertIn(decision.level, (None, before.level))

    @GENTLY
    @given(situations(clean=True))
    def test_due_on_is_kept_to_the_day_when_only_dates_stand_against_it(self, situation):
        item, levels, today, step, policy = situation
        decision = escalation.decide(item, levels, today, step, policy)
        if decision.level is not None or decision.due_on is None:
            return
        self.assertGreater(decision.due_on, today)
        self.assertLessEqual(set(decision.reasons), {"pay_by", "grace", "not_due"})
        for days in range(1, (decision.due_on - today).days + 1):
            day = today + timedelta(days=days)
            then = escalation.decide(item, levels, day, step, policy)
            self.assertEqual(then.level is not None, day == decision.due_on)

    @GENTLY
    @given(situations(clean=True))
    def test_the_level_never_falls_as_days_pass(self, situation):
        item, levels, _today, step, policy = situation
        decisions = [
            escalation.decide(item, levels, after(day), step, policy) for day in range(-20, 120)
        ]
        ranks = [rank(levels, d.level) for d in decisions if d.level is not None]
        self.assertEqual(ranks, sorted(ranks))
        late = [d.level is not None and d.level.delay_days >= 0 for d in decisions]
        self.assertEqual(late, sorted(late))

    @GENTLY
    @given(situations(clean=True))
    def test_an_item_rises_early_only_before_the_maturity_and_late_only_after_it(self, situation):
        item, levels, _today, step, policy = situation
        for today in map(after, range(-20, 90, 3)):
            level = escalation.decide(item, levels, today, step, policy).level
            if level is not None:
                days = (today - item.date_due).days
                self.assertEqual(level.delay_days < 0, days < 0)
                self.assertTrue(level.delay_days < 0 or days > policy.grace_days)
                self.assertTrue(item.pay_by is None or today > item.pay_by)

    @GENTLY
    @given(*RUNS)
    def test_daily_runs_give_each_level_once_and_only_ever_higher(self, levels, days, step, pay):
        ranks = [rank(levels, level) for _day, level, _item in daily_runs(levels, days, step, pay)]
        self.assertEqual(ranks, sorted(set(ranks)))

    @GENTLY
    @given(*RUNS)
    def test_daily_runs_one_step_at_a_time_skip_no_late_level(self, levels, days, _step, pay):
        late = sorted((lv.sequence, lv.delay_days) for lv in levels if lv.delay_days >= 0)
        rises = [level for _day, level, _item in daily_runs(levels, days, "one", pay)]
        reached = [(lv.sequence, lv.delay_days) for lv in rises if lv.delay_days >= 0]
        self.assertEqual(reached, late[: len(reached)])

    @GENTLY
    @given(*RUNS)
    def test_daily_runs_never_raise_an_item_before_its_pay_by_has_passed(
        self, levels, days, step, pay
    ):
        for today, level, item in daily_runs(levels, days, step, pay):
            self.assertTrue(item.pay_by is None or today > item.pay_by)
            self.assertEqual(level.delay_days < 0, today < DUE)

    @GENTLY
    @given(ladders(), st.integers(-20, 60))
    def test_a_new_policy_maps_to_its_highest_level_with_no_longer_delay(self, levels, delay):
        level = escalation.map_level(delay, levels)
        higher = [lv for lv in levels if rank(levels, lv) > rank(levels, level)]
        self.assertTrue(level is None or level.delay_days <= delay)
        self.assertTrue(all(lv.delay_days > delay for lv in higher))

    # A customer

    def customer(self, opened, levels=LEVELS, day=20, step="one", policy=None, **options):
        policy = policy or Policy()
        decisions = escalation.decide_customer(opened, levels, after(day), step, policy, **options)
        return {key: d.level.key if d.level else d.reasons for key, d in decisions.items()}

    def test_a_level_for_a_tenth_takes_100_of_1000_and_falls_by_one_for_100_of_1100(self):
        for percent in (0.1, Fraction(1, 10)):
            levels = (Level("L1", 1, 5), Level("L2", 2, 15, min_percent=percent))
            late = Item("late", DUE, 100, "EUR")
            for rest, level in ((900, "L2"), (901, "L1"), (1000, "L1")):
                with self.subTest(percent=percent, rest=rest):
                    other = Item("other", after(60), rest, "EUR")
                    decisions = self.customer([late, other], levels, step="catch_up")
                    self.assertEqual(decisions, {"late": level, "other": ("not_due",)})

    def test_what_falls_counts_at_the_lower_level(self):
        levels = (Level("L1", 1, 5, min_amount=150), Level("L2", 2, 15, min_amount=150))
        old, young = Item("old", DUE, 100, "EUR"), Item("young", after(10), 100, "EUR")
        self.assertEqual(
            self.customer([old, young], levels, step="catch_up"), {"old": "L1", "young": "L1"}
        )
        self.assertEqual(self.customer([old], levels, step="catch_up"), {"old": ("min_amount",)})

    def test_an_item_that_falls_past_all_levels_tells_every_test_it_missed(self):
        levels = (Level("L1", 1, 5, min_percent=0.9), Level("L2", 2, 15, min_amount=150))
        opened = [Item("late", DUE, 100, "EUR"), Item("other", after(60), 100, "EUR")]
        decisions = self.customer(opened, levels, step="catch_up")
        self.assertEqual(decisions["late"], ("min_amount", "min_percent"))

    def test_an_overdue_item_never_falls_to_an_early_level(self):
        levels = (Level("early", 1, -3), Level("L1", 2, 5, min_amount=150))
        opened = [Item("late", DUE, 100, "EUR")]
        self.assertEqual(self.customer(opened, levels, step="catch_up"), {"late": ("min_amount",)})

    def test_the_interval_stops_late_levels_and_lets_early_ones_go(self):
        opened = [Item("late", DUE, 100, "EUR"), Item("soon", after(21), 100, "EUR")]
        weekly = Policy(min_interval_days=7)
        for day, late in ((19, ("interval",)), (20, "L1")):
            decisions = self.customer(opened, day=day, policy=weekly, last_contact=after(13))
            self.assertEqual(decisions, {"late": late, "soon": "early"})

    def test_a_credit_for_all_that_is_overdue_in_its_currency_stops_that_currency(self):
        opened = [
            Item("late", DUE, 100, "EUR"),
            Item("held", DUE, 300, "EUR", holds=[Hold("disputed", 200)], demandable=100),
            Item("plan", DUE, 500, "EUR", holds=[Hold("in_plan")]),
            Item("dollars", DUE, 100, "USD"),
            Item("later", after(60), 100, "EUR"),
        ]
        for credit, level in ((199, "L1"), (200, ("credits",))):
            decisions = self.customer(opened, credits={"EUR": credit})
            self.assertEqual((decisions["late"], decisions["held"]), (level, level))
            self.assertEqual((decisions["plan"], decisions["dollars"]), (("in_plan",), "L1"))

    def test_an_early_reminder_that_is_taken_back_no_longer_shares_the_credits(self):
        levels = (Level("early", 1, -3, min_amount=150), Level("L1", 2, 5))
        opened = [Item("late", DUE, 100, "EUR"), Item("soon", after(21), 100, "EUR")]
        decisions = self.customer(opened, levels, credits={"EUR": 100})
        self.assertEqual(decisions, {"late": ("credits",), "soon": ("min_amount",)})

    def test_credits_are_taken_from_the_oldest_maturity_for_the_sums(self):
        levels = (Level("L1", 1, 5), Level("L2", 2, 15, min_amount=100))
        first, second = Item("a", after(9), 100, "EUR"), Item("b", DUE, 100, "EUR")
        for level, young in ((None, "L1"), ("L1", ("not_due",))):
            with self.subTest(level=level):
                opened = [replace(first, level=level), replace(second, level="L1")]
                decisions = self.customer(opened, levels, credits={"EUR": 1})
                self.assertEqual(decisions, {"a": young, "b": ("min_amount",)})
                younger = [replace(item, date_due=DUE) for item in opened]
                self.assertEqual(self.customer(younger, levels, credits={"EUR": 1})["b"], "L2")

    def test_sums_are_in_company_currency(self):
        levels = (Level("L1", 1, 5, min_amount=150),)
        opened = [
            Item("yen", DUE, 10000, "JPY", value=60),
            Item("euro", DUE, 90, "EUR"),
            Item("part", DUE, 500, "EUR", demandable=0, holds=[Hold("promised", 500)]),
        ]
        self.assertEqual(self.customer(opened, levels)["euro"], "L1")
        # Half of the yen, hence half of their value.
        credited = self.customer(opened, levels, credits={"JPY": 5000})
        self.assertEqual(credited["euro"], ("min_amount",))

    def test_bad_facts_of_a_customer_are_refused_in_words(self):
        item = Item("item", DUE, 100, "EUR")
        with self.assertRaisesRegex(ValueError, "given twice"):
            self.customer([item, item])
        with self.assertRaisesRegex(ValueError, "must not be negative"):
            self.customer([item], credits={"EUR": -1})

    def test_a_customer_without_items_has_no_decisions(self):
        self.assertEqual(self.customer([]), {})

    @GENTLY
    @given(customers(), CREDITS, st.none() | DAYS)
    def test_the_customers_tests_only_take_rises_back_or_lower_them(
        self, customer, credits, contact
    ):
        opened, levels, *rest = customer
        decisions = escalation.decide_customer(*customer, credits, contact)
        self.assertEqual(list(decisions), [item.key for item in opened])
        for item in opened:
            alone, decision = escalation.decide(item, levels, *rest), decisions[item.key]
            self.assertEqual(bool(decision.reasons), decision.level is None)
            if alone.level is None:
                self.assertEqual(decision, alone)
            elif decision.level is not None:
                self.assertLessEqual(rank(levels, decision.level), rank(levels, alone.level))
                self.assertGreater(rank(levels, decision.level), rank(levels, item.level))
                self.assertEqual(decision.level.delay_days < 0, alone.level.delay_days < 0)
                self.assertLessEqual(decision.due_on, rest[0])

    @GENTLY
    @given(customers(), DAYS)
    def test_no_late_level_goes_within_the_interval(self, customer, contact):
        _opened, _levels, today, _step, policy = customer
        decisions = escalation.decide_customer(*customer, None, contact)
        inside = (today - contact).days < policy.min_interval_days
        for decision in decisions.values():
            late = decision.level is not None and decision.level.delay_days >= 0
            self.assertFalse(inside and late and policy.min_interval_days)
            if "interval" in decision.reasons:
                over = contact + timedelta(days=policy.min_interval_days)
                self.assertTrue(inside and decision.due_on >= over)

    @GENTLY
    @given(customers(), CREDITS)
    def test_every_level_that_goes_has_the_net_sums_it_asks_for(self, customer, credits):
        opened, levels, today, _step, policy = customer
        decisions = escalation.decide_customer(*customer, credits)
        demanded = [i for i in opened if i.date_due < today or decisions[i.key].level]
        net = {item.key: item.demandable for item in opened}
        for currency, credit in credits.items():
            due = [(i.key, i.date_due, i.demandable) for i in demanded if i.currency == currency]
            net.update(demand.net(due, credit))
        rising = {key: d.level for key, d in decisions.items() if d.level}
        for level in levels:
            amount = sum(net[key] for key, reached in rising.items() if reached == level)
            if level in rising.values():
                self.assertGreaterEqual(amount, level.min_amount)
                share = Fraction(str(level.min_percent))
                self.assertGreaterEqual(amount, share * sum(net.values()))
        if rising:
            self.assertGreaterEqual(sum(net[item.key] for item in demanded), policy.min_amount)
        for item in opened:
            if item.key in rising and item.currency in credits:
                same = [i.demandable for i in demanded if i.currency == item.currency]
                self.assertLess(credits[item.currency], sum(same))

    @GENTLY
    @given(ladders(), DAYS, STEPS, st.integers(0, 10), st.none() | DAYS, st.integers(-5, 40))
    def test_a_maturity_that_is_far_enough_says_not_due(
        self, levels, today, step, grace, start, ahead
    ):
        policy = Policy(grace_days=grace, date_start=start)
        last_day = escalation.not_due_after(levels, today, policy)
        item = Item("item", today + timedelta(days=ahead), 100, "EUR")
        if last_day and item.date_due > last_day:
            for term_days in (None, 13, 14):
                terms = replace(item, term_days=term_days)
                decision = escalation.decide(terms, levels, today, step, policy)
                self.assertEqual((decision.level, decision.reasons), (None, ("not_due",)))

    @GENTLY
    @given(st.lists(situations(), min_size=2, max_size=5))
    def test_what_was_decided_before_changes_no_decision(self, asked):
        """Items with the same facts share their decision, whoever asked first."""
        decisions = [escalation.decide(*situation) for situation in asked]
        for forget in (escalation._decide_facts, escalation._rules):
            forget.cache_clear()
        self.assertEqual([escalation.decide(*one) for one in reversed(asked)], decisions[::-1])

    @GENTLY
    @given(customers(), CREDITS)
    def test_the_order_of_the_items_does_not_matter(self, customer, credits):
        opened, *rest = customer
        # Of equal maturities the first one given takes the credit, so let them differ.
        opened = [
            replace(item, date_due=item.date_due - timedelta(days=11 * place))
            for place, item in enumerate(opened)
        ]
        self.assertEqual(
            escalation.decide_customer(opened, *rest, credits),
            escalation.decide_customer(opened[::-1], *rest, credits),
        )
