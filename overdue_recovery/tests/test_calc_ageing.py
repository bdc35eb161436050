import doctest
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.overdue_recovery.calc import ageing
from odoo.tests import BaseCase, tagged

DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))
GENTLY = settings(max_examples=200, deadline=None, derandomize=True)


@tagged("post_install", "-at_install")
class TestCalcAgeing(BaseCase):
    def test_the_examples_of_the_docstrings_hold(self):
        results = doctest.testmod(ageing)
        self.assertGreater(results.attempted, 0)
        self.assertEqual(results.failed, 0)

    def test_a_ledger_of_nine_items_is_split_into_the_five_columns(self):
        today = date(2025, 3, 31)
        ledger = [
            (1000, date(2025, 4, 10)),
            (2000, date(2025, 3, 31)),
            (3000, date(2025, 3, 30)),
            (4000, date(2025, 3, 1)),
            (500, date(2025, 2, 28)),
            (700, date(2025, 1, 30)),
            (900, date(2025, 1, 29)),
            (1100, date(2024, 12, 31)),
            (1200, date(2024, 12, 30)),
        ]
        columns = [0] * 5
        for amount, date_due in ledger:
            columns[ageing.bucket(ageing.days_overdue(date_due, today))] += amount
        self.assertEqual(columns, [3000, 7000, 1200, 2000, 1200])
        self.assertEqual(round(100 * columns[4] / sum(columns), 2), 8.33)

    def test_an_item_due_today_is_not_overdue_and_tomorrow_by_one_day(self):
        due = date(2025, 3, 12)
        self.assertEqual(ageing.days_overdue(due, due), 0)
        self.assertEqual(ageing.days_overdue(due, date(2025, 3, 13)), 1)

    @GENTLY
    @given(DAYS, DAYS)
    def test_days_overdue_are_the_days_after_the_maturity_or_none(self, date_due, today):
        days = ageing.days_overdue(date_due, today)
        self.assertGreaterEqual(days, 0)
        if days:
            self.assertEqual(date_due + timedelta(days=days), today)
        else:
            self.assertLessEqual(today, date_due)

    @GENTLY
    @given(st.lists(st.integers(0, 400), unique=True), st.integers(-10, 500))
    def test_a_bucket_holds_the_days_after_one_bound_up_to_the_next(self, bounds, days):
        bounds = sorted(bounds)
        number = ageing.bucket(days, bounds)
        self.assertTrue(number == 0 or bounds[number - 1] < days)
        self.assertTrue(number == len(bounds) or days <= bounds[number])

    @GENTLY
    @given(st.integers(0, 500), st.integers(0, 500))
    def test_an_item_never_moves_to_a_younger_bucket_as_days_pass(self, days, more):
        self.assertLessEqual(ageing.bucket(days), ageing.bucket(days + more))

    def test_bounds_that_do_not_ascend_are_refused(self):
        for bounds in ((0, 30, 30), (30, 0)):
            with self.assertRaisesRegex(ValueError, "must ascend"):
                ageing.bucket(10, bounds)
