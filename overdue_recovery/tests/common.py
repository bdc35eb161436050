from contextlib import contextmanager
from datetime import date, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo import Command, fields
from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.mail.tests.common import MailCommon

# A working Monday without holidays anywhere: tests count from it and pass on any date.
MONDAY = date(2025, 3, 3)


class RecoveryCommon(AccountTestInvoicingCommon, MailCommon):
    """Three-word factories for tests of the whole cycle.

    The company has one policy of its own, "Test", with levels on day 5, 15 and 30; time stands
    still on ``MONDAY`` unless a test moves it with ``self.on(day)``.
    """

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref("overdue_recovery.group_manager")

    @classmethod
    def setUpClass(cls):
        cls.startClassPatcher(freeze_time(f"{MONDAY} 09:00:00"))
        super().setUpClass()
        cls.company = cls.env.company
        cls.company.email = "accounts@company.example"
        cls.today = MONDAY
        cls.partner_a.write({"email": "a@customer.example", "lang": "en_US"})
        cls.partner_b.write({"email": "b@customer.example", "lang": "en_US"})
        cls.env["dunning.policy"].sudo().search(
            [("company_id", "=", cls.company.id)]
        ).active = False
        cls.policy = cls._create_policy()
        cls.levels = cls.policy.level_ids

    @classmethod
    def _create_policy(cls, delays=(5, 15, 30), company=None, **values):
        """A policy with one e-mail level per delay."""
        return cls.env["dunning.policy"].create(
            {
                "name": "Test",
                "company_id": (company or cls.env.company).id,
                "level_ids": [
                    Command.create(
                        {"name": f"Day {days}", "delay_days": days, "sequence": 10 + index}
                    )
                    for index, days in enumerate(delays)
                ],
                **values,
            }
        )

    @contextmanager
    def on(self, day, hour=9):
        """Let it be ``day`` (a date, or a number of days after ``MONDAY``)."""
        if isinstance(day, int):
            day = MONDAY + timedelta(days=day)
        with freeze_time(f"{day} {hour:02}:00:00"):
            yield day

    def _overdue_invoice(self, days=10, amount=100.0, partner=None, due=None, **values):
        """A posted invoice that fell due ``days`` ago (or on ``due``)."""
        due = due or fields.Date.today() - timedelta(days=days)
        return self._create_invoice_one_line(
            price_unit=amount,
            tax_ids=[],
            partner_id=partner or self.partner_a,
            invoice_date=due - timedelta(days=30),
            invoice_date_due=due,
            invoice_payment_term_id=False,
            post=True,
            **values,
        )

    def _credit_note(self, amount, partner=None, **values):
        """A posted credit note, not allocated to anything."""
        return self._create_invoice_one_line(
            move_type="out_refund",
            price_unit=amount,
            tax_ids=[],
            partner_id=partner or self.partner_a,
            invoice_date=fields.Date.today(),
            invoice_payment_term_id=False,
            post=True,
            **values,
        )

    def _pay(self, invoice, amount=None):
        """Register a payment today; all of the rest unless ``amount`` says how much."""
        values = {} if amount is None else {"amount": amount}
        return self._register_payment(invoice, payment_date=fields.Date.today(), **values)

    def _payment(self, amount, partner=None, **values):
        """A posted payment of today, matched with nothing."""
        payment = self.env["account.payment"].create(
            {
                "amount": amount,
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": (partner or self.partner_a).id,
                "date": fields.Date.today(),
                "journal_id": self.company_data["default_journal_bank"].id,
                **values,
            }
        )
        payment.action_post()
        return payment

    def _offer(self, invoices, amount, days=10, **values):
        """An offer to settle these invoices for ``amount`` within ``days``."""
        return self.env["recovery.offer"].create(
            {
                "amount": amount,
                "expiry_date": fields.Date.today() + timedelta(days=days),
                "claim_ids": [
                    Command.create({"move_line_id": item.id}) for item in self._items(invoices)
                ],
                **values,
            }
        )

    def _promise(self, invoices, amount=None, days=7, **values):
        """A promise to pay these invoices (or ``amount`` of them) within ``days``."""
        if amount is not None:
            values["amount"] = amount
        return self.env["recovery.promise"].create(
            {
                "date_promised": fields.Date.today() + timedelta(days=days),
                "claim_ids": [
                    Command.create({"move_line_id": item.id}) for item in self._items(invoices)
                ],
                **values,
            }
        )

    def _plan(self, invoices, count=3, days=7, **values):
        """A draft plan to pay these invoices in ``count`` months, the first in ``days``."""
        return self.env["recovery.plan"].create(
            {
                "installment_count": count,
                "date_first": fields.Date.today() + timedelta(days=days),
                "claim_ids": [
                    Command.create({"move_line_id": item.id}) for item in self._items(invoices)
                ],
                **values,
            }
        )

    def _saved_card(self, partner, provider=None):
        """A card that the customer saved with a payment provider."""
        method = self.env.ref("payment.payment_method_unknown").sudo()
        provider = provider or self._payment_provider(method)
        method.active = True
        return (
            self.env["payment.token"]
            .sudo()
            .create(
                {
                    "provider_id": provider.id,
                    "payment_method_id": method.id,
                    "partner_id": partner.id,
                    "payment_details": "4242",
                    "provider_ref": "saved",
                }
            )
        )

    def _payment_provider(self, method):
        return (
            self.env["payment.provider"]
            .sudo()
            .create(
                {
                    "name": "Test provider",
                    "code": "none",
                    "state": "test",
                    "company_id": self.company.id,
                    "payment_method_ids": [Command.set(method.ids)],
                }
            )
        )

    def _autopay(self, partner, card=None, **values):
        """The consent of a customer to be debited from its saved card."""
        card = card or self._saved_card(partner)
        return self.env["recovery.autopay"].create(
            {"partner_id": partner.id, "payment_token_id": card.id, **values}
        )

    def _refer(self, invoices, **values):
        """A draft that places these invoices with an agency, a new one unless it is given."""
        if "agency_id" not in values:
            partner = self.env["res.partner"].create({"name": "Collect Ltd"})
            agency = self.env["recovery.agency"].create({"partner_id": partner.id})
            values["agency_id"] = agency.id
        return self.env["recovery.referral"].create(
            {"move_line_ids": [Command.set(self._items(invoices).ids)], **values}
        )

    def _items(self, invoices):
        """The receivable items of invoices, oldest maturity first."""
        return invoices._recovery_lines().sorted(lambda line: (line.date_maturity, line.id))

    def _propose(self, day=None, **values):
        """A proposed run of today (or of ``day``)."""
        run = self.env["dunning.run"].create(
            {
                "company_id": self.company.id,
                "date": day or self.company._recovery_today(),
                **values,
            }
        )
        run.action_propose()
        return run

    def _deliver(self):
        """Work the deliveries with a mail server that takes everything."""
        with self.mock_mail_gateway(mail_unlink_sent=True):
            self.env["dunning.delivery"]._cron_deliver()

    def _run_dunning(self, **values):
        """Propose, issue and deliver today's run."""
        run = self._propose(**values)
        run.action_issue()
        self._deliver()
        return run

    def _hold(self, record, code, **values):
        """A hold of reason ``code`` on a customer, an invoice or an item."""
        field = {
            "res.partner": "partner_id",
            "account.move": "move_id",
            "account.move.line": "move_line_id",
        }[record._name]
        reason = self.env["recovery.hold.reason"].search([("code", "=", code)])
        return self.env["recovery.hold"].create(
            {
                field: record.id,
                "reason_id": reason.id,
                "company_id": self.company.id,
                "date_from": self.company._recovery_today(),
                **values,
            }
        )

    def _codes(self, item):
        """The reason codes of one item today, most serious first."""
        reasons = self.env["account.move.line"]._dunning_blockers(item.ids)[item.id]
        return [reason.code for reason in reasons]

    @contextmanager
    def mail_server_fails(self, error):
        """Sending any mail raises ``error``."""
        with (
            self.mock_mail_gateway(),
            patch.object(type(self.env["ir.mail_server"]), "send_email", side_effect=error),
        ):
            yield
