from datetime import timedelta

from odoo import fields
from odoo.addons.account_payment.tests.common import AccountPaymentCommon
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import MONDAY, RecoveryCommon


@tagged("post_install", "-at_install")
class TestDunningBank(RecoveryCommon, AccountPaymentCommon):
    """Money that is on its way, and bank data that is too old to trust."""

    def _receipt(self, amount, days=0, partner=None, **values):
        """A bank line of ``days`` before today that nobody matched."""
        return self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.company_data["default_journal_bank"].id,
                "payment_ref": "Receipt",
                "amount": amount,
                "date": fields.Date.today() - timedelta(days=days),
                "partner_id": partner and partner.id,
                **values,
            }
        )

    def _transaction(self, invoice, amount, state="pending"):
        tx = self._create_transaction(
            "redirect",
            reference=f"{invoice.name}-{amount}",
            amount=amount,
            currency_id=invoice.currency_id.id,
            partner_id=invoice.partner_id.id,
            invoice_ids=[fields.Command.set(invoice.ids)],
        )
        getattr(tx, f"_set_{state}")()
        return tx

    # -- receipts ----------------------------------------------------------------------------

    def test_a_receipt_that_names_a_customer_holds_this_customer_only(self):
        named = self._items(self._overdue_invoice(amount=100))
        other = self._items(self._overdue_invoice(amount=100, partner=self.partner_b))
        self._receipt(55, partner=self.partner_a)
        self.assertEqual(self._codes(named), ["in_transit"])
        self.assertEqual(self._codes(other), [])

    def test_a_receipt_that_names_nobody_holds_the_item_of_its_amount_only(self):
        same = self._items(self._overdue_invoice(amount=123.45))
        other = self._items(self._overdue_invoice(amount=123.46, partner=self.partner_b))
        self._receipt(123.45)
        self.assertEqual(self._codes(same), ["in_transit"])
        self.assertEqual(self._codes(other), [])

    def test_money_that_leaves_us_holds_nobody(self):
        item = self._items(self._overdue_invoice(amount=100))
        self._receipt(-100, partner=self.partner_a)
        self.assertEqual(self._codes(item), [])

    def test_a_receipt_is_believed_for_five_working_days_then_a_person_looks(self):
        item = self._items(self._overdue_invoice(20))
        self._receipt(100, partner=self.partner_a)
        journal = self.company_data["default_journal_bank"]
        with self.on(7):
            self.assertIn("in_transit", self._codes(item), "Monday to Monday: five working days")
            self.env["dunning.bank"]._wake_for_unmatched(self.company)
            self.assertFalse(journal.activity_ids)
        with self.on(8):
            self.assertEqual(self._codes(item), [])
            self.env["dunning.bank"]._wake_for_unmatched(self.company)
            self.env["dunning.bank"]._wake_for_unmatched(self.company)
            activity = journal.activity_ids
            self.assertEqual((len(activity), activity.summary), (1, "Match old receipts"))
            # however it is called, by a collector or in another language, it is the same task
            activity.summary = "Alte Zahlungen zuordnen"
            self.env["dunning.bank"]._wake_for_unmatched(self.company)
            self.assertEqual(journal.activity_ids, activity)

    def test_a_receipt_after_the_proposal_stops_the_message(self):
        self._overdue_invoice()
        run = self._propose()
        run.action_issue()
        self._receipt(100, partner=self.partner_a)
        self._deliver()
        self.assertEqual(run.notice_ids.state, "cancelled")
        self.assertFalse(self._new_mails)

    # -- stale bank data ---------------------------------------------------------------------

    def test_old_bank_data_waits_for_a_person_who_says_that_receipts_are_booked(self):
        self._receipt(1, days=10)
        self._overdue_invoice()
        run = self._propose()
        with self.assertRaisesRegex(UserError, "receipts may be missing"):
            run.action_issue()
        run.receipts_booked = True
        self.assertEqual(run.receipts_until, MONDAY)
        run.action_issue()
        self.assertEqual(run.state, "issued")

    def test_a_person_can_write_to_one_customer_on_old_bank_data(self):
        self._receipt(1, days=10)
        self._overdue_invoice()
        run = self.env["dunning.run"]._send_now(self.company, self.partner_a)
        self.assertEqual(run.state, "issued")

    def test_weekends_do_not_make_bank_data_old(self):
        self._receipt(1, days=5)  # a Wednesday; three working days ago
        self._overdue_invoice()
        run = self._propose()
        run.action_issue()
        self.assertEqual(run.state, "issued")

    def test_a_company_that_imports_no_statements_says_so_only_on_the_button(self):
        self._receipt(1, days=91)
        self._overdue_invoice()
        run = self._propose()
        with self.assertRaisesRegex(UserError, "are all receipts booked"):
            run.action_send_all()
        run.receipts_booked = True
        run.action_send_all()
        self.assertEqual(run.state, "issued")

    def test_an_automatic_run_waits_while_bank_data_is_old(self):
        self._overdue_invoice(partner=self.partner_b)
        self._run_dunning()
        self.policy.mode = "automatic"
        self._receipt(1, days=10)
        self._overdue_invoice()
        self.env["dunning.run"]._cron_run()
        run = self.env["dunning.run"].search([("state", "=", "proposed")])
        self.assertIn("receipts may be missing", run.waiting_reason)

    # -- online payments on their way ----------------------------------------------------------

    def test_a_pending_payment_lowers_the_demand_until_it_is_refused(self):
        invoice = self._overdue_invoice(amount=100)
        tx = self._transaction(invoice, 60)
        run = self._propose()
        self.assertEqual(run.notice_ids.amount_demanded, 40)
        tx._set_canceled()
        run.action_propose()
        self.assertEqual(run.notice_ids.amount_demanded, 100)

    def test_a_payment_of_all_stops_the_notice_and_the_ledger_takes_over(self):
        invoice = self._overdue_invoice(amount=100)
        tx = self._transaction(invoice, 100)
        self.assertEqual(self._codes(self._items(invoice)), ["in_transit"])
        tx._set_done()
        self.assertEqual(self._codes(self._items(invoice)), ["in_transit"])
        tx._post_process()
        self.assertEqual(invoice.payment_state, invoice._get_invoice_in_payment_state())
        self.assertFalse(self.env["recovery.hold"].search([("origin_id", "=", tx.id)]))

    def test_a_transfer_that_never_comes_is_not_believed_for_ever(self):
        invoice = self._overdue_invoice(20)
        self._transaction(invoice, 100)
        with self.on(8):
            self.assertEqual(self._codes(self._items(invoice)), [])

    # -- key accounts --------------------------------------------------------------------------

    def test_a_key_account_is_never_sent_to_automatically(self):
        self._overdue_invoice(partner=self.partner_b)
        self._run_dunning()
        self.policy.mode = "automatic"
        self.partner_a.is_key_account = True
        self._overdue_invoice()
        self.env["dunning.run"]._cron_run()
        run = self.env["dunning.run"].search([("state", "=", "proposed")])
        self.assertEqual(run.notice_ids.partner_id, self.partner_a)

    def test_from_thirty_days_on_the_owner_of_a_key_account_decides_first(self):
        self.policy.step = "catch_up"
        self.partner_a.write({"is_key_account": True, "user_id": self.env.user.id})
        self._overdue_invoice(35)
        self._overdue_invoice(35, partner=self.partner_b)
        run = self._propose()
        key = run.notice_ids.filtered(lambda notice: notice.partner_id == self.partner_a)
        self.assertEqual(key.activity_ids.user_id, self.env.user)
        run.action_issue()
        self.assertEqual((key.state, run.state), ("proposed", "proposed"))
        run.action_issue(key)
        self.assertEqual((key.state, run.state), ("issued", "issued"))
