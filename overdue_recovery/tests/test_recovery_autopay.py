from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .debiting import DebitingCommon

ATTEMPT = "odoo.addons.overdue_recovery.models.recovery_autopay_attempt"
DUE = 22


@tagged("post_install", "-at_install")
class TestRecoveryAutopay(DebitingCommon):
    """A customer who agreed to be debited: announced, debited once, tried again, given up."""

    def setUp(self):
        super().setUp()
        self.autopay = self._autopay(self.partner_a, self.card)
        self.invoice = self._fresh_invoice()
        self.item = self._items(self.invoice)

    def _fresh_invoice(self, amount=1000.0, due=DUE, **values):
        """An invoice of today that falls due in some days."""
        return self._create_invoice_one_line(
            price_unit=amount,
            tax_ids=[],
            partner_id=self.partner_a,
            invoice_date=self.today,
            invoice_date_due=self.today + timedelta(days=due),
            invoice_payment_term_id=False,
            post=True,
            **values,
        )

    def _announced(self):
        """The debit of the invoice, announced in time."""
        self._daily(8)
        return self.autopay.attempt_ids

    def _holds(self):
        return self.autopay.sudo()._own_holds()

    def test_on_the_customers_case_it_says_what_it_is_elsewhere_whose(self):
        self.assertEqual(self.autopay.display_name, f"partner_a · {self.autopay.means}")
        pill = self.autopay.with_context(recovery_case_pill=True).display_name
        self.assertEqual(pill, f"Automatic payment · {self.autopay.means}")

    # -- announced and debited -------------------------------------------------------------

    def test_what_is_debited_is_not_demanded(self):
        self._daily(0)
        self.assertEqual(self._holds().move_line_id, self.item)
        self.assertFalse(self._holds().date_review)
        with self.on(DUE + 10):
            self.assertEqual(self._codes(self.item)[:1], ["collected_by_us"])
        self.assertFalse(self.autopay.attempt_ids, "too early to announce")

    def test_it_is_announced_the_agreed_days_before(self):
        self.assertFalse(self._daily(7))
        mail = self._daily(8)
        attempt = self.autopay.attempt_ids
        self.assertRecordValues(
            attempt,
            [
                {
                    "state": "announced",
                    "amount": 1000.0,
                    "number": 1,
                    "date_due": self.today + timedelta(days=DUE),
                    "move_line_id": self.item.id,
                }
            ],
        )
        self.assertEqual(mail.recipient_ids, self.partner_a)
        for text in ("1,000.00", self.invoice.name, "03/25/2025", "4242"):
            self.assertIn(text, mail.body_html)
        entry = self.autopay._case().interaction_ids.sorted("id")[-1:]
        self.assertEqual((entry.kind, entry.purpose, entry.direction), ("autopay", "answer", "out"))
        self._daily(9)
        self.assertEqual(self.autopay.attempt_ids, attempt)

    def test_it_is_debited_once_on_its_day(self):
        attempt = self._announced()
        self._daily(21)
        self.assertFalse(self.calls)
        for day in (22, 22, 23):
            self._daily(day)
        self.assertEqual(len(self.calls), 1)
        self.assertRecordValues(
            self.calls[0],
            [
                {
                    "amount": 1000.0,
                    "operation": "offline",
                    "token_id": self.card.id,
                    "invoice_ids": self.invoice.ids,
                    "state": "done",
                }
            ],
        )
        self.assertEqual(attempt.state, "done")
        self._settle()
        self.assertEqual(self.invoice.amount_residual, 0)
        self.assertFalse(self._holds())

    def test_no_more_is_debited_than_is_open_that_day(self):
        self._announced()
        self._pay(self.invoice, 400)
        self._credit_note(100)
        self._daily(22)
        self.assertEqual(self.calls[0].amount, 500.0)

    def test_what_was_paid_meanwhile_is_not_debited(self):
        attempt = self._announced()
        self._pay(self.invoice)
        self._daily(22)
        self.assertEqual((attempt.state, self.calls), ("cancelled", []))

    def test_two_debits_of_a_day_are_announced_together(self):
        self._fresh_invoice(50)
        mail = self._daily(8)
        self.assertEqual(len(mail), 1)
        self.assertIn("50.00", mail.body_html)
        self._daily(22)
        self.assertEqual(sorted(tx.amount for tx in self.calls), [50.0, 1000.0])

    def test_a_pending_debit_waits_for_its_answer(self):
        attempt = self._announced()
        self._daily(22, "pending")
        self.assertEqual(attempt.state, "charging")
        self._daily(25)
        self.assertEqual((attempt.state, len(self.calls)), ("charging", 1))
        self.calls[0]._set_done()
        self.assertEqual(attempt.state, "done")

    # -- failed ----------------------------------------------------------------------------

    def test_a_failed_debit_is_tried_again_and_then_a_person_looks(self):
        self._announced()
        mail = self._daily(22, "error")
        self.assertIn("did not go through", mail.body_html)
        days = [(attempt.date_due - self.today).days for attempt in self.autopay.attempt_ids]
        self.assertEqual(days, [25, 22])
        self._daily(25, "error")
        self.assertEqual(self.autopay.state, "active")
        self.assertEqual((self.autopay.attempt_ids[0].date_due - self.today).days, 32)
        self._daily(32, "error")
        self.assertEqual(self.autopay.attempt_ids.mapped("number"), [3, 2, 1])
        self.assertEqual(set(self.autopay.attempt_ids.mapped("state")), {"failed"})
        self.assertEqual(self.autopay.state, "suspended")
        glitch = self.env.ref("overdue_recovery.late_reason_technical_glitch")
        case = self.autopay._case()
        self.assertEqual((self.invoice.late_reason_id, case.late_reason_id), (glitch, glitch))
        self.assertIn("offer automatic payment again", case.activity_ids.note)
        self.assertFalse(self._holds())
        with self.on(33):
            self.assertFalse(self._codes(self.item), "dunned as all others")
        self._daily(40)
        self.assertEqual(len(self.calls), 3)

    def test_resumed_it_begins_anew(self):
        self._announced()
        self.company.recovery_autopay_retries = ""
        self._daily(22, "error")
        self.assertEqual(self.autopay.state, "suspended")
        with self.on(23):
            self.autopay.action_resume()
        self.assertEqual(self._holds().move_line_id, self.item)
        self._daily(23)
        self.assertEqual((self.autopay.attempt_ids[0].date_due - self.today).days, 37)
        self._daily(37)
        self.assertEqual((len(self.calls), self.autopay.attempt_ids[0].state), (2, "done"))

    def test_days_of_further_tries_are_numbers(self):
        for text in ("three", "3;7", "0", "-1", "100"):
            with self.subTest(text=text), self.assertRaises(ValidationError):
                self.company.recovery_autopay_retries = text

    # -- never twice -----------------------------------------------------------------------

    def test_a_call_that_breaks_off_is_unknown_and_not_made_again(self):
        attempt = self._announced()
        with mute_logger(ATTEMPT):
            self._daily(22, ConnectionError("gone"))
        self.assertEqual(attempt.state, "unknown")
        self.assertIn(self.invoice.name, self.autopay._case().activity_ids.summary)
        for day in (23, 30):
            self._daily(day)
        self.assertEqual(len(self.calls), 1)
        with self.on(31), self.mock_mail_gateway():
            attempt.action_not_debited()
        self.env.invalidate_all()
        self.assertEqual(attempt.state, "failed")
        self.assertEqual(self.autopay.attempt_ids[0].number, 2)

    def test_a_worker_that_dies_in_the_call_leaves_it_unknown(self):
        attempt = self._announced().sudo()
        with self.on(22):
            self.assertTrue(attempt._begin_charge())
            self.assertFalse(attempt._begin_charge(), "another worker finds it taken")
        self._daily(22)
        self.assertEqual(attempt.state, "charging", "it may still be in the call")
        self._daily(23)
        self.assertEqual((attempt.state, self.calls), ("unknown", []))
        self._daily(24)
        self.assertFalse(self.calls)

    def test_an_answer_that_comes_late_counts(self):
        attempt = self._announced()
        self._daily(22, "nothing")
        self._daily(23)
        self.assertEqual(attempt.state, "unknown")
        self.calls[0]._set_done()
        self.assertEqual(attempt.state, "done")

    def test_a_failed_debit_that_is_done_after_all_is_not_tried_again(self):
        first = self._announced()
        self._daily(22, "error")
        again = self.autopay.attempt_ids - first
        self.calls[0]._set_done()
        self.assertEqual((first.state, again.state), ("done", "cancelled"))
        self._daily(25)
        self.assertEqual(len(self.calls), 1)

    def test_the_database_takes_no_second_debit_of_an_item_nor_a_number_twice(self):
        attempt = self._announced().sudo()
        values = self.autopay.sudo()._attempt_values(self.item, 10.0)
        for wrong in (values, {**values, "number": attempt.number}):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                attempt.create(wrong).flush_recordset()

    def test_what_came_back_is_not_debited_again(self):
        self._announced()
        self._daily(22)
        self._settle()
        with self.on(25):
            self.calls[0].payment_id.action_draft()
            self.calls[0].payment_id.action_cancel()
        self.assertEqual(self.invoice.amount_residual, 1000)
        for day in (26, 40, 60):
            self._daily(day)
        self.assertEqual(len(self.calls), 1)
        self.assertFalse(self._holds())

    # -- stops -----------------------------------------------------------------------------

    def test_disputes_promises_and_holds_stop_it(self):
        cases = {
            "disputed": lambda: self.env["recovery.dispute"].create({"move_id": self.invoice.id}),
            "promised": lambda: self._promise(self.invoice, days=40),
            "hardship": lambda: self._hold(self.partner_a, "hardship"),
            "blocked": self.invoice.action_toggle_block_payment,
        }
        attempt = self._announced()
        for name, stop in cases.items():
            with self.subTest(stop=name), self.on(22), self.env.cr.savepoint() as savepoint:
                stop()
                self._daily(22)
                self.assertEqual((attempt.state, self.calls), ("cancelled", []))
                savepoint.rollback()
                self.env.invalidate_all()

    def test_what_is_not_contested_is_debited(self):
        self._announced()
        self.env["recovery.dispute"].create({"move_id": self.invoice.id, "amount_disputed": 300})
        self._daily(22)
        self.assertEqual(self.calls[0].amount, 700.0)

    def test_revoked_it_debits_nothing_and_is_kept(self):
        attempt = self._announced()
        with self.on(9):
            self.autopay.action_revoke()
        self.assertEqual((self.autopay.state, attempt.state), ("revoked", "cancelled"))
        self.assertFalse(self._holds())
        self._daily(22)
        self.assertFalse(self.calls)
        with self.assertRaises(UserError):
            self.autopay.unlink()

    def test_who_deletes_the_saved_card_revokes_it(self):
        self.card.active = False
        self.assertEqual(self.autopay.state, "revoked")

    def test_a_provider_that_is_switched_off_ends_it(self):
        self.dummy_provider.sudo().state = "disabled"
        self._daily(8)
        self.assertNotEqual(self.autopay.state, "active")

    def test_who_cannot_be_told_is_not_debited(self):
        self.partner_a.email = False
        self._daily(8)
        self.assertEqual(self.autopay.state, "suspended")
        self.assertFalse(self.autopay.attempt_ids)
        self.assertTrue(self.autopay._case().activity_ids)

    def test_one_that_raises_stops_no_other(self):
        other = self._autopay(self.partner_b)
        daily = type(self.autopay)
        original = daily._prepare

        def prepare(autopay):
            if autopay == self.autopay:
                raise ValueError("broken")
            return original(autopay)

        logger = "odoo.addons.overdue_recovery.models.recovery_autopay_daily"
        with patch.object(daily, "_prepare", prepare), mute_logger(logger):
            self._daily(8)
        self.assertIn("could not be prepared", self.autopay._case().activity_ids.summary)
        self.assertEqual(other.state, "active")

    # -- what it covers --------------------------------------------------------------------

    def test_invoices_from_before_the_consent_are_dunned_as_ever(self):
        old = self._overdue_invoice(10, 80)
        self._daily(0)
        self.assertFalse(self._codes(self._items(old)))
        self.assertEqual(self._holds().move_line_id, self.item)

    def test_only_an_own_card_of_this_company_can_be_debited(self):
        strange = self._saved_card(self.partner_b)
        with self.assertRaises(UserError):
            self._autopay(self.partner_a.create({"name": "Other"}), strange)

    def test_a_second_mandate_names_the_first(self):
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.env.cr.savepoint(),
        ):
            self._autopay(self.partner_a, self.card)

    def test_terms_are_fixed(self):
        with self.assertRaises(UserError):
            self.autopay.with_user(self.env.user).sudo(False).announce_days = 1

    def test_noted_from_the_case_with_how_the_customer_agreed(self):
        self.autopay.action_revoke()
        case = self.autopay._case()
        action = case.action_autopay()
        dialog = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(dialog.payment_token_id, self.card)
        with self.assertRaises(UserError):
            dialog.action_give()
        dialog.note = "By phone to Ann"
        shown = dialog.action_give()
        self.assertEqual(case.autopay_id, self.env[shown["res_model"]].browse(shown["res_id"]))
        self.assertEqual(case.autopay_id.note, "By phone to Ann")

    def test_merged_customers_keep_one_mandate(self):
        other = self._autopay(self.partner_b)
        wizard = self.env["base.partner.merge.automatic.wizard"].sudo().create({})
        wizard._merge((self.partner_a | self.partner_b).ids, self.partner_a)
        self.assertEqual((self.autopay.state, other.state), ("active", "revoked"))
