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

    def test_what_is_on_its_way_is_not_asked_for_again(self):
        base = f"/recovery/l/{self._links()[self.partner_a]}"
        tx = self._transaction(base)
        tx._set_pending()
        page = self._get(base)
        self.assertIn("is on its way", page.text)
        self.assertNotIn('name="what"', page.text)
        with self.assertRaises(JsonRpcException), mute_logger("odoo.http"):
            self._transaction(base)
