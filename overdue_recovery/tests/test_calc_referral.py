import doctest
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.overdue_recovery.calc import charge, referral
from odoo.tests import BaseCase, tagged

GENTLY = settings(max_examples=200, deadline=None, derandomize=True)
AMOUNTS = st.integers(0, 10**9)
SHARES = st.decimals(0, 1, places=4)
VATS = st.decimals(0, "0.3", places=3)
STARTS = st.lists(st.integers(1, 10**6), unique=True, max_size=5)
SURCHARGES = st.dictionaries(st.integers(1, 2000), SHARES, max_size=5).map(
    lambda rows: list(rows.items())
)
DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))


@tagged("post_install", "-at_install")
class TestCalcReferral(BaseCase):
    def test_the_examples_of_the_docstrings_hold(self):
        results = doctest.testmod(referral)
        self.assertGreater(results.attempted, 0)
        self.assertEqual(results.failed, 0)

    @GENTLY
    @given(STARTS)
    def test_bands_that_meet_have_no_hole_whatever_their_order(self, starts):
        starts = [0, *sorted(starts)]
        bands = list(zip(starts, [*starts[1:], None], strict=True))
        self.assertIsNone(referral.holes(bands[::-1]))

    @GENTLY
    @given(STARTS.filter(bool), st.data())
    def test_a_band_taken_away_leaves_a_hole(self, starts, data):
        starts = [0, *sorted(starts)]
        bands = list(zip(starts, [*starts[1:], None], strict=True))
        bands.pop(data.draw(st.integers(0, len(bands) - 1)))
        self.assertEqual(referral.holes(bands), "hole")

    @GENTLY
    @given(AMOUNTS, SHARES, VATS, AMOUNTS)
    def test_a_payment_bears_every_fee_that_is_chosen_for_it(self, amount, share, vat, missing):
        rate = referral.bearable_rate(amount, share, vat, missing)
        fee, tax, remitted = charge.commission(amount, rate, vat)
        self.assertEqual(fee + tax + remitted, amount)
        self.assertGreaterEqual(remitted, 0)
        if remitted and amount:
            self.assertGreaterEqual(fee, min(missing, amount) if remitted > 1 else 0)

    @GENTLY
    @given(DAYS, st.integers(0, 1500), SURCHARGES)
    def test_it_gets_no_dearer_than_today_before_the_next_cliff_and_does_on_it(
        self, due, age, surcharges
    ):
        today = due + timedelta(days=age)
        bands = [(0, Decimal("0.1"))]

        def share(day):
            return referral.rate(100, (day - due).days, bands, surcharges)

        cliff = referral.next_cliff(due, today, surcharges)
        if cliff:
            day, points = cliff
            self.assertGreater(day, today)
            self.assertGreater(points, 0)
            self.assertEqual(share(day) - share(today), points)
            before = [today + timedelta(days=n) for n in range((day - today).days)]
            self.assertLessEqual(max(map(share, before)), share(today))

    def test_a_recall_costs_nothing_less_than_its_fixed_sum(self):
        with self.assertRaises(ValueError):
            referral.recall_cost(-1, 0, Decimal(0), date(2025, 3, 1), None)
