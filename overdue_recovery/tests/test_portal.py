from unittest.mock import patch

from odoo.tests import JsonRpcException, tagged
from odoo.tools import mute_logger

from .portal import PortalCommon


@tagged("post_install", "-at_install")
class TestPortal(PortalCommon):
    """Reading and paying on the portal, by login and by link."""

    # -- reading ---------------------------------------------------------------------------

    def test_a_customers_user_reads_what_its_company_owes(self):
        self._login()
        page = self._get("/my/recovery")
        self.assertEqual(page.status_code, 200)
        self.assertIn(self.invoice_a.name, page.text)
        self.assertIn("100.00", page.text)
        self.assertNotIn(self.invoice_b.name, page.text)

    def test_a_link_shows_its_notices_matter_only(self):
        links = self._links()
        later = self._overdue_invoice(3, 77.0)
        page = self._get(f"/recovery/l/{links[self.partner_a]}")
        self.assertEqual(page.status_code, 200)
        self.assertIn(self.invoice_a.name, page.text)
        for name in (later.name, self.invoice_b.name, "77.00"):
            self.assertNotIn(name, page.text)

    def test_without_login_the_login_page_answers(self):
        page = self._get("/my/recovery")
        self.assertEqual(page.status_code, 303)
        self.assertIn("/web/login", page.headers["Location"])

    # -- paying ----------------------------------------------------------------------------

    def test_all_overdue_is_paid_at_the_amount_of_the_server(self):
        self._login()
        tx = self._transaction("/my/recovery", amount=0.01)
        self.assertEqual(tx.amount, 100.0)
        self.assertEqual(tx.landing_route, "/recovery/thanks")
        self.assertEqual(tx.invoice_ids, self.invoice_a)
        tx._set_done()
        tx._post_process()
        self.assertEqual(self.invoice_a.payment_state, "paid")
        self.assertEqual(tx.invoice_ids, self.invoice_a)

    def test_where_a_payment_ends_it_is_said_what_became_of_it(self):
        link = f"/recovery/l/{self._links()[self.partner_a]}"
        for state, is_off in (("_set_done", False), ("_set_canceled", True)):
            for way in ("/my/recovery", link):
                with self.subTest(state=state, way=way):
                    self._login() if way == "/my/recovery" else self.authenticate(None, None)
                    tx = self._transaction(way, "amount-1")
                    getattr(tx, state)()
                    self.env.flush_all()
                    answer = self._get("/recovery/thanks")
                    if way == "/my/recovery":
                        self.assertTrue(answer.headers["Location"].endswith(way))
                        answer = self._get(way)
                    self.assertEqual("nothing was taken" in answer.text, is_off)
                    self.assertEqual("Thank you" in answer.text, not is_off)

    def test_what_is_on_its_way_is_not_asked_for_again(self):
        base = f"/recovery/l/{self._links()[self.partner_a]}"
        tx = self._transaction(base)
        tx._set_pending()
        page = self._get(base)
        self.assertIn("is on its way", page.text)
        self.assertNotIn('name="what"', page.text)
        with self.assertRaises(JsonRpcException), mute_logger("odoo.http"):
            self._transaction(base)

    def test_chosen_items_are_paid_first_whatever_is_older(self):
        newer = self._overdue_invoice(5, 40.0)
        self._login()
        tx = self._transaction("/my/recovery", f"items-{self._items(newer).id}")
        self.assertEqual((tx.amount, tx.invoice_ids), (40.0, newer))
        tx._set_done()
        tx._post_process()
        self.assertEqual(newer.payment_state, "paid")
        self.assertEqual(self.invoice_a.payment_state, "not_paid")

    def test_an_own_amount_goes_to_the_oldest(self):
        newer = self._overdue_invoice(5, 40.0)
        self._login()
        tx = self._transaction("/my/recovery", "amount-110,50")
        self.assertEqual(tx.amount, 110.5)
        tx._set_done()
        tx._post_process()
        self.assertEqual(self.invoice_a.payment_state, "paid")
        self.assertEqual(newer.amount_residual, 29.5)

    def test_credits_are_taken_off_what_is_asked(self):
        self._credit_note(30.0)
        self._login()
        page = self._get("/my/recovery")
        self.assertIn("already deducted", page.text)
        self.assertEqual(self._transaction("/my/recovery").amount, 70.0)

    def test_what_is_disputed_is_neither_asked_nor_paid(self):
        self._hold(self.invoice_a, "disputed", amount=60.0)
        self._login()
        page = self._get("/my/recovery").text
        self.assertIn("Under review", page)
        tx = self._transaction("/my/recovery")
        self.assertEqual(tx.amount, 40.0)
        tx._set_done()
        tx._post_process()
        self.assertEqual(self.invoice_a.amount_residual, 60.0)

    def test_each_company_and_currency_has_its_own_sum_and_button(self):
        foreign = self.setup_other_currency("CHF")
        self._overdue_invoice(3, 20.0, currency_id=foreign.id)
        self._login()
        page = self._get("/my/recovery").text
        self.assertEqual(page.count('value="overdue"'), 2)
        self.provider.available_currency_ids += foreign
        self.env.flush_all()
        tx = self._transaction("/my/recovery", currency=foreign)
        self.assertEqual((tx.amount, tx.currency_id), (20.0, foreign))

    def test_money_that_cannot_be_allocated_is_booked_all_the_same(self):
        self._login()
        tx = self._transaction("/my/recovery")
        tx._set_done()
        allocate = patch.object(
            type(self.env["account.move.line"]), "_recovery_allocate", side_effect=ValueError
        )
        with allocate, mute_logger("odoo.addons.overdue_recovery.models.payment_transaction"):
            tx._post_process()
        self.assertEqual(tx.payment_id._recovery_open_credits().amount_residual, -100.0)
        self.assertTrue(tx.is_post_processed)

    def test_the_bank_details_stand_beside_with_reference_and_code(self):
        self.env["res.partner.bank"].create(
            {"acc_number": "BE15001559627230", "partner_id": self.company.partner_id.id}
        )
        self._login()
        query = f"company={self.company.id}&currency={self.company.currency_id.id}"
        with patch.object(
            type(self.env["res.partner.bank"]),
            "build_qr_code_base64",
            return_value="data:image/png;base64,AAAA",
        ) as build:
            page = self._get(f"/my/recovery/pay?{query}").text
        for text in ("BE15 0015 5962 7230", self.invoice_a.payment_reference, "base64,AAAA"):
            self.assertIn(text, page)
        self.assertEqual(build.call_args[0][0], 100.0)

    # -- what happens next -----------------------------------------------------------------

    def _next_words(self):
        visitor = self.env["recovery.portal.visitor"].sudo()._of_partner(self.partner_a)
        [page] = self.env["recovery.portal"]._pages(visitor)
        return self.env["recovery.portal"]._next_words(page)

    def test_what_happens_next_and_when_is_what_the_decision_says(self):
        self.assertIn("is on its way", self._next_words())
        self._run_dunning()
        day = self.partner_a._recovery_case(self.company)
        self.env["recovery.case"]._recompute(day)
        self.assertIn(f"{day.next_step_date:%B}", self._next_words())
        self.assertIn(str(day.next_step_date.day), self._next_words())

    def test_a_pause_is_told_with_its_end(self):
        self._hold(self.partner_a, "hardship", date_to="2025-04-01")
        self.assertEqual(self._next_words(), "Reminders are paused until April 1, 2025.")
        self.env["recovery.hold"].search([]).date_to = False
        self.assertEqual(self._next_words(), "Reminders are paused.")

    # -- who -------------------------------------------------------------------------------

    def test_a_payer_sees_what_it_pays_for_and_the_other_only_its_own(self):
        self.partner_b.dunning_payer_id = self.partner_a
        self.env.flush_all()
        visitors, portal = self.env["recovery.portal.visitor"].sudo(), self.env["recovery.portal"]
        seen = {}
        for partner in (self.partner_a, self.partner_b):
            visitor = visitors._of_partner(partner)
            [page] = portal._pages(visitor)
            [account] = page.accounts.values()
            seen[partner] = {item.name for item in account.items}
        both = {self.invoice_a.name, self.invoice_b.name}
        self.assertEqual(seen, {self.partner_a: both, self.partner_b: {self.invoice_b.name}})
        self._run_dunning()
        self.assertTrue(portal._notices(visitors._of_partner(self.partner_a)))
        self.assertFalse(portal._notices(visitors._of_partner(self.partner_b)))

    def test_only_dunning_and_invoice_contacts_and_the_customer_itself_sign(self):
        visitors = self.env["recovery.portal.visitor"].sudo()
        for values, may in (
            ({}, False),
            ({"is_dunning_contact": True}, True),
            ({"type": "invoice"}, True),
        ):
            person = self.env["res.partner"].create(
                {"name": "Person", "parent_id": self.partner_a.id, **values}
            )
            self.assertEqual(visitors._of_partner(person).may_sign, may)
        self.assertTrue(visitors._of_partner(self.partner_a).may_sign)
        self.assertIsNone(visitors._of_partner(self.company.partner_id))

    # -- documents -------------------------------------------------------------------------

    def test_own_documents_are_to_be_had_and_no_others(self):
        self._login()
        path = "/my/recovery/document"
        own = self._post(f"{path}/{self.invoice_a.id}")
        self.assertEqual((own.status_code, own.headers["Content-Type"]), (200, "application/pdf"))
        for other in (self.invoice_b.id, self._payment(1).move_id.id, 10**9):
            self.assertEqual(self._post(f"{path}/{other}").status_code, 404)

    def test_a_statement_shows_every_entry_with_its_balance(self):
        with self.on(-400):
            self._overdue_invoice(0, 30.0)
        self._pay(self.invoice_a, 60.0)
        visitor = self.env["recovery.portal.visitor"].sudo()._of_partner(self.partner_a)
        statements = self.env["recovery.portal.statement"]
        [statement] = statements._statements(visitor, statements._period()[0])
        self.assertEqual(statement.opening, 30.0)
        self.assertEqual([line["balance"] for line in statement.lines], [130.0, 70.0])
        self.assertEqual(statement.closing, 70.0)
        self._login()
        page = self._get("/my/recovery/statement").text
        for text in (self.invoice_a.name, "70.00", "Balance brought forward"):
            self.assertIn(text, page)
        for since in ("x", "0001-01-01", "9999-12-31"):
            self.assertEqual(
                self._get(f"/my/recovery/statement?since={since}").status_code, 200, since
            )
        with patch.object(
            type(self.env["ir.actions.report"]), "_run_wkhtmltopdf", return_value=b"%PDF"
        ) as run:
            answer = self._post("/my/recovery/statement/pdf", since="2025-01-01")
        self.assertEqual(answer.content, b"%PDF")
        self.assertIn(self.invoice_a.name, str(run.call_args))

    def test_the_home_page_counts_what_is_open(self):
        self._login()
        found = self.make_jsonrpc_request("/my/counters", {"counters": ["recovery_count"]})
        self.assertEqual(found, {"recovery_count": 1})

    def test_a_link_speaks_the_language_of_its_reader(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.partner_a.lang = "fr_FR"
        self.env.flush_all()
        page = self._get(f"/recovery/l/{self._links()[self.partner_a]}").text
        self.assertIn('lang="fr-FR"', page)
        self.assertIn("21/02/2025", page)

    def test_a_link_speaks_the_language_that_its_reader_chose_since(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        path = f"/recovery/l/{self._links()[self.partner_a]}"
        self.assertIn('lang="en-US"', self._get(path).text)
        self.partner_a.lang = "fr_FR"
        self.env.flush_all()
        self.assertIn('lang="fr-FR"', self._get(path).text)
