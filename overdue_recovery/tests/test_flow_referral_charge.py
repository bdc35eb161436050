from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .charging import ChargingCommon
from .referring import ReferringCommon


@tagged("post_install", "-at_install")
class TestFlowReferralCharge(ChargingCommon, ReferringCommon):
    """Our own charges when the debt goes to an agency: handed over with it, or reversed."""

    def setUp(self):
        super().setUp()
        self.invoice = self._ripe_invoice(1000, days=40)
        self._items(self.invoice).action_start_at(self.levels[1])
        self._run_dunning()
        self.charges = self.env["recovery.charge"].search([("partner_id", "=", self.debtor.id)])
        self.costs = self.charges.move_id
        self.assertEqual(set(self.charges.mapped("state")), {"posted"})
        self.day = self._items(self.invoice).dunning_due_date + timedelta(days=1)

    def test_charges_go_with_the_debt_where_the_agency_takes_them(self):
        with self.on(self.day):
            referral = self.env["recovery.referral"].create(
                {"agency_id": self.agency.id, "case_id": self.invoice.recovery_case_id.id}
            )
            self.assertEqual(referral.move_line_ids.move_id, self.invoice | self.costs)
            referral.action_check()
        self.assertEqual(referral.amount, 1000 + self.costs.amount_total)
        self.assertEqual(set(self.charges.mapped("state")), {"posted"})

    def test_an_agency_that_does_not_take_them_is_not_given_them(self):
        self.agency.unpaid_charges = "reversed"
        with self.on(self.day), self.assertRaises(UserError):
            self._placed(self.invoice | self.costs)

    def test_unpaid_charges_are_reversed_when_it_is_sent_if_the_contract_says_so(self):
        self.agency.unpaid_charges = "reversed"
        with self.on(self.day):
            referral = self._placed(self.invoice)
        self.assertEqual(set(self.charges.mapped("state")), {"reversed"})
        self.assertEqual(self.costs.amount_residual, 0)
        self.assertEqual(referral.amount, 1000)
        with self.on(self.day):
            self.env["recovery.referral"]._watch_all()
        self.assertFalse(referral.event_ids.filtered(lambda event: event.kind == "credit_note"))

    def test_nothing_more_is_charged_while_it_is_placed(self):
        with self.on(self.day):
            self._placed(self.invoice)
        with self.on(self.day + timedelta(days=60)):
            run = self._propose()
            self.assertFalse(run.notice_ids)
            self.env["recovery.case"]._cron_daily()
        found = self.env["recovery.charge"].search([("partner_id", "=", self.debtor.id)])
        self.assertEqual(found, self.charges)

    def test_charges_are_credited_and_the_debt_is_written_off_when_nothing_came(self):
        with self.on(self.day + timedelta(days=60)):
            referral = self._placed(self.invoice | self.costs)
            referral._on_closed("uncollectable")
            referral.action_write_off_rest()
            self.assertEqual(set(self.charges.mapped("state")), {"reversed"})
            self.assertEqual((self.costs | self.invoice).mapped("amount_residual"), [0, 0])
            loss = self.env["account.move.line"].search(
                [("account_id", "=", self.company.recovery_loss_account_id.id)]
            )
            self.assertEqual(sum(loss.mapped("balance")), 1000)
            self.env["recovery.case"]._cron_daily()
            self.assertEqual(referral.case_id.outcome, "written_off")
