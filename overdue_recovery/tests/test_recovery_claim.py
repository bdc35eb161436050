from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .common import RecoveryCommon


@tagged("post_install", "-at_install")
class TestRecoveryClaim(RecoveryCommon):
    """What came in since an arrangement was made: money only, and only since."""

    def setUp(self):
        super().setUp()
        self.invoice = self._overdue_invoice(100, 1000)
        self.item = self._items(self.invoice)

    def _claim(self, amount=800):
        return self._offer(self.invoice, amount).claim_ids

    def test_the_baseline_is_what_is_open_when_the_arrangement_is_made(self):
        self._pay(self.invoice, 300)
        claim = self._claim(500)
        self.assertRecordValues(
            claim,
            [
                {
                    "name": self.invoice.name,
                    "baseline": 700,
                    "residual": 700,
                    "reduction": 0,
                    "received": 0,
                    "live": False,
                    "date": self.today,
                }
            ],
        )

    def test_money_counts_and_nothing_else_does(self):
        claim = self._claim()
        self._pay(self.invoice, 300)
        self.assertEqual((claim.received, claim.reduction), (300, 300))
        credit = self._items(self._credit_note(150))
        (self.item | credit).reconcile()
        self.assertEqual((claim.received, claim.reduction), (300, 450))
        self.env["recovery.write.off"]._write_off(
            {self.item: 50},
            self.company._recovery_loss_journal(),
            self.company._recovery_loss_account(),
            self.today,
            "Write-off",
        )
        self.assertEqual((claim.received, claim.reduction), (300, 500))
        self.assertEqual(claim.residual, 500)

    def test_a_bank_line_is_money(self):
        claim = self._claim()
        line = self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.company_data["default_journal_bank"].id,
                "date": self.today,
                "payment_ref": "Transfer",
                "partner_id": self.partner_a.id,
                "amount": 250,
            }
        )
        _liquidity, suspense, _other = line._seek_for_lines()
        suspense.account_id = self.item.account_id
        (suspense | self.item).reconcile()
        self.assertEqual(claim.received, 250)

    def test_money_after_the_last_day_is_told_apart(self):
        claim = self._claim()
        self._pay(self.invoice, 100)
        with self.on(5):
            self._pay(self.invoice, 200)
        first = fields.Date.add(self.today, days=4)
        self.assertEqual(claim._received()[claim], 300)
        self.assertEqual(claim._received(until=first)[claim], 100)
        self.assertEqual(claim._received(until=fields.Date.add(first, days=1))[claim], 300)

    def test_an_older_payment_matched_again_is_not_received_twice(self):
        payment = self._pay(self.invoice, 300)
        claim = self._claim(500)
        credit = payment.move_id._recovery_lines()
        credit.remove_move_reconcile()
        self.assertEqual((claim.received, claim.residual), (0, 1000))
        (credit | self.item).reconcile()
        self.assertEqual((claim.received, claim.residual), (0, 700))

    def test_no_more_is_received_than_was_open(self):
        claim = self._claim()
        self._pay(self.invoice, 1000)
        self.assertEqual((claim.received, claim.reduction, claim.residual), (1000, 1000, 0))

    def test_a_foreign_item_counts_in_its_own_currency(self):
        euro = self.setup_other_currency("EUR", rates=[("2025-01-01", 2.0), ("2025-03-01", 4.0)])
        invoice = self._overdue_invoice(20, 1000, currency_id=euro.id)
        claim = self._offer(invoice, 800).claim_ids
        self.assertEqual((claim.baseline, claim.currency_id), (1000, euro))
        credit = self._payment(100)._recovery_open_credits()
        self.env["account.move.line"]._recovery_allocate(credit, self._items(invoice))
        self.assertEqual(claim.received, 400)
        credit = self._payment(200, currency_id=euro.id)._recovery_open_credits()
        self.env["account.move.line"]._recovery_allocate(credit, self._items(invoice))
        self.assertEqual(claim.received, 600)

    def test_one_live_arrangement_for_each_item_and_a_second_names_the_first(self):
        first = self._offer(self.invoice, 800)
        second = self._offer(self.invoice, 900)
        first.action_accept()
        self.assertTrue(first.claim_ids.live)
        with self.assertRaises(UserError) as refusal:
            second.action_accept()
        self.assertIn(first.name, str(refusal.exception))
        with self.assertRaises(UserError) as refusal:
            self._offer(self.invoice, 900)
        self.assertIn(first.name, str(refusal.exception))
        with (
            self.assertRaises(IntegrityError),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            second.sudo().claim_ids.live = True
            self.env.flush_all()

    def test_a_deleted_item_leaves_its_claim_and_is_never_received(self):
        offer = self._offer(self.invoice, 800)
        self.invoice.button_draft()
        self.invoice.unlink()
        claim = offer.claim_ids
        self.assertFalse(claim.move_line_id)
        self.assertEqual((claim.residual, claim.reduction, claim.received), (0, 0, 0))
        self.assertTrue(claim.name)
        self.assertFalse(offer._is_settled())

    def test_nobody_makes_or_changes_a_claim_by_hand(self):
        claim = self._claim()
        user = new_test_user(self.env, "claims_collector", groups="account.group_account_manager")
        user.company_ids = [Command.set(self.company.ids)]
        user.company_id = self.company
        mine = claim.with_user(user)
        self.assertEqual(mine.baseline, 1000)
        for act in (
            lambda: mine.write({"baseline": 1}),
            lambda: mine.write({"live": True}),
            lambda: mine.unlink(),
            lambda: mine.copy(),
            lambda: mine.create({"offer_id": claim.offer_id.id, "move_line_id": self.item.id}),
        ):
            with self.assertRaises(AccessError):
                act()

    def test_many_claims_are_read_by_one_statement(self):
        invoices = self.env["account.move"]
        for _number in range(5):
            invoices |= self._overdue_invoice(100, 100)
        claims = self._offer(invoices, 400).claim_ids
        self.env.flush_all()
        claims.move_line_id.mapped("amount_residual_currency")
        with self.assertQueryCount(1):
            claims._received()
