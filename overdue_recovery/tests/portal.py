"""What tests of the portal share: a customer's user, a link that left, pages and payments."""

import re

from odoo.addons.account_payment.tests.common import AccountPaymentCommon
from odoo.addons.payment.tests.http_common import PaymentHttpCommon
from odoo.http import Request
from odoo.tests import new_test_user

from .common import RecoveryCommon

LINK = re.compile(r"/recovery/l/([\w-]{32})")


class DemoProvider(AccountPaymentCommon):
    """Odoo's provider that takes no money, for tests that pay as customers do."""

    @classmethod
    def _pay_by_demo(cls):
        """Let it be the company's only provider. Without the module these tests fail: what they
        show can't be shown by a provider of their own."""
        provider = cls._prepare_provider("demo", cls.env.company, {"is_published": True})
        if not provider:
            raise AssertionError("The module payment_demo is not installed: `make test` has it.")
        provider.journal_id = cls.company_data["default_journal_bank"]
        cls.dummy_provider.sudo().state = "disabled"
        return provider


class PortalCommon(RecoveryCommon, DemoProvider, PaymentHttpCommon):
    """Two customers with an overdue invoice each, and a portal user for the first."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # compiled within a request, they keep the others waiting too long for the tests' cursor
        bundle = cls.env["ir.qweb"]._get_asset_bundle("web.assets_frontend", css=True, js=True)
        bundle.css()
        bundle.js()
        cls.contact = cls.env["res.partner"].create(
            {"name": "Contact", "parent_id": cls.partner_a.id, "email": "contact@customer.example"}
        )
        cls.user = new_test_user(
            cls.env,
            "recovery_customer",
            password="recovery_customer",
            groups="base.group_portal",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
            partner_id=cls.contact.id,
        )

    def setUp(self):
        super().setUp()
        self.authenticate(None, None)
        self.invoice_a = self._overdue_invoice(10, 100.0)
        self.invoice_b = self._overdue_invoice(10, 250.0, partner=self.partner_b)

    # -- links -----------------------------------------------------------------------------

    def _links(self):
        """{customer: the secret in the message it was sent}, of one run that leaves now."""
        run = self._propose()
        run.action_issue()
        with self.mock_mail_gateway(mail_unlink_sent=True):
            self.env["dunning.delivery"]._cron_deliver()
        by_address = {mail["email_to"][0]: mail["body"] for mail in self._mails}
        return {
            partner: LINK.search(body)[1]
            for partner in run.notice_ids.partner_id
            for address, body in by_address.items()
            if partner.email in address and LINK.search(body)
        }

    # -- pages -----------------------------------------------------------------------------

    def _login(self):
        self.authenticate("recovery_customer", "recovery_customer")

    def _get(self, path, **options):
        return self.url_open(path, allow_redirects=False, **options)

    def _post(self, path, **values):
        """An act, with the session's token against forgery."""
        data = {"csrf_token": Request.csrf_token(self), **values}
        return self.url_open(path, data=data, allow_redirects=False)

    # -- payments --------------------------------------------------------------------------

    def _pay_values(self, **values):
        """What core's payment form posts, but for what a test changes."""
        return {
            "provider_id": self.dummy_provider.id,
            "payment_method_id": self.payment_method_id,
            "token_id": None,
            "amount": 1.0,
            "flow": "direct",
            "tokenization_requested": False,
            "landing_route": "/evil",
            "is_validation": False,
            "access_token": "",
            **values,
        }

    def _transaction(self, base, choice="overdue", company=None, currency=None, **values):
        """Begin a payment as core's form does; the new ``payment.transaction``."""
        company, currency = company or self.company, currency or self.company.currency_id
        route = f"{base}/transaction/{company.id}/{currency.id}/{choice}"
        result = self.make_jsonrpc_request(route, self._pay_values(**values))
        return (
            self.env["payment.transaction"].sudo().search([("reference", "=", result["reference"])])
        )
