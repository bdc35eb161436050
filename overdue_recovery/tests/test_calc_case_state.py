import doctest

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.overdue_recovery.calc import case_state
from odoo.tests import BaseCase, tagged

FACTS = st.dictionaries(st.sampled_from(case_state.STATES[:-1]), st.booleans())


@tagged("post_install", "-at_install")
class TestCalcCaseState(BaseCase):
    def test_the_examples_of_the_docstrings_hold(self):
        results = doctest.testmod(case_state)
        self.assertGreater(results.attempted, 0)
        self.assertEqual(results.failed, 0)

    def test_each_state_outranks_all_that_follow_it(self):
        for place, state in enumerate(case_state.STATES):
            with self.subTest(state=state):
                facts = dict.fromkeys(case_state.STATES[place:-1], True)
                self.assertEqual(case_state.derive(facts), state)

    def test_the_states_go_from_written_off_to_resolved(self):
        self.assertEqual(
            " > ".join(case_state.STATES),
            "written_off > legal > referred > hardship > dunning > dispute > plan > promised"
            " > watch > resolved",
        )

    @settings(max_examples=200, deadline=None, derandomize=True)
    @given(FACTS)
    def test_the_state_holds_and_nothing_above_it_does(self, facts):
        state = case_state.derive(facts)
        above = case_state.STATES[: case_state.STATES.index(state)]
        self.assertTrue(state == "resolved" or facts[state])
        self.assertFalse(any(facts.get(other) for other in above))
