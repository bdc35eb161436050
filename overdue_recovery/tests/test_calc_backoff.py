import doctest

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.overdue_recovery.calc import backoff
from odoo.tests import BaseCase, tagged

GENTLY = settings(max_examples=200, deadline=None, derandomize=True)
ATTEMPTS = st.integers(1, 10**6)
CHANCES = st.floats(0, 1)


@tagged("post_install", "-at_install")
class TestCalcBackoff(BaseCase):
    def test_the_examples_of_the_docstrings_hold(self):
        results = doctest.testmod(backoff)
        self.assertGreater(results.attempted, 0)
        self.assertEqual(results.failed, 0)

    @GENTLY
    @given(ATTEMPTS, CHANCES, st.integers(1, 3600), st.integers(1, 10**6))
    def test_a_pause_is_never_longer_than_the_longest_nor_shorter_than_its_half(
        self, attempt, chance, base, longest
    ):
        pause = min(base * 2 ** min(attempt - 1, 30), longest)
        wait = backoff.wait(attempt, chance, base, longest)
        self.assertTrue(pause / 2 - 1 <= wait <= pause + 1)

    @GENTLY
    @given(st.integers(1, 100), CHANCES)
    def test_the_next_pause_is_no_shorter_whatever_the_dice_say(self, attempt, chance):
        self.assertLessEqual(
            backoff.wait(attempt, chance, longest=10**9) // 2,
            backoff.wait(attempt + 1, 0, longest=10**9),
        )
