import doctest
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.overdue_recovery.calc import indicator
from odoo.tests import BaseCase, tagged

GENTLY = settings(max_examples=200, deadline=None, derandomize=True)
AMOUNTS = st.integers(0, 10**9)
COLUMNS = st.lists(AMOUNTS, min_size=5, max_size=5)


@tagged("post_install", "-at_install")
class TestCalcIndicator(BaseCase):
    def test_the_examples_of_the_docstrings_hold(self):
        results = doctest.testmod(indicator)
        self.assertGreater(results.attempted, 0)
        self.assertEqual(results.failed, 0)

    def test_k1_dso_best_possible_dso_and_days_delinquent(self):
        self.assertEqual(indicator.dso(250000, 900000, 90), Decimal("25.00"))
        self.assertEqual(indicator.best_possible_dso(180000, 900000, 90), Decimal("18.00"))
        self.assertEqual(
            indicator.average_days_delinquent(250000, 180000, 900000, 90), Decimal("7.00")
        )

    def test_k2_dso_counted_back_over_the_newest_sales(self):
        days = indicator.countback_dso(212000, [100000, 80000, 70000])
        self.assertEqual(round(days, 2), Decimal("73.71"))

    def test_k3_collection_effectiveness(self):
        cei = indicator.cei(400000, 1200000, 350000, 280000)
        self.assertEqual(round(100 * cei, 2), Decimal("94.70"))

    def test_a_period_without_sales_is_counted_back_over(self):
        self.assertEqual(indicator.countback_dso(150, [100, 0, 100]), 75)
        self.assertEqual(indicator.countback_dso(100, [100, 0, 100]), 30)

    @GENTLY
    @given(AMOUNTS, st.lists(AMOUNTS, max_size=6), AMOUNTS)
    def test_more_receivable_is_never_counted_back_less_far(self, receivables, sales, more):
        days = indicator.countback_dso(receivables, sales)
        further = indicator.countback_dso(receivables + more, sales)
        if further is not None:
            self.assertTrue(0 <= days <= further <= 30 * len(sales))

    @GENTLY
    @given(AMOUNTS, st.integers(1, 10**9), st.integers(1, 10), st.integers(1, 40))
    def test_even_sales_are_counted_back_to_the_plain_figure(self, share, sold, periods, days):
        receivables = share % (sold * periods + 1)
        self.assertAlmostEqual(
            indicator.countback_dso(receivables, [sold] * periods, days),
            indicator.dso(receivables, sold * periods, days * periods),
            delta=Decimal("1e-20"),
        )

    @GENTLY
    @given(AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS)
    def test_collecting_all_that_was_overdue_is_fully_effective(self, begin, sales, end, current):
        end = end % (begin + sales + 1)
        current = current % (end + 1)
        index = indicator.cei(begin, sales, end, current)
        if index is not None:
            self.assertTrue(0 <= index <= 1)
            self.assertEqual(index == 1, end == current)

    @GENTLY
    @given(COLUMNS, COLUMNS)
    def test_roll_rates_carry_each_column_into_the_next(self, before, after):
        rates = indicator.roll_rates(before, after)
        self.assertEqual(len(rates), len(before) - 1)
        for earlier, later, rate in zip(before, after[1:], rates, strict=False):
            if earlier:
                self.assertEqual(round(earlier * rate), later)
            else:
                self.assertIsNone(rate)

    def test_open_and_cancelled_promises_are_not_judged(self):
        outcomes = ["kept", "broken", "partly_kept", "open", "cancelled"]
        self.assertEqual(round(indicator.promises_kept(outcomes), 4), Decimal("0.3333"))

    def test_what_cannot_be_told_is_no_figure(self):
        for figure in (
            indicator.dso(100, 0, 30),
            indicator.best_possible_dso(100, 0, 30),
            indicator.average_days_delinquent(100, 50, 0, 30),
            indicator.countback_dso(100, [99]),
            indicator.cei(0, 0, 0, 0),
            indicator.promises_kept([]),
            indicator.recovery_rate(0, 0),
        ):
            self.assertIsNone(figure)

    def test_nonsense_is_refused(self):
        for refused, call in (
            ("at least one day", lambda: indicator.dso(1, 1, 0)),
            ("at least one day", lambda: indicator.countback_dso(1, [1], 0)),
            ("must not be negative", lambda: indicator.dso(-1, 1, 30)),
            ("must not be negative", lambda: indicator.countback_dso(1, [-1])),
            ("must not be negative", lambda: indicator.cei(-1, 1, 0, 0)),
            ("must not be negative", lambda: indicator.roll_rates([1, -1], [1, 1])),
            ("must not be negative", lambda: indicator.recovery_rate(-1, 1)),
            ("can not be current", lambda: indicator.cei(1, 1, 1, 2)),
            ("can not be current", lambda: indicator.average_days_delinquent(1, 2, 1, 30)),
            ("1 and 2 columns", lambda: indicator.roll_rates([1], [1, 2])),
        ):
            with self.subTest(refused), self.assertRaisesRegex(ValueError, refused):
                call()
