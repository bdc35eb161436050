from datetime import timedelta
from unittest.mock import patch

from odoo.addons.account_payment.tests.common import AccountPaymentCommon
from odoo.addons.mail.tests.common import MailCommon
from odoo.tests import HttpCase, new_test_user, tagged

from .portal import LINK

FORM = """<form action="/my/recovery" method="get"/>"""


class PortalTours(AccountPaymentCommon, MailCommon, HttpCase):
    """A customer who owes in two currencies, and a provider that sends everybody back at once."""

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
        cls.provider.redirect_form_view_id.sudo().arch = FORM
        cls.foreign = cls.setup_other_currency("CHF")
        cls.provider.available_currency_ids += cls.foreign
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

    def _confirm(self, transactions):
        """The provider says that the money came."""
        for tx in transactions:
            tx._set_done()
            tx._post_process()


@tagged("post_install", "-at_install", "is_tour")
class TestTourPortal(PortalTours):
    """Paying in a browser, down to the invoices."""

    def test_all_overdue_in_two_currencies(self):
        self.start_tour("/my/recovery", "recovery_portal_pay_all", login="recovery_tourist")
        transactions = self._transactions()
        self.assertRecordValues(
            transactions,
            [
                {"amount": 200.0, "currency_id": self.company.currency_id.id},
                {"amount": 50.0, "currency_id": self.foreign.id},
            ],
        )
        self._confirm(transactions)
        self.assertEqual((self.late | self.francs).mapped("payment_state"), ["paid", "paid"])
        self.assertEqual(self.coming.payment_state, "not_paid")

    def test_a_part_by_choice_and_by_amount(self):
        self.start_tour("/my/recovery", "recovery_portal_pay_part", login="recovery_tourist")
        transaction = self._transactions()
        self.assertEqual(transaction.amount, 120.5)
        self._confirm(transaction)
        self.assertEqual((self.late.payment_state, self.late.amount_residual), ("partial", 79.5))

    def test_by_keyboard_alone(self):
        self.start_tour("/my/recovery", "recovery_portal_keyboard", login="recovery_tourist")


@tagged("post_install", "-at_install", "is_tour")
class TestTourPortalPhone(PortalTours):
    """The link in a message, opened on a small telephone."""

    browser_size = "360x740"
    touch_enabled = True

    def test_without_login(self):
        self.start_tour(f"/recovery/l/{self.token}", "recovery_portal_link", login=None)
        transaction = self._transactions()
        self.assertEqual((transaction.amount, transaction.invoice_ids), (200.0, self.late))
        self._confirm(transaction)
        self.assertEqual(self.late.payment_state, "paid")
