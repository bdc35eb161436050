from datetime import timedelta

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import MONDAY, RecoveryCommon


@tagged("post_install", "-at_install")
class TestRecoveryPlan(RecoveryCommon):
    """A plan for one invoice of 300.00, in three months from next Monday on."""

    def setUp(self):
        super().setUp()
        self.invoice = self._overdue_invoice(10, 300)
        self.item = self._items(self.invoice)
        self.plan = self._plan(self.invoice)

    def _states(self):
        return self.plan.installment_ids.mapped("state")

    def _work_the_queue(self):
        self.env["recovery.case"]._recompute_dirty()
        self.plan.invalidate_recordset()

    def test_a_draft_is_a_preview_exact_to_the_cent(self):
        plan = self._plan(self._overdue_invoice(10, 100), down_payment=0.01)
        self.assertRecordValues(
            plan.installment_ids,
            [
                {"sequence": 1, "date_due": MONDAY + timedelta(days=7), "amount": 0.01},
                {"sequence": 2, "date_due": MONDAY.replace(month=4, day=10), "amount": 33.33},
                {"sequence": 3, "date_due": MONDAY.replace(month=5, day=10), "amount": 33.33},
                {"sequence": 4, "date_due": MONDAY.replace(month=6, day=10), "amount": 33.33},
            ],
        )
        self.assertEqual((plan.state, plan.amount_total), ("draft", 100))
        self.assertFalse(plan.claim_ids.live)
        self.assertEqual(self._codes(self.item), [])

    def test_its_items_rest_while_it_is_active(self):
        self.plan.action_activate()
        self.assertEqual(self.plan.state, "active")
        self.assertTrue(self.plan.claim_ids.live)
        self.assertEqual(self._codes(self.item), ["in_plan"])
        self.assertEqual(self._items(self.invoice).amount_residual, 300)
        with self.on(30):
            self.assertEqual(self._codes(self.item), ["in_plan"])
        self.plan.action_cancel()
        self.assertEqual(self._codes(self.item), [])

    def test_any_way_of_paying_pays_the_first_installments_first(self):
        self.plan.action_activate()
        self._pay(self.invoice, 150)
        self._work_the_queue()
        self.assertEqual(self._states(), ["paid", "partly_paid", "open"])
        self.assertEqual(self.plan.installment_ids.mapped("amount_paid"), [100, 50, 0])
        self.assertEqual(self.plan.amount_open, 150)
        self._pay(self.invoice)
        self._work_the_queue()
        self.assertEqual(self.plan.state, "completed")
        self.assertFalse(self.plan.claim_ids.live)

    def test_missed_cured_missed_and_over(self):
        self.plan.action_activate()
        for day, state in ((10, "active"), (11, "defaulted")):
            with self.on(day):
                self.env["recovery.case"]._cron_daily()
                self.assertEqual(self.plan.state, state)
                self.assertEqual(self._codes(self.item), ["in_plan"])
        with self.on(12):
            self.assertEqual(self._codes(self.item), [])
            self._pay(self.invoice, 100)
            self._work_the_queue()
            self.assertEqual(self.plan.state, "active")
            self.assertEqual(self._codes(self.item), ["in_plan"])
        with self.on(MONDAY.replace(month=4, day=14)):
            self.env["recovery.case"]._cron_daily()
            self.assertEqual(self.plan.state, "defaulted")
            self.assertTrue(self.plan.claim_ids.live)
        with self.on(MONDAY.replace(month=4, day=29)):
            self.env["recovery.case"]._cron_daily()
            self.assertEqual(self.plan.state, "defaulted")
            self.assertFalse(self.plan.claim_ids.live)

    def test_a_payment_undone_follows_the_dates_without_new_grace(self):
        self.plan.action_activate()
        credit = self._pay(self.invoice).move_id._recovery_lines()
        self._work_the_queue()
        self.assertEqual(self.plan.state, "completed")
        credit.remove_move_reconcile()
        self._work_the_queue()
        self.assertEqual(self.plan.state, "active")
        self.assertEqual(self._codes(self.item), ["in_plan"])
        (credit | self.item).reconcile()
        self._work_the_queue()
        self.assertEqual(self.plan.state, "completed")
        with self.on(20):
            credit.remove_move_reconcile()
            self._work_the_queue()
            self.assertEqual(self.plan.state, "defaulted")

    def test_a_payment_reset_to_draft_is_no_reason_for_a_review(self):
        self.plan.action_activate()
        payment = self._pay(self.invoice, 100)
        payment.action_draft()
        self.plan.sudo()._judge()
        self.assertEqual(self.plan.state, "active")
        payment.action_cancel()
        self._work_the_queue()
        self.assertEqual((self.plan.state, self.plan.amount_paid), ("active", 0))

    def test_what_vanishes_is_for_a_person(self):
        self.plan.action_activate()
        credit = self._items(self._credit_note(50))
        (self.item | credit).reconcile()
        self._work_the_queue()
        self.assertEqual(self.plan.state, "needs_review")
        self.assertIn(self.invoice.name, self.plan.review_reason)
        self.plan.action_continue()
        self.assertEqual((self.plan.state, self.plan.amount_open), ("active", 250))
        self.assertEqual(self._states(), ["partly_paid", "open", "open"])

    def test_open_credits_are_allocated_or_set_aside_first(self):
        self._credit_note(50)
        with self.assertRaisesRegex(UserError, "open credits"):
            self.plan.action_activate()
        self.plan.credits_aside = True
        self.plan.action_activate()

    def test_a_second_arrangement_is_refused_and_names_the_first(self):
        other = self._plan(self.invoice)
        self.plan.action_activate()
        for act in (other.action_activate, lambda: self._plan(self.invoice)):
            with self.assertRaisesRegex(UserError, self.plan.name):
                act()

    def test_own_installments_come_to_the_amount_exactly(self):
        rows = self.plan.installment_ids
        with self.assertRaisesRegex(UserError, "290.00"):
            self.plan.installment_ids = [Command.update(rows[0].id, {"amount": 90})]
        self.plan.installment_ids = [
            Command.update(rows[0].id, {"amount": 90}),
            Command.update(rows[2].id, {"amount": 110}),
        ]
        self.plan.action_activate()
        with self.assertRaises(UserError):
            rows[0].amount = 100
        with self.assertRaises(UserError):
            self.plan.installment_count = 2

    def test_several_currencies_are_refused(self):
        euro = self.setup_other_currency("EUR")
        with self.assertRaisesRegex(UserError, "one currency"):
            self._plan(self._overdue_invoice() | self._overdue_invoice(currency_id=euro.id))
