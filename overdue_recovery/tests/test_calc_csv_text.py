import csv
import doctest
import io

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.overdue_recovery.calc import csv_text
from odoo.tests import BaseCase, tagged

GENTLY = settings(max_examples=300, deadline=None, derandomize=True)
NASTY = st.text("=+-@\t\r\n \x00\u2028'\"ab1,;", max_size=12) | st.text(max_size=12)


@tagged("post_install", "-at_install")
class TestCalcCsvText(BaseCase):
    def test_the_examples_of_the_docstrings_hold(self):
        results = doctest.testmod(csv_text)
        self.assertGreater(results.attempted, 0)
        self.assertEqual(results.failed, 0)

    @GENTLY
    @given(NASTY)
    def test_no_text_begins_like_a_formula(self, text):
        self.assertFalse(csv_text.cell(text).lstrip()[:1] in tuple("=+-@"))

    @GENTLY
    @given(st.lists(NASTY, min_size=1, max_size=4))
    def test_a_row_is_read_back_as_one_row(self, texts):
        buffer = io.StringIO()
        csv.writer(buffer).writerow([csv_text.cell(text) for text in texts])
        rows = list(csv.reader(io.StringIO(buffer.getvalue(), newline="")))
        self.assertEqual(rows, [[csv_text.cell(text) for text in texts]])
