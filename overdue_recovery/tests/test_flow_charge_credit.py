from datetime import timedelta

from odoo import Command, fields
from odoo.tests import tagged

from .money import MoneyCommon


@tagged("post_install", "-at_install")
class TestFlowChargeCredit(MoneyCommon):
    """Whoever gives a charge back, it is given back once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._fixed_rate(0.12, "it")
        cls.levels[0].write({"fee_type": "fixed", "fee_amount": 40.0, "charge_interest": True})
        cls.debtor = cls._debtor("it")
        cls.company.recovery_offer_count = 100

    def setUp(self):
        super().setUp()
        self.invoice = self._overdue_invoice(50, amount=1000, partner=self.debtor)
        self.notice = self._notify(0)[self.debtor]
        self.fee = self.notice.charge_ids.filtered(lambda charge: charge.kind == "fee")
        self.interest = self.notice.charge_ids - self.fee
        self.costs = self.notice.charge_ids.move_id
        self.assertEqual(self.costs.amount_total, 56.44)

    def _credited(self):
        """What the credit notes of the charge invoice come to that still stand."""
        refunds = self.costs.reversal_move_ids
        standing = refunds.filtered(lambda refund: not refund.reversal_move_ids)
        return self.eur.round(sum(standing.mapped("amount_total")))

    def _settle_costs(self, amount):
        """An offer on the costs, accepted, and its money paid; the payment."""
        offer = self.env["recovery.offer"].create(
            {
                "kind": "waiver",
                "amount": amount,
                "expiry_date": fields.Date.today() + timedelta(days=10),
                "claim_ids": [
                    Command.create({"move_line_id": item.id})
                    for item in self._receivables(self.costs)
                ],
            }
        )
        offer.sudo().approver_id = self.env.ref("base.user_admin")
        offer.action_accept()
        self._pay(self.costs, amount)
        self.env["recovery.case"]._cron_recompute()
        self.assertEqual(offer.state, "fulfilled")
        return offer

    def test_costs_settled_for_less_are_not_credited_again_with_their_notice(self):
        self._settle_costs(20)
        self.assertEqual(self._credited(), 36.44)
        self.assertEqual(self.fee.amount_left + self.interest.amount_left, 20)
        self.notice.action_cancel()
        self.assertEqual(self._credited(), 56.44)
        self.assertEqual(set(self.notice.charge_ids.mapped("state")), {"reversed"})

    def test_a_settlement_taken_back_leaves_the_charges_as_they_were(self):
        self.interest.action_waive("Goodwill", 6.44)
        self._settle_costs(20)
        self.assertEqual(self._credited(), 36.44)
        payment = self.env["account.payment"].search([("partner_id", "=", self.debtor.id)])
        payment.action_draft()
        payment.action_cancel()
        self.env["recovery.case"]._cron_recompute()
        self.assertEqual(self._credited(), 6.44)
        self.assertEqual((self.fee.amount_left, self.interest.amount_left), (40, 10))
        self.assertEqual(self.costs.amount_residual, 50)

    def test_charges_that_ended_after_a_settlement_are_owed_by_nobody_when_it_is_taken_back(self):
        self._settle_costs(20)
        self.notice.action_cancel()
        payment = self.env["account.payment"].search([("partner_id", "=", self.debtor.id)])
        payment.action_draft()
        payment.action_cancel()
        self.env["recovery.case"]._cron_recompute()
        self.assertEqual(self._credited(), 56.44)
        self.assertEqual(set(self.notice.charge_ids.mapped("state")), {"reversed"})
        open_items = self._receivables(self.costs | self.costs.reversal_move_ids)
        self.assertEqual(sum(open_items.mapped("amount_residual_currency")), 0)

    def test_a_part_that_an_accountant_credited_is_not_credited_again(self):
        refund = self.costs._reverse_moves()
        refund.invoice_line_ids.filtered(lambda line: line.price_total == 40).unlink()
        refund.action_post()
        self.assertTrue(refund.is_recovery_charge)
        self.notice.action_cancel()
        self.assertEqual(self._credited(), 56.44)
        self.assertEqual(self.costs.amount_residual, 0)

    def test_a_credit_that_was_refused_is_not_proposed_again_until_more_is_found(self):
        proposals = self.env["recovery.charge.waiver"]
        with self.on(1) as day:
            self._register_payment(self.invoice, payment_date=day - timedelta(days=31), amount=500)
            self.env["recovery.charge"]._cron_charges()
            proposed = proposals.search([("charge_id", "=", self.interest.id)])
            self.assertEqual((proposed.kind, proposed.amount), ("correct", 4.93))
            proposed.action_refuse()
            self.env["recovery.charge"]._cron_charges()
        self.assertEqual(proposals.search([("charge_id", "=", self.interest.id)]), proposed)
        with self.on(2) as day:
            self._register_payment(self.invoice, payment_date=day - timedelta(days=32), amount=100)
            self.env["recovery.charge"]._cron_charges()
        more = proposals.search([("charge_id", "=", self.interest.id)]) - proposed
        self.assertEqual((more.state, more.amount), ("requested", 5.92))
