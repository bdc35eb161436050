import doctest
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.overdue_recovery.calc import charge
from odoo.tests import BaseCase, tagged

GENTLY = settings(max_examples=200, deadline=None, derandomize=True)
AMOUNTS = st.integers(0, 10**9)
SHARES = st.decimals(0, 1, places=4)
STARTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=5, unique=True).map(sorted)

UK = [(0, 4000), (100000, 7000), (1000000, 10000)]
BELGIUM = [(0, 2000, Decimal(0)), (15000, 3000, Decimal("0.10")), (50000, 6500, Decimal("0.05"))]
WIK = [
    (0, 0, Decimal("0.15")),
    (250000, 37500, Decimal("0.10")),
    (500000, 62500, Decimal("0.05")),
    (1000000, 87500, Decimal("0.01")),
    (20000000, 277500, Decimal("0.005")),
]
TIERS = [(0, 500, Decimal("0.02")), (100000, 1000, Decimal("0.01"))]


@tagged("post_install", "-at_install")
class TestCalcCharge(BaseCase):
    def test_the_examples_of_the_docstrings_hold(self):
        results = doctest.testmod(charge)
        self.assertGreater(results.attempted, 0)
        self.assertEqual(results.failed, 0)

    def test_uk3_the_fixed_sum_at_the_bounds_of_its_bands(self):
        debts = {99999: 4000, 100000: 7000, 999999: 7000, 1000000: 10000}
        self.assertEqual({debt: charge.fixed_sum(debt, UK) for debt in debts}, debts)

    def test_uk1_the_fixed_sum_on_5000_is_70(self):
        self.assertEqual(charge.fixed_sum(500000, UK), 7000)

    def test_be1_the_cap_on_a_belgian_consumers_costs(self):
        debts = {10000: 2000, 15000: 2000, 40000: 5500, 100000: 9000}
        caps = {debt: charge.scale(debt, BELGIUM, maximum=200000) for debt in debts}
        self.assertEqual(caps, debts)
        self.assertEqual(charge.scale(10**9, BELGIUM, maximum=200000), 200000)

    def test_nl1_the_dutch_scale(self):
        debts = {12500: 4000, 100000: 15000, 500000: 62500, 2300000: 100500}
        costs = {debt: charge.scale(debt, WIK, 4000, 677500) for debt in debts}
        self.assertEqual(costs, debts)

    def test_nl1_the_brackets_meet_without_a_step(self):
        for start, base, _rate in WIK[1:]:
            self.assertEqual(charge.scale(start, WIK), base)
            self.assertLessEqual(charge.scale(start + 1, WIK) - base, 1)

    def test_bc1_a_tiered_fee_single_and_accumulated(self):
        self.assertEqual(charge.tiered(150000, TIERS), 2500)
        self.assertEqual(charge.tiered(150000, TIERS, accumulated=True), 4000)

    def test_ep1_not_taking_2_percent_of_1000_within_10_days_costs_37_24_percent(self):
        self.assertEqual(100000 * Decimal("0.02"), 2000)
        cost = charge.discount_cost(Decimal("0.02"), 10, 30)
        self.assertEqual(round(100 * cost, 2), Decimal("37.24"))

    def test_ag1_an_agency_keeps_its_fee_and_the_vat_on_it(self):
        self.assertEqual(
            charge.commission(400000, Decimal("0.095"), Decimal("0.25")), (38000, 9500, 352500)
        )

    def test_half_a_unit_is_rounded_up(self):
        self.assertEqual(charge.tiered(25, [(0, 0, Decimal("0.1"))]), 3)
        self.assertEqual(charge.scale(25, [(0, 0, Decimal("0.1"))]), 3)
        self.assertEqual(charge.commission(25, Decimal("0.1"), Decimal("0.5")), (3, 2, 20))

    def test_accumulated_parts_are_rounded_once_together(self):
        tiers = [(0, 0, Decimal("0.1")), (4, 0, Decimal("0.1"))]
        self.assertEqual(charge.tiered(8, tiers, accumulated=True), 1)

    def test_nothing_owed_is_in_no_bracket_and_the_minimum_comes_after(self):
        self.assertEqual(charge.scale(0, BELGIUM), 0)
        self.assertEqual(charge.scale(0, WIK, 4000), 4000)

    def test_an_empty_table_charges_nothing(self):
        self.assertEqual(charge.fixed_sum(10000, []), 0)
        self.assertEqual(charge.scale(10000, []), 0)
        self.assertEqual(charge.tiered(10000, []), 0)
        self.assertEqual(charge.tiered(10000, [], accumulated=True), 0)

    @GENTLY
    @given(AMOUNTS, STARTS)
    def test_a_fixed_sum_is_that_of_the_last_band_begun(self, amount, starts):
        band = charge.fixed_sum(amount, [(start, start + 1) for start in starts])
        self.assertEqual(band, max((start + 1 for start in starts if start <= amount), default=0))

    @GENTLY
    @given(AMOUNTS, st.integers(0, 10**6), st.integers(0, 10**6))
    def test_a_scale_stays_within_its_limits(self, amount, minimum, room):
        costs = charge.scale(amount, WIK, minimum, minimum + room)
        self.assertTrue(minimum <= costs <= minimum + room)

    @GENTLY
    @given(AMOUNTS, AMOUNTS)
    def test_a_continuous_scale_never_falls(self, amount, more):
        self.assertLessEqual(charge.scale(amount, WIK), charge.scale(amount + more, WIK))

    @GENTLY
    @given(AMOUNTS, STARTS, SHARES, st.integers(0, 5000))
    def test_with_one_tier_single_and_accumulated_agree(self, amount, starts, share, fixed):
        tiers = [(0, fixed, share)]
        self.assertEqual(
            charge.tiered(amount, tiers), charge.tiered(amount, tiers, accumulated=True)
        )

    @GENTLY
    @given(AMOUNTS, SHARES, STARTS)
    def test_accumulated_tiers_of_one_percentage_are_that_of_what_is_over_the_first(
        self, amount, share, starts
    ):
        fee = charge.tiered(amount, [(start, 0, share) for start in starts], accumulated=True)
        whole = charge.tiered(max(0, amount - starts[0]), [(0, 0, share)])
        self.assertEqual(fee, whole)

    @GENTLY
    @given(AMOUNTS, st.decimals(0, "0.5", places=4), SHARES)
    def test_fee_vat_and_remittance_are_the_money_recovered(self, amount, rate, vat):
        if amount > 1:
            fee, tax, remitted = charge.commission(amount, rate, vat)
            self.assertEqual(fee + tax + remitted, amount)
            self.assertGreaterEqual(min(fee, tax, remitted), 0)

    @GENTLY
    @given(st.decimals("0.001", "0.9", places=3), st.integers(0, 60), st.integers(1, 90))
    def test_a_longer_time_to_pay_makes_a_discount_cost_less(self, percent, days, more):
        self.assertGreater(
            charge.discount_cost(percent, days, days + more),
            charge.discount_cost(percent, days, days + more + 1),
        )

    def test_nonsense_is_refused(self):
        for refused, call in (
            ("must not be negative", lambda: charge.fixed_sum(-1, UK)),
            ("must not be negative", lambda: charge.scale(-1, WIK)),
            ("must not be negative", lambda: charge.tiered(-1, TIERS)),
            ("must not be negative", lambda: charge.commission(-1, Decimal(0), Decimal(0))),
            ("must ascend", lambda: charge.fixed_sum(1, [(0, 1), (0, 2)])),
            ("must ascend", lambda: charge.scale(1, BELGIUM[::-1])),
            ("must ascend", lambda: charge.tiered(1, TIERS[::-1], accumulated=True)),
            ("is over the maximum", lambda: charge.scale(1, WIK, 2, 1)),
            ("exceed what was recovered", lambda: charge.commission(10, Decimal(2), Decimal(0))),
            ("before the net term", lambda: charge.discount_cost(Decimal("0.02"), 30, 30)),
            ("from 0 to below 1", lambda: charge.discount_cost(Decimal(1), 10, 30)),
        ):
            with self.subTest(refused), self.assertRaisesRegex(ValueError, refused):
                call()
