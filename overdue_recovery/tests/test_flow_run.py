from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import RecoveryCommon


@tagged("post_install", "-at_install")
class TestFlowRun(RecoveryCommon):
    def test_first_run_sends_one_notice_and_writes_the_level_at_hand_over(self):
        invoice = self._overdue_invoice(10, 100)
        run = self._propose()
        self.assertEqual(run.state, "proposed")
        notice = run.notice_ids
        self.assertRecordValues(
            notice,
            [
                {
                    "partner_id": self.partner_a.id,
                    "level_id": self.levels[0].id,
                    "amount_demanded": 100.0,
                    "state": "proposed",
                }
            ],
        )
        self.assertFalse(invoice.dunning_level_id, "a proposal raises nothing")
        run.action_issue()
        self.assertEqual(run.state, "issued")
        self.assertFalse(invoice.dunning_level_id, "queued is not handed over")
        self._deliver()
        self.assertEqual(notice.state, "sent")
        self.assertEqual(notice.delivery_ids.state, "sent")
        self.assertEqual(invoice.dunning_level_id, self.levels[0])
        self.assertEqual(invoice.dunning_date, self.today)

    def test_second_run_on_the_same_day_sends_nothing(self):
        self._overdue_invoice(40)
        self._run_dunning()
        run = self._propose()
        self.assertFalse(run.notice_ids)
        self.assertEqual(run.exception_ids.reason, "pay_by")

    def test_payment_between_propose_and_delivery_cancels(self):
        invoice = self._overdue_invoice()
        run = self._propose()
        run.action_issue()
        self._pay(invoice)
        self._deliver()
        self.assertEqual(run.notice_ids.state, "cancelled")
        self.assertEqual(run.notice_ids.delivery_ids.state, "cancelled")
        self.assertFalse(self._new_mails)

    def test_part_payment_before_delivery_lowers_the_sum(self):
        invoice = self._overdue_invoice(amount=100)
        run = self._propose()
        run.action_issue()
        self._pay(invoice, 40)
        self._deliver()
        self.assertEqual(run.notice_ids.amount_demanded, 60.0)
        self.assertEqual(run.notice_ids.state, "sent")

    def test_failed_mail_raises_no_level_and_is_proposed_again(self):
        invoice = self._overdue_invoice()
        run = self._propose()
        run.action_issue()
        with self.mail_server_fails(ValueError("550 no such user")), self.assertLogs(
            "odoo.addons.mail.models.mail_mail", "ERROR"
        ):
            self.env["dunning.delivery"]._cron_deliver()
        self.assertEqual(run.notice_ids.state, "failed")
        self.assertFalse(invoice.dunning_level_id)
        again = self._run_dunning()
        self.assertEqual(run.notice_ids.state, "cancelled")
        self.assertEqual(again.notice_ids.state, "sent")
        self.assertEqual(invoice.dunning_level_id, self.levels[0])

    def test_state_is_never_written_directly(self):
        self._overdue_invoice()
        run = self._propose()
        with self.assertRaises(UserError):
            run.notice_ids.write({"state": "sent"})

    def test_send_now_skips_the_proposed_notice(self):
        self._overdue_invoice()
        run = self._propose()
        single = self.env["dunning.run"]._send_now(self.company, self.partner_a)
        self._deliver()
        self.assertEqual(run.notice_ids.state, "skipped")
        self.assertEqual(single.notice_ids.state, "sent")
