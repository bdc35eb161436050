from datetime import timedelta

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .common import RecoveryCommon


@tagged("post_install", "-at_install")
class TestRecoveryRequest(RecoveryCommon):
    """What customers ask: the pause until the answer, the deadline, the answer and its effects."""

    def setUp(self):
        super().setUp()
        self.invoice = self._overdue_invoice(20, 1000)
        self.item = self._items(self.invoice)
        self.case = self.partner_a._recovery_case(self.company)
        self.company.recovery_request_days = 3

    def _ask(self, kind="help", text="I lost my job", **values):
        return self.env["recovery.request"]._ask(self.case, kind, text, **values)

    def _answer(self, request, decision, text="This is our answer"):
        action = getattr(
            request,
            {
                "approved": "action_approve",
                "countered": "action_counter",
                "rejected": "action_reject",
            }[decision],
        )()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        wizard.answer = text
        with self.mock_mail_gateway():
            wizard.action_answer()

    def _log(self, request):
        return self.case.interaction_ids.filtered(lambda one: one.reference == request.name).sorted(
            "sequence"
        )

    # -- while it waits --------------------------------------------------------------------

    def test_nothing_is_demanded_until_the_answer_however_long_it_takes(self):
        self._ask()
        for days in (0, 30, 400):
            with self.on(days):
                self.assertEqual(self._codes(self.item), ["reply_waiting"])
                self.assertFalse(self._propose().notice_ids)

    def test_an_unanswered_request_goes_to_a_manager_once_and_stays_open(self):
        request = self._ask()
        self.assertEqual(request.deadline, self.today + timedelta(days=3))
        with self.on(3):
            self.env["recovery.request"]._escalate()
            self.assertFalse(request.escalated_on)
        for days in (4, 5):
            with self.on(days):
                self.env["recovery.request"]._escalate()
        self.assertEqual(request.escalated_on, self.today + timedelta(days=4))
        summaries = request.activity_ids.mapped("summary")
        self.assertEqual(len(summaries), 2)
        self.assertEqual(request.state, "open")
        self.assertIn(
            self.company._recovery_manager(), request.activity_ids.user_id, "a manager has a task"
        )

    def test_the_daily_job_escalates(self):
        request = self._ask()
        with self.on(7), self.mock_mail_gateway():
            self.env["recovery.case"]._cron_daily()
        self.assertEqual(request.escalated_on, self.today + timedelta(days=7))
        self.assertFalse(self.case.notice_ids)

    def test_who_asks_again_has_still_one_request(self):
        request = self._ask()
        self.assertEqual(self._ask(), request)
        self.assertEqual(len(self._log(request)), 1, "the same words are a replay")
        self.assertEqual(self._ask(text="Please!"), request)
        self.assertEqual(self._log(request).mapped("text"), ["I lost my job", "Please!"])
        self.assertNotEqual(self._ask("new_date"), request)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.env["recovery.request"].create({"case_id": self.case.id, "kind": "help"})

    def test_after_the_answer_the_same_may_be_asked_again(self):
        request = self._ask()
        self._answer(request, "rejected")
        self.assertNotEqual(self._ask(), request)

    def test_a_reply_waits_for_its_own_answer_too(self):
        request = self._ask()
        self.case.sudo()._reply_received(
            {"direction": "in", "channel": "email", "kind": "reply", "text": "Hello?"}
        )
        self._answer(request, "rejected")
        self.assertEqual(self._codes(self.item), ["reply_waiting"])
        self.case._reply_activities().action_feedback()
        self.assertEqual(self._codes(self.item), [])

    def test_a_text_is_a_letter_and_no_book(self):
        with self.assertRaises(UserError):
            self._ask(text="x" * 4001)
        self.assertEqual(self._ask(text=" a\0b ").text, "ab")

    def test_what_was_asked_is_fixed_and_kept(self):
        request = self._ask().with_user(self.env.user).sudo(False)
        for values in ({"text": "x"}, {"answer": "x"}, {"date_wanted": "2025-04-01"}):
            with self.subTest(values=values), self.assertRaises(UserError):
                request.write(values)
        with self.assertRaises(UserError):
            request.unlink()
        request.deadline = self.today + timedelta(days=10)
        self.assertEqual(request.activity_ids.date_deadline, request.deadline)

    def test_two_merged_customers_have_one_open_request_of_a_kind(self):
        request = self._ask()
        twin = self.partner_a.copy({"name": "Twin", "email": "twin@customer.example"})
        self._overdue_invoice(20, 50, partner=twin)
        other = self.env["recovery.request"]._ask(
            twin._recovery_case(self.company), "help", "Me too"
        )
        merge = self.env["base.partner.merge.automatic.wizard"].sudo().create({})
        merge._merge((self.partner_a | twin).ids, self.partner_a)
        self.assertEqual((request.state, other.state), ("open", "withdrawn"))
        self.assertIn("Me too", self._log(request).mapped("text"))

    # -- the answer ------------------------------------------------------------------------

    def test_the_answer_is_mailed_logged_and_ends_the_pause(self):
        request = self._ask()
        self._answer(request, "rejected", "Sorry,\nwe <b>can't</b>")
        self.assertRecordValues(
            request,
            [{"state": "rejected", "date_answered": self.today, "activity_ids": []}],
        )
        mail = self.env["mail.mail"].search(
            [("model", "=", "recovery.request"), ("res_id", "=", request.id)]
        )
        self.assertEqual(mail.recipient_ids, self.partner_a)
        self.assertIn("we &lt;b&gt;can't&lt;/b&gt;", mail.body_html.replace("&#39;", "'"))
        entries = self._log(request)
        self.assertEqual(entries.mapped("outcome"), ["open", "rejected", "queued"])
        self.assertEqual(entries[-1].purpose, "answer")
        self.assertEqual(self._codes(self.item), [])

    def test_many_are_answered_at_once(self):
        requests = self._ask() | self._ask("new_date") | self._ask("preferences")
        self._answer(requests, "countered")
        self.assertEqual(set(requests.mapped("state")), {"countered"})
        self.assertEqual(set(requests.mapped("answer")), {"This is our answer"})

    def test_an_answer_needs_words(self):
        request = self._ask()
        with self.assertRaises(UserError):
            self._answer(request, "rejected", "  ")
        self.assertEqual(request.state, "open")

    def test_without_an_address_a_person_tells_the_answer(self):
        self.partner_a.email = False
        request = self._ask()
        self._answer(request, "rejected")
        self.assertEqual(request.state, "rejected")
        self.assertIn(request.name, request.activity_ids.summary)

    def test_a_request_is_answered_once(self):
        request = self._ask()
        self._answer(request, "rejected")
        with self.assertRaises(UserError):
            self._answer(request, "approved")

    # -- what an approval does -------------------------------------------------------------

    def test_more_time_is_given_until_the_day(self):
        request = self._ask(
            "new_date", date_wanted=self.today + timedelta(days=20), move_line_ids=self.item
        )
        self._answer(request, "approved")
        self.assertEqual(self._codes(self.item), ["other"])
        with self.on(21):
            self.assertEqual(self._codes(self.item), [])

    def test_a_day_that_is_over_can_be_countered_but_not_given(self):
        request = self._ask("new_date", date_wanted=self.today + timedelta(days=2))
        with self.on(3):
            with self.assertRaises(UserError):
                self._answer(request, "approved")
            self._answer(request, "countered")
        self.assertEqual(request.state, "countered")

    def test_a_late_promise_is_noted_instead_of_the_earlier_one(self):
        first = self._promise(self.invoice, 500)
        day = self.today + timedelta(days=30)
        request = self._ask("promise", amount=800, date_wanted=day, move_line_ids=self.item)
        self._answer(request, "approved")
        self.assertEqual(first.state, "cancelled")
        promise = self.case.promise_ids - first
        self.assertRecordValues(
            promise, [{"state": "open", "amount": 800, "date_promised": day, "origin": "portal"}]
        )

    def test_an_invoice_is_sent_a_second_time_once_a_person_agrees(self):
        with self.mock_mail_gateway():
            self.invoice.action_resend_and_restart()
        request = self._ask("not_received", move_line_ids=self.item)
        with self.on(5):
            self._answer(request, "approved")
            self.assertEqual(self.item.dunning_item_ids.resent_on, self.today + timedelta(days=5))

    def test_an_approved_counter_offer_is_accepted(self):
        offer = self._offer(self.invoice, 990)
        counter = offer.sudo()._counter("debtor", 985, self.today + timedelta(days=9))
        request = self._ask("counter_offer", offer_id=counter.id, amount=985)
        self.env["recovery.offer.limit"].sudo().create(
            {
                "kind": "settlement",
                "role": "manager",
                "min_age": 0,
                "max_percent": 5,
                "source": "Test",
            }
        )
        self._answer(request, "approved")
        self.assertEqual((request.state, counter.state), ("approved", "accepted"))

    def test_an_offer_that_is_decided_elsewhere_answers_the_request(self):
        offer = self._offer(self.invoice, 990)
        counter = offer.sudo()._counter("debtor", 900, self.today + timedelta(days=9))
        request = self._ask("counter_offer", offer_id=counter.id)
        counter.action_decline()
        self.assertEqual(request.state, "rejected")

    def test_nobody_approves_more_than_his_limits_by_a_request(self):
        offer = self._offer(self.invoice, 990)
        counter = offer.sudo()._counter("debtor", 1, self.today + timedelta(days=9))
        request = self._ask("counter_offer", offer_id=counter.id)
        collector = new_test_user(
            self.env,
            "request_collector",
            groups="account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        with self.assertRaises(UserError):
            self._answer(request.with_user(collector).sudo(False), "approved")
