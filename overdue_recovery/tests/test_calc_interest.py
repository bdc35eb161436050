import doctest
import random
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.overdue_recovery.calc import interest
from odoo.tests import BaseCase, tagged

from . import second_opinion

GENTLY = settings(max_examples=200, deadline=None, derandomize=True)
RANDOM_CASES = 2000  # each by every day count
DAYS = st.dates(date(2000, 1, 1), date(2039, 12, 31))
PRINCIPALS = st.integers(0, 10**9)
RATES = st.decimals(0, 1, places=4)
DAY_COUNTS = st.sampled_from(list(interest.DAY_COUNTS))
EVER = date(1999, 12, 31)


def accrued(*args):
    return interest.half_up(interest.accrue(*args))


@tagged("post_install", "-at_install")
class TestCalcInterest(BaseCase):
    def test_the_examples_of_the_docstrings_hold(self):
        results = doctest.testmod(interest)
        self.assertGreater(results.attempted, 0)
        self.assertEqual(results.failed, 0)

    # The worked examples

    def test_uk1_5000_at_12_25_percent_for_101_days_is_169_49(self):
        due = date(2025, 7, 10)
        rates = [(date(2025, 7, 1), Decimal("0.0425") + Decimal("0.08"))]
        self.assertEqual(accrued(500000, due, due + timedelta(days=101), rates), 16949)

    def test_eu1_half_a_year_at_two_rates_by_four_day_counts(self):
        rates = [(date(2024, 1, 1), Decimal("0.1250")), (date(2024, 7, 1), Decimal("0.1225"))]
        expected = {"act/365": 6204, "act/act": 6187, "30E/360": 6188, "act/360": 6290}
        for day_count, units in expected.items():
            with self.subTest(day_count=day_count):
                span = date(2024, 3, 31), date(2024, 9, 30)
                self.assertEqual(accrued(100000, *span, rates, day_count), units)

    def test_eu1_the_old_rate_bears_91_days_and_the_new_one_92(self):
        rates = [(date(2024, 1, 1), Decimal(0)), (date(2024, 7, 1), Decimal(1))]
        span = date(2024, 3, 31), date(2024, 9, 30)
        self.assertEqual(interest.accrue(365, *span, rates), 92)
        rates = [(date(2024, 1, 1), Decimal(1)), (date(2024, 7, 1), Decimal(0))]
        self.assertEqual(interest.accrue(365, *span, rates), 91)

    def test_eu2_vat_bears_interest_as_the_rest(self):
        due = date(2025, 2, 1)
        rates = [(due, Decimal("0.1015"))]
        self.assertEqual(accrued(121000, due, due + timedelta(days=60), rates), 2019)

    def test_de3_five_points_over_a_base_rate_of_1_14_are_6_14_percent(self):
        rates = [(date(2026, 1, 1), Decimal("0.0114") + Decimal("0.05"))]
        self.assertEqual(rates[0][1], Decimal("0.0614"))
        year = date(2026, 1, 1), date(2027, 1, 1)
        self.assertEqual(accrued(1000000, *year, rates, "act/act"), 61400)

    def test_sc1_two_years_simple_yearly_and_monthly(self):
        for periods, units in ((0, 240000), (1, 254400), (12, 269735)):
            with self.subTest(periods=periods):
                compound = interest.compound(1000000, Decimal("0.12"), 2, periods)
                self.assertEqual(interest.half_up(compound), units)
        rates = [(EVER, Decimal("0.12"))]
        span = date(2022, 1, 1), date(2024, 1, 1)
        self.assertEqual(accrued(1000000, *span, rates), 240000)

    def test_dc3_a_leap_year_by_four_day_counts(self):
        rates = [(EVER, Decimal("0.10"))]
        expected = {"act/365": 100274, "act/act": 100000, "act/360": 101667, "30E/360": 100000}
        for day_count, units in expected.items():
            with self.subTest(day_count=day_count):
                span = date(2024, 1, 1), date(2025, 1, 1)
                self.assertEqual(accrued(1000000, *span, rates, day_count), units)

    def test_pp1_interest_before_and_after_a_part_payment(self):
        rates = [(EVER, Decimal("0.12"))]
        due = date(2025, 1, 1)
        paid, today = due + timedelta(days=30), due + timedelta(days=60)
        self.assertEqual(accrued(1000000, due, paid, rates), 9863)
        self.assertEqual(accrued(613863, paid, today, rates), 6055)
        self.assertEqual(613863 + 6055, 619918)

    # The second computation

    def test_a_second_computation_agrees_on_thousands_of_random_cases(self):
        rng = random.Random(11)
        for number in range(RANDOM_CASES):
            principal, start, end, rates = self._random_case(rng)
            for day_count in interest.DAY_COUNTS:
                first = interest.accrue(principal, start, end, rates, day_count)
                second = second_opinion.interest(principal, start, end, rates, day_count)
                case = f"case {number}: {principal} {start} {end} {rates} {day_count}"
                self.assertAlmostEqual(Fraction(first), second, delta=Fraction(1, 10**20), msg=case)
                self.assertEqual(interest.half_up(first), second_opinion.rounded(second), case)

    def _random_case(self, rng):
        start = date(2015, 1, 1) + timedelta(days=rng.randrange(4000))
        end = start + timedelta(days=rng.choice((rng.randrange(5), rng.randrange(120), 250)))
        changes = {EVER} | {
            start + timedelta(days=rng.randrange(-20, 150)) for _ in range(rng.randrange(4))
        }
        if rng.random() < 0.5:
            changes |= {
                date(start.year + number, 1 + 6 * half, 1) for number in (0, 1) for half in (0, 1)
            }
        rates = [(day, Decimal(rng.randrange(5, 9)) / 100) for day in sorted(changes)]
        return rng.choice((1, 999, 100000, rng.randrange(10**8))), start, end, rates

    # Properties

    @GENTLY
    @given(PRINCIPALS, DAYS, st.integers(0, 900), st.integers(0, 900), RATES, DAY_COUNTS)
    def test_spans_that_follow_one_another_add_up_to_the_whole(
        self, principal, start, first, second, rate, day_count
    ):
        if day_count == "30U/360":
            return
        rates = [(EVER, rate)]
        middle = start + timedelta(days=first)
        end = middle + timedelta(days=second)
        parts = [(start, middle), (middle, end)]
        self.assertAlmostEqual(
            sum(interest.accrue(principal, *part, rates, day_count) for part in parts),
            interest.accrue(principal, start, end, rates, day_count),
            delta=Decimal("1e-15"),
        )

    @GENTLY
    @given(PRINCIPALS, DAYS, st.integers(0, 900), RATES, DAY_COUNTS, DAYS)
    def test_a_rate_that_is_repeated_changes_nothing(
        self, principal, start, days, rate, day_count, again
    ):
        end = start + timedelta(days=days)
        self.assertEqual(
            interest.accrue(principal, start, end, [(EVER, rate)], day_count),
            interest.accrue(principal, start, end, [(EVER, rate), (again, rate)], day_count),
        )

    @GENTLY
    @given(PRINCIPALS, PRINCIPALS, DAYS, st.integers(0, 900), RATES, DAY_COUNTS)
    def test_more_owed_and_more_days_never_bear_less(
        self, principal, more, start, days, rate, day_count
    ):
        end, rates = start + timedelta(days=days), [(EVER, rate)]
        accrual = interest.accrue(principal, start, end, rates, day_count)
        later = end + timedelta(days=1)
        self.assertGreaterEqual(interest.accrue(principal, start, later, rates, day_count), accrual)
        self.assertGreaterEqual(
            interest.accrue(principal + more, start, end, rates, day_count), accrual
        )

    @GENTLY
    @given(st.integers(2000, 2039), DAY_COUNTS)
    def test_a_calendar_year_is_one_year_but_for_fixed_denominators(self, year, day_count):
        years = interest.fraction(date(year, 1, 1), date(year + 1, 1, 1), day_count)
        days = (date(year + 1, 1, 1) - date(year, 1, 1)).days
        denominators = {"act/365": 365, "act/360": 360}
        self.assertEqual(years, Fraction(days, denominators.get(day_count, days)))

    @GENTLY
    @given(PRINCIPALS, RATES, st.integers(0, 12), st.integers(1, 12))
    def test_interest_on_interest_is_never_less_than_simple(self, principal, rate, years, periods):
        simple = interest.compound(principal, rate, years, 0)
        self.assertGreaterEqual(
            interest.compound(principal, rate, years, periods) + Decimal("1e-20"), simple
        )

    # Edges and errors

    def test_no_day_bears_nothing_and_asks_for_no_rate(self):
        day = date(2025, 1, 1)
        for day_count in interest.DAY_COUNTS:
            self.assertEqual(interest.accrue(10000, day, day, [], day_count), 0)

    def test_the_first_day_counted_needs_a_rate_and_the_one_before_does_not(self):
        due = date(2025, 6, 30)
        rates = [(date(2025, 7, 1), Decimal("0.1"))]
        self.assertEqual(interest.accrue(3650, due, date(2025, 7, 1), rates), 1)
        with self.assertRaisesRegex(ValueError, "no rate is known for 2025-06-30"):
            interest.accrue(3650, date(2025, 6, 29), date(2025, 7, 1), rates)
        with self.assertRaisesRegex(ValueError, "there is none"):
            interest.accrue(3650, due, date(2025, 7, 1), [])

    def test_a_day_of_the_turn_of_the_year_belongs_to_the_year_of_its_night(self):
        self.assertEqual(
            interest.fraction(date(2024, 12, 31), date(2025, 1, 1), "act/act"), Fraction(1, 366)
        )
        self.assertEqual(
            interest.fraction(date(2025, 1, 1), date(2025, 1, 2), "act/act"), Fraction(1, 365)
        )

    def test_ends_of_february_are_plain_days_of_30_360(self):
        for day_count in ("30E/360", "30U/360"):
            for start, end, days in (
                (date(2025, 2, 28), date(2025, 3, 31), 33 if day_count == "30U/360" else 32),
                (date(2025, 1, 30), date(2025, 2, 28), 28),
                (date(2025, 1, 31), date(2025, 3, 31), 60),
                (date(2025, 3, 30), date(2025, 3, 31), 0),
            ):
                with self.subTest(day_count=day_count, start=start, end=end):
                    self.assertEqual(interest.fraction(start, end, day_count), Fraction(days, 360))

    def test_nonsense_is_refused(self):
        start, end, rates = date(2025, 1, 1), date(2025, 2, 1), [(EVER, Decimal("0.1"))]
        for refused, args in (
            ("ends before it begins", (100, end, start, rates)),
            ("must not be negative", (-100, start, end, rates)),
            ("unknown day count", (100, start, end, rates, "30/360")),
            ("two rates are valid from", (100, start, end, rates * 2)),
        ):
            with self.subTest(refused), self.assertRaisesRegex(ValueError, refused):
                interest.accrue(*args)
