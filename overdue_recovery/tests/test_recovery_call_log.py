import json

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .common import RecoveryCommon


@tagged("post_install", "-at_install")
class TestRecoveryCallLog(RecoveryCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner_a.phone = "+49 30 1234567"
        cls.levels.write({"call": True, "call_script": "<p>Ask when the money comes.</p>"})
        cls.courtesy = cls.env.ref("overdue_recovery.recovery_law_courtesy")

    def _case(self, partner=None):
        return (partner or self.partner_a)._recovery_case(self.company)

    def _dialog(self, action):
        self.assertEqual(action["res_model"], "recovery.call.log")
        return self.env["recovery.call.log"].browse(action["res_id"])

    def _call(self, outcome, case=None, **values):
        """Log a call that ended so, about nothing in particular."""
        wizard = self._dialog((case or self._case()).action_log_call())
        wizard.write({"outcome_id": self._ended(outcome).id, **values})
        return wizard.action_log()

    def _ended(self, code):
        return self.env.ref(f"overdue_recovery.call_outcome_{code}")

    def _calls(self, case=None):
        entries = (case or self._case()).interaction_ids.sorted("sequence")
        return entries.filtered(lambda entry: entry.kind == "call")

    def _limit_calls(self, count=7):
        """So many calls in seven days, and after a conversation none for seven days."""
        self.env["recovery.law"].create(
            {
                "code": "TEST-CALLS",
                "name": "Seven in seven",
                "valid_from": "2020-01-01",
                "source": "A test",
                "contact_active": True,
                "contact_rule_ids": [
                    Command.create({"channel": "call", "max_contacts": count, "window_days": 7})
                ],
            }
        )

    # -- what is logged ---------------------------------------------------------------------

    def test_a_call_is_one_entry_with_all_that_was_said(self):
        self._call("refuses", duration=4, note="Will not pay before May.")
        self.assertRecordValues(
            self._calls(),
            [
                {
                    "direction": "out",
                    "channel": "call",
                    "purpose": "demand",
                    "outcome": "conversation",
                    "refers_to": 0,
                    "names": self.partner_a.complete_name,
                    "address": "+49 30 1234567",
                    "subject": "Refuses to pay",
                    "text": "Will not pay before May.",
                }
            ],
        )
        details = json.loads(self._calls().details)
        self.assertEqual(details, {"outcome": "refuses", "minutes": 4, "gate": ["send"]})

    def test_nobody_answered_is_no_conversation(self):
        for code in ("no_answer", "voicemail", "wrong_number"):
            self._call(code)
        self.assertEqual(set(self._calls().mapped("outcome")), {"no_answer"})

    def test_the_customer_called(self):
        self._call("help", direction="in")
        self.assertRecordValues(
            self._calls(), [{"direction": "in", "purpose": "none", "outcome": "conversation"}]
        )
        self.assertNotIn("gate", json.loads(self._calls().details))

    def test_how_it_ended_must_be_said(self):
        wizard = self._dialog(self._case().action_log_call())
        with self.assertRaisesRegex(UserError, "how the call ended"):
            wizard.action_log()
        self.assertFalse(self._calls())

    # -- the gate ---------------------------------------------------------------------------

    def test_the_number_is_shown_only_when_the_customer_may_be_called(self):
        with self.on(0):
            wizard = self._dialog(self._case().action_log_call())
            self.assertEqual((wizard.may_call, wizard.phone), (True, "+49 30 1234567"))
            self.assertEqual(wizard.verdict, "May go now.")
        with self.on(5):
            wizard = self._dialog(self._case().action_log_call())
            self.assertEqual((wizard.may_call, wizard.phone), (False, False))
            self.assertRegex(wizard.verdict, "Waits until .* Not a day of the week")
            wizard.purpose = "answer"
            self.assertTrue(wizard.phone)
            wizard.write({"direction": "in"})
            self.assertFalse(wizard.verdict)

    def test_a_call_that_took_place_is_logged_whatever_the_gate_said(self):
        with self.on(5):
            self._call("no_answer")
        self.assertEqual(json.loads(self._calls().details)["gate"], ["hold", "weekday"])

    def test_a_conversation_ends_calls_for_seven_days(self):
        self._limit_calls()
        self.courtesy.contact_active = False
        self._call("refuses")
        with self.on(6):
            wizard = self._dialog(self._case().action_log_call())
            self.assertRegex(wizard.verdict, "We spoke with the customer")
            self.assertFalse(wizard.phone)
        with self.on(7):
            self.assertTrue(self._dialog(self._case().action_log_call()).may_call)

    def test_the_eighth_call_in_seven_days_waits(self):
        self._limit_calls()
        self.courtesy.contact_active = False
        for day in range(7):
            with self.on(day):
                self.assertTrue(self._dialog(self._case().action_log_call()).may_call, day)
                self._call("no_answer")
        with self.on(6, hour=12):
            wizard = self._dialog(self._case().action_log_call())
            self.assertRegex(wizard.verdict, "as often as the contact rules allow")
            self.assertFalse(wizard.may_call)
        with self.on(7):
            self.assertTrue(self._dialog(self._case().action_log_call()).may_call)

    # -- the call that a notice planned -------------------------------------------------------

    def _planned(self):
        self._overdue_invoice(10)
        notice = self._run_dunning().notice_ids
        return notice, notice.delivery_ids.filtered(lambda one: one.channel == "call")

    def test_the_planned_call_is_finished_through_the_dialog(self):
        notice, delivery = self._planned()
        wizard = self._dialog(notice.action_log_call())
        self.assertEqual(wizard.activity_id, delivery.activity_id)
        self.assertIn("Ask when the money comes.", wizard.script)
        wizard.outcome_id = self._ended("refuses")
        wizard.action_log()
        self.assertFalse(delivery.activity_id.active)
        self.assertRecordValues(
            self._calls(), [{"refers_to": delivery.log_sequence, "reference": notice.name}]
        )
        self.assertFalse(self._dialog(notice.action_log_call()).activity_id)

    def test_the_call_is_opened_from_its_task(self):
        _notice, delivery = self._planned()
        wizard = self._dialog(delivery.activity_id.action_recovery_log_call())
        self.assertEqual((wizard.activity_id, wizard.notice_id), (delivery.activity_id, _notice))

    def test_a_call_that_is_only_ticked_off_is_logged_too(self):
        _notice, delivery = self._planned()
        delivery.activity_id.with_context(recovery_call_logged=True).action_feedback("Not in")
        self.assertRecordValues(
            self._calls(),
            [{"refers_to": delivery.log_sequence, "outcome": "done", "text": "Not in"}],
        )

    def test_the_planned_call_and_the_one_that_was_made_are_one(self):
        """The plan of Monday, called on Wednesday: the conversation counts from Wednesday."""
        self._limit_calls(count=2)
        self.courtesy.contact_active = False
        notice, _delivery = self._planned()
        with self.on(2):
            wizard = self._dialog(notice.action_log_call())
            self.assertTrue(wizard.may_call)
            wizard.outcome_id = self._ended("no_answer")
            wizard.action_log()
            self.assertTrue(self._dialog(notice.action_log_call()).may_call)
            self._call("refuses")
        with self.on(8):
            self.assertFalse(self._dialog(self._case().action_log_call()).may_call)
        with self.on(9):
            self.assertTrue(self._dialog(self._case().action_log_call()).may_call)

    def test_a_planned_call_is_taken_back_when_nothing_is_asked_any_more(self):
        invoice = self._overdue_invoice(10, 100)
        rest = self._overdue_invoice(10, 50)
        self._run_dunning()
        case = self._case()
        self.env["recovery.case"]._cron_recompute()
        self.assertTrue(case._planned_calls())
        self._pay(invoice)
        self.env["recovery.case"]._cron_recompute()
        self.assertTrue(case._planned_calls(), "the other invoice is asked for as before")
        self._promise(rest)
        self.env["recovery.case"]._cron_recompute()
        self.assertFalse(case.activity_ids)
        planned = case.notice_ids.delivery_ids.filtered(lambda one: one.channel == "call")
        ended = case.interaction_ids.filtered(lambda entry: entry.outcome == "withdrawn")
        self.assertEqual(ended.mapped("refers_to"), planned.mapped("log_sequence"))

    def test_a_conversation_counts_even_when_its_notice_is_cancelled(self):
        self._limit_calls()
        self.courtesy.contact_active = False
        notice, _delivery = self._planned()
        wizard = self._dialog(notice.action_log_call())
        wizard.outcome_id = self._ended("refuses")
        wizard.action_log()
        notice.action_cancel()
        with self.on(3):
            self.assertRegex(
                self._dialog(self._case().action_log_call()).verdict, "We spoke with the customer"
            )

    # -- what comes next ----------------------------------------------------------------------

    def test_the_outcome_proposes_the_next_step(self):
        form = Form(self.env["recovery.call.log"].browse(self._case().action_log_call()["res_id"]))
        form.outcome_id = self._ended("voicemail")
        self.assertEqual(form.next_step, "call")
        self.assertEqual(str(form.follow_up_date), "2025-03-05")
        form.outcome_id = self._ended("promise")
        self.assertEqual((form.next_step, form.follow_up_date), ("promise", False))

    def test_promise_and_dispute_go_on_in_their_dialogs(self):
        self._overdue_invoice(10)
        for code, model in (
            ("promise", "recovery.promise.create"),
            ("dispute", "recovery.dispute.create"),
        ):
            self.assertEqual(self._call(code)["res_model"], model)
        self.assertEqual(
            self._call("refuses", next_step="offer")["res_model"], "recovery.offer.create"
        )

    def test_a_further_call_is_planned(self):
        self._call("no_answer")
        case = self._case()
        self.assertRecordValues(
            case.activity_ids,
            [{"activity_category": "phonecall", "summary": "Call the customer again"}],
        )
        self.assertEqual(str(case.activity_ids.date_deadline), "2025-03-04")
        self.assertEqual(str(case.follow_up_date), "2025-03-04")

    def test_who_says_it_has_paid_is_not_reminded_meanwhile(self):
        invoice = self._overdue_invoice(10)
        self._call("paid")
        self.assertIn("says_paid", self._codes(self._items(invoice)))
        with self.on(8):
            self.assertNotIn("says_paid", self._codes(self._items(invoice)))

    def test_who_asks_for_help_is_asked_about_its_hardship(self):
        self.assertEqual(self._call("help")["res_model"], "recovery.hardship.create")

    def test_a_wrong_number_wakes_the_owner(self):
        self._call("wrong_number", note="Nobody knows her there")
        self.assertEqual(len(self._case().activity_ids), 1)

    def test_the_reason_of_lateness_is_noted_unless_the_customer_would_rather_not_say(self):
        plain = self.env.ref("overdue_recovery.late_reason_forgot")
        self._call("refuses", late_reason_id=plain.id)
        self.assertEqual(self._case().late_reason_id, plain)
        private = self.env["recovery.late.reason"].sudo().search([("is_sensitive", "=", True)])[0]
        self._call("refuses", late_reason_id=private.id, rather_not_say=True)
        self.assertEqual(self._case().late_reason_id, plain)

    # -- rights -------------------------------------------------------------------------------

    def test_an_auditor_logs_no_call(self):
        auditor = new_test_user(
            self.env,
            "call_auditor",
            groups="overdue_recovery.group_auditor",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        with self.assertRaises(AccessError):
            self._case().with_user(auditor).action_log_call()

    def test_a_collector_logs_a_call(self):
        collector = new_test_user(
            self.env,
            "call_collector",
            groups="account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        case = self._case().with_user(collector)
        wizard = self.env["recovery.call.log"].with_user(collector)
        wizard = wizard.browse(case.action_log_call()["res_id"])
        wizard.write({"outcome_id": self._ended("paid").id})
        wizard.action_log()
        self.assertEqual(len(self._calls()), 1)
