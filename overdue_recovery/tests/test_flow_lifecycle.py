from contextlib import contextmanager

from odoo import Command
from odoo.tests import tagged

from .common import MONDAY, RecoveryCommon

# How far a notice has come when its document changes.
STAGES = ("proposed", "issued", "sent")


class LifecycleCommon(RecoveryCommon):
    """A notice at each of its stages, and a world that is as before after each of them."""

    @contextmanager
    def _undone(self):
        """What happens inside is rolled back at the end."""
        savepoint = self.env.cr.savepoint()
        try:
            yield
        finally:
            self.env.invalidate_all(flush=False)
            savepoint.close(rollback=True)
            self.env.invalidate_all(flush=False)

    @contextmanager
    def _stage(self, stage):
        with self.subTest(stage=stage), self._undone():
            yield

    def _bring_to(self, stage, **values):
        """Propose, issue and deliver a run of today as far as ``stage``."""
        run = self._propose(**values)
        if stage != "proposed":
            run.action_issue()
        if stage == "sent":
            self._deliver()
        self.assertEqual(set(run.notice_ids.mapped("state")), {stage})
        return run

    def _finish(self, run):
        """Let what is under way go on: issue what is proposed, deliver what is issued."""
        if run.state == "proposed":
            run.action_issue()
        self._deliver()

    def _level_of(self, invoice):
        return invoice.dunning_level_id

    def _entry(self, amount=300.0, partner=None, due=None, **values):
        """A posted miscellaneous entry with one receivable item."""
        receivable = self.company_data["default_account_receivable"]
        revenue = self.company_data["default_account_revenue"]
        partner_id = (self.partner_a if partner is None else partner).id
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": MONDAY,
                "journal_id": self.company_data["default_journal_misc"].id,
                "line_ids": [
                    Command.create(
                        {
                            "account_id": receivable.id,
                            "partner_id": partner_id,
                            "debit": amount,
                            "date_maturity": due,
                            **values,
                        }
                    ),
                    Command.create({"account_id": revenue.id, "credit": amount}),
                ],
            }
        )
        entry.action_post()
        return entry


