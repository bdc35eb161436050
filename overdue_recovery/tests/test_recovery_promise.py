from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import RecoveryCommon


@tagged("post_install", "-at_install")
class TestRecoveryPromise(RecoveryCommon):
    """A promise to pay, from the dialog to the day on which the ledger decides."""

    def setUp(self):
        super().setUp()
        self.invoice = self._overdue_invoice(20, 1000)
        self.item = self._items(self.invoice)

    def _hold_of(self, promise):
        domain = [("origin_model", "=", "recovery.promise"), ("origin_id", "=", promise.id)]
        return self.env["recovery.hold"].search([*domain, ("date_to", ">=", fields.Date.today())])

    def _demanded(self):
        """What a run of today would demand of the item and of its customer."""
        run = self._propose().sudo()
        amounts = {line.move_line_id: line.amount_demanded for line in run.notice_ids.line_ids}
        run.action_cancel()
        return amounts

    def _daily(self):
        with self.mock_mail_gateway():
            self.env["recovery.case"]._cron_daily()

    def _recompute(self):
        self.env["recovery.case"]._cron_recompute()

    def _unmatch(self, payment):
        payment.move_id._recovery_lines().remove_move_reconcile()
        self._recompute()

    def _tasks(self, promise):
        kind = self.env.ref("overdue_recovery.mail_activity_type_broken_promise")
        return promise.case_id.activity_ids.filtered(lambda a: a.activity_type_id == kind)

    # -- what rests ------------------------------------------------------------------------

    def test_it_is_open_and_all_of_the_item_rests(self):
        promise = self._promise(self.invoice)
        self.assertRecordValues(
            promise,
            [
                {
                    "state": "open",
                    "amount": 1000,
                    "amount_received": 0,
                    "amount_promised": 1000,
                    "origin": "clerk",
                    "partner_id": self.partner_a.id,
                    "date": self.today,
                }
            ],
        )
        self.assertTrue(promise.claim_ids.live)
        hold = self._hold_of(promise)
        self.assertRecordValues(
            hold, [{"amount": 1000, "move_line_id": self.item.id, "date_to": promise.date_last}]
        )
        self.assertEqual(hold.reason_id.code, "promised")
        self.assertEqual(self._codes(self.item)[:1], ["promised"])
        self._recompute()
        self.assertEqual(promise.case_id.state, "promised")
        self.assertEqual(promise.case_id.live_promise_id, promise)

    def test_only_what_is_promised_rests_and_the_rest_is_demanded(self):
        promise = self._promise(self.invoice, 600)
        self.assertEqual(self._demanded(), {self.item: 400})
        self._recompute()
        self.assertEqual(promise.case_id.state, "dunning")

    def test_money_that_came_in_rests_no_more(self):
        promise = self._promise(self.invoice, 600)
        payment = self._pay(self.invoice, 250)
        self._recompute()
        self.assertRecordValues(
            promise, [{"state": "open", "amount_received": 250, "amount_promised": 350}]
        )
        self.assertEqual(self._hold_of(promise).amount, 350)
        self.assertEqual(self._demanded(), {self.item: 400})
        self._unmatch(payment)
        self.assertEqual(self._hold_of(promise).amount, 600)

    def test_a_credit_note_lowers_what_is_demanded_not_what_is_promised(self):
        promise = self._promise(self.invoice, 600)
        credit = self._credit_note(300)
        (self.item | self._items(credit)).reconcile()
        self._recompute()
        self.assertEqual(promise.amount_received, 0)
        self.assertEqual(self._hold_of(promise).amount, 600)
        self.assertEqual(self._demanded(), {self.item: 100})

    def test_several_items_rest_the_oldest_first(self):
        second = self._overdue_invoice(10, 500)
        promise = self._promise(self.invoice | second, 1200)
        amounts = {hold.move_line_id: hold.amount for hold in self._hold_of(promise)}
        self.assertEqual(amounts, {self.item: 1000, self._items(second): 200})
        self._pay(self.invoice)
        self._recompute()
        self.assertEqual(self._hold_of(promise).mapped("amount"), [200])
        self._pay(second, 200)
        self._recompute()
        self.assertEqual(promise.state, "kept")
        self.assertFalse(self._hold_of(promise))

    # -- how it ends -----------------------------------------------------------------------

    def test_it_is_kept_as_soon_as_the_money_is_in(self):
        promise = self._promise(self.invoice, 600)
        self._pay(self.invoice, 600)
        self._recompute()
        self.assertRecordValues(promise, [{"state": "kept", "date_judged": self.today}])
        self.assertFalse(promise.claim_ids.live)
        self.assertFalse(self._hold_of(promise))
        self.assertFalse(self._tasks(promise))
        self.assertEqual(promise.case_id.promise_reliability, "1 of 1")

    def test_it_is_judged_on_the_first_day_after_the_tolerance(self):
        self._run_dunning()
        promise = self._promise(self.invoice, days=8, tolerance_days=2)
        for day in (8, 9, 10):
            with self.on(day):
                self._daily()
                self.assertEqual(promise.state, "open", f"day {day}")
                self.assertFalse(self.env["dunning.notice"].search([("state", "=", "proposed")]))
        with self.on(11):
            self._daily()
            self.assertEqual(promise.state, "broken")

    def test_broken_a_person_is_told_and_dunning_goes_on_at_the_stored_level(self):
        self._run_dunning()
        level = self.invoice.dunning_level_id
        promise = self._promise(self.invoice, days=10)
        with self.on(11):
            self._daily()
            self.assertRecordValues(
                promise, [{"state": "broken", "date_judged": fields.Date.today()}]
            )
            self.assertFalse(promise.claim_ids.live)
            self.assertEqual(len(self._tasks(promise)), 1)
            notice = self.env["dunning.notice"].search([("state", "=", "proposed")])
            rising = notice.line_ids.filtered(lambda line: line.kind == "rising")
            self.assertEqual(rising.move_line_id, self.item, "judged before proposing")
            self.assertEqual((level, rising.level_id), (self.levels[0], self.levels[1]))
            self.assertEqual((rising.cycle, rising.amount_demanded), (1, 1000))
            self._daily()
            self.assertEqual(len(self._tasks(promise)), 1, "told once")

    def test_part_of_the_money_keeps_it_partly_and_a_person_is_told(self):
        promise = self._promise(self.invoice, 600, days=5)
        self._pay(self.invoice, 599.99)
        with self.on(6):
            self._daily()
            self.assertEqual(promise.state, "partly_kept")
            self.assertEqual(len(self._tasks(promise)), 1)
            self._pay(self.invoice, 0.01)
            self._recompute()
            self.assertEqual(promise.state, "partly_kept", "judged once")

    def test_credit_notes_and_write_offs_keep_nothing(self):
        promise = self._promise(self.invoice, 600, days=5)
        (self.item | self._items(self._credit_note(500))).reconcile()
        self.env["recovery.write.off"]._write_off(
            {self.item: 500},
            self.company._recovery_loss_journal(),
            self.company._recovery_loss_account(),
            self.today,
            "Given up",
        )
        self._recompute()
        self.assertEqual((self.invoice.amount_residual, promise.state), (0, "open"))
        self.assertEqual(promise.amount_received, 0)
        with self.on(6):
            self._daily()
        self.assertEqual(promise.state, "broken")
        self.assertFalse(self._tasks(promise), "nothing is left to ask for")

    def test_money_from_before_it_was_made_does_not_count(self):
        self._pay(self.invoice, 300)
        promise = self._promise(self.invoice, 300, days=5)
        self.assertEqual((promise.state, promise.amount_received), ("open", 0))

    def test_a_bank_line_counts(self):
        promise = self._promise(self.invoice, 600)
        statement = self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.company_data["default_journal_bank"].id,
                "date": self.today,
                "payment_ref": "Transfer",
                "amount": 600,
                "partner_id": self.partner_a.id,
            }
        )
        _liquidity, suspense, _other = statement._seek_for_lines()
        statement.move_id.button_draft()
        suspense.account_id = self.item.account_id
        statement.move_id.action_post()
        (suspense | self.item).reconcile()
        self._recompute()
        self.assertEqual((promise.state, promise.amount_received), ("kept", 600))

    def test_the_case_closed_by_a_kept_promise(self):
        promise = self._promise(self.invoice)
        self._pay(self.invoice)
        self._recompute()
        self.assertEqual(promise.state, "kept")
        self.assertRecordValues(promise.case_id, [{"state": "resolved", "outcome": "paid"}])

    def test_a_deleted_item_ends_it(self):
        promise = self._promise(self.invoice)
        self.invoice.button_draft()
        self.invoice.button_cancel()
        self._daily()
        self.assertEqual(promise.state, "cancelled")

    def test_one_that_cannot_be_judged_stops_no_other(self):
        other = self._promise(self._overdue_invoice(partner=self.partner_b), days=1)
        promise = self._promise(self.invoice, days=1)
        cls = type(promise)
        judge = cls._judge_one

        def fails(self, found):
            if self.id == promise.id:
                raise ValueError("Broken row")
            return judge(self, found)

        with (
            self.on(2),
            patch.object(cls, "_judge_one", fails),
            mute_logger("odoo.addons.overdue_recovery.models.recovery_arrangement_judge"),
        ):
            self.env["recovery.promise"]._judge_all()
        self.assertEqual((other.state, promise.state), ("broken", "open"))
        self.assertIn("could not be judged", promise.case_id.activity_ids.summary)

    def _thanks(self):
        with self.mock_mail_gateway():
            self._recompute()
        return self._new_mails.filtered(lambda mail: "thank you" in (mail.body_html or ""))

    def test_who_has_paid_everything_is_thanked_once_where_the_policy_says_so(self):
        self._run_dunning()
        payment = self._pay(self.invoice)
        self.assertFalse(self._thanks(), "not unless the policy says so")
        self._unmatch(payment)
        self.policy.thank_you = True
        case = self.partner_a._recovery_case(self.company)
        (payment.move_id._recovery_lines() | self.item).reconcile()
        self.assertFalse(self._thanks(), "a case in which nothing was asked for")
        self.assertTrue(case.date_closed)
        second = self._overdue_invoice(20, 100)
        with self.on(7):
            self._run_dunning()
            self._pay(second, 60)
            self.assertFalse(self._thanks(), "something is open")
            self._pay(second, 40)
            self.assertEqual(self._thanks().recipient_ids, self.partner_a)
            self.assertFalse(self._thanks(), "once")
        entry = self.partner_a.recovery_case_ids.interaction_ids.sorted("id")[-1:]
        self.assertEqual((entry.direction, entry.purpose), ("out", "answer"))

    def test_a_credit_note_is_no_payment_to_thank_for(self):
        self.policy.thank_you = True
        self._run_dunning()
        (self.item | self._items(self._credit_note(1000))).reconcile()
        self.assertFalse(self._thanks())
        self.assertEqual(self.partner_a.recovery_case_ids.outcome, "paid")

    # -- undone ----------------------------------------------------------------------------

    def test_a_payment_undone_in_time_opens_it_again(self):
        promise = self._promise(self.invoice, days=10)
        payment = self._pay(self.invoice)
        self._recompute()
        self.assertTrue(promise.case_id.date_closed, "nobody looks at a closed case")
        self._unmatch(payment)
        self.assertRecordValues(promise, [{"state": "open", "date_judged": False}])
        self.assertTrue(promise.claim_ids.live)
        self.assertFalse(promise.case_id.date_closed)
        self.assertEqual(self._hold_of(promise).amount, 1000)
        self._pay(self.invoice)
        self._recompute()
        self.assertEqual(promise.state, "kept")

    def test_a_payment_undone_after_the_last_day_breaks_it_at_once(self):
        promise = self._promise(self.invoice, days=10)
        payment = self._pay(self.invoice)
        self._recompute()
        with self.on(20):
            payment.action_draft()
            payment.action_cancel()
            self._recompute()
            self.assertEqual(promise.state, "broken")
            self.assertFalse(promise.claim_ids.live)
            self.assertEqual(len(self._tasks(promise)), 1)
            self.assertFalse(self._hold_of(promise))

    def test_a_partly_kept_one_is_broken_when_its_money_goes(self):
        promise = self._promise(self.invoice, days=5)
        payment = self._pay(self.invoice, 400)
        with self.on(6):
            self._daily()
            self.assertEqual(promise.state, "partly_kept")
            self._unmatch(payment)
            self.assertEqual(promise.state, "broken")

    def test_a_payment_undone_and_matched_again_changes_nothing(self):
        promise = self._promise(self.invoice)
        payment = self._pay(self.invoice)
        self._recompute()
        credit = payment.move_id._recovery_lines()
        credit.remove_move_reconcile()
        (credit | self.item).reconcile()
        self._recompute()
        self.assertEqual(promise.state, "kept")

    def test_reopened_while_another_arrangement_has_the_item_it_takes_nothing(self):
        promise = self._promise(self.invoice, 300)
        payment = self._pay(self.invoice, 300)
        self._recompute()
        second = self._promise(self.invoice, 700)
        self._unmatch(payment)
        self.assertEqual(
            (promise.state, promise.claim_ids.live, second.claim_ids.live), ("open", False, True)
        )
        self.assertFalse(self._hold_of(promise))

    # -- what is refused -------------------------------------------------------------------

    def test_one_live_arrangement_for_each_item_the_first_is_named(self):
        old = self._overdue_invoice(100, 1000)
        promise = self._promise(old, 600)
        for again in (self._promise, self._offer):
            with self.assertRaisesRegex(UserError, promise.name):
                again(old, 800)
        promise.action_cancel()
        offer = self._offer(old, 800)
        offer.action_accept()
        with self.assertRaisesRegex(UserError, offer.name):
            self._promise(old)

    def test_not_while_credits_are_open_until_allocated_or_left_aside(self):
        credit = self._credit_note(200)
        with self.assertRaisesRegex(UserError, "200.00"):
            self._promise(self.invoice)
        promise = self._promise(self.invoice, credits_aside=True)
        promise.action_cancel()
        (self.item | self._items(credit)).reconcile()
        self.assertEqual(self._promise(self.invoice).amount, 800)

    def test_one_currency_and_one_customer(self):
        other = self.setup_other_currency("EUR")
        foreign = self._overdue_invoice(currency_id=other.id)
        theirs = self._overdue_invoice(partner=self.partner_b)
        for invoice in (foreign, theirs):
            with self.assertRaises(UserError):
                self._promise(self.invoice | invoice)
        with self.assertRaises(UserError):
            self._promise(self.invoice, currency_id=other.id)

    def test_in_a_foreign_currency_amounts_are_the_document_s(self):
        other = self.setup_other_currency("EUR", rates=[("2020-01-01", 2.0)])
        foreign = self._overdue_invoice(20, 500, self.partner_b, currency_id=other.id)
        promise = self._promise(foreign, 300)
        hold = self._hold_of(promise)
        self.assertEqual((promise.currency_id, hold.currency_id, hold.amount), (other, other, 300))
        self.assertEqual(self._demanded()[self._items(foreign)], 200)
        self._pay(foreign, 300)
        self._recompute()
        self.assertEqual((promise.state, promise.amount_received), ("kept", 300))

    def test_amounts_days_and_cheques_that_cannot_be(self):
        for values in (
            {"amount": 1000.01},
            {"amount": 0},
            {"amount": -5},
            {"days": -1},
            {"tolerance_days": -1},
            {"origin": "cheque"},
        ):
            with (
                self.subTest(values=values),
                self.assertRaises(UserError),
            ):
                self._promise(self.invoice, **values)

    def test_terms_are_fixed_and_nothing_is_deleted(self):
        promise = self._promise(self.invoice)
        for values in ({"amount": 1}, {"date_promised": self.today}, {"claim_ids": []}):
            with self.subTest(values=values), self.assertRaises(UserError):
                promise.write(values)
        promise.note = "Called"
        with self.assertRaises(UserError):
            promise.unlink()

    def test_cancelled_the_item_is_demanded_again(self):
        promise = self._promise(self.invoice)
        promise.action_cancel()
        self.assertEqual(promise.state, "cancelled")
        self.assertFalse(promise.claim_ids.live)
        self.assertEqual(self._demanded(), {self.item: 1000})
        self.assertFalse(promise.case_id.promise_reliability, "not judged")

    # -- people ----------------------------------------------------------------------------

    def _dialog(self, case, **values):
        wizard = self.env["recovery.promise.create"].browse(case.action_promise()["res_id"])
        with Form(wizard) as form:
            for name, value in values.items():
                form[name] = value
        return wizard

    def _made(self, wizard):
        with self.mock_mail_gateway():
            action = wizard.action_make()
        return self.env["recovery.promise"].browse(action["res_id"])

    def test_the_dialog_proposes_what_is_overdue(self):
        self._overdue_invoice(-10, 70)
        case = self.partner_a._recovery_case(self.company)
        wizard = self._dialog(case)
        self.assertRecordValues(
            wizard,
            [
                {
                    "amount": 1000,
                    "amount_total": 1000,
                    "date_promised": self.today + timedelta(days=7),
                    "tolerance_days": 2,
                    "confirm": True,
                }
            ],
        )
        promise = self._made(wizard)
        self.assertEqual(promise.claim_ids.move_line_id, self.item)
        self.assertFalse(
            case._items_to_arrange() & self.item, "not offered to the next arrangement"
        )

    def test_who_has_no_address_gets_no_confirmation(self):
        self.partner_a.email = False
        wizard = self._dialog(self.partner_a._recovery_case(self.company))
        self.assertFalse(wizard.confirm)
        promise = self._made(wizard)
        self.assertFalse(promise.case_id.interaction_ids.filtered(lambda e: e.direction == "out"))

    def test_a_cheque_is_money_when_it_matures(self):
        case = self.partner_a._recovery_case(self.company)
        maturity = self.today + timedelta(days=30)
        wizard = self._dialog(
            case, origin="cheque", cheque_number="123", cheque_bank="A", cheque_maturity=maturity
        )
        self.assertRecordValues(
            self._made(wizard),
            [
                {
                    "origin": "cheque",
                    "date_promised": maturity,
                    "cheque_number": "123",
                    "cheque_bank": "A",
                    "cheque_maturity": maturity,
                }
            ],
        )

    def test_the_dialog_leaves_credits_aside_only_when_told_to(self):
        self._credit_note(200)
        case = self.partner_a._recovery_case(self.company)
        wizard = self._dialog(case)
        self.assertEqual(wizard.amount_credits, 200)
        with self.assertRaises(UserError):
            wizard.action_make()
        self.assertTrue(self._made(self._dialog(case, credits_aside=True)).credits_aside)

    def test_the_reason_of_lateness_is_asked_and_a_sensitive_one_is_not_noted(self):
        self.env.user.group_ids += self.env.ref("overdue_recovery.group_sensitive")
        case = self.partner_a._recovery_case(self.company)
        medical = self.env.ref("overdue_recovery.late_reason_medical")
        wizard = self._dialog(case, late_reason_id=medical)
        self.assertTrue(wizard.rather_not_say)
        self.assertEqual(wizard.suggested_treatment, medical.suggested_treatment)
        self._made(wizard).action_cancel()
        self.assertFalse(case.late_reason_id)
        forgot = self.env.ref("overdue_recovery.late_reason_forgot")
        wizard = self._dialog(case, late_reason_id=forgot)
        self.assertFalse(wizard.rather_not_say)
        self._made(wizard)
        self.assertEqual(case.late_reason_id, forgot)

    def test_confirmed_in_writing_and_logged(self):
        promise = self._promise(self.invoice, 600)
        with self.mock_mail_gateway():
            promise.action_send()
        mail = self._new_mails
        self.assertEqual(mail.recipient_ids, self.partner_a)
        self.assertIn(promise.name, mail.subject)
        entries = promise.case_id.interaction_ids.filtered(lambda e: e.kind == "promise")
        self.assertEqual(entries.sorted("sequence").mapped("outcome"), ["promised", "queued"])
        sent = entries.filtered(lambda e: e.direction == "out")
        self.assertEqual((sent.purpose, sent.channel), ("answer", "email"))
        self.partner_a.email = False
        with self.assertRaisesRegex(UserError, "no e-mail address"):
            promise.action_send()

    def test_the_customer_reads_it_in_the_own_language(self):
        words = {
            "en_US": ("have noted what we agreed", "will be paid by", "600.00"),
            "de_DE": ("was wir vereinbart haben", "werden bis", "600,00"),
            "fr_FR": ("dont nous avons convenu", "au plus tard le", "600,00"),
            "es_ES": ("lo que acordamos", "a más tardar el", "600,00"),
            "nl_NL": ("hebben afgesproken", "wordt uiterlijk op", "600,00"),
        }
        for code in words:
            self.env["res.lang"]._activate_lang(code)
        self.env["ir.module.module"]._load_module_terms(["overdue_recovery"], list(words))
        promise = self._promise(self.invoice, 600)
        for code, expected in words.items():
            self.partner_a.lang = code
            with self.mock_mail_gateway():
                promise.action_send()
                body = self._new_mails.body_html
            for word in expected:
                with self.subTest(lang=code, word=word):
                    self.assertIn(word, body)

    def test_another_promise_instead(self):
        promise = self._promise(self.invoice, days=2)
        wizard = self.env["recovery.promise.create"].browse(promise.action_renew()["res_id"])
        self.assertEqual(wizard.move_line_ids, self.item)
        second = self._made(wizard)
        self.assertEqual((promise.state, second.state), ("cancelled", "open"))

    def test_reliability_counts_what_was_judged(self):
        self._promise(self.invoice, 300, days=1)
        with self.on(2):
            self._daily()
            self._promise(self.invoice, 300)
            self._pay(self.invoice, 300)
            self._recompute()
            open_one = self._promise(self.invoice, 300)
        self.assertEqual(self.partner_a.promise_reliability, "1 of 2")
        self.assertIn("Promises kept: 1 of 2", self.partner_a.recovery_status()["text"])
        self.assertEqual(open_one.case_id.promise_reliability, "1 of 2")
        self.assertFalse(self.partner_b.promise_reliability)

    def test_made_by_the_case_alone_it_is_about_what_is_overdue(self):
        case = self.partner_a._recovery_case(self.company)
        promise = self.env["recovery.promise"].create(
            {"case_id": case.id, "date_promised": self.today}
        )
        self.assertEqual((promise.claim_ids.move_line_id, promise.amount), (self.item, 1000))

    def test_judging_many_costs_no_query_for_each(self):
        customers = self.env["res.partner"].create([{"name": f"C{i}"} for i in range(12)])
        promises = self.env["recovery.promise"]
        for customer in customers:
            promises |= self._promise(self._overdue_invoice(partner=customer))
        self.env.flush_all()
        counts = []
        for few in (promises[:4], promises):
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            few._judge()
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1] - counts[0], 2, counts)

    def test_merged_customers_keep_their_promises(self):
        theirs = self._promise(self._overdue_invoice(partner=self.partner_b))
        own = self._promise(self.invoice)
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (self.partner_a | self.partner_b).ids, self.partner_a
        )
        self.assertEqual((own | theirs).case_id, own.case_id)
        self.assertEqual((own | theirs).mapped("state"), ["open", "open"])
