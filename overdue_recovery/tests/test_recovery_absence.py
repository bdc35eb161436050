from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .common import RecoveryCommon


@tagged("post_install", "-at_install")
class TestRecoveryAbsence(RecoveryCommon):
    """While an owner is away its deputy sees and gets the work; the cases keep their owner."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.anna, cls.ben, cls.carl = (cls._collector(name) for name in ("anna", "ben", "carl"))
        cls.partner_a.user_id = cls.anna
        cls.case = cls.partner_a._recovery_case(cls.company)

    @classmethod
    def _collector(cls, name, **values):
        return new_test_user(
            cls.env,
            f"absence_{name}",
            groups="overdue_recovery.group_user",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
            **values,
        )

    def _away(self, user, deputy, first=0, last=5, **values):
        return self.env["recovery.absence"].create(
            {
                "user_id": user.id,
                "deputy_id": deputy.id,
                "date_from": self.today + timedelta(days=first),
                "date_to": self.today + timedelta(days=last),
                **values,
            }
        )

    def _mine(self, user, model="recovery.case"):
        self.env.flush_all()
        return self.env[model].with_user(user).search([("is_mine", "=", True)])

    def _plan_review(self):
        kind = self.env.ref("overdue_recovery.mail_activity_type_review")
        return self.case._plan_activity(kind, "Look at it")

    def test_the_deputy_has_the_customers_among_its_own_and_no_longer_than_that(self):
        self.assertFalse(self._mine(self.ben))
        self._away(self.anna, self.ben)
        self.assertEqual(self._mine(self.ben), self.case)
        self.assertEqual(self._mine(self.anna), self.case, "the owner may look in")
        self.assertEqual(self.case.deputy_id, self.ben)
        self.assertEqual(self.case.user_id, self.anna, "nothing is rewritten")
        with self.on(6):
            self.assertFalse(self._mine(self.ben))

    def test_the_deputy_has_them_in_the_list_of_today(self):
        self._plan_review()
        self._away(self.anna, self.ben)
        [row] = self._mine(self.ben, "recovery.today")
        self.assertEqual(
            (row.case_id, row.user_id, row.deputy_id), (self.case, self.anna, self.ben)
        )
        self.assertTrue(row.with_user(self.ben).is_mine)
        self.assertFalse(self._mine(self.carl, "recovery.today"))

    def test_tasks_that_begin_are_the_deputys_and_those_before_stay(self):
        before = self._plan_review()
        self._away(self.anna, self.ben)
        self.assertEqual(self._plan_review().user_id, self.ben)
        self.assertEqual(before.user_id, self.anna)
        with self.on(6):
            self.assertEqual(self._plan_review().user_id, self.anna)

    def test_the_deputy_answers_requests_and_hears_of_them(self):
        self._away(self.anna, self.ben)
        with self.mock_mail_gateway():
            request = self.env["recovery.request"].create(
                {"case_id": self.case.id, "kind": "help", "text": "Call me"}
            )
        self.assertEqual(request.user_id, self.anna)
        self.assertEqual(request.activity_ids.user_id, self.ben)

    def test_the_deputy_is_told_that_a_customer_wrote(self):
        self._away(self.anna, self.ben)
        with self.mock_mail_gateway():
            self.case._wake_owner({"names": "Customer"})
        self.assertEqual(self.case._reply_activities().user_id, self.ben)
        told = self.env["mail.message"].search(
            [("model", "=", "recovery.case"), ("res_id", "=", self.case.id)]
        )
        self.assertIn(self.ben.partner_id, told.partner_ids)
        self.assertNotIn(self.anna.partner_id, told.partner_ids)

    def test_a_deputy_who_is_away_too_has_its_own(self):
        self._away(self.anna, self.ben)
        self._away(self.ben, self.carl)
        self.assertEqual(self._plan_review().user_id, self.carl)
        self.assertEqual(self._mine(self.carl), self.case)

    def test_two_who_stand_in_for_each_other_keep_the_work_between_them(self):
        self._away(self.anna, self.ben)
        self._away(self.ben, self.anna)
        self.assertEqual(self._plan_review().user_id, self.ben)

    def test_a_deputy_from_another_company_gets_nothing_of_this_one(self):
        other = self.env["res.company"].create({"name": "Other"})
        dora = self._collector("dora")
        self._away(self.anna, dora)
        dora.sudo().write({"company_id": other.id, "company_ids": [Command.set(other.ids)]})
        self.assertEqual(self._plan_review().user_id, self.anna)

    def test_only_a_collector_can_be_deputy(self):
        clerk = new_test_user(self.env, "absence_clerk", groups="base.group_user")
        with self.assertRaisesRegex(ValidationError, "no collector"):
            self._away(self.anna, clerk)

    def test_nobody_is_away_twice_or_ends_before_it_begins(self):
        self._away(self.anna, self.ben)
        self._away(self.anna, self.carl, 6, 9)
        for values in ({"last": 19}, {"deputy": self.anna}):
            absence = {"user": self.anna, "deputy": self.ben, "first": 20, "last": 21, **values}
            with (
                self.subTest(values=values),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                self._away(**absence)
        with self.assertRaisesRegex(ValidationError, "away on some of these days already"):
            self._away(self.anna, self.carl, 5, 5)

    def test_a_collector_says_it_for_itself_and_a_manager_for_everybody(self):
        day = self.today
        values = {"deputy_id": self.ben.id, "date_from": day, "date_to": day}
        absences = self.env["recovery.absence"].with_user(self.anna)
        own = absences.create({**values, "user_id": self.anna.id})
        self.assertTrue(own.with_user(self.ben).user_id, "all collectors see who is away")
        with self.assertRaises(AccessError):
            own.with_user(self.ben).unlink()
        with self.assertRaises(AccessError):
            absences.create({**values, "user_id": self.carl.id})
        self.env["recovery.absence"].create({**values, "user_id": self.carl.id})
