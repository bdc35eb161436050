import doctest
import json

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.overdue_recovery.calc import field_mapping
from odoo.tests import BaseCase, tagged

GENTLY = settings(max_examples=200, deadline=None, derandomize=True)
PLACES = st.from_regex(r"[ab](\[\])?(\.[ab]){0,2}", fullmatch=True)


@tagged("post_install", "-at_install")
class TestCalcFieldMapping(BaseCase):
    def test_the_examples_of_the_docstrings_hold(self):
        results = doctest.testmod(field_mapping)
        self.assertGreater(results.attempted, 0)
        self.assertEqual(results.failed, 0)

    @GENTLY
    @given(st.lists(PLACES, max_size=5), st.integers(0, 3))
    def test_every_fact_stands_once_in_the_message_or_the_mapping_is_refused(self, places, count):
        pairs = [(str(number), place) for number, place in enumerate(places)]
        facts = {source: f"fact {source}" for source, _place in pairs}
        try:
            message = json.dumps(field_mapping.fill(pairs, facts, [facts] * count))
        except ValueError:
            return
        for source, place in pairs:
            times = count if "[]" in place else 1
            self.assertEqual(message.count(f'"fact {source}"'), times, place)

    def test_nothing_leaves_that_is_not_asked_for(self):
        facts = {"name": "Ann", "secret": "diagnosis"}
        message = field_mapping.fill([("name", "debtor.name")], facts)
        self.assertEqual(message, {"debtor": {"name": "Ann"}})
