from odoo.tests import tagged

from .charging import ChargingCommon


@tagged("post_install", "-at_install")
class TestFlowCharges(ChargingCommon):
    """A charge from its draft to its invoice and its credit note."""

    # 100.00 at 12 % for 10 days: 0.3288; 1,000.00: 3.2877

    def test_drafted_with_the_proposal_and_part_of_what_is_demanded(self):
        self._overdue_invoice(10, 1000.0)
        notice = self._propose().notice_ids
        self.assertEqual(self._charges(notice), {"fixed_sum": 40.0, "interest": 3.29})
        self.assertEqual(set(notice.charge_ids.mapped("state")), {"draft"})
        self.assertEqual(notice.amount_demanded, 1043.29)
        self.assertEqual(notice._totals(), {self.company.currency_id: 1043.29})
        self.assertFalse(notice.charge_ids.move_id)

    def test_posted_when_handed_over_as_one_invoice(self):
        self._overdue_invoice(10, 1000.0)
        run = self._run_dunning()
        notice = run.notice_ids
        self.assertEqual(notice.state, "sent")
        self.assertEqual(set(notice.charge_ids.mapped("state")), {"posted"})
        move = notice.charge_ids.move_id
        self.assertRecordValues(
            move,
            [
                {
                    "move_type": "out_invoice",
                    "state": "posted",
                    "is_recovery_charge": True,
                    "amount_total": 43.29,
                    "amount_tax": 0.0,
                    "partner_id": self.partner_a.id,
                    "invoice_date": self.today,
                    "invoice_date_due": notice.date_due,
                    "journal_id": self.company.recovery_charge_journal_id.id,
                }
            ],
        )
        self.assertTrue(move.name.startswith(move.journal_id.code))
        self.assertEqual(notice.amount_demanded, 1043.29, "as the customer was told")
        self.assertEqual(notice._totals(), {self.company.currency_id: 1043.29})
