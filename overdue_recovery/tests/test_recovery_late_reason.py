from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

CODES = {
    "forgot",
    "cash_flow",
    "unexpected_expense",
    "home_repair",
    "moving",
    "medical",
    "job_loss",
    "divorce",
    "organisational_oversight",
    "approval_queue",
    "purchase_order_missing",
    "communication_gap",
    "not_received",
    "wrong_address",
    "our_error",
    "technical_glitch",
    "bank_error",
}
SENSITIVE = {"medical", "job_loss", "divorce"}


@tagged("post_install", "-at_install")
class TestRecoveryLateReason(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reasons = cls.env["recovery.late.reason"]
        cls.medical = cls.env.ref("overdue_recovery.late_reason_medical")

    def _as(self, *groups):
        login = groups[0].rsplit(".", 1)[-1]
        user = new_test_user(self.env, login, groups=",".join(groups))
        return self.reasons.with_user(user)

    def _shipped(self, reasons):
        return reasons.search([("code", "in", list(CODES))])

    def test_all_reasons_ship_with_a_treatment(self):
        shipped = self.reasons.browse(
            [self.env.ref(f"overdue_recovery.late_reason_{code}").id for code in CODES]
        )
        self.assertEqual(set(shipped.mapped("code")), CODES)
        self.assertTrue(all(shipped.mapped("suggested_treatment")))
        self.assertEqual(
            set(shipped.filtered("is_sensitive").mapped("code")), SENSITIVE, "health and family"
        )
        self.assertEqual(set(shipped.mapped("side")), {"ours", "theirs", "third_party"})

    def test_a_collector_a_manager_and_an_auditor_see_no_sensitive_reason(self):
        for group in ("group_user", "group_manager", "group_auditor"):
            with self.subTest(group=group):
                found = self._shipped(self._as(f"overdue_recovery.{group}"))
                self.assertEqual(set(found.mapped("code")), CODES - SENSITIVE)
                with self.assertRaises(AccessError):
                    self.medical.with_user(found.env.user).read(["name"])

    def test_trained_people_see_all_reasons(self):
        reasons = self._as("overdue_recovery.group_user", "overdue_recovery.group_sensitive")
        self.assertEqual(set(self._shipped(reasons).mapped("code")), CODES)
        self.assertEqual(self.medical.with_user(reasons.env.user).display_name, self.medical.name)

    def test_the_name_does_not_leak_through_a_record_that_points_to_it(self):
        """The web client asks for names of linked records as superuser."""
        reasons = self._as("overdue_recovery.group_user")
        hidden = self.medical.with_user(reasons.env.user).sudo()
        self.assertEqual(hidden.display_name, "Private reason")
        forgot = self.env.ref("overdue_recovery.late_reason_forgot")
        self.assertEqual(forgot.with_user(reasons.env.user).sudo().display_name, forgot.name)

    def test_a_manager_without_the_right_makes_no_sensitive_reason(self):
        reasons = self._as("overdue_recovery.group_manager")
        values = {"name": "Own", "code": "own"}
        self.assertEqual(reasons.create(values).treatment, "remind")
        with self.assertRaises(AccessError):
            reasons.create({**values, "code": "own_2", "is_sensitive": True})

    def test_a_code_is_unique_and_plain(self):
        for code in ("medical", "With Blank", "comma,comma", "9lives", ""):
            with (
                self.subTest(code=code),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                self.reasons.create({"name": "Twin", "code": code}).flush_recordset()
