from datetime import timedelta

from odoo import Command
from odoo.tests import tagged

from .debiting import DebitingCommon


@tagged("post_install", "-at_install")
class TestRecoveryAutopayPlan(DebitingCommon):
    """A plan whose installments are debited from a saved card: 40 now and then 30 twice."""

    def setUp(self):
        super().setUp()
        self.invoice = self._overdue_invoice(40, 100)
        self.item = self._items(self.invoice)
        self.plan = self.env["recovery.plan"].create(
            {
                "frequency": "own",
                "payment_token_id": self.card.id,
                "claim_ids": [Command.create({"move_line_id": self.item.id})],
                "installment_ids": [
                    Command.create(
                        {"date_due": self.today + timedelta(days=days), "amount": amount}
                    )
                    for days, amount in ((15, 40), (43, 30), (71, 30))
                ],
            }
        )
        self.plan.action_activate()
        self.autopay = self.plan.autopay_ids

    def test_it_begins_with_the_plan_and_names_its_terms(self):
        self.assertRecordValues(
            self.autopay,
            [{"state": "active", "plan_id": self.plan.id, "payment_token_id": self.card.id}],
        )
        self.assertEqual(self.autopay.note, self.plan._terms_sentence())
        self._daily(0)
        self.assertFalse(self.autopay.sudo()._own_holds(), "the plan's own pause is enough")

    def test_each_installment_is_announced_and_debited_to_the_end(self):
        mail = self._daily(1)
        self.assertIn("40.00", mail.body_html)
        self.assertEqual(self.autopay.attempt_ids.installment_id, self.plan.installment_ids[0])
        self._daily(15)
        self._settle()
        self.assertEqual(self.plan.installment_ids[0].state, "paid")
        self._daily(29)
        self._daily(43)
        self._settle()
        self.assertEqual(self.plan.amount_paid, 70)
        self._daily(57)
        self._daily(71)
        self._settle()
        self.assertEqual([tx.amount for tx in self.calls], [40, 30, 30])
        self.assertEqual((self.plan.state, self.autopay.state), ("completed", "revoked"))
        self.assertEqual(self.invoice.amount_residual, 0)

    def test_what_was_paid_by_hand_is_not_debited(self):
        self._daily(1)
        self._pay(self.invoice, 25)
        self._daily(15)
        self.assertEqual(self.calls[0].amount, 15)

    def test_a_failed_installment_is_tried_again(self):
        self._daily(1)
        self._daily(15, "error")
        again = self.autopay.attempt_ids[0]
        self.assertRecordValues(
            again,
            [
                {
                    "number": 2,
                    "state": "announced",
                    "amount": 40,
                    "installment_id": self.plan.installment_ids[0].id,
                }
            ],
        )
        self._daily(18)
        self.assertEqual(again.state, "done")

    def test_a_dispute_stops_it(self):
        self._daily(1)
        self.env["recovery.dispute"].create({"move_id": self.invoice.id, "amount_disputed": 10})
        self._daily(15)
        self.assertEqual((self.calls, self.autopay.attempt_ids.state), ([], "cancelled"))

    def test_a_cancelled_plan_is_debited_no_more(self):
        self._daily(1)
        self.plan.action_cancel()
        self.assertEqual(self.autopay.state, "revoked")
        self._daily(15)
        self.assertFalse(self.calls)
