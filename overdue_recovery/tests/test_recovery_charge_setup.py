from datetime import date

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .common import RecoveryCommon


@tagged("post_install", "-at_install")
class TestRecoveryChargeSetup(RecoveryCommon):
    """Where charges are booked, that they are no sales, and what invoices say of them."""

    def _charge(self, kind="fee", amount=40.0, post=True):
        """A posted invoice as charges are booked, dated today."""
        journal, products = self.company._recovery_charge_setup()
        line = {
            "product_id": products[kind].product.id,
            "account_id": products[kind].account.id,
            "price_unit": amount,
            "tax_ids": [Command.clear()],
        }
        move = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "journal_id": journal.id,
                "partner_id": self.partner_a.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [Command.create(line)],
            }
        )
        move.is_recovery_charge = True
        if post:
            move.action_post()
        return move

    # -- journal, accounts, products -----------------------------------------------------------

    def test_a_company_gets_its_journal_and_accounts_with_the_first_charge(self):
        self.assertFalse(self.company.recovery_charge_journal_id)
        journal, products = self.company._recovery_charge_setup()
        self.assertEqual((journal.type, journal.code), ("sale", "DUNC"))
        self.assertEqual(journal.company_id, self.company)
        self.assertFalse(journal.show_on_dashboard)
        self.assertEqual(set(products), {"fee", "fixed_sum", "interest"})
        self.assertEqual(products["fee"].account, products["fixed_sum"].account)
        self.assertNotEqual(products["fee"].account, products["interest"].account)
        for kind, made in products.items():
            with self.subTest(kind=kind):
                self.assertEqual(made.account.account_type, "income_other")
                self.assertFalse(made.account.tax_ids)
                self.assertFalse(made.product.taxes_id or made.product.sale_ok)

    def test_a_second_charge_finds_what_the_first_one_made(self):
        first = self.company._recovery_charge_setup()
        accounts = self.env["account.account"].search_count([])
        self.assertEqual(self.company._recovery_charge_setup(), first)
        self.assertEqual(self.env["account.account"].search_count([]), accounts)

    def test_what_a_person_chose_is_kept(self):
        account = self.company_data["default_account_revenue"]
        journal = self.company_data["default_journal_sale"]
        self.company.write(
            {"recovery_charge_journal_id": journal.id, "recovery_fee_account_id": account.id}
        )
        chosen, products = self.company._recovery_charge_setup()
        self.assertEqual((chosen, products["fee"].account), (journal, account))
        self.assertNotEqual(products["interest"].account, account)

    def test_a_code_that_is_taken_is_left_alone(self):
        for code in ("DUNC", "DUN1"):
            self.env["account.journal"].create(
                {"name": code, "code": code, "type": "sale", "company_id": self.company.id}
            )
        self.assertEqual(self.company._recovery_charge_setup()[0].code, "DUN2")

    def test_companies_are_worlds_apart_and_branches_use_their_parents_books(self):
        other = self.setup_other_company()["company"]
        branch = self.env["res.company"].create({"name": "B", "parent_id": self.company.id})
        journal, products = self.company._recovery_charge_setup()
        strange, theirs = other._recovery_charge_setup()
        self.assertEqual(strange.company_id, other)
        self.assertEqual(theirs["fee"].account.company_ids, other)
        self.assertEqual(branch._recovery_charge_setup(), (journal, products))

    def test_a_company_without_accounts_is_told_what_to_do(self):
        bare = self.env["res.company"].create({"name": "Bare"})
        with self.assertRaisesRegex(UserError, "set up its chart of accounts"):
            bare._recovery_charge_setup()

    def test_a_collector_may_cause_it(self):
        collector = new_test_user(
            self.env,
            "recovery_setup",
            groups="overdue_recovery.group_user",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.assertTrue(self.company.with_user(collector)._recovery_charge_setup()[0])

    def test_a_charge_is_numbered_in_its_own_journal_without_tax(self):
        move = self._charge()
        self.assertTrue(move.name.startswith("DUNC/"))
        self.assertEqual(move.amount_tax, 0)
        self.assertEqual(move.amount_total, 40.0)

    # -- no sales --------------------------------------------------------------------------------

    def _invoiced(self):
        domain = [("partner_id", "=", self.partner_a.id), ("state", "=", "posted")]
        report = self.env["account.invoice.report"]
        return report._read_group(domain, [], ["price_subtotal:sum", "__count"])[0]

    def test_charges_are_not_in_the_analysis_of_invoices(self):
        self._overdue_invoice(amount=100.0)
        for kind in ("fee", "fixed_sum", "interest"):
            self._charge(kind)
        self.assertEqual(self._invoiced(), (100.0, 1))

    def test_a_credited_charge_is_not_in_it_either(self):
        self._overdue_invoice(amount=100.0)
        credit = self._charge()._reverse_moves()
        credit.is_recovery_charge = True
        credit.action_post()
        self.assertEqual(self._invoiced(), (100.0, 1))

    def test_a_customer_was_not_invoiced_more_by_charges(self):
        self._overdue_invoice(amount=100.0)
        self._charge()
        self.partner_a.invalidate_recordset(["total_invoiced"])
        self.assertEqual(self.partner_a.total_invoiced, 100.0)

    def test_the_digest_counts_no_charge_as_revenue(self):
        digest = self.env["digest.digest"].create(
            {"name": "Daily", "company_id": self.company.id, "periodicity": "daily"}
        )
        with self.on(-1):
            self._overdue_invoice(days=-30, amount=100.0)  # dated today
            before = self._revenue(digest)
            self._charge()
            self._charge("interest", 7.5)
            self.assertEqual(self._revenue(digest), before)
        self.assertGreaterEqual(before, 100.0)

    def _revenue(self, digest):
        digest.invalidate_recordset(["kpi_account_total_revenue_value"])
        start = date(2025, 1, 1)
        return digest.with_context(
            start_datetime=fields.Datetime.to_datetime(start),
            end_datetime=fields.Datetime.now(),
        ).kpi_account_total_revenue_value

    def test_days_of_sales_outstanding_are_those_of_sales(self):
        self._overdue_invoice(days=10, amount=100.0)
        self.partner_a.invalidate_recordset()
        before = self.partner_a.days_sales_outstanding
        self.assertEqual(before, 40)
        charge = self._charge(amount=400.0)
        self.partner_a.invalidate_recordset()
        self.assertEqual(self.partner_a.days_sales_outstanding, before)
        self._pay(charge)
        self.partner_a.invalidate_recordset()
        self.assertEqual(self.partner_a.days_sales_outstanding, before)

    def test_a_customer_with_charges_only_owes_no_sales(self):
        self._charge()
        self.partner_a.invalidate_recordset()
        self.assertEqual(self.partner_a.days_sales_outstanding, 0)

    # -- what invoices say -----------------------------------------------------------------------

    def _charging(self, **values):
        """Everything switched on: policy, law and the option to print it."""
        self.company.recovery_charges_on_invoices = True
        self.policy.write({"charges": True, "charges_since": "2025-01-01"})
        return self.env["recovery.law"].create(
            {
                "code": "XX",
                "name": "Nowhere",
                "source": "Act 1",
                "valid_from": "2020-01-01",
                "charges_active": True,
                "charges_since": "2025-01-01",
                "currency_id": self.env.ref("base.EUR").id,
                "interest_kind": "fixed",
                "interest_rate": 0.08,
                **values,
            }
        )

    def _printed(self, invoice):
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "account.report_invoice", invoice.ids
        )
        return html.decode()

    def test_an_invoice_prints_the_terms_in_the_customers_language(self):
        law = self._charging()
        invoice = self._overdue_invoice()
        self.assertIn("interest at 8 % a year", self._printed(invoice))
        self.assertEqual(invoice._recovery_terms(), [law._terms_sentence()])

    def test_each_switch_keeps_the_terms_off_the_invoice(self):
        law = self._charging()
        invoice = self._overdue_invoice()
        self.assertTrue(invoice._recovery_terms())
        for record, values in (
            (self.company, {"recovery_charges_on_invoices": False}),
            (self.policy, {"charges": False}),
            (self.policy, {"charges_since": "2025-03-01"}),  # due before
            (law, {"charges_active": False}),
            (law, {"charges_since": "2025-03-01"}),
            (law, {"debtor_type": "business"}),  # the customer is a consumer
            (law, {"needs_agreement": True}),
            (invoice, {"is_recovery_charge": True}),
        ):
            with self.subTest(**values), self.env.cr.savepoint() as savepoint:
                record.write(values)
                self.assertEqual(invoice._recovery_terms(), [])
                savepoint.rollback()
            self.env.invalidate_all()
            self.env.registry.clear_cache()
        self.assertTrue(invoice._recovery_terms())

    def test_an_agreement_holds_for_invoices_from_its_day_on(self):
        self._charging(needs_agreement=True)
        invoice = self._overdue_invoice()  # dated 2025-01-22
        self.partner_a.charges_agreed_on = invoice.invoice_date
        self.assertTrue(invoice._recovery_terms())
        self.partner_a.charges_agreed_on = date(2025, 2, 1)
        self.assertFalse(invoice._recovery_terms())

    def test_the_notice_to_consumers_is_printed_too(self):
        self._charging(
            consumer_notice=True, consumer_notice_text="You are in default after 30 days."
        )
        self.assertIn("You are in default after 30 days.", self._printed(self._overdue_invoice()))

    def test_a_credit_note_and_a_bill_say_nothing(self):
        self._charging()
        self.assertEqual(self._credit_note(10)._recovery_terms(), [])
        bill = self.init_invoice("in_invoice", partner=self.partner_a, amounts=[10], post=True)
        self.assertEqual(bill._recovery_terms(), [])
