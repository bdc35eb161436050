from datetime import date

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError


@tagged("post_install", "-at_install")
class TestRecoveryLaw(TransactionCase):
    def _law(self, **values):
        return self.env["recovery.law"].create(
            {
                "code": "XX-B2C",
                "name": "Nowhere, consumers",
                "source": "Act 1",
                "valid_from": "2025-01-01",
                **values,
            }
        )

    def _assert_refused(self, **values):
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self._law(**values).flush_recordset()

    def test_the_courtesy_row_binds_contacts_and_charges_nothing(self):
        courtesy = self.env.ref("overdue_recovery.recovery_law_courtesy")
        self.assertRecordValues(
            courtesy,
            [
                {
                    "code": "courtesy",
                    "debtor_type": "any",
                    "contact_active": True,
                    "charges_active": False,
                    "active": True,
                }
            ],
        )
        self.assertFalse(courtesy.country_ids)
        for rule in ("Monday to Friday", "08:00 to 19:00", "public holidays", "7 days"):
            self.assertIn(rule, courtesy.note)

    def test_a_new_row_is_off_and_says_that_it_is_no_advice(self):
        law = self._law()
        self.assertFalse(law.contact_active or law.charges_active)
        self.assertIn("Not legal advice", law.note)

    def test_a_law_begins_only_once_on_a_day(self):
        self._law(active=False)
        self._assert_refused(active=False)

    def test_a_law_does_not_end_before_it_begins(self):
        self._assert_refused(valid_to="2024-12-31")
        self._law(valid_to="2025-01-01")

    def test_charges_are_not_switched_on_without_a_first_day(self):
        self._assert_refused(charges_active=True)
        self._law(charges_active=True, charges_since="2025-06-01")

    def test_periods_of_one_law_do_not_overlap(self):
        old = self._law()
        with self.assertRaises(ValidationError):
            self._law(valid_from="2025-07-01")
        old.valid_to = "2025-06-30"
        self._law(valid_from="2025-07-01")
        self._law(code="XX-B2B", valid_from="2025-03-01")
        with self.assertRaises(ValidationError):
            old.valid_to = "2025-07-01"

    def test_the_name_shows_the_code(self):
        self.assertEqual(self._law().display_name, "XX-B2C: Nowhere, consumers")

    def test_a_change_of_a_row_or_of_its_rules_binds_at_once(self):
        law = self._law(contact_active=True)
        for act in (
            lambda: law.write({"debtor_type": "consumer"}),
            lambda: law.write({"contact_rule_ids": [Command.create({"gap_days": 3})]}),
            lambda: law.contact_rule_ids.write({"gap_days": 4}),
            lambda: law.contact_rule_ids.unlink(),
            law.unlink,
        ):
            before = self.env["recovery.law"]._contact_laws(date(2025, 3, 3))
            act()
            self.assertNotEqual(before, self.env["recovery.law"]._contact_laws(date(2025, 3, 3)))
