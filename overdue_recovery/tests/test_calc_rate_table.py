import doctest
from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.overdue_recovery.calc import rate_table
from odoo.tests import BaseCase, tagged

GENTLY = settings(max_examples=200, deadline=None, derandomize=True)
DAYS = st.dates(date(1999, 1, 1), date(2099, 12, 31))
RATES = st.decimals(-5, 40, places=4)


@tagged("post_install", "-at_install")
class TestCalcRateTable(BaseCase):
    def _refused(self, text):
        with self.assertRaises(rate_table.BadTable) as caught:
            rate_table.read(text)
        return caught.exception.reason

    def test_the_examples_of_the_docstrings_hold(self):
        results = doctest.testmod(rate_table)
        self.assertGreater(results.attempted, 0)
        self.assertEqual(results.failed, 0)

    @GENTLY
    @given(st.dictionaries(DAYS, RATES, min_size=1), st.sampled_from(",;\t"))
    def test_what_was_written_is_read_again_in_order(self, history, separator):
        rows = [f"{day}{separator}{rate}" for day, rate in history.items()]
        found = rate_table.read("\n".join([f"date{separator}rate", *rows]))
        self.assertEqual(found, sorted((day, rate / 100) for day, rate in history.items()))

    @GENTLY
    @given(st.text(max_size=200))
    def test_any_text_is_read_or_refused_with_a_line(self, text):
        try:
            self.assertTrue(rate_table.read(f"date,rate\n{text}"))
        except rate_table.BadTable as error:
            self.assertGreaterEqual(error.line, 1)

    def test_what_looks_like_a_figure_and_is_none_is_refused(self):
        for figure in ("", "-", ".", "nan", "inf", "1e3", "0x10", "٢", "2.1.5", "=1+1", "2_000"):
            with self.subTest(figure=figure):
                self.assertEqual(self._refused(f"date,rate\n2025-01-01,{figure}"), "rate")
        self.assertEqual(self._refused("date,rate\n2025-01-01,-50.01"), "range")

    def test_dates_of_other_forms_are_refused_not_guessed(self):
        for day in ("11/06/2025", "20250611", "2025-W24-3", "0001-01-01", "2025-6-11", ""):
            with self.subTest(day=day):
                self.assertEqual(self._refused(f"date,rate\n{day},2.15"), "date")

    def test_tables_of_other_forms_are_refused(self):
        self.assertEqual(self._refused("2025-01-01,2.15"), "columns")
        self.assertEqual(self._refused("date,rate,rate\n2025-01-01,1,2"), "columns")
        self.assertEqual(self._refused("date,rate\n2025-01-01"), "columns")
        self.assertEqual(self._refused('date,rate\n"2025-01-01,2.15'), "columns")
        self.assertEqual(self._refused("date,rate\n\n"), "empty")
        self.assertEqual(self._refused("date,rate\n" + "2025-01-01,1\n" * 6000), "long")

    def test_a_rate_is_exact(self):
        self.assertEqual(rate_table.read("date,rate\n2025-01-01,0.1")[0][1], Decimal("0.001"))
