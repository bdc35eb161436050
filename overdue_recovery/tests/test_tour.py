import email
import email.policy
import socket
import tempfile
from datetime import timedelta
from itertools import count
from pathlib import Path
from unittest.mock import patch

from aiosmtpd.controller import Controller
from freezegun.api import real_date
from odoo.addons.account.tests.common import AccountTestInvoicingHttpCommon
from odoo.addons.base.models.ir_mail_server import IrMail_Server
from odoo.tests import tagged

from .browser import opened
from .features import switch_on


class Sink:
    """A mail server's inbox: files every message it takes in a folder."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.numbers = count(1)
        self.refuses = False

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if self.refuses:
            return "550 No such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):
        path = self.folder / f"{next(self.numbers):03}-{envelope.rcpt_tos[0]}.eml"
        path.write_bytes(envelope.content)
        return "250 Filed"

    def messages(self):
        """The filed messages, oldest first."""
        return [
            email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            for path in sorted(self.folder.glob("*.eml"))
        ]


class TourCommon(AccountTestInvoicingHttpCommon):
    """Two customers who are late, a browser, and a mail server."""

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref("overdue_recovery.group_manager")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        switch_on(cls.env)
        # compiled within a request, they keep the others waiting too long for the tests' cursor
        for name in ("web.assets_frontend", "web.assets_web"):
            bundle = cls.env["ir.qweb"]._get_asset_bundle(name, css=True, js=True)
            bundle.css()
            bundle.js()
        cls.company = cls.env.company
        cls.company.write({"name": "Tour Company", "email": "accounts@tour.example"})
        # a browser knows no other time than now, and it may be night
        cls.env.ref("overdue_recovery.recovery_law_courtesy").sudo().contact_active = False
        partners = cls.env["res.partner"]
        cls.customer = partners.create(
            {"name": "Tour Customer", "is_company": True, "email": "office@customer.example"}
        )
        cls.be = cls.env.ref("base.be")
        cls.silent = partners.create({"name": "Silent Customer", "is_company": True})
        cls.invoice = cls._overdue(cls.customer, 1234.5)
        cls._overdue(cls.silent, 500.0)

    @classmethod
    def _overdue(cls, partner, amount, days=10):
        """A posted invoice that fell due ``days`` ago; the browser knows no other day."""
        due = cls.company._recovery_today() - timedelta(days=days)
        return cls._create_invoice_one_line(
            price_unit=amount,
            tax_ids=[],
            partner_id=partner,
            invoice_date=due - timedelta(days=30),
            invoice_date_due=due,
            invoice_payment_term_id=False,
            post=True,
        )

    def _mail_server(self):
        """Let mail really leave for a local server that files it, and return its inbox."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        sink = Sink(folder.name)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        controller = Controller(sink, hostname="127.0.0.1", port=port)
        controller.start()
        self.addCleanup(controller.stop)
        self.env["ir.mail_server"].sudo().search([]).active = False
        self.env["ir.mail_server"].sudo().create(
            {
                "name": "Sink",
                "smtp_host": "127.0.0.1",
                "smtp_port": port,
                "smtp_encryption": "none",
            }
        )
        # tests send no mail unless they say so
        self.startPatcher(patch.object(IrMail_Server, "_disable_send", lambda *_args: False))
        return sink

    def _deliver(self):
        self.env["dunning.delivery"]._cron_deliver()
        self.env.flush_all()

    def _propose(self):
        run = self.env["dunning.run"].create({"company_id": self.company.id})
        run.action_propose()
        return run


