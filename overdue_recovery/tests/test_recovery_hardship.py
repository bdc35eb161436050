from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .common import RecoveryCommon


@tagged("post_install", "-at_install")
class TestRecoveryHardship(RecoveryCommon):
    """A customer in need: from the dialog to the review."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.collector = cls._person("collector", "account.group_account_invoice")
        cls.trained = cls._person(
            "trained", "account.group_account_invoice,overdue_recovery.group_sensitive"
        )
        cls.medical = cls.env.ref("overdue_recovery.late_reason_medical")

    @classmethod
    def _person(cls, login, groups):
        return new_test_user(
            cls.env,
            f"hardship_{login}",
            name=f"Ms {login.title()}",
            groups=groups,
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def setUp(self):
        super().setUp()
        self.invoice = self._overdue_invoice(20, 100)
        self.item = self._items(self.invoice)
        self.case = self.partner_a._recovery_case(self.company)
        self.env.flush_all()

    def _dialog(self, user, **values):
        """The dialog as this user opens it from the case."""
        action = self.case.with_user(user).action_hardship()
        dialog = self.env[action["res_model"]].with_user(user).browse(action["res_id"])
        dialog.write(values)
        return dialog

    def _begin(self, user, **values):
        self._dialog(user, **values).action_begin()
        self.env.invalidate_all()
        return self.env["recovery.hold"].sudo().search([("partner_id", "=", self.partner_a.id)])

    def test_it_stops_demands_and_charges_and_names_who_looks_after_it(self):
        hold = self._begin(self.collector, note="Lost the flat")
        self.assertRecordValues(
            hold,
            [
                {
                    "blocks": "both",
                    "partner_id": self.partner_a.id,
                    "date_review": self.today + timedelta(days=30),
                    "user_id": self.trained.id,
                    "note": "Lost the flat",
                }
            ],
        )
        self.assertEqual(self._codes(self.item)[:1], ["hardship"])
        self.env["recovery.case"]._recompute_dirty()
        self.assertEqual(self.case.state, "hardship")
        task = self.case.activity_ids
        self.assertEqual(task.user_id, self.trained)
        self.assertIn("installments", task.summary)

    def test_a_plan_is_offered_in_the_same_breath(self):
        action = self._dialog(self.collector).action_begin_and_plan()
        self.assertEqual(action["res_model"], "recovery.plan.create")
        self.assertTrue(self.case.private_text)

    def test_a_trained_collector_handles_it_himself(self):
        self.assertEqual(self._dialog(self.trained).user_id, self.trained)

    def test_who_is_not_trained_learns_only_that_there_is_something_and_whom_to_ask(self):
        hold = self._begin(self.trained)
        stranger = hold.with_user(self.collector).sudo(False)
        self.assertFalse(stranger.search([("id", "=", hold.id)]))
        for method in ("read", "action_end", "unlink"):
            with self.subTest(method=method), self.assertRaises(AccessError):
                getattr(stranger, method)()
        case = self.case.with_user(self.collector)
        self.assertFalse(case.hold_ids)
        self.assertIn(self.trained.name, case.private_text)
        self.assertEqual(self._label(self.collector), "On hold")
        text = self.env["account.move.line"]._dunning_blockers(self.item.ids)[self.item.id][0].text
        self.assertNotIn("ardship", text + case.private_text)
        self.assertNotIn("ardship", str(case.interaction_ids.content_ids.mapped("text")))

    def test_trained_people_read_it(self):
        hold = self._begin(self.collector)
        case = self.case.with_user(self.trained)
        self.assertEqual(case.hold_ids, hold.with_user(self.trained))
        self.assertEqual(case.hold_ids.reason_id.code, "hardship")
        self.assertEqual(self._label(self.trained), "Hardship")

    def _label(self, user):
        found = self.env["recovery.case"].with_user(user).fields_get(["state"], ["selection"])
        return dict(found["state"]["selection"])["hardship"]

    def test_who_noted_it_still_reads_it(self):
        hold = self._begin(self.collector)
        self.assertEqual(
            hold.with_user(self.collector).sudo(False).read(["note"])[0]["note"], False
        )

    def test_a_private_reason_is_offered_to_trained_people_and_not_noted_unless_told(self):
        reasons = self.env["recovery.late.reason"]
        self.assertFalse(reasons.with_user(self.collector).search([("code", "=", "medical")]))
        dialog = self._dialog(self.trained)
        with Form(dialog) as form:
            form.late_reason_id = self.medical
            self.assertTrue(form.rather_not_say)
            self.assertTrue(form.suggested_treatment)
        dialog.action_begin()
        self.assertFalse(self.case.late_reason_id, "rather not say")

    def test_the_told_reason_is_noted_and_hidden_from_others(self):
        self._begin(self.trained, late_reason_id=self.medical.id, rather_not_say=False)
        self.assertEqual(self.case.late_reason_id, self.medical)
        case = self.case.with_user(self.collector)
        self.assertEqual(case.late_reason_id.sudo().display_name, "Private reason")
        self.assertFalse(case.late_treatment)
        self.assertEqual(self.case.with_user(self.trained).late_treatment, "hardship")

    def test_a_second_one_names_the_first(self):
        self._begin(self.collector)
        with self.assertRaisesRegex(UserError, self.trained.name):
            self._dialog(self.collector).action_begin()

    def test_the_review_lies_ahead(self):
        with self.assertRaises(UserError):
            self._dialog(self.collector, date_review=self.today).action_begin()

    def test_its_review_is_a_task_of_who_handles_it_and_tells_nobody_why(self):
        hold = self._begin(self.collector)
        self._hold(self.item, "says_paid", date_review=hold.date_review)
        kind = self.env.ref("overdue_recovery.mail_activity_type_review")
        with self.on(30):
            self.env["recovery.hold"]._ask_for_reviews()
        tasks = self.case.activity_ids.filtered(lambda task: task.activity_type_id == kind)
        self.assertEqual(len(tasks), 2)
        private = tasks.filtered(lambda task: task.user_id == self.trained)
        self.assertEqual(private.summary, "Review of a private matter")
        due = self.env["recovery.hold"].with_user(self.trained)
        action = self.env.ref("overdue_recovery.recovery_hold_action_review")
        self.assertIn("search_default_review", action.context)
        self.assertIn(hold, due.search([("date_review", "<=", hold.date_review)]))

    def test_ended_it_is_dunned_again_at_the_stored_level(self):
        self._run_dunning()
        level = self.item.dunning_level_id
        hold = self._begin(self.collector)
        with self.on(30):
            self.assertEqual(self._codes(self.item)[:1], ["hardship"])
            hold.with_user(self.trained).action_end()
            self.env["recovery.case"]._recompute_dirty()
            self.assertEqual((self.case.state, self.item.dunning_level_id), ("dunning", level))
