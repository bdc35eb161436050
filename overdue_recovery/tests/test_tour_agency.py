from datetime import date, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo import Command
from odoo.addons.account.tests.common import AccountTestInvoicingHttpCommon
from odoo.tests import tagged

from .features import switch_on


@tagged("post_install", "-at_install", "is_tour")
class TestTourAgency(AccountTestInvoicingHttpCommon):
    """From the last notice to the agency's money in the bank, in a browser."""

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref("overdue_recovery.group_manager")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        switch_on(cls.env, "overdue_recovery.group_agencies")
        # compiled within a request, it keeps the others waiting too long for the tests' cursor
        bundle = cls.env["ir.qweb"]._get_asset_bundle("web.assets_web", css=True, js=True)
        bundle.css()
        bundle.js()
        cls.company = cls.env.company
        cls.company.write({"email": "accounts@tour.example", "recovery_referral_limit": 10000})
        cls.env.ref("overdue_recovery.recovery_law_courtesy").sudo().contact_active = False
        cls.today = cls.company._recovery_today()
        cls.debtor = cls.env["res.partner"].create(
            {
                "name": "Silent Ltd",
                "email": "silent@customer.example",
                "street": "High Street 1",
                "city": "Brussels",
                "zip": "1000",
                "country_id": cls.env.ref("base.be").id,
            }
        )
        cls.agency = cls._create_agency()

    @classmethod
    def _create_agency(cls):
        """It takes 9.5 % and 25 % VAT, and 10 points more of what is older than 100 days."""
        start = date(2020, 1, 1)
        return cls.env["recovery.agency"].create(
            {
                "partner_id": cls.env["res.partner"].create({"name": "Collect Ltd"}).id,
                "date_reviewed_until": cls.today,
                "recall_fixed": 25,
                "fee_ids": [
                    Command.create({"date_from": start, "percent": 9.5, "vat_percent": 25}),
                    Command.create(
                        {"date_from": start, "kind": "age", "days_from": 100, "percent": 10}
                    ),
                ],
            }
        )

    def _last_notice(self):
        """An invoice whose last notice was handed over three weeks ago, pay-by date included."""
        due = self.today - timedelta(days=70)
        invoice = self._create_invoice_one_line(
            price_unit=4000,
            tax_ids=[],
            partner_id=self.debtor,
            invoice_date=due - timedelta(days=30),
            invoice_date_due=due,
            invoice_payment_term_id=False,
            post=True,
        )
        policies = self.env["dunning.policy"].search([("company_id", "=", self.company.id)])
        policies.date_start = due
        ladder = policies.level_ids.sorted("sequence")
        invoice._recovery_lines().action_start_at(ladder[-2])
        with freeze_time(self.today - timedelta(days=22)):
            self._send()
        self.assertEqual(invoice.dunning_level_id, ladder[-1])
        return invoice

    def _send(self):
        run = self.env["dunning.run"].create({"partner_ids": self.debtor.ids})
        run.action_propose()
        run.action_issue()
        servers = type(self.env["ir.mail_server"])
        with (
            patch.object(servers, "_connect__", return_value=None),
            patch.object(servers, "send_email", return_value="<taken@server.example>"),
        ):
            self.env["dunning.delivery"].sudo()._cron_deliver()
        self.assertEqual(run.notice_ids.mapped("state"), ["sent"])

    def _form(self, record):
        action = f"overdue_recovery.{record._table}_action"
        return f"/odoo/action-{action}/{record.id}"

    def _refer(self):
        """(invoice, referral), made, approved and sent in the browser."""
        invoice = self._last_notice()
        case = self.debtor._recovery_case(self.company)
        self.start_tour(self._form(case), "recovery_refer", login="accountman")
        self.env.invalidate_all()
        return invoice, case.referral_ids

    def test_from_the_last_notice_to_a_closed_referral(self):
        invoice, referral = self._refer()
        self.assertEqual((referral.state, referral.amount), ("sent", 4000))
        self.start_tour(self._form(referral), "recovery_collected", login="accountman")
        self.env.invalidate_all()
        self.assertEqual((referral.state, referral.external_ref), ("closed", "A-77"))
        self.assertEqual(invoice.amount_residual, 0)
        payment = referral.event_ids.payment_id
        self.assertEqual(sorted(payment.move_id.line_ids.mapped("balance")), [-4000, 95, 380, 3525])

    def test_a_recall_shows_its_cost_first(self):
        invoice, referral = self._refer()
        referral._on_accepted("A-78")
        self.env.flush_all()
        self.start_tour(self._form(referral), "recovery_recall", login="accountman")
        self.env.invalidate_all()
        self.assertEqual(referral.state, "recalled")
        reasons = self.env["account.move.line"]._dunning_blockers(invoice._recovery_lines().ids)
        self.assertEqual(
            [reason.code for reason in reasons[invoice._recovery_lines().id]][:1], ["other"]
        )