@tagged("post_install", "-at_install", "is_tour")
class TestTour(TourCommon):
    """The main job in a browser, down to the message in a mail server's folder."""

    def test_first_run_from_login_to_the_message_and_the_level(self):
        sink = self._mail_server()
        self.start_tour("/web/login", "recovery_first_run", login=None)
        self.env.invalidate_all()
        notice = self.env["dunning.notice"].search([("partner_id", "=", self.customer.id)])
        self.assertEqual(notice.state, "issued")
        self.assertFalse(self.invoice.dunning_level_id, "not before the message has left")
        self._deliver()
        (message,) = sink.messages()
        self.assertEqual(message["To"], "office@customer.example")
        self.assertIn("accounts@tour.example", message["From"])
        self.assertEqual(message["Subject"], f"Your account with Tour Company, ref. {notice.name}")
        self.assertIn("1,234.50", message.get_body(("html",)).get_content())
        self.assertIn("1,234.50", message.get_body(("plain",)).get_content())
        self.assertEqual(notice.state, "sent")
        self.assertEqual(self.invoice.dunning_level_id.name, "First reminder")
        self.start_tour(
            f"/odoo/action-account.action_move_out_invoice_type/{self.invoice.id}",
            "recovery_invoice_level",
            login="accountman",
        )

    def test_skip_with_a_reason(self):
        run = self._propose()
        self.start_tour(
            "/odoo/action-overdue_recovery.dunning_notice_action",
            "recovery_skip",
            login="accountman",
        )
        self.env.invalidate_all()
        self.assertRecordValues(
            run.notice_ids, [{"state": "skipped", "reason": "Called, pays on Friday"}]
        )

    def test_hold_from_the_case(self):
        case = self.customer._recovery_case(self.company)
        self.start_tour(
            f"/odoo/action-overdue_recovery.recovery_case_action/{case.id}",
            "recovery_hold",
            login="accountman",
        )
        self.env.invalidate_all()
        run = self._propose()
        self.assertFalse(run.notice_ids)
        reasons = {e.partner_id: e.reason for e in run.exception_ids}
        self.assertEqual(reasons[self.customer], "hardship")

    def test_a_promise_is_broken_and_reminders_go_on(self):
        invoice = self.invoice
        self._propose().action_issue()
        self._mail_server()
        self._deliver()
        level = invoice.dunning_level_id
        case = self.customer._recovery_case(self.company)
        form = f"/odoo/action-overdue_recovery.recovery_case_action/{case.id}"
        self.start_tour(form, "recovery_promise", login="accountman")
        self.env.invalidate_all()
        promise = case.promise_ids
        self.assertRecordValues(promise, [{"state": "open", "amount": 1234.5}])
        self.assertEqual(case.late_reason_id, self.env.ref("overdue_recovery.late_reason_forgot"))
        self.assertFalse(self._propose().notice_ids.filtered(lambda n: n.case_id == case))
        # a browser knows no other time than now
        promise.sudo().date_promised = self.company._recovery_today() - timedelta(days=5)
        self.env["recovery.case"]._cron_daily()
        self.env.flush_all()
        self.assertEqual((promise.state, invoice.dunning_level_id), ("broken", level))
        self.start_tour(form, "recovery_promise_broken", login="accountman")

    def test_settle_for_80_percent_and_write_the_rest_off_when_it_is_paid(self):
        debtor = self.env["res.partner"].create({"name": "Old Debtor", "is_company": True})
        invoice = self._overdue(debtor, 1234.5, days=100)
        case = debtor._recovery_case(self.company)
        form = f"/odoo/action-overdue_recovery.recovery_case_action/{case.id}"
        self.start_tour(form, "recovery_settlement", login="accountman")
        self.env.invalidate_all()
        offer = case.offer_ids
        self.assertRecordValues(offer, [{"state": "accepted", "amount": 987.6}])
        payment = self.env["account.payment"].create(
            {"amount": 987.6, "partner_id": debtor.id, "partner_type": "customer"}
        )
        payment.action_post()
        self.start_tour(form, "recovery_allocate", login="accountman")
        self.env.invalidate_all()
        self.assertEqual(invoice.amount_residual, 246.9, "nothing is given before the job")
        self.env["recovery.case"]._cron_recompute()
        self.env.flush_all()
        self.assertRecordValues(invoice, [{"amount_residual": 0, "payment_state": "paid"}])
        form = f"/odoo/action-overdue_recovery.recovery_offer_action/{offer.id}"
        self.start_tour(form, "recovery_settled", login="accountman")

    def test_a_part_of_a_contested_part_is_accepted(self):
        debtor = self.env["res.partner"].create({"name": "Old Debtor", "is_company": True})
        invoice = self._overdue(debtor, 1234.5, days=100)
        case = debtor._recovery_case(self.company)
        form = f"/odoo/action-overdue_recovery.recovery_case_action/{case.id}"
        self.start_tour(form, "recovery_dispute", login="accountman")
        self.env.invalidate_all()
        dispute = case.dispute_ids
        self.assertRecordValues(
            dispute,
            [{"state": "partly_accepted", "amount_disputed": 234.5, "amount_accepted": 100}],
        )
        self.assertEqual(dispute.refund_move_id.amount_total, 100)
        hold = dispute._holds().filtered(lambda hold: not hold.date_to)
        self.assertEqual(hold.reason_id.code, "credit_note_coming")
        self.assertEqual((hold.move_line_id.move_id, hold.amount), (invoice, 100))

    def test_look_ahead_send_retry_what_failed_and_switch_the_channel(self):
        sink = self._mail_server()
        sink.refuses = True
        policy = self.env["dunning.policy"].search([("company_id", "=", self.company.id)])
        policy.level_ids.filtered(lambda level: level.delay_days == 5).print_letter = True
        self.customer.write(
            {"street": "1 Street", "zip": "1000", "city": "Town", "country_id": self.be.id}
        )
        self.start_tour(
            "/odoo/action-overdue_recovery.dunning_run_action",
            "recovery_look_ahead",
            login="accountman",
        )
        self._deliver()
        notice = self.env["dunning.notice"].search([("partner_id", "=", self.customer.id)])
        self.assertEqual(notice.state, "failed")
        self.start_tour(
            f"/odoo/action-overdue_recovery.dunning_run_action/{notice.run_id.id}",
            "recovery_retry",
            login="accountman",
        )
        self._deliver()
        self.assertEqual(notice.state, "failed", "the server still refuses")
        self.start_tour(
            f"/odoo/action-overdue_recovery.dunning_notice_action/{notice.id}",
            "recovery_switch_channel",
            login="accountman",
        )
        self.env.invalidate_all()
        states = {one.channel: one.state for one in notice.delivery_ids}
        self.assertEqual(states, {"email": "cancelled", "letter": "queued"})
        self.assertFalse(sink.messages())

    def test_waive_a_charge_and_approve_the_waiver_of_another(self):
        self._charge_fixed_sums()
        self._mail_server()
        notice = self._propose().notice_ids
        notice.run_id.action_issue()
        self._deliver()
        self.start_tour(
            f"/odoo/action-overdue_recovery.dunning_notice_action/{notice.id}",
            "recovery_waive",
            login="accountman",
        )
        self.env.invalidate_all()
        waiver = notice.charge_ids.waiver_ids
        self.assertRecordValues(
            waiver, [{"state": "approved", "reason": "Our invoice came late", "amount": 40.0}]
        )
        self.company.recovery_waiver_limit = 0
        (interest,) = notice.charge_ids.filtered(lambda charge: charge.kind == "interest")
        asked = interest.with_user(self.env.ref("base.user_admin")).sudo()
        waiver = asked.env["recovery.charge.waiver"]._ask(asked, "waive", "Key customer")
        self.start_tour(
            "/odoo/action-overdue_recovery.recovery_charge_waiver_action",
            "recovery_approve_waiver",
            login="accountman",
        )
        self.env.invalidate_all()
        self.assertEqual((waiver.state, interest.state), ("approved", "waived"))

    def _charge_fixed_sums(self):
        """Let the first reminder charge by a law of its own."""
        self.env["recovery.law"].sudo().create(
            {
                "code": "TOUR",
                "currency_id": self.company.currency_id.id,
                "name": "Tour law",
                "valid_from": "2020-01-01",
                "source": "Test Act, s. 1",
                "interest_kind": "fixed",
                "interest_rate": 0.12,
                "charges_active": True,
                "charges_since": "2020-01-01",
                "band_ids": [(0, 0, {"kind": "fixed_sum", "amount_from": 0, "amount": 40.0})],
            }
        )
        policy = self.env["dunning.policy"].search([("company_id", "=", self.company.id)])
        policy.write({"charges": True, "charges_since": "2020-01-01"})
        policy.level_ids.write({"fee_type": "law", "charge_interest": True})

    def test_days_are_counted_in_days_across_months(self):
        """Core says "last month" of what is 31 days late."""
        due = real_date.today() - timedelta(days=31)
        self._overdue(self.customer, 99.0, days=(self.company._recovery_today() - due).days)
        case = self.customer._recovery_case(self.company)
        self.env["recovery.case"]._cron_recompute()
        self.env.flush_all()
        with opened(self, "accountman") as browser:
            browser.open(
                f"/odoo/action-overdue_recovery.recovery_case_action/{case.id}",
                ".o_data_row [name=date_maturity]",
            )
            days = browser.value(
                "[...document.querySelectorAll('td[name=date_maturity]')]"
                ".map(cell => cell.innerText.trim())"
            )
        self.assertIn("31 days ago", days)
