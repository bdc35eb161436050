from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import MONDAY
from .referring import ReferringCommon


@tagged("post_install", "-at_install")
class TestFlowReferralMoney(ReferringCommon):
    """Money of what an agency collects: to the cent, and never told twice."""

    def _balances(self, payment):
        return {line.account_id: line.balance for line in payment.move_id.line_ids}

    def _events(self, referral, kind):
        return referral.event_ids.filtered(lambda event: event.kind == kind)

    def _watch(self):
        """What the daily job does, and what it finds to say."""
        self.env["recovery.referral"]._watch_all()

    # -- remittance ------------------------------------------------------------------------

    def test_a_remittance_is_booked_net_of_commission_and_vat(self):
        """4,000 at 9.5 % and 25 % VAT: 3,525 to the bank, 380 commission, 95 input VAT."""
        invoice = self._ripe_invoice(4000)
        referral = self._placed(invoice)
        referral._on_payment(4000, "P-1", MONDAY)
        payment = referral._book_remittance()
        item = self._items(invoice)
        tax = self.company._recovery_agency_tax(25)
        self.assertEqual(
            self._balances(payment),
            {
                payment.outstanding_account_id: 3525,
                self.company.recovery_agency_account_id: 380,
                tax.invoice_repartition_line_ids.account_id: 95,
                item.account_id: -4000,
            },
        )
        self.assertEqual((payment.amount, payment.partner_id), (3525, self.debtor))
        self.assertTrue(item.reconciled)
        self.assertEqual(referral.amount_to_remit, 0)
        self.assertEqual(referral.amount_open, 0)
        with self.assertRaises(UserError):
            referral._book_remittance()

    def test_what_a_remittance_pays_is_no_news_to_the_agency(self):
        referral = self._placed(self._ripe_invoice())
        referral._on_payment(1000, "P-1")
        referral._book_remittance()
        self._watch()
        self.assertFalse(self._events(referral, "direct_payment"))
        self.assertFalse(self._events(referral, "credit_note"))
        self.assertEqual(referral.amount_open, 3000)

    def test_partial_recoveries_are_booked_one_after_the_other(self):
        first, second = self._ripe_invoice(1000, days=90), self._ripe_invoice(3000)
        referral = self._placed(first | second)
        referral._on_payment(1200, "P-1")
        referral._book_remittance()
        self.assertTrue(self._items(first).reconciled)
        self.assertEqual(self._items(second).amount_residual, 2800)
        referral._on_payment(300, "P-2")
        referral._on_payment(500, "P-3")
        payment = referral._book_remittance()
        # the agency rounds the VAT of each payment: 7.125 and 11.875
        self.assertEqual(payment.amount, 704.99)
        self.assertEqual(self._items(second).amount_residual, 2000)

    def test_vat_that_is_not_deducted_is_cost(self):
        self.company.account_purchase_tax_id = False
        referral = self._placed(self._ripe_invoice())
        referral._on_payment(4000)
        payment = referral._book_remittance()
        self.assertEqual(sorted(payment.move_id.line_ids.mapped("balance")), [-4000, 475, 3525])

    def test_the_agencys_statement_may_say_another_commission(self):
        referral = self._placed(self._ripe_invoice())
        referral._on_payment(4000)
        dialog = self.env["recovery.referral.book"].browse(referral.action_book()["res_id"])
        self.assertEqual((dialog.fee, dialog.vat, dialog.amount_remitted), (380, 95, 3525))
        dialog.write({"fee": 400, "vat": 100})
        dialog.action_book()
        self.assertEqual(self._events(referral, "payment").payment_id.amount, 3500)

    def test_a_commission_above_the_money_is_refused(self):
        referral = self._placed(self._ripe_invoice())
        referral._on_payment(100)
        for fee, vat in ((90, 20), (-1, 0), (0, -1)):
            with self.subTest(fee=fee, vat=vat), self.assertRaises(UserError):
                referral._book_remittance(fee=fee, vat=vat)

    def test_the_minimum_fee_counts_once_and_takes_no_more_than_there_is(self):
        self.agency.fee_ids.fee_minimum = 100
        referral = self._placed(self._ripe_invoice())
        fees = [referral._on_payment(amount, f"P-{amount}").amount_fee for amount in (50, 500, 600)]
        self.assertEqual(fees, [40, 60, 57])

    def test_a_remittance_in_another_currency_is_balanced(self):
        foreign = (
            self.env["res.currency"]
            .with_context(active_test=False)
            .search([("id", "!=", self.company.currency_id.id)], limit=1)
        )
        foreign.active = True
        self.env["res.currency.rate"].create(
            {
                "name": "2000-01-01",
                "currency_id": foreign.id,
                "company_id": self.company.id,
                "rate": 2.0,
            }
        )
        invoice = self._overdue_invoice(60, 4000, self.debtor, currency_id=foreign.id)
        self._items(invoice).action_start_at(self.levels[-1])
        self.debtor._recovery_case(self.company).late_reason_id = self.env.ref(
            "overdue_recovery.late_reason_cash_flow"
        )
        referral = self._placed(invoice)
        referral._on_payment(4000)
        payment = referral._book_remittance()
        self.assertEqual(
            sorted(payment.move_id.line_ids.mapped("amount_currency")), [-4000, 95, 380, 3525]
        )
        self.assertEqual(sum(payment.move_id.line_ids.mapped("balance")), 0)
        self.assertTrue(self._items(invoice).reconciled)

    # -- money that reaches us -------------------------------------------------------------

    def test_money_that_reaches_us_starts_a_clock_and_a_bill(self):
        invoice = self._ripe_invoice()
        referral = self._placed(invoice)
        self._pay(invoice, 1000)
        self._watch()
        event = self._events(referral, "direct_payment")
        self.assertEqual((event.amount, event.amount_fee, event.amount_vat), (1000, 95, 23.75))
        task = referral.case_id.activity_ids.filtered(lambda one: "was paid to us" in one.summary)
        self.assertEqual(task.date_deadline, MONDAY + timedelta(days=3))
        bill = self.env["account.move"].search([("invoice_origin", "=", referral.name)])
        self.assertEqual(
            (bill.move_type, bill.state, bill.amount_untaxed), ("in_invoice", "draft", 95)
        )
        self.assertEqual(referral.amount_direct, 1000)
        self._watch()
        self.assertEqual(self._events(referral, "direct_payment"), event)

    def test_the_job_that_recomputes_cases_sees_it_at_once(self):
        invoice = self._ripe_invoice()
        referral = self._placed(invoice)
        self._pay(invoice, 1000)
        self.env["recovery.case"]._recompute_dirty()
        self.assertEqual(self._events(referral, "direct_payment").amount, 1000)

    def test_money_that_was_there_before_is_not_told(self):
        invoice = self._ripe_invoice()
        self._pay(invoice, 500)
        referral = self._placed(invoice)
        self.assertEqual(referral.amount, 3500)
        self._watch()
        self.assertFalse(self._events(referral, "direct_payment"))

    def test_a_payment_that_is_undone_is_told_too(self):
        invoice = self._ripe_invoice()
        referral = self._placed(invoice)
        payment = self._pay(invoice, 1000)
        self._watch()
        payment.action_draft()
        self._watch()
        self.assertEqual(
            sorted(self._events(referral, "direct_payment").mapped("amount")), [-1000, 1000]
        )
        self.assertEqual(referral.amount_direct, 0)

    def test_a_credit_note_and_a_dispute_are_told_once(self):
        invoice = self._ripe_invoice()
        referral = self._placed(invoice)
        refund = self._credit_note(600, self.debtor)
        (refund._recovery_lines() | self._items(invoice)).reconcile()
        self.env["recovery.dispute"].create({"move_id": invoice.id, "amount_disputed": 250})
        for _day in range(2):
            self._watch()
        self.assertEqual(self._events(referral, "credit_note").mapped("amount"), [600])
        self.assertEqual(self._events(referral, "dispute").mapped("amount"), [250])
        self.assertFalse(self._events(referral, "direct_payment"))

    # -- disputes --------------------------------------------------------------------------

    def _dispute(self, invoice, amount=250):
        return self.env["recovery.dispute"].create(
            {"move_id": invoice.id, "amount_disputed": amount}
        )

    def test_the_end_of_a_dispute_is_told_once_and_what_may_be_demanded_now(self):
        endings = {
            "accepted": (lambda dispute: dispute.action_accept(), 3750),
            "partly_accepted": (lambda dispute: dispute.action_accept(100), 3900),
            "rejected": (lambda dispute: dispute.action_reject(), 4000),
            "withdrawn": (lambda dispute: dispute.action_withdraw(), 4000),
        }
        for state, (end, amount) in endings.items():
            invoice = self._ripe_invoice(partner=self._create_debtor(state))
            referral = self._placed(invoice)
            dispute = self._dispute(invoice)
            self._watch()
            end(dispute)
            heard = []
            with (
                self.subTest(state=state),
                patch.object(
                    type(referral),
                    "_tell_agency",
                    lambda _self, kind, data, heard=heard: heard.append((kind, data)),
                ),
            ):
                for _day in range(2):
                    self._watch()
                [(kind, data)] = heard
                self.assertEqual(
                    (kind, data["outcome"], data["amount"]), ("dispute_ended", state, amount)
                )
                self.assertIn("disputed no longer", data["text"])
                event = self._events(referral, "dispute_ended")
                self.assertEqual(event.own_key, f"dispute_ended:{dispute.id}")

    def test_a_dispute_of_which_the_agency_never_heard_does_not_end_for_it(self):
        invoice = self._ripe_invoice()
        self._dispute(invoice).action_reject()
        referral = self._placed(invoice)
        self._dispute(invoice).action_withdraw()
        self._watch()
        self.assertFalse(
            self._events(referral, "dispute") | self._events(referral, "dispute_ended")
        )

    def test_a_dispute_that_goes_on_is_told_again(self):
        invoice = self._ripe_invoice()
        referral = self._placed(invoice)
        dispute = self._dispute(invoice)
        self._watch()
        for act in (dispute.action_reject, dispute.action_reopen, dispute.action_withdraw):
            act()
            for _day in range(2):
                self._watch()
        told = referral.event_ids.filtered("own_key").sorted("id").mapped("kind")
        self.assertEqual(told, ["dispute", "dispute_ended"] * 2)

    def test_who_connects_an_agency_hears_everything_through_one_seam(self):
        invoice = self._ripe_invoice()
        referral = self._placed(invoice)
        heard = []
        self.patch(
            type(referral), "_tell_agency", lambda _self, kind, data: heard.append((kind, data))
        )
        self._pay(invoice, 1000)
        self._watch()
        referral.action_recall()
        self.assertEqual([kind for kind, _data in heard], ["direct_payment", "recall_requested"])
        self.assertEqual((heard[0][1]["amount"], heard[0][1]["tell_by"]), (1000, "2025-03-06"))

    # -- what is lost, and our charges -----------------------------------------------------

    def test_the_rest_is_written_off_by_a_manager_once_it_is_closed(self):
        invoice = self._ripe_invoice()
        referral = self._placed(invoice)
        referral._on_payment(1000)
        referral._book_remittance()
        with self.assertRaises(UserError):
            referral.action_write_off_rest()
        referral._on_closed("uncollectable")
        item = self._items(invoice)
        self.assertEqual((self._codes(item)[0], referral.amount_open), ("other", 3000))
        referral.action_write_off_rest()
        self.assertTrue(item.reconciled)
        self.assertEqual(referral.amount_open, 0)
        loss = self.env["account.move.line"].search(
            [("account_id", "=", self.company.recovery_loss_account_id.id)]
        )
        self.assertEqual(sum(loss.mapped("balance")), 3000)
        holds = self.env["recovery.hold"].search([("origin_id", "=", referral.id)])
        self.assertFalse(holds)

    def test_the_log_tells_the_whole_story_and_no_secret(self):
        referral = self._placed(self._ripe_invoice())
        referral._on_payment(1000)
        referral._book_remittance()
        referral._on_closed("returned")
        outcomes = referral.case_id.interaction_ids.filtered(
            lambda entry: entry.kind == "referral"
        ).mapped("outcome")
        self.assertEqual(
            sorted(outcomes),
            sorted(["approved", "sent", "accepted", "active", "payment", "remitted", "closed"]),
        )

    def test_watching_costs_the_same_for_one_and_for_many(self):
        def cost():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._watch()
            return self.env.cr.sql_log_count - before

        def place():
            invoice = self._ripe_invoice()
            self._placed(invoice)
            return self._dispute(invoice)

        place()
        cost()
        one = cost()
        for _number in range(5):
            place().action_withdraw()
        self._watch()
        self.assertLessEqual(cost(), one + 2)
