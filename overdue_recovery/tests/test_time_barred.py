from datetime import date, timedelta

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .common import MONDAY, RecoveryCommon

THREE_YEARS_AGO = date(2022, 3, 3)
YESTERDAY_IN_2022 = date(2022, 3, 2)


@tagged("post_install", "-at_install")
class TestTimeBarred(RecoveryCommon):
    """What can no longer be enforced is left to a manager."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.country_id = cls.env.ref("base.de")
        cls.policy.date_start = False

    def _item(self, due, partner=None):
        return self._items(self._overdue_invoice(due=due, partner=partner))

    def _law(self, **values):
        return self.env["recovery.law"].create(
            {
                "code": "XX",
                "name": "Nowhere",
                "source": "Act 1",
                "valid_from": "2000-01-01",
                "charges_active": True,
                "charges_since": "2025-01-01",
                **values,
            }
        )

    # -- which items -----------------------------------------------------------------------------

    def test_without_a_law_row_items_older_than_three_years_are_left_out(self):
        self.assertEqual(self._codes(self._item(YESTERDAY_IN_2022))[0], "time_barred")
        self.assertEqual(self._codes(self._item(THREE_YEARS_AGO)), [])

    def test_an_active_row_says_how_long(self):
        law = self._law(limitation_months=24)
        old, young = self._item(date(2023, 3, 2)), self._item(date(2023, 3, 3))
        self.assertEqual(self._codes(old), ["time_barred"])
        self.assertEqual(self._codes(young), [])
        law.limitation_months = 120
        self.assertEqual(self._codes(self._item(date(2016, 1, 1))), [])
        law.limitation_start = "year_end"
        self.assertEqual(self._codes(self._item(date(2014, 12, 31))), ["time_barred"])
        self.assertEqual(self._codes(self._item(date(2015, 1, 1))), [])

    def test_german_debts_can_be_enforced_until_the_end_of_the_third_year(self):
        shipped = self.env["recovery.law"].search([("code", "=", "DE-B2C")])
        self._item(date(2022, 1, 5))
        old = self._item(date(2021, 12, 31))
        new = self._item(date(2022, 1, 1))
        self.assertEqual(self._codes(new)[0], "time_barred")  # the row is off: three years
        shipped.write({"valid_from": "2002-01-01", "contact_active": True})
        self.assertEqual(self._codes(new), [])
        self.assertEqual(new.recovery_limitation_date, date(2025, 12, 31))
        self.assertEqual(self._codes(old)[0], "time_barred")

    def test_the_row_of_the_debtors_country_and_type_counts(self):
        self._law(limitation_months=12, debtor_type="business")
        self._law(
            code="YY", limitation_months=12, country_ids=[Command.set(self.env.ref("base.fr").ids)]
        )
        item = self._item(date(2024, 1, 1))
        self.assertEqual(self._codes(item), [])
        self.partner_a.country_id = self.env.ref("base.fr")
        self.assertEqual(self._codes(item), ["time_barred"])

    def test_a_row_that_does_not_know_leaves_the_three_years(self):
        self._law(limitation_months=0)
        self.assertEqual(self._codes(self._item(YESTERDAY_IN_2022))[0], "time_barred")

    # -- runs ------------------------------------------------------------------------------------

    def test_a_run_leaves_them_out_and_says_why(self):
        old, young = self._item(YESTERDAY_IN_2022), self._item(MONDAY - timedelta(days=10))
        run = self._propose()
        lines = run.notice_ids.line_ids
        self.assertEqual(lines.move_line_id, young)
        left_out = run.exception_ids.filtered(lambda row: row.move_line_id == old)
        self.assertEqual(left_out.reason, "time_barred")
        self.assertIn("only a manager starts it", left_out.text)

    def test_an_item_becomes_time_barred_while_it_is_reminded(self):
        item = self._item(date(2022, 3, 10))
        self._run_dunning()
        self.assertEqual(self._codes(item)[0], "pay_by")
        with self.on(30):
            self.assertEqual(self._codes(item)[0], "time_barred")
            self.assertFalse(self._propose().notice_ids)

    def test_a_manager_starts_it_all_the_same_and_that_is_logged(self):
        item = self._item(YESTERDAY_IN_2022)
        item.action_start_at(self.levels[0])
        self.assertEqual(self._codes(item), [])
        self.assertTrue(item.dunning_item_ids.barred_start)
        self.assertIn("time-barred (last day: 03/02/2025)", item.move_id.message_ids[0].body)
        with self.on(15):
            run = self._run_dunning()
            self.assertEqual(run.notice_ids.line_ids.move_line_id, item)

    def test_starting_an_item_that_is_not_time_barred_allows_nothing_for_later(self):
        item = self._item(date(2022, 3, 10))
        item.action_start_at(self.levels[0])
        self.assertFalse(item.dunning_item_ids.barred_start)
        with self.on(30):
            self.assertEqual(self._codes(item)[0], "time_barred")

    def test_a_collector_does_not_start_it(self):
        collector = new_test_user(
            self.env,
            "recovery_barred",
            groups="account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        item = self._item(YESTERDAY_IN_2022)
        with self.assertRaises(UserError):
            item.with_user(collector).action_start_at(self.levels[0])
        self.assertEqual(self._codes(item)[0], "time_barred")

    def test_measuring_costs_two_statements_at_most_and_none_while_all_are_young(self):
        limitation = self.env["dunning.limitation"]
        measure = self.env["dunning.measure"]
        for number in range(3):
            self._item(MONDAY - timedelta(days=10 + number))
        debtors = list(measure._debtors(self.company, MONDAY))
        limitation._limit(self.company, debtors, MONDAY)  # fill the caches
        with self.assertQueryCount(0):
            limitation._limit(self.company, debtors, MONDAY)
        for number in range(5):
            partner = self.env["res.partner"].create({"name": f"Old {number}"})
            self._item(date(2021, 1, 1 + number), partner)
        debtors = list(measure._debtors(self.company, MONDAY))
        limitation._limit(self.company, debtors, MONDAY)
        with self.assertQueryCount(2):
            limitation._limit(self.company, debtors, MONDAY)
        self.assertEqual(len(debtors[0].barred), 5)

    def test_a_simulation_knows_what_becomes_time_barred(self):
        self._item(date(2022, 3, 10))
        run = self.env["dunning.run"].create({"company_id": self.company.id})
        days = [entry["date"] for entry in run.simulate(MONDAY + timedelta(days=30))]
        self.assertEqual(days, [MONDAY])
        young = self._item(MONDAY - timedelta(days=10), self.partner_b)
        later = [
            entry["date"]
            for entry in run.simulate(MONDAY + timedelta(days=30))
            if young.id in entry["move_line_ids"]
        ]
        self.assertGreater(len(later), 1)

    # -- before it is too late ---------------------------------------------------------------------

    def test_items_are_found_by_the_day_until_which_they_can_be_enforced(self):
        barred = self._item(YESTERDAY_IN_2022)
        soon = self._item(date(2022, 5, 1)) | self._item(THREE_YEARS_AGO)
        later = self._item(date(2024, 5, 1))
        all_of_them = barred | soon | later

        def found(*domain):
            own = [("id", "in", all_of_them.ids)]
            return self.env["account.move.line"].search([*own, *domain])

        name = "recovery_limitation_date"
        self.assertEqual(found((name, "<", MONDAY)), barred)
        self.assertEqual(found((name, "<=", MONDAY)), barred | soon[1])
        self.assertEqual(found((name, "<=", "2025-06-01"), (name, ">=", "2025-03-03")), soon)
        self.assertEqual(found((name, ">", "2025-05-01")), later)
        self.assertEqual(soon.mapped(name), [date(2025, 5, 1), MONDAY])

    def test_the_last_day_of_a_month_counts_once_in_shorter_months(self):
        self._law(limitation_months=6)
        item = self._item(date(2024, 8, 31))
        self.assertEqual(item.recovery_limitation_date, date(2025, 2, 28))
        name = "recovery_limitation_date"
        self.assertIn(item, item.search([(name, "<=", "2025-02-28")]))
        self.assertEqual(self._codes(item)[0], "time_barred")

    def test_only_debts_of_customers_have_such_a_day(self):
        invoice = self._overdue_invoice(due=date(2022, 5, 1))
        income = invoice.line_ids - self._items(invoice)
        self.assertFalse(any(income.mapped("recovery_limitation_date")))

    def test_the_screens_filter_by_it(self):
        soon = self._item(date(2022, 5, 1))
        soon.action_start_at(self.levels[0])
        self.assertEqual(
            self.env["dunning.item"].search([("limitation_date", "<=", "2025-06-01")]),
            soon.dunning_item_ids,
        )
        action = self.env.ref("overdue_recovery.account_move_line_action_limitation")
        self.assertIn("barred_soon", action.context)
