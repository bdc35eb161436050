from odoo.tests import tagged

from .common import MONDAY
from .referring import ReferringCommon


@tagged("post_install", "-at_install")
class TestRecoveryReferral(ReferringCommon):
    def test_from_the_last_notice_to_the_money_in_the_bank(self):
        invoice = self._ripe_invoice()
        referral = self._referral(invoice)
        self.assertFalse(referral.reasons)
        referral.action_check()
        referral.action_approve()
        referral.action_send()
        self.assertEqual(referral.state, "sent")
        referral._on_accepted("A-77")
        referral._on_active()
        referral._on_payment(4000, "P-1", MONDAY)
        self.assertEqual(
            (referral.state, referral.external_ref, referral.amount_to_remit),
            ("partly_recovered", "A-77", 3525),
        )
        payment = referral._book_remittance()
        self.assertEqual(sorted(payment.move_id.line_ids.mapped("balance")), [-4000, 95, 380, 3525])
        self.assertTrue(self._items(invoice).reconciled)
        referral._on_closed("paid")
        self.assertEqual((referral.state, referral.outcome), ("closed", "paid"))
