from datetime import timedelta

from odoo.tests import tagged

from .charging import ChargingCommon


@tagged("post_install", "-at_install")
class TestFlowMoney(ChargingCommon):
    """Money meets charges that a notice really made: allocated, waived by an offer, taken back."""

    def setUp(self):
        super().setUp()
        self.invoice = self._overdue_invoice(20, 1000)
        notice = self._run_dunning().notice_ids
        charges = self._charges(notice)
        self.costs, self.interest = charges["fixed_sum"], charges["interest"]
        self.charge = self.env["recovery.charge"].search([]).move_id
        self.assertEqual(self.charge.amount_residual, self.costs + self.interest)

    def _allocated(self, amount):
        """{kind: amount} of a payment allocated in the order of the law."""
        credit = self._payment(amount)._recovery_open_credits()
        allocation = self.env["account.move.line"]._recovery_allocate(credit)
        return {line.kind: line.amount for line in allocation.line_ids}

    def test_costs_then_interest_then_principal_of_one_charge_invoice(self):
        rest = self.costs + self.interest - 1
        self.assertEqual(self._allocated(self.costs + 1), {"costs": self.costs, "interest": 1})
        self.assertEqual(
            self._allocated(400),
            {"interest": self.interest - 1, "principal": 400 - (self.interest - 1)},
        )
        self.assertEqual(self.charge.amount_residual, 0)
        self.assertAlmostEqual(self.invoice.amount_residual, 1000 - 400 + rest - self.costs)

    def test_a_fee_waiver_gives_up_real_charges_and_a_payment_undone_brings_them_back(self):
        offer = self._offer(self.invoice | self.charge, 1000, kind="waiver")
        self.assertFalse(offer.needs_approval)
        offer.action_accept()
        payment = self._pay(self.invoice)
        self.env["recovery.case"]._cron_recompute()
        self.assertEqual(offer.state, "fulfilled")
        self.assertEqual(self.charge.amount_residual, 0)
        self.assertFalse(any(self.charge._recovery_charge_parts().values()))
        payment.move_id._recovery_lines().remove_move_reconcile()
        self.env["recovery.case"]._cron_recompute()
        self.assertEqual(offer.state, "accepted")
        self.assertEqual(self.charge.amount_residual, self.costs + self.interest)
        parts = self.charge._recovery_charge_parts()
        self.assertEqual(parts["costs"], round(self.costs * 100))
        self.assertEqual(parts["interest"], round(self.interest * 100))

    def test_the_portal_asks_for_posted_charges_too_once_they_are_overdue(self):
        due = self._items(self.charge).date_maturity
        visitor = self.env["recovery.portal.visitor"].sudo()._of_partner(self.invoice.partner_id)
        currency = self.company.currency_id
        for day, charges in ((due, 0.0), (due + timedelta(days=1), self.charge.amount_residual)):
            with self.on(day):
                [page] = self.env["recovery.portal"]._pages(visitor)
                account = page.accounts[currency.id]
                self.assertAlmostEqual(account.amount(account.asked), 1000 + charges)
                self.assertAlmostEqual(
                    account.amount(account.owed), 1000 + self.charge.amount_residual
                )
