import doctest
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.overdue_recovery.calc import promise
from odoo.tests import BaseCase, tagged

GENTLY = settings(max_examples=200, deadline=None, derandomize=True)
PROMISED = st.integers(0, 10**6)
RECEIVED = st.integers(0, 10**6)
DAYS = st.dates(date(2025, 1, 1), date(2025, 3, 31))
TOLERANCES = st.integers(0, 30)


@tagged("post_install", "-at_install")
class TestCalcPromise(BaseCase):
    def test_the_examples_of_the_docstrings_hold(self):
        results = doctest.testmod(promise)
        self.assertGreater(results.attempted, 0)
        self.assertEqual(results.failed, 0)

    def test_the_last_day_of_tolerance_is_still_open(self):
        due = date(2025, 3, 14)
        for tolerance in (0, 3):
            last_day = due + timedelta(days=tolerance)
            self.assertEqual(promise.outcome(100, 99, due, last_day, tolerance), "open")
            after = last_day + timedelta(days=1)
            self.assertEqual(promise.outcome(100, 99, due, after, tolerance), "partly_kept")
            self.assertEqual(promise.outcome(100, 0, due, after, tolerance), "broken")

    @GENTLY
    @given(PROMISED, RECEIVED, DAYS, DAYS, TOLERANCES)
    def test_it_is_kept_exactly_when_all_is_in(self, promised, received, due, today, tolerance):
        outcome = promise.outcome(promised, received, due, today, tolerance)
        self.assertEqual(outcome == "kept", received >= promised)

    @GENTLY
    @given(PROMISED, RECEIVED, DAYS, DAYS, TOLERANCES)
    def test_it_is_judged_only_once_the_tolerance_has_passed(
        self, promised, received, due, today, tolerance
    ):
        outcome = promise.outcome(promised, received, due, today, tolerance)
        passed = today - due > timedelta(days=tolerance)
        self.assertEqual(outcome == "open", received < promised and not passed)
        self.assertEqual(outcome == "broken", passed and received == 0 < promised)

    def test_nonsense_is_refused(self):
        day = date(2025, 1, 1)
        for refused, args in (
            ("amount promised must not be negative", (-1, 0, day, day)),
            ("tolerance must not be negative", (100, 0, day, day, -1)),
        ):
            with self.subTest(refused), self.assertRaisesRegex(ValueError, refused):
                promise.outcome(*args)