@tagged("post_install", "-at_install")
class TestFlowLifecycle(LifecycleCommon):
    # -- reset to draft --------------------------------------------------------------------

    def test_draft_invoice_is_not_dunned_whatever_its_notice_was(self):
        for stage in STAGES:
            with self._stage(stage):
                invoice = self._overdue_invoice()
                run = self._bring_to(stage)
                invoice.button_draft()
                self._finish(run)
                if stage == "sent":
                    self.assertEqual(run.notice_ids.state, "sent", "it was said: a fact stays")
                else:
                    self.assertEqual(run.notice_ids.state, "cancelled")
                    self.assertTrue(run.notice_ids.reason)
                    self.assertFalse(self._new_mails)
                with self.on(20):
                    self.assertFalse(self._propose().notice_ids)

    def test_repost_keeps_an_item_whose_terms_did_not_change(self):
        for stage in STAGES:
            with self._stage(stage):
                invoice = self._overdue_invoice()
                item = self._items(invoice)
                run = self._bring_to(stage)
                invoice.button_draft()
                invoice.action_post()
                self._finish(run)
                self.env["recovery.case"]._recompute_dirty()
                self.assertEqual(self._items(invoice), item)
                self.assertEqual(item.dunning_cycle, 1)
                self.assertEqual(run.notice_ids.state, "sent")
                self.assertEqual(self._level_of(invoice), self.levels[0])
                with self.on(20):
                    again = self._run_dunning()
                    self.assertEqual(again.notice_ids.level_id, self.levels[1])

    def test_repost_with_new_terms_makes_new_items(self):
        for stage in STAGES:
            with self._stage(stage):
                invoice = self._overdue_invoice()
                run = self._bring_to(stage)
                invoice.button_draft()
                invoice.invoice_date_due = "2025-02-25"
                invoice.action_post()
                self.assertFalse(self._level_of(invoice), "a new item has reached no level")
                self.env["recovery.case"]._recompute_dirty()
                self.assertFalse(self._level_of(invoice))
                self.assertEqual(self._items(invoice).dunning_cycle, 1 + (stage == "sent"))
                self._finish(run)
                if stage != "sent":
                    self.assertEqual(str(run.notice_ids.line_ids.date_due), "2025-02-25")
                    self.assertEqual(run.notice_ids.line_ids.days_overdue, 6)
                with self.on(20):
                    again = self._run_dunning()
                    self.assertEqual(again.notice_ids.level_id, self.levels[stage != "sent"])

    def test_new_terms_begin_one_new_cycle_however_often_they_are_posted(self):
        invoice = self._overdue_invoice()
        self._bring_to("sent")
        for due in ("2025-02-25", "2025-02-24"):
            invoice.button_draft()
            invoice.invoice_date_due = due
            invoice.action_post()
            self.assertEqual(self._items(invoice).dunning_cycle, 2)
        self.env["recovery.case"]._recompute_dirty()
        invoice.button_draft()
        invoice.action_post()
        self.env["recovery.case"]._recompute_dirty()
        self.assertEqual(self._items(invoice).dunning_cycle, 2)

    def test_repost_in_installments_makes_new_items(self):
        for stage in STAGES:
            with self._stage(stage):
                invoice = self._overdue_invoice(amount=100)
                run = self._bring_to(stage)
                invoice.button_draft()
                invoice.invoice_payment_term_id = self.pay_terms_b
                invoice.action_post()
                self.env["recovery.case"]._recompute_dirty()
                items = self._items(invoice)
                self.assertEqual(len(items), 2)
                self.assertFalse(self._level_of(invoice))
                self._finish(run)
                if stage != "sent":
                    rising = run.notice_ids.line_ids.filtered(lambda line: line.kind == "rising")
                    self.assertLessEqual(rising.move_line_id, items)
                with self.on(60):
                    self.assertEqual(self._run_dunning().notice_ids.amount_demanded, 100)

    def test_hold_on_an_installment_that_new_terms_take_away_stays_on_the_document(self):
        invoice = self._overdue_invoice(amount=100, days=60)
        invoice.button_draft()
        invoice.invoice_payment_term_id = self.pay_terms_b
        invoice.action_post()
        holds = self.env["recovery.hold"].union(
            *(self._hold(item, "hardship") for item in self._items(invoice))
        )
        invoice.button_draft()
        invoice.invoice_payment_term_id = self.pay_terms_a
        invoice.action_post()
        self.assertEqual(holds.exists(), holds)
        self.assertEqual(len(self._items(invoice)), 1)
        self.assertEqual(holds.move_id, invoice)
        self.assertEqual(len(holds.filtered("move_line_id")), 1)
        with self.on(30):
            self.assertEqual(self._codes(self._items(invoice)), ["hardship"])
            self.assertFalse(self._propose().notice_ids)

    def test_paid_invoice_reset_to_draft_stays_paid_and_in_its_cycle(self):
        invoice = self._overdue_invoice()
        self._bring_to("sent")
        self._pay(invoice)
        invoice.button_draft()
        invoice.action_post()
        self.env["recovery.case"]._recompute_dirty()
        self.assertTrue(self._items(invoice).reconciled)
        self.assertEqual(self._items(invoice).dunning_cycle, 1)
        with self.on(20):
            self.assertFalse(self._propose().notice_ids)

    # -- cancel, copy, reversal, deletion ---------------------------------------------------

    def test_cancelled_invoice_is_not_dunned(self):
        for stage in STAGES:
            with self._stage(stage):
                invoice = self._overdue_invoice()
                run = self._bring_to(stage)
                invoice.button_draft()
                invoice.button_cancel()
                self._finish(run)
                expected = "sent" if stage == "sent" else "cancelled"
                self.assertEqual(run.notice_ids.state, expected)
                with self.on(20):
                    self.assertFalse(self._propose().notice_ids)
                    self.env["recovery.case"]._cron_daily()
                    self.assertEqual(run.notice_ids.case_id.state, "resolved")

    def test_copy_takes_no_dunning_facts_along(self):
        for stage in STAGES:
            with self._stage(stage):
                invoice = self._overdue_invoice()
                invoice.late_reason_id = self.env["recovery.late.reason"].search([], limit=1)
                run = self._bring_to(stage)
                copy = invoice.copy({"invoice_date": MONDAY})
                copy.action_post()
                item = self._items(copy)
                self.assertFalse(item.dunning_item_ids)
                self.assertFalse(copy.dunning_level_id or copy.dunning_date or copy.late_reason_id)
                self.assertEqual(item.dunning_cycle, 1)
                self.assertNotIn(item, run.notice_ids.line_ids.move_line_id)

    def test_reversal_ends_the_dunning_of_an_invoice(self):
        for stage in STAGES:
            with self._stage(stage):
                invoice = self._overdue_invoice()
                run = self._bring_to(stage)
                self._reverse_invoice(invoice, post=True)
                self.assertIn(invoice.payment_state, ("reversed", "paid"))
                self._finish(run)
                expected = "sent" if stage == "sent" else "cancelled"
                self.assertEqual(run.notice_ids.state, expected)
                with self.on(20):
                    self.assertFalse(self._propose().notice_ids)

    def test_reversal_with_a_new_invoice_dunns_only_the_new_one_from_the_start(self):
        for stage in STAGES:
            with self._stage(stage):
                invoice = self._overdue_invoice()
                run = self._bring_to(stage)
                new = self._reverse_invoice(invoice, is_modify=True)
                new = new if new.move_type == "out_invoice" else self._newest_invoice()
                self.assertFalse(self._items(new).dunning_item_ids)
                if new.state == "draft":
                    new.action_post()
                self._finish(run)
                with self.on(60):
                    again = self._run_dunning()
                    self.assertEqual(again.notice_ids.line_ids.move_id, new)
                    self.assertEqual(again.notice_ids.level_id, self.levels[0])

    def _newest_invoice(self):
        domain = [("move_type", "=", "out_invoice"), ("partner_id", "=", self.partner_a.id)]
        return self.env["account.move"].search(domain, order="id desc", limit=1)

    def test_reversed_part_lowers_what_is_demanded(self):
        for stage in STAGES:
            with self._stage(stage):
                invoice = self._overdue_invoice(amount=100)
                run = self._bring_to(stage)
                refund = self._credit_note(40)
                (self._items(invoice) | self._items(refund)).reconcile()
                self._finish(run)
                self.assertEqual(run.notice_ids.state, "sent")
                demanded = 100 if stage == "sent" else 60
                self.assertEqual(run.notice_ids.amount_demanded, demanded)

    def test_deleted_invoice_leaves_its_notice_readable(self):
        for stage in STAGES:
            with self._stage(stage):
                invoice = self._overdue_invoice()
                name = invoice.name
                run = self._bring_to(stage)
                item_row = self._items(invoice).dunning_item_ids
                invoice.button_draft()
                invoice.with_context(force_delete=True).unlink()
                self.assertFalse(item_row.exists())
                line = run.notice_ids.line_ids
                self.assertEqual((line.name, line.kind), (name, "rising"))
                self.assertFalse(line.move_line_id)
                self._finish(run)
                expected = "sent" if stage == "sent" else "cancelled"
                self.assertEqual(run.notice_ids.state, expected)
                if stage == "sent":
                    run.action_cancel()
                    self.assertEqual(run.state, "cancelled")

    def test_deleted_lines_of_an_entry_take_their_item_along(self):
        for stage in STAGES:
            with self._stage(stage):
                other = self._overdue_invoice(amount=50)
                entry = self._entry()
                item = self._items(entry)
                item.action_take_into_recovery("2025-02-10")
                self._hold(item, "hardship", date_to="2025-03-02", date_from="2025-03-01")
                run = self._bring_to(stage)
                self.assertEqual(run.notice_ids.amount_demanded, 350)
                entry.button_draft()
                entry.line_ids.unlink()
                self.assertFalse(self.env["recovery.hold"].search([("move_line_id", "!=", False)]))
                self._finish(run)
                self.assertEqual(run.notice_ids.state, "sent")
                self.assertEqual(self._level_of(other), self.levels[0])
                demanded = 350 if stage == "sent" else 50
                self.assertEqual(run.notice_ids.amount_demanded, demanded)

    def test_entry_reset_to_draft_and_posted_again_stays_in_recovery(self):
        entry = self._entry()
        item = self._items(entry)
        item.action_take_into_recovery("2025-02-10")
        self._bring_to("sent")
        entry.button_draft()
        entry.action_post()
        self.assertFalse(item.no_followup)
        self.assertEqual(item.dunning_level_id, self.levels[0])

    # -- terms of a posted invoice ----------------------------------------------------------

    def test_later_due_date_of_a_posted_invoice_stops_what_is_under_way(self):
        for stage in STAGES:
            with self._stage(stage):
                invoice = self._overdue_invoice()
                item = self._items(invoice)
                run = self._bring_to(stage)
                invoice.invoice_date_due = "2025-04-07"
                self.assertEqual(self._items(invoice), item)
                self.assertEqual(str(item.date_maturity), "2025-04-07")
                self._finish(run)
                expected = "sent" if stage == "sent" else "cancelled"
                self.assertEqual(run.notice_ids.state, expected)
                with self.on(20):
                    self.assertFalse(self._propose().notice_ids)
                    self.assertEqual(self._codes(item)[-1], "not_due")
                with self.on(60):
                    self.assertTrue(self._propose().notice_ids)

    def test_later_due_date_of_a_posted_invoice_keeps_the_level_and_repeats_nothing(self):
        self.policy.active = False
        before, first, second = self._create_policy((-3, 5, 15)).level_ids
        invoice = self._overdue_invoice()
        item = self._items(invoice)
        self._run_dunning()
        invoice.invoice_date_due = "2025-03-30"
        # three days before, on the day, and when the first level comes again
        for day in (24, 27, 28, 32, 41):
            with self.on(day), self.subTest(day=day):
                self.assertFalse(self._propose().notice_ids)
                self.assertEqual(self._codes(item)[-1], "not_due")
                self.assertEqual((item.dunning_level_id, item.dunning_cycle), (first, 1))
        with self.on(42):
            run = self._propose()
            self.assertEqual(run.notice_ids.level_id, second)
            self.assertEqual(run.notice_ids.line_ids.days_overdue, 15)
        self.assertNotEqual(item.dunning_level_id, before)

    def test_maturity_taken_off_a_posted_item_gives_its_reason_and_loses_nothing(self):
        for stage in STAGES:
            with self._stage(stage):
                invoice = self._overdue_invoice()
                item = self._items(invoice)
                run = self._bring_to(stage)
                item.date_maturity = False
                self._finish(run)
                expected = "sent" if stage == "sent" else "cancelled"
                self.assertEqual(run.notice_ids.state, expected)
                self.assertEqual(self._codes(item), ["no_due_date"])
                with self.on(20):
                    later = self._propose()
                    self.assertFalse(later.notice_ids)
                    self.assertEqual(later.exception_ids.reason, "no_due_date")
                    self.assertIn("due date", later.exception_ids.text)

    def test_blocked_after_the_proposal_is_not_sent(self):
        for stage in STAGES:
            with self._stage(stage):
                invoice = self._overdue_invoice()
                run = self._bring_to(stage)
                invoice.action_toggle_block_payment()
                self._finish(run)
                expected = "sent" if stage == "sent" else "cancelled"
                self.assertEqual(run.notice_ids.state, expected)
                if stage != "sent":
                    self.assertIn("blocked", run.notice_ids.reason)

    # -- items that can't be dunned ---------------------------------------------------------

    def test_item_without_maturity_is_listed_and_the_others_go_out(self):
        entry, invoice = self._entry(), self._overdue_invoice(amount=70)
        item = self._items(entry)
        item.no_followup = False
        self.assertFalse(item.date_maturity)
        run = self._run_dunning()
        self.assertEqual(run.notice_ids.amount_demanded, 70)
        self.assertEqual(self._level_of(invoice), self.levels[0])
        self.assertEqual(run.exception_ids.move_line_id, item)
        self.assertEqual(run.exception_ids.reason, "no_due_date")
        self.assertEqual(self._codes(item), ["no_due_date"])

    def test_receivable_without_customer_has_its_reason_and_stops_nobody(self):
        entry = self._entry(partner=self.env["res.partner"], due="2025-02-01")
        item = self._items(entry)
        item.no_followup = False
        self._overdue_invoice(amount=70)
        run = self._run_dunning()
        self.assertEqual(run.notice_ids.partner_id, self.partner_a)
        self.assertEqual(run.notice_ids.state, "sent")
        self.assertEqual(self._codes(item), ["no_customer"])
        self.assertEqual(run.exception_ids.move_line_id, item)
        self.assertEqual(run.exception_ids.reason, "no_customer")
        self.assertIn("customer", entry.dunning_blockers)

    def test_draft_invoice_without_customer_has_a_readable_status(self):
        invoice = self.env["account.move"].create({"move_type": "out_invoice"})
        self.assertFalse(invoice.dunning_blockers)
        self.assertFalse(invoice.dunning_status)
        self.assertFalse(invoice.recovery_case_id)
