from odoo.addons.overdue_recovery.calc import demand, escalation
from odoo.exceptions import UserError
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

CODES = [
    "disputed",
    "promised",
    "in_plan",
    "in_transit",
    "credit_note_coming",
    "hardship",
    "reply_waiting",
    "says_paid",
    "cheque_received",
    "returned_payment",
    "insolvency",
    "deceased",
    "represented",
    "moratorium",
    "factored",
    "we_owe_them",
    "referred",
    "collected_by_us",
    "other",
]


@tagged("post_install", "-at_install")
class TestRecoveryHoldReason(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reasons = cls.env["recovery.hold.reason"]
        cls.shipped = cls.reasons.search([("code", "in", CODES)])

    def test_all_reasons_ship_the_most_serious_first(self):
        self.assertEqual(self.shipped.mapped("code"), CODES)
        self.assertEqual([code for code in escalation.REASONS if code in CODES], CODES)
        for code in CODES:
            self.assertEqual(self.env.ref(f"overdue_recovery.hold_reason_{code}").code, code)

    def test_the_five_that_lower_the_demand_are_those_of_the_calculation(self):
        lowering = self.shipped.filtered("lowers_demand")
        self.assertEqual(set(lowering.mapped("code")), set(demand.LOWERING))
        found = self.reasons.search([("lowers_demand", "=", True)])
        self.assertEqual(set(found.mapped("code")), set(demand.LOWERING))
        others = self.reasons.search([("lowers_demand", "=", False)])
        self.assertEqual(self.shipped - others, lowering)
        own = self.reasons.create({"name": "Own", "code": "own"})
        self.assertFalse(own.lowers_demand)

    def test_every_reason_is_explained(self):
        self.assertTrue(all(self.shipped.mapped("description")))

    def test_a_reason_that_no_arrangement_ends_is_reviewed_by_a_person(self):
        ended_by_itself = {"disputed", "promised", "in_plan", "referred"}
        reviewed = self.shipped.filtered("review_days")
        self.assertEqual(set(CODES) - set(reviewed.mapped("code")), ended_by_itself)

    def test_a_represented_customer_is_written_to_through_the_representative(self):
        represented = self.env.ref("overdue_recovery.hold_reason_represented")
        self.assertTrue(represented.representative_only)
        self.assertFalse(represented.stops_contact)

    def test_a_code_never_changes(self):
        own = self.reasons.create({"name": "Own", "code": "own"})
        with self.assertRaises(UserError):
            own.write({"code": "other_own"})
        own.write({"code": "own", "name": "Renamed"})
        self.assertEqual(own.name, "Renamed")

    def test_a_shipped_reason_is_archived_not_deleted(self):
        with self.assertRaises(UserError):
            self.shipped[0].unlink()
        self.shipped[0].active = False
        self.reasons.create({"name": "Own", "code": "own"}).unlink()

    def test_bad_values_are_refused(self):
        wrong = ({"code": "disputed"}, {"code": "a,b"}, {"code": "x", "review_days": -1})
        for values in wrong:
            with (
                self.subTest(values=values),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                self.reasons.create({"name": "Bad", **values}).flush_recordset()
