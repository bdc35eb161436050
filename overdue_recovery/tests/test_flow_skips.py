from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import RecoveryCommon


@tagged("post_install", "-at_install")
class TestFlowSkips(RecoveryCommon):
    """What a person decided, and what happens between two looks at the ledger."""

    def _skipped(self):
        self.invoice = self._overdue_invoice()
        run = self._propose()
        run.notice_ids.action_skip("They called")
        return run

    def test_a_skipped_customer_is_left_out_with_that_reason_everywhere(self):
        run = self._skipped()
        run.action_propose()
        self.assertEqual(run.exception_ids.mapped("reason"), ["skipped"])
        self.assertEqual(self._codes(self._items(self.invoice)), ["skipped"])
        self.assertIn("Skipped", self.invoice.dunning_status)
        self.assertFalse(run.simulate(self.today), "the simulation knows it too")

    def test_a_skip_ends_with_its_run(self):
        run = self._skipped()
        run.action_issue()
        self.assertEqual(self._codes(self._items(self.invoice)), [])
        self.assertEqual(self._propose().notice_ids.partner_id, self.partner_a)

    def test_a_skipped_customer_can_be_sent_to_singly(self):
        self._skipped()
        single = self.env["dunning.run"]._send_now(self.company, self.partner_a)
        self._deliver()
        self.assertEqual(single.notice_ids.state, "sent")

    def _reopened(self):
        """An item at the first level that is paid and opens again, its job not run yet."""
        self.invoice = self._overdue_invoice(16)
        self._run_dunning()
        self._pay(self.invoice)
        self._items(self.invoice).remove_move_reconcile()
        return self._items(self.invoice)

    def test_an_item_that_opened_again_is_read_in_its_next_cycle_before_the_job_ran(self):
        item = self._reopened()
        self.assertEqual(self._codes(item), ["interval"], "no pay-by date of the old cycle")
        self.assertTrue(
            self.env["recovery.case.dirty"].sudo().search([("move_line_id", "in", item.ids)])
        )

    def test_an_item_that_opens_again_before_sending_starts_anew(self):
        item = self._items(self._overdue_invoice(16))
        self._run_dunning()
        with self.on(14):
            run = self._propose()
            self.assertEqual(run.notice_ids.level_id, self.levels[1])
            run.action_issue()
            self._pay(item.move_id)
            money = item.matched_credit_ids.credit_move_id
            item.remove_move_reconcile()
            money.move_id.button_draft()
            self._deliver()
            self.assertEqual(run.notice_ids.state, "sent", run.notice_ids.reason)
            self.assertEqual(run.notice_ids.level_id, self.levels[0])
            self.env["recovery.case"]._cron_recompute()
            self.assertEqual((item.dunning_level_id, item.dunning_cycle), (self.levels[0], 2))

    def test_two_notices_of_a_customer_that_waited_together_do_not_hinder_each_other(self):
        friendly, first = self._create_policy(delays=(-3, 5)).level_ids
        self.partner_a.with_company(self.company).dunning_policy_id = friendly.policy_id
        self._overdue_invoice(due=self.today + timedelta(days=8))
        early = self._items(self._overdue_invoice(due=self.today + timedelta(days=8)))
        late = self._items(self._overdue_invoice(due=self.today + timedelta(days=2)))
        with self.on(5):
            reminder = self._propose()
            reminder.action_issue()
            self._deliver()
            self.assertEqual(reminder.notice_ids.delivery_ids.state, "held", "a Saturday")
        with self.on(7):
            demand = self._propose()
            demand.action_issue()
            self._deliver()
            self.assertEqual(late.dunning_level_id, first)
            self.assertEqual(demand.notice_ids.state, "sent")
            self.assertEqual(reminder.notice_ids.state, "issued", "it gives way to the demand")
            self.assertFalse(early.dunning_level_id)

    def test_a_cancelled_invoice_closes_its_case_as_withdrawn(self):
        invoice = self._overdue_invoice()
        case = self._run_dunning().notice_ids.case_id
        invoice.button_draft()
        invoice.button_cancel()
        self.env["recovery.case"]._cron_recompute()
        self.assertEqual((case.state, case.outcome), ("resolved", "withdrawn"))

    def test_a_paid_invoice_closes_its_case_as_paid(self):
        invoice = self._overdue_invoice()
        case = self._run_dunning().notice_ids.case_id
        self._pay(invoice)
        self.env["recovery.case"]._cron_recompute()
        self.assertEqual((case.state, case.outcome), ("resolved", "paid"))

    def test_what_is_in_use_is_deleted_with_words(self):
        hold = self._hold(self.partner_a, "other")
        own = self.env["recovery.hold.reason"].create({"name": "Own", "code": "own"})
        hold.reason_id = own
        invoice = self._overdue_invoice()
        late = self.env["recovery.late.reason"].create({"name": "Mine", "code": "mine"})
        invoice.late_reason_id = late
        self._run_dunning()
        other = self.env["res.company"].create({"name": "Other"})
        with self.assertRaisesRegex(UserError, "reason of a hold"):
            own.unlink()
        with self.assertRaisesRegex(UserError, "is noted on"):
            late.unlink()
        with self.assertRaisesRegex(UserError, "sends the template"):
            self.levels[0].mail_template_id.sudo().unlink()
        hold.date_from = hold.date_to = "2025-02-01"
        self._run_dunning()
        with self.assertRaisesRegex(UserError, "stays there"):
            self.policy.company_id = other
