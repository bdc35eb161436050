from datetime import timedelta
from unittest.mock import patch

from odoo.addons.mail.tests.common import MailCommon
from odoo.tests import HttpCase, new_test_user, tagged

from .browser import opened
from .portal import LINK, DemoProvider


class PortalTours(DemoProvider, MailCommon, HttpCase):
    """A customer who owes in two currencies, and Odoo's provider for demonstrations."""

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref("overdue_recovery.group_manager")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # compiled within a request, they keep the others waiting too long for the tests' cursor
        bundle = cls.env["ir.qweb"]._get_asset_bundle("web.assets_frontend", css=True, js=True)
        bundle.css()
        bundle.js()
        cls.company = cls.env.company
        cls.company.write({"name": "Tour Company", "email": "accounts@tour.example"})
        # a browser knows no other time than now, and it may be night
        cls.env.ref("overdue_recovery.recovery_law_courtesy").sudo().contact_active = False
        cls._pay_by_demo()
        cls.foreign = cls.setup_other_currency("CHF")
        cls.env["res.partner.bank"].create(
            {"acc_number": "BE15001559627230", "partner_id": cls.company.partner_id.id}
        )
        cls.customer = cls.env["res.partner"].create(
            {"name": "Customer", "is_company": True, "email": "office@customer.example"}
        )
        contact = cls.env["res.partner"].create({"name": "Ann", "parent_id": cls.customer.id})
        new_test_user(
            cls.env,
            "recovery_tourist",
            password="recovery_tourist",
            groups="base.group_portal",
            partner_id=contact.id,
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        cls.late = cls._owed(200, -20)
        cls.token = cls._link()
        cls.coming = cls._owed(100, 20)
        cls.francs = cls._owed(50, -5, currency_id=cls.foreign.id)

    @classmethod
    def _owed(cls, amount, days, **values):
        """A posted invoice that falls due in so many days."""
        due = cls.company._recovery_today() + timedelta(days=days)
        return cls._create_invoice_one_line(
            price_unit=amount,
            tax_ids=[],
            partner_id=cls.customer,
            invoice_date=due - timedelta(days=30),
            invoice_date_due=due,
            invoice_payment_term_id=False,
            post=True,
            **values,
        )

    @classmethod
    def _link(cls):
        """The secret of the message that one run sends."""
        run = cls.env["dunning.run"].create({"company_id": cls.company.id})
        run.action_propose()
        run.action_issue()
        bodies = []

        def send(_servers, message, *_args, **_kwargs):
            bodies.append(message.get_body(("html",)).get_content())
            return message["Message-Id"]

        servers = type(cls.env["ir.mail_server"])
        with (
            patch.object(servers, "_connect__", return_value=None),
            patch.object(servers, "send_email", send),
            patch.object(servers, "_disable_send", lambda *_args: False),
        ):
            cls.env["dunning.delivery"]._cron_deliver()
        return LINK.search(bodies[0])[1]

    def _transactions(self):
        self.env.invalidate_all()
        domain = [("recovery_debtor_id", "=", self.customer.id)]
        return self.env["payment.transaction"].sudo().search(domain, order="id")

    def _assert_paid(self, *amounts):
        """These payments were made, confirmed by the provider, booked and allocated."""
        transactions = self._transactions()
        self.assertEqual(transactions.mapped("amount"), list(amounts))
        self.assertEqual(set(transactions.mapped("provider_code")), {"demo"})
        self.assertEqual(set(transactions.mapped("state")), {"done"})
        self.assertTrue(all(transactions.mapped("payment_id")))
        return transactions


@tagged("post_install", "-at_install", "is_tour")
class TestTourPortal(PortalTours):
    """Paying in a browser, down to the invoices."""

    def test_all_overdue_in_two_currencies(self):
        self.start_tour("/my/recovery", "recovery_portal_pay_all", login="recovery_tourist")
        transactions = self._assert_paid(200.0, 50.0)
        currencies = [self.company.currency_id, self.foreign]
        self.assertEqual([tx.currency_id for tx in transactions], currencies)
        self.assertEqual((self.late | self.francs).mapped("payment_state"), ["paid", "paid"])
        self.assertEqual(self.coming.payment_state, "not_paid")

    def test_a_part_by_choice_and_by_amount(self):
        self.start_tour("/my/recovery", "recovery_portal_pay_part", login="recovery_tourist")
        self._assert_paid(120.5)
        self.assertEqual((self.late.payment_state, self.late.amount_residual), ("partial", 79.5))

    def test_what_the_provider_does_not_take_stays_open(self):
        self.start_tour("/my/recovery", "recovery_portal_pay_in_vain", login="recovery_tourist")
        self.assertEqual(self._transactions().mapped("state"), ["cancel"])
        self.assertEqual(self.late.payment_state, "not_paid")


@tagged("post_install", "-at_install", "is_tour")
class TestPortalKeyboard(PortalTours):
    """No mouse: what is pressed are keys, and the browser makes of them what it makes of them."""

    def _reach(self, browser, selector):
        """Press the tabulator until an element is focused, which shows that it is."""
        is_there = f"document.activeElement.matches({selector!r})"
        for _time in range(80):
            browser.press("Tab")
            if browser.value(is_there):
                break
        else:
            self.fail(f"{selector} is not reached")
        outline = "getComputedStyle(document.activeElement)"
        shown = browser.value(f"{outline}.outlineStyle + {outline}.boxShadow")
        self.assertNotEqual(shown, "nonenone", f"nobody sees that {selector} is focused")

    def test_from_the_account_to_the_payment(self):
        with opened(self, "recovery_tourist") as browser:
            browser.open("/my/recovery", ".o_recovery_pay")
            self._reach(browser, ".o_recovery_item input")
            browser.press(" ")
            self.assertFalse(browser.value("document.activeElement.checked"))
            browser.press("Tab")
            browser.press(" ")
            self.assertTrue(browser.value("document.activeElement.checked"))
            self._reach(browser, ".o_recovery_account button[value=items]")
            browser.leave(lambda: browser.press("Enter"), "#o_payment_form")
            self._reach(browser, "#customer_input")
            browser.type("4242")
            self._reach(browser, "button[name=o_payment_submit_button]")
            browser.leave(lambda: browser.press("Enter"), ".o_recovery .alert-success")
        self._assert_paid(100.0)
        self.assertEqual((self.coming.payment_state, self.late.payment_state), ("paid", "not_paid"))

    def test_everything_on_the_account_is_reached(self):
        controls = "a[href], button, input:not([type=hidden]), summary, select, textarea"
        with opened(self, "recovery_tourist") as browser:
            browser.open("/my/recovery", ".o_recovery_pay")
            browser.value(
                "window.missing = new Set([...document.querySelectorAll("
                f"'.o_recovery :is({controls})')].filter((one) => one.checkVisibility())); 0"
            )
            for _time in range(120):
                browser.press("Tab")
                browser.value("missing.delete(document.activeElement)")
            self.assertEqual(browser.value("[...missing].map((one) => one.outerHTML)"), [])

    def test_a_promise(self):
        with opened(self, "recovery_tourist") as browser:
            browser.open("/my/recovery", "#later")
            self._reach(browser, "#later a")
            browser.leave(lambda: browser.press("Enter"), "[name=day]")
            self._reach(browser, "[name=day]")
            day = self.company._recovery_today() + timedelta(days=7)
            browser.type(f"{day:%m%d%Y}")
            self._reach(browser, ".btn-primary[type=submit]")
            browser.leave(lambda: browser.press("Enter"), ".alert-success")
        self.env.invalidate_all()
        promise = self.env["recovery.promise"].search([("partner_id", "=", self.customer.id)])
        self.assertEqual((promise.amount, promise.date_promised), (200.0, day))


@tagged("post_install", "-at_install", "is_tour")
class TestTourPortalPhone(PortalTours):
    """The link in a message, opened on a small telephone."""

    browser_size = "360x740"
    touch_enabled = True

    def test_without_login(self):
        self.start_tour(f"/recovery/l/{self.token}", "recovery_portal_link", login=None)
        transaction = self._transactions()
        self.assertEqual((transaction.amount, transaction.invoice_ids), (200.0, self.late))
        self.assertEqual((transaction.state, self.late.payment_state), ("pending", "not_paid"))
        transaction.action_demo_set_done()
        transaction._post_process()
        self.assertEqual(self.late.payment_state, "paid")
