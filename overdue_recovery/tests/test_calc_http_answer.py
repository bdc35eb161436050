import doctest

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.overdue_recovery.calc import http_answer
from odoo.tests import BaseCase, tagged

GENTLY = settings(max_examples=200, deadline=None, derandomize=True)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
TOLD = st.fixed_dictionaries({}, optional={"errors": JSON, "error": JSON, "message": JSON})


@tagged("post_install", "-at_install")
class TestCalcHttpAnswer(BaseCase):
    def test_the_examples_of_the_docstrings_hold(self):
        results = doctest.testmod(http_answer)
        self.assertGreater(results.attempted, 0)
        self.assertEqual(results.failed, 0)

    def test_every_status_means_one_of_four_things(self):
        found = {http_answer.outcome(status) for status in range(1000)}
        self.assertEqual(found, {"done", "later", "unclear", "failed"})

    @GENTLY
    @given(TOLD | JSON)
    def test_whatever_an_agency_answers_is_read_as_a_few_short_lines(self, told):
        errors = http_answer.errors(told)
        self.assertLessEqual(len(errors), http_answer.MOST_ERRORS)
        for pair in errors:
            for text in pair:
                self.assertLessEqual(len(text), http_answer.LONGEST_TEXT)
                self.assertNotRegex(text, r"[\x00-\x1f\x7f]")
