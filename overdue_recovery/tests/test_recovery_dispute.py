from datetime import timedelta

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import RecoveryCommon


@tagged("post_install", "-at_install")
class TestRecoveryDispute(RecoveryCommon):
    """A dispute from the objection to the credit note, and what is demanded meanwhile."""

    def setUp(self):
        super().setUp()
        self.invoice = self._overdue_invoice(100, 1000)
        self.item = self._items(self.invoice)
        self.reason = self.env.ref("overdue_recovery.late_reason_our_error")

    def _dispute(self, amount=400, invoice=None, **values):
        return self.env["recovery.dispute"].create(
            {
                "move_id": (invoice or self.invoice).id,
                "amount_disputed": amount,
                "reason_id": self.reason.id,
                **values,
            }
        )

    def _demanded(self, partner=None):
        """{document: amount} that a notice of today asks for, credits as they are."""
        run = self._propose(partner_ids=(partner or self.partner_a).ids)
        lines = run.notice_ids.line_ids.filtered(lambda line: line.kind != "not_due")
        demanded = {}
        for line in lines:
            demanded[line.name] = demanded.get(line.name, 0) + line.amount_demanded
        run.action_cancel()
        return demanded

    def _holds(self, dispute):
        return dispute._holds().sorted("id")

    def _taxed(self, price, tax, **values):
        due = self.today - timedelta(days=100)
        return self._create_invoice_one_line(
            price_unit=price,
            tax_ids=tax,
            partner_id=self.partner_a,
            invoice_date=due - timedelta(days=30),
            invoice_date_due=due,
            invoice_payment_term_id=False,
            post=True,
            **values,
        )

    def _three_installments(self):
        """Three thirds: due 100, 70 and 40 days ago."""
        terms = self.env["account.payment.term"].create(
            {
                "name": "Thirds",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": percent, "nb_days": days})
                    for percent, days in ((30, 0), (30, 30), (40, 60))
                ],
            }
        )
        return self._create_invoice_one_line(
            price_unit=1000,
            tax_ids=[],
            partner_id=self.partner_b,
            invoice_date=self.today - timedelta(days=100),
            invoice_payment_term_id=terms.id,
            post=True,
        )

    # -- what rests ------------------------------------------------------------------------

    def test_only_the_disputed_part_rests(self):
        dispute = self._dispute(400)
        self.assertRecordValues(
            dispute,
            [
                {
                    "state": "open",
                    "partner_id": self.partner_a.id,
                    "currency_id": self.company.currency_id.id,
                    "amount_disputed": 400,
                    "user_id": dispute.case_id.user_id.id or self.env.uid,
                }
            ],
        )
        hold = self._holds(dispute)
        self.assertRecordValues(
            hold, [{"move_line_id": self.item.id, "amount": 400, "blocks": "both"}]
        )
        self.assertEqual(hold.reason_id.code, "disputed")
        self.assertEqual(self._demanded(), {self.invoice.name: 600})
        self.assertEqual(self._codes(self.item), [])

    def test_all_of_it_is_contested_when_no_amount_is_said(self):
        self._pay(self.invoice, 300)
        dispute = self._dispute(None)
        self.assertEqual(dispute.amount_disputed, 700)
        self.assertEqual(self._demanded(), {})
        self.assertEqual(self._codes(self.item)[:1], ["disputed"])
        self.env["recovery.case"]._recompute(dispute.case_id)
        self.assertEqual(dispute.case_id.state, "dispute")

    def test_the_latest_maturities_first(self):
        invoice = self._three_installments()
        dispute = self._dispute(500, invoice)
        first, second, third = self._items(invoice)
        held = {hold.move_line_id: hold.amount for hold in self._holds(dispute)}
        self.assertEqual(held, {third: 400, second: 100})
        self.assertNotIn(first, held)
        self.assertEqual(self._demanded(self.partner_b), {invoice.name: 500})

    def test_more_than_is_open_and_not_contested_yet_is_refused(self):
        with self.assertRaisesRegex(UserError, "1,000.00"):
            self._dispute(1000.01)
        self._dispute(400)
        with self.assertRaisesRegex(UserError, "600.00"):
            self._dispute(600.01)
        self._dispute(600)
        with self.assertRaises(UserError):
            self._dispute(None)
        self._pay(self.invoice)
        with self.assertRaises(UserError):
            self._dispute(1)

    def test_bad_amounts_and_no_invoice_are_refused(self):
        with self.assertRaises(UserError):
            self._dispute(-1)
        with self.assertRaises(UserError):
            self.env["recovery.dispute"].create({"amount_disputed": 1})

    def test_charges_on_the_disputed_part_rest_too(self):
        dispute = self._dispute(400)
        self.assertEqual(self._holds(dispute).blocks, "both")

    # -- accepted --------------------------------------------------------------------------

    def test_accepted_draft_and_posted_credit_note_give_the_same_demand(self):
        dispute = self._dispute(400)
        dispute.action_accept()
        refund = dispute.refund_move_id
        self.assertRecordValues(
            dispute,
            [{"state": "accepted", "amount_accepted": 400, "date_closed": self.today}],
        )
        self.assertRecordValues(
            refund,
            [
                {
                    "move_type": "out_refund",
                    "state": "draft",
                    "amount_total": 400,
                    "reversed_entry_id": self.invoice.id,
                }
            ],
        )
        hold = self._holds(dispute)
        self.assertEqual((hold.reason_id.code, hold.amount), ("credit_note_coming", 400))
        draft = self._demanded()
        self.assertEqual(draft, {self.invoice.name: 600})
        refund.action_post()
        self.assertEqual(self.invoice.amount_residual, 600)
        self.assertFalse(self._holds(dispute))
        self.assertEqual(self._demanded(), draft)
        refund.button_draft()
        self.assertEqual(self.invoice.amount_residual, 1000)
        self.assertEqual(self._demanded(), draft, "in draft again it rests again")

    def test_the_credit_note_lowers_the_items_that_were_contested(self):
        invoice = self._three_installments()
        dispute = self._dispute(500, invoice)
        dispute.action_accept()
        with self.on(3):
            draft = self._demanded(self.partner_b)
            dispute.refund_move_id.action_post()
            self.assertEqual(self._demanded(self.partner_b), draft)
        residuals = self._items(invoice).mapped("amount_residual")
        self.assertEqual(residuals, [300, 200, 0])

    def test_partly_accepted_the_rest_is_demanded_again(self):
        dispute = self._dispute(400)
        with self.on(5):
            dispute.action_accept(150)
            self.assertEqual((dispute.state, dispute.amount_accepted), ("partly_accepted", 150))
            self.assertEqual(dispute.refund_move_id.amount_total, 150)
            self.assertEqual(self._demanded(), {self.invoice.name: 850})
            dispute.refund_move_id.action_post()
            self.assertEqual(self._demanded(), {self.invoice.name: 850})
        disputed = self._holds(dispute).filtered(lambda h: h.reason_id.code == "disputed")
        self.assertEqual(disputed.date_to, self.today + timedelta(days=4))

    def test_amounts_that_can_not_be_accepted_are_refused(self):
        dispute = self._dispute(400)
        for amount in (0, -1, 400.01, "400", True, float("nan")):
            with self.subTest(amount=amount), self.assertRaises(UserError):
                dispute.action_accept(amount)
        self.assertEqual(dispute.state, "open")

    def test_the_credit_note_gives_the_taxes_back_in_proportion(self):
        tax = self.percent_tax(21)
        invoice = self._taxed(1000, tax)
        dispute = self._dispute(605, invoice)
        dispute.action_accept()
        refund = dispute.refund_move_id
        self.assertEqual((refund.amount_total, refund.amount_tax), (605, 105))

    def test_every_cent_whatever_the_taxes_round_to(self):
        tax = self.percent_tax(19)
        invoice = self._taxed(719.99, tax)
        for amount in (33.33, 0.01, 412.07):
            dispute = self._dispute(amount, invoice)
            dispute.action_accept()
            with self.subTest(amount=amount):
                self.assertEqual(dispute.refund_move_id.amount_total, amount)

    def test_all_of_an_invoice_is_reversed(self):
        invoice = self._taxed(719.99, self.percent_tax(19))
        dispute = self._dispute(None, invoice)
        dispute.action_accept()
        self.assertEqual(dispute.refund_move_id.amount_total, invoice.amount_total)
        self.assertEqual(dispute.refund_move_id.amount_tax, invoice.amount_tax)
        dispute.refund_move_id.action_post()
        self.assertEqual((invoice.amount_residual, invoice.payment_state), (0, "reversed"))

    def test_all_of_an_invoice_in_installments_is_reversed(self):
        invoice = self._three_installments()
        dispute = self._dispute(None, invoice)
        dispute.action_accept()
        dispute.refund_move_id.action_post()
        self.assertEqual(invoice.amount_residual, 0)

    def test_a_foreign_invoice_is_contested_in_its_own_currency(self):
        euro = self.setup_other_currency("EUR", rates=[("2024-01-01", 2.0), ("2025-03-01", 4.0)])
        invoice = self._overdue_invoice(100, 1000, currency_id=euro.id)
        dispute = self._dispute(400, invoice)
        self.assertEqual(dispute.currency_id, euro)
        self.assertEqual(self._demanded()[invoice.name], 600)
        dispute.action_accept(100)
        draft = self._demanded()
        self.assertEqual(draft[invoice.name], 900)
        dispute.refund_move_id.action_post()
        self.assertEqual(invoice.amount_residual, 900)
        self.assertEqual(self._demanded(), draft)

    def test_paid_meanwhile_the_credit_note_is_the_customers(self):
        dispute = self._dispute(400)
        self._pay(self.invoice)
        dispute.action_accept()
        self.assertFalse(self._holds(dispute))
        dispute.refund_move_id.action_post()
        self.assertEqual(dispute.refund_move_id.amount_residual, 400)

    def test_a_deleted_draft_leaves_a_hold_that_is_reviewed(self):
        dispute = self._dispute(400)
        dispute.action_accept()
        dispute.refund_move_id.unlink()
        self.assertTrue(self._holds(dispute).date_review)
        self.assertEqual(dispute.state, "accepted")

    # -- rejected, withdrawn ---------------------------------------------------------------

    def test_rejected_dunning_goes_on_at_the_stored_level(self):
        self._run_dunning()
        level = self.invoice.dunning_level_id
        dispute = self._dispute(None)
        with self.on(20):
            self.assertEqual(self._demanded(), {})
            dispute.action_reject()
            self.assertEqual(self._demanded(), {self.invoice.name: 1000})
            run = self._propose()
            rising = run.notice_ids.line_ids.filtered(lambda line: line.kind == "rising")
            self.assertEqual((level, rising.level_id), (self.levels[0], self.levels[1]))
            self.assertEqual(rising.cycle, 1)

    def test_withdrawn_all_is_demanded_again(self):
        dispute = self._dispute(400)
        dispute.action_withdraw()
        self.assertEqual(dispute.state, "withdrawn")
        self.assertFalse(self._holds(dispute))
        self.assertEqual(self._demanded(), {self.invoice.name: 1000})

    def test_the_disputed_days_bear_interest_only_where_the_law_says_so(self):
        law = self.env["recovery.law"].create(
            {
                "code": "TEST",
                "name": "Test law",
                "valid_from": "2020-01-01",
                "source": "A test",
                "charges_active": True,
                "charges_since": "2020-01-01",
            }
        )
        for is_charged, blocks in ((False, "both"), (True, "contact")):
            law.interest_when_rejected = is_charged
            dispute = self._dispute(100)
            with self.on(10):
                dispute.action_reject()
                hold = self._holds(dispute)
                with self.subTest(is_charged=is_charged):
                    self.assertEqual(hold.blocks, blocks)
                    self.assertEqual(hold.date_to, self.today + timedelta(days=9))

    def test_a_rejected_dispute_is_opened_again_for_what_is_still_open(self):
        dispute = self._dispute(400)
        dispute.action_reject()
        self._pay(self.invoice, 800)
        dispute.action_reopen()
        self.assertEqual(dispute.state, "open")
        self.assertEqual(sum(self._holds(dispute).mapped("amount")), 200)
        self.assertEqual(self._demanded(), {})
        dispute.action_reject()
        self._pay(self.invoice)
        with self.assertRaises(UserError):
            dispute.action_reopen()

    def test_what_is_decided_is_not_decided_again(self):
        dispute = self._dispute(400)
        dispute.action_accept()
        for act in (
            dispute.action_accept,
            dispute.action_reject,
            dispute.action_withdraw,
            dispute.action_investigate,
        ):
            with self.subTest(act=act.__name__), self.assertRaises(UserError):
                act()

    # -- people and messages ---------------------------------------------------------------

    def test_mediation_names_who_mediates_and_since_when(self):
        dispute = self._dispute(400)
        with self.assertRaises(UserError):
            dispute.action_mediate()
        dispute.mediator_id = self.partner_b
        dispute.action_mediate()
        self.assertEqual((dispute.state, dispute.mediation_start), ("mediation", self.today))
        dispute.action_investigate()
        dispute.action_mediate()
        self.assertEqual(self._demanded(), {self.invoice.name: 600})

    def test_its_owner_has_a_task_until_the_deadline_in_working_days(self):
        self.company.recovery_dispute_days = 5
        dispute = self._dispute(400)
        self.assertEqual(dispute.sla_date, self.today + timedelta(days=7))
        self.assertRecordValues(
            dispute.activity_ids,
            [{"date_deadline": dispute.sla_date, "user_id": dispute.user_id.id}],
        )
        dispute.sla_date = self.today + timedelta(days=20)
        self.assertEqual(dispute.activity_ids.date_deadline, dispute.sla_date)
        dispute.action_withdraw()
        self.assertFalse(dispute.activity_ids)

    def test_the_outcome_is_written_to_the_customer_and_logged(self):
        dispute = self._dispute(400)
        with self.mock_mail_gateway():
            dispute.action_accept(100)
        mail = self.env["mail.mail"].search(
            [("model", "=", "recovery.dispute"), ("res_id", "=", dispute.id)]
        )
        self.assertEqual(mail.recipient_ids, self.partner_a)
        self.assertIn("100.00", mail.body_html)
        log = dispute.case_id.interaction_ids.filtered(lambda one: one.kind == "dispute")
        self.assertEqual(
            log.sorted("sequence").mapped("outcome"), ["open", "partly_accepted", "queued"]
        )
        self.assertEqual(log.sorted("sequence")[-1].purpose, "answer")

    def test_without_an_address_a_person_tells_the_outcome(self):
        self.partner_a.email = False
        dispute = self._dispute(400)
        dispute.action_reject()
        self.assertEqual(dispute.state, "rejected")
        self.assertIn(dispute.name, dispute.activity_ids.summary)

    def test_the_terms_of_a_dispute_are_fixed(self):
        dispute = self._dispute(400).with_user(self.env.user)
        for values in ({"amount_disputed": 1}, {"move_id": False}, {"refund_move_id": 1}):
            with self.subTest(values=values), self.assertRaises(UserError):
                dispute.sudo(False).write(values)
        dispute.sudo(False).description = "The goods were broken"
        with self.assertRaises(UserError):
            dispute.unlink()

    def test_dialog_from_the_case_and_from_the_invoice(self):
        action = self.invoice.action_dispute()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual((wizard.move_id, wizard.amount), (self.invoice, 1000))
        wizard.amount = 250
        with self.assertRaises(UserError):
            wizard.action_open()
        wizard.reason_id = self.reason
        found = wizard.action_open()
        dispute = self.env["recovery.dispute"].browse(found["res_id"])
        self.assertEqual((dispute.amount_disputed, dispute.reason_id), (250, self.reason))
        action = dispute.case_id.action_dispute()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual((wizard.move_id, wizard.amount), (self.invoice, 750))
        action = dispute.action_decide()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        wizard.amount = 50
        wizard.action_accept()
        self.assertEqual((dispute.state, dispute.amount_accepted), ("partly_accepted", 50))
