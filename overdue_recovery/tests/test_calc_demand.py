import doctest
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.overdue_recovery.calc import demand, escalation
from odoo.addons.overdue_recovery.calc.demand import Hold
from odoo.tests import BaseCase, tagged

GENTLY = settings(max_examples=200, deadline=None, derandomize=True)
AMOUNTS = st.integers(0, 10**6)
REASONS = st.sampled_from([*demand.LOWERING, "hardship", "says_paid", "other", "a_company's_own"])
HOLDS = st.lists(st.builds(Hold, REASONS, st.none() | st.integers(-100, 10**6)), max_size=4)
DAYS = st.dates(date(2025, 1, 1), date(2025, 3, 31))
ITEMS = st.lists(st.tuples(st.integers(), DAYS, AMOUNTS), unique_by=lambda item: item[0])


@tagged("post_install", "-at_install")
class TestCalcDemand(BaseCase):
    def test_the_examples_of_the_docstrings_hold(self):
        results = doctest.testmod(demand)
        self.assertGreater(results.attempted, 0)
        self.assertEqual(results.failed, 0)

    def test_five_reasons_lower_and_every_other_one_stops(self):
        # The modules do not import each other, so the list is in both.
        self.assertEqual(demand.LOWERING, escalation.LOWERING)
        lowering = [reason for reason in escalation.REASONS if Hold(reason).lowers]
        self.assertEqual(
            lowering, ["disputed", "promised", "in_plan", "in_transit", "credit_note_coming"]
        )

    @GENTLY
    @given(AMOUNTS, HOLDS)
    def test_what_may_be_demanded_is_between_nothing_and_the_residual(self, residual, holds):
        self.assertTrue(0 <= demand.demandable(residual, holds) <= residual)

    @GENTLY
    @given(AMOUNTS, HOLDS, HOLDS)
    def test_a_further_hold_only_ever_lowers_what_is_demanded(self, residual, holds, further):
        self.assertLessEqual(
            demand.demandable(residual, holds + further), demand.demandable(residual, holds)
        )

    @GENTLY
    @given(AMOUNTS, HOLDS)
    def test_holds_that_stop_a_notice_leave_the_amount(self, residual, holds):
        lowering = [hold for hold in holds if hold.lowers]
        self.assertEqual(demand.demandable(residual, holds), demand.demandable(residual, lowering))

    @GENTLY
    @given(AMOUNTS, HOLDS)
    def test_the_order_of_holds_does_not_matter(self, residual, holds):
        self.assertEqual(
            demand.demandable(residual, holds), demand.demandable(residual, holds[::-1])
        )

    @GENTLY
    @given(ITEMS, AMOUNTS)
    def test_credits_are_taken_in_full_as_far_as_the_items_reach(self, items, credit):
        total = sum(amount for _key, _date_due, amount in items)
        left = demand.net(items, credit)
        self.assertEqual(sum(left.values()), max(0, total - credit))
        self.assertEqual(list(left), [key for key, _date_due, _amount in items])

    @GENTLY
    @given(ITEMS, AMOUNTS)
    def test_no_younger_item_has_credit_while_an_older_one_is_open(self, items, credit):
        left = demand.net(items, credit)
        open_items = [date_due for key, date_due, _amount in items if left[key]]
        touched = [date_due for key, date_due, amount in items if left[key] < amount]
        self.assertTrue(all(0 <= left[key] <= max(0, amount) for key, _due, amount in items))
        self.assertLessEqual(max(touched, default=date.min), min(open_items, default=date.max))

    def test_of_equal_maturities_the_first_one_given_takes_the_credit(self):
        due = date(2025, 1, 1)
        self.assertEqual(demand.net([("b", due, 50), ("a", due, 50)], 60), {"b": 0, "a": 40})

    def test_a_negative_credit_and_an_item_given_twice_are_refused(self):
        item = ("a", date(2025, 1, 1), 100)
        with self.assertRaisesRegex(ValueError, "must not be negative"):
            demand.net([item], -1)
        with self.assertRaisesRegex(ValueError, "given twice"):
            demand.net([item, item], 1)
