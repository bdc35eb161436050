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
        with self.mail_server_fails(ValueError("550 no such user")):
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

    def test_one_notice_lists_all_items_at_their_own_levels(self):
        old, new = self._overdue_invoice(20, 100), self._overdue_invoice(6, 50)
        self._run_dunning()
        with self.on(8):
            later = self._overdue_invoice(days=2, amount=30)
            self._overdue_invoice(days=-40, amount=70)
            self._credit_note(25)
        with self.on(14):
            run = self._run_dunning()
        lines = {line.move_id: line for line in run.notice_ids.line_ids if line.move_id}
        self.assertEqual(lines[old].kind, "rising")
        self.assertEqual(lines[old].level_id, self.levels[1])
        self.assertEqual(lines[new].level_id, self.levels[1])
        self.assertEqual(lines[later].level_id, self.levels[0])
        self.assertEqual(run.notice_ids.level_id, self.levels[1])
        self.assertEqual(run.notice_ids.amount_demanded, 100 + 50 + 30 - 25)
        kinds = sorted(run.notice_ids.line_ids.mapped("kind"))
        self.assertEqual(kinds, ["credit", "not_due", "rising", "rising", "rising"])

    def test_pay_by_is_never_on_a_weekend(self):
        self._overdue_invoice()
        run = self._run_dunning()
        self.assertEqual(str(run.notice_ids.date_due), "2025-03-13")
        with self.on(5):  # eight days later is a Sunday
            self._overdue_invoice(partner=self.partner_b)
            self.policy.level_ids.new_due_days = 8
            run = self._run_dunning()
            self.assertEqual(str(run.notice_ids.date_due), "2025-03-17")

    def test_credits_that_cover_all_stop_the_notice(self):
        invoice = self._overdue_invoice(amount=100)
        self._credit_note(100)
        run = self._propose()
        self.assertFalse(run.notice_ids)
        self.assertEqual(self._codes(self._items(invoice)), ["credits"])
        self.assertEqual(run.exception_ids.reason_codes, "credits")

    def test_two_currencies_give_two_totals(self):
        other = self.setup_other_currency("EUR", rates=[("2016-01-01", 2.0)])
        self._overdue_invoice(amount=100)
        self._overdue_invoice(amount=50, currency_id=other.id)
        run = self._propose()
        totals = run.notice_ids._totals()
        self.assertEqual(totals, {self.company.currency_id: 100.0, other: 50.0})
        self.assertEqual(run.notice_ids.amount_demanded, 125.0)

    def test_disputed_part_is_not_demanded(self):
        invoice = self._overdue_invoice(amount=100)
        self._hold(invoice, "disputed", amount=40)
        run = self._propose()
        self.assertEqual(run.notice_ids.amount_demanded, 60.0)

    def test_hold_stops_with_its_reason_and_ends_with_its_day(self):
        invoice = self._overdue_invoice()
        self._hold(self.partner_a, "hardship", date_to=self.today)
        self.assertEqual(self._codes(self._items(invoice)), ["hardship"])
        self.assertFalse(self._propose().notice_ids)
        with self.on(1):
            self.assertEqual(self._codes(self._items(invoice)), [])

    def test_customer_without_address_is_listed(self):
        self.partner_a.email = False
        invoice = self._overdue_invoice()
        run = self._propose()
        self.assertFalse(run.notice_ids)
        self.assertEqual(run.exception_ids.reason, "no_address")
        self.assertEqual(self._codes(self._items(invoice)), ["no_address"])

    def test_blocked_invoice_and_no_followup_entry_have_their_reason(self):
        invoice = self._overdue_invoice()
        invoice.action_toggle_block_payment()
        self.assertEqual(self._codes(self._items(invoice))[0], "blocked")
        other = self._overdue_invoice()
        self._items(other).no_followup = True
        self.assertEqual(self._codes(self._items(other))[0], "no_followup")

    def test_cancelled_after_hand_over_sets_items_back_in_a_new_cycle(self):
        invoice = self._overdue_invoice()
        run = self._run_dunning()
        item = self._items(invoice)
        run.action_cancel()
        self.assertFalse(item.dunning_level_id)
        self.assertEqual(item.dunning_cycle, 2)
        again = self._run_dunning()
        self.assertEqual(again.notice_ids.state, "sent")
        self.assertEqual(item.dunning_level_id, self.levels[0])

    def test_cancelled_before_hand_over_changes_nothing(self):
        invoice = self._overdue_invoice()
        run = self._propose()
        run.action_cancel()
        self.assertEqual(self._items(invoice).dunning_cycle, 1)
        self.assertTrue(self._propose().notice_ids)

    def test_bounce_takes_the_level_back(self):
        invoice = self._overdue_invoice()
        run = self._run_dunning()
        run.notice_ids.delivery_ids._on_bounce("550 user unknown")
        self.assertEqual(run.notice_ids.state, "failed")
        self.assertFalse(invoice.dunning_level_id)

    def test_reopened_item_begins_a_new_cycle(self):
        invoice = self._overdue_invoice()
        self._run_dunning()
        payment = self._pay(invoice)
        item = self._items(invoice)
        self.assertTrue(item.reconciled)
        item.remove_move_reconcile()
        self.assertEqual(item.dunning_cycle, 2)
        self.assertFalse(item.dunning_level_id)
        self.env["recovery.case"].sudo()._recompute_dirty()
        self.assertEqual(item.dunning_cycle, 2)
        self.assertTrue(payment)

    def test_daily_job_keeps_one_proposed_run_and_refreshes_it(self):
        self._overdue_invoice()
        runs = self.env["dunning.run"]
        runs._cron_run()
        run = runs.search([("company_id", "=", self.company.id)])
        self.assertEqual((run.state, run.origin), ("proposed", "cron"))
        notice = run.notice_ids
        self._overdue_invoice(partner=self.partner_b)
        runs._cron_run()
        self.assertEqual(runs.search([("company_id", "=", self.company.id)]), run)
        self.assertIn(notice, run.notice_ids)
        self.assertEqual(len(run.notice_ids), 2)

    def test_the_name_of_a_document_may_be_any_text(self):
        names = ("None", "\\N", "tab\tand\nline\r", "back\\slash", "\\None", "100 %s")
        invoices = {self._overdue_invoice(10): name for name in names}
        self.env.flush_all()
        for invoice, name in invoices.items():
            query = "UPDATE account_move SET name = %s WHERE id = %s"
            self.env.cr.execute(query, [name, invoice.id])
        self.env.invalidate_all()
        said = {line.move_id: line.name for line in self._propose().notice_ids.line_ids}
        self.assertEqual(said, invoices)

    def test_refresh_lists_anew_only_who_is_left_out_for_another_reason(self):
        same, other, gone = (self._overdue_invoice(10) for _invoice in range(3))
        for invoice in (same, other, gone):
            self._hold(invoice, "hardship")
        run = self._propose()
        listed = {e.move_line_id: e for e in run.exception_ids}
        self.assertEqual(len(listed), 3)
        self._hold(other, "deceased")
        self._pay(gone)
        run.action_propose()
        again = {e.move_line_id: e for e in run.exception_ids}
        self.assertEqual(set(again), {self._items(same), self._items(other)})
        self.assertEqual(again[self._items(same)], listed[self._items(same)])
        self.assertNotEqual(again[self._items(other)], listed[self._items(other)])
        self.assertEqual(again[self._items(other)].reason_codes, "hardship,deceased")

    def test_job_that_finds_nothing_keeps_no_run(self):
        runs = self.env["dunning.run"]
        runs._cron_run()
        self.assertFalse(runs.search([("company_id", "=", self.company.id)]))

    def test_opening_balance_is_dunned_only_after_it_was_taken_in(self):
        receivable = self.company_data["default_account_receivable"]
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": "2025-02-01",
                "journal_id": self.company_data["default_journal_misc"].id,
                "line_ids": [
                    (
                        0,
                        0,
                        {
                            "account_id": receivable.id,
                            "partner_id": self.partner_a.id,
                            "debit": 300.0,
                        },
                    ),
                    (
                        0,
                        0,
                        {
                            "account_id": self.company_data["default_account_revenue"].id,
                            "credit": 300.0,
                        },
                    ),
                ],
            }
        )
        entry.action_post()
        item = self._items(entry)
        self.assertIn(self._codes(item)[0], ("no_followup", "no_due_date"))
        item.action_take_into_recovery("2025-02-10")
        self.assertEqual(str(item.date_maturity), "2025-02-10")
        self.assertEqual(self._propose().notice_ids.amount_demanded, 300)
        item.action_undo_take_into_recovery()
        self.assertFalse(item.date_maturity)
        self.assertFalse(self._propose().notice_ids)
