from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .common import RecoveryCommon


@tagged("post_install", "-at_install")
class TestFlowNeverReceived(RecoveryCommon):
    """ "I never received the invoice": sent again, begun afresh, and a person the second time."""

    def setUp(self):
        super().setUp()
        self.invoice = self._overdue_invoice(40, 1000)
        self.item = self._items(self.invoice)

    def _resend(self, invoice=None):
        with self.mock_mail_gateway():
            return (invoice or self.invoice).action_resend_and_restart()

    def _row(self):
        return self.env["dunning.item"].search([("move_line_id", "=", self.item.id)])

    def _rising(self):
        run = self._propose()
        rising = run.notice_ids.line_ids.filtered(lambda line: line.kind == "rising")
        found = {line.move_line_id: (line.level_id, line.cycle) for line in rising}
        run.action_cancel()
        return found

    def test_the_item_begins_afresh_with_a_new_pay_date(self):
        self._run_dunning()
        self.assertEqual(self.invoice.dunning_level_id, self.levels[0])
        self._resend()
        row = self._row()
        self.assertRecordValues(
            row,
            [
                {
                    "cycle": 2,
                    "level_id": False,
                    "due_date": self.today + timedelta(days=10),
                    "resent_on": self.today,
                }
            ],
        )
        self.assertEqual(self._codes(self.item), ["pay_by"])
        self.assertEqual(self._rising(), {})
        row._rebuild()
        self.assertFalse(row.level_id, "the facts say the same")
        with self.on(10):
            self.assertEqual(self._rising(), {})
        with self.on(11):
            self.assertEqual(self._rising(), {self.item: (self.levels[0], 2)})

    def test_an_item_without_a_notice_begins_afresh_too(self):
        self._resend()
        self.assertRecordValues(self._row(), [{"cycle": 2, "level_id": False}])
        self.assertEqual(self._codes(self.item), ["pay_by"])

    def test_the_invoice_goes_out_and_the_log_keeps_the_proof(self):
        before = self.invoice.message_ids
        self._resend()
        message = self.invoice.message_ids - before
        self.assertIn(self.partner_a, message.partner_ids)
        self.assertTrue(self.invoice.is_move_sent)
        case = self.partner_a._recovery_case(self.company)
        entry = case.interaction_ids.filtered(lambda one: one.kind == "not_received")
        self.assertRecordValues(
            entry,
            [
                {
                    "direction": "out",
                    "purpose": "answer",
                    "outcome": "queued",
                    "reference": self.invoice.name,
                }
            ],
        )
        content = entry.content_ids
        self.assertEqual(content.address, "a@customer.example")
        self.assertIn(message.message_id.strip("<>"), content.details)
        self.assertEqual(self.invoice.late_reason_id.code, "not_received")

    def test_a_second_claim_goes_to_a_person(self):
        self._resend()
        with self.on(14):
            self._run_dunning()
            before = self.invoice.message_ids
            self._resend()
            self._resend()
            self.assertFalse(self.invoice.message_ids - before)
        self.assertRecordValues(self._row(), [{"cycle": 2, "level_id": self.levels[0].id}])
        case = self.partner_a._recovery_case(self.company)
        tasks = case.activity_ids.filtered(lambda task: self.invoice.name in task.summary)
        self.assertEqual(len(tasks), 1)

    def test_its_charges_are_given_back_and_no_interest_runs_until_the_new_pay_date(self):
        self._run_dunning()
        notice = self.item.dunning_item_ids.move_line_id and self.env["dunning.notice"].search(
            [("partner_id", "=", self.partner_a.id)]
        )
        charge = self._charge(notice, self.item)
        self._resend()
        self.assertEqual(charge.state, "cancelled")
        hold = self.env["recovery.hold"].search([("move_line_id", "=", self.item.id)])
        self.assertRecordValues(
            hold,
            [
                {
                    "blocks": "charge",
                    "date_from": self.item.date_maturity,
                    "date_to": self.today + timedelta(days=10),
                }
            ],
        )

    def test_a_fee_for_other_invoices_too_stays(self):
        other = self._items(self._overdue_invoice(40, 500))
        self._run_dunning()
        notice = self.env["dunning.notice"].search([("partner_id", "=", self.partner_a.id)])
        charge = self._charge(notice, self.item | other)
        self._resend()
        self.assertEqual(charge.state, "draft")
        self.assertEqual(other.dunning_level_id, self.levels[0])

    def _charge(self, notice, items):
        proof = {"items": [{"id": item.id} for item in items], "uncapped": 500, "amount": 500}
        return (
            self.env["recovery.charge"]
            .sudo()
            .create(
                {
                    "notice_id": notice.id,
                    "company_id": self.company.id,
                    "partner_id": notice.partner_id.id,
                    "kind": "fee",
                    "date": self.today,
                    "currency_id": self.company.currency_id.id,
                    "amount": 5.0,
                    "proof": proof,
                }
            )
        )

    def test_a_notice_that_waits_is_cancelled(self):
        run = self._propose()
        run.action_issue()
        self._resend()
        self.assertEqual(run.notice_ids.state, "cancelled")
        self._deliver()
        self.assertFalse(self._row().level_id)

    def test_without_an_address_nothing_is_restarted(self):
        self.partner_a.email = False
        with self.assertRaisesRegex(UserError, "e-mail address"):
            self._resend()
        self.assertFalse(self._row().resent_on)

    def test_what_is_paid_is_not_sent_again(self):
        self._pay(self.invoice)
        with self.assertRaises(UserError):
            self._resend()

    def test_a_collector_may_and_an_employee_may_not(self):
        collector, employee = (
            new_test_user(
                self.env,
                f"resend_{name}",
                groups=groups,
                company_id=self.company.id,
                company_ids=[Command.set(self.company.ids)],
            )
            for name, groups in (
                ("collector", "account.group_account_invoice"),
                ("employee", "base.group_user"),
            )
        )
        with self.assertRaises(UserError):
            self._resend(self.invoice.with_user(employee))
        self._resend(self.invoice.with_user(collector))
        self.assertEqual(self._row().cycle, 2)

    def test_a_mail_that_can_not_be_made_restarts_nothing(self):
        send = type(self.env["account.move.send"])
        error = UserError("No PDF")
        with (
            patch.object(send, "_generate_and_send_invoices", side_effect=error),
            self.assertRaises(UserError),
        ):
            self._resend()
        self.assertFalse(self._row().resent_on)

    def test_invoices_never_sent_are_warned_about_at_proposal(self):
        sent = self._overdue_invoice(40, 500, partner=self.partner_b)
        sent.is_move_sent = True
        run = self._propose()
        self.assertEqual(run.never_sent_count, 1)
        found = self.env["account.move"].search(run.action_view_never_sent()["domain"])
        self.assertEqual(found, self.invoice)
