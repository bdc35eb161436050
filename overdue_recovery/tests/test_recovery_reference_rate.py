import base64
from datetime import date
from decimal import Decimal

from freezegun import freeze_time
from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError


@tagged("post_install", "-at_install")
@freeze_time("2025-03-03 09:00:00")
class TestRecoveryReferenceRate(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ecb = cls.env.ref("overdue_recovery.reference_rate_ecb_mro")
        cls.base = cls.env.ref("overdue_recovery.reference_rate_de_base")
        cls.bank = cls.env.ref("overdue_recovery.reference_rate_boe_bank")
        cls.manager = new_test_user(
            cls.env, "recovery_rates", groups="overdue_recovery.group_manager"
        )

    def _rate(self, *values, **others):
        rate = self.env["recovery.reference.rate"].create(
            {"code": "XX", "name": "Nowhere", "source": "A bank", **others}
        )
        rate.value_ids = [
            Command.create({"valid_from": day, "rate": value}) for day, value in values
        ]
        return rate

    def _in_use(self, rate):
        """A law that charges and follows ``rate``."""
        return self.env["recovery.law"].create(
            {
                "code": "YY",
                "name": "Nowhere",
                "source": "Act 1",
                "valid_from": "2020-01-01",
                "charges_active": True,
                "charges_since": "2020-01-01",
                "interest_kind": "reference",
                "reference_rate_id": rate.id,
            }
        )

    def _tasks(self, rate):
        return rate.activity_ids.filtered(
            lambda task: task.activity_type_id.res_model == rate._name
        )

    # -- what ships, and the rate of a day -----------------------------------------------------

    def test_shipped_series_have_a_source_and_reach_back_to_2012(self):
        for rate in self.ecb | self.base | self.bank:
            with self.subTest(code=rate.code):
                self.assertTrue(rate.source and rate.source_url and rate.checked_on)
                self.assertLess(min(rate.value_ids.mapped("valid_from")), date(2012, 1, 1))
                self.assertTrue(rate._rate_on(date(2012, 1, 1)) is not None)

    def test_a_value_holds_from_its_day_until_the_next_one(self):
        for rate, day, expected in (
            (self.ecb, date(2024, 6, 11), "0.045"),
            (self.ecb, date(2024, 6, 12), "0.0425"),
            (self.ecb, date(2019, 5, 5), "0"),
            (self.bank, date(2012, 6, 30), "0.005"),
            (self.bank, date(2025, 6, 30), "0.0425"),
            (self.base, date(2016, 6, 30), "-0.0083"),
            (self.base, date(2016, 7, 1), "-0.0088"),
            (self.base, date(2025, 6, 30), "0.0227"),
        ):
            with self.subTest(code=rate.code, day=day):
                self.assertEqual(rate._rate_on(day), Decimal(expected))

    def test_a_rate_is_asked_without_a_query_per_debt_and_a_change_counts_at_once(self):
        rate = self._rate(("2024-01-01", 0.02))
        rate._rate_on(date(2025, 1, 1))
        with self.assertQueryCount(0):
            rate._rate_on(date(2025, 1, 1))
        rate.value_ids.rate = 0.03
        self.assertEqual(rate._rate_on(date(2025, 1, 1)), Decimal("0.03"))

    def test_before_the_first_value_there_is_no_rate(self):
        rate = self._rate(("2024-01-01", 0.02))
        self.assertEqual(rate._rate_on(date(2024, 1, 1)), Decimal("0.02"))
        with self.assertRaisesRegex(UserError, "XX.*has no value"):
            rate._rate_on(date(2023, 12, 31))

    def test_a_day_has_one_value_and_a_value_is_a_fraction(self):
        rate = self._rate(("2024-01-01", 0.02))
        for values in (
            {"valid_from": "2024-01-01", "rate": 0.03},
            {"valid_from": "2024-02-01", "rate": 2.15},
        ):
            with (
                self.subTest(**values),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                rate.value_ids.create({"rate_id": rate.id, **values})

    # -- the alarm -----------------------------------------------------------------------------

    def test_the_german_base_rate_is_the_european_one_less_0_88(self):
        self.assertEqual(self.base._deviations(date(2026, 12, 31)), [])
        self.assertEqual(len(self.base.value_ids), 17)

    def test_a_rate_that_left_its_distance_is_told(self):
        value = self.base.value_ids.filtered(lambda value: value.valid_from == date(2024, 7, 1))
        value.rate = 0.0377
        self.assertEqual(
            self.base._deviations(date(2025, 3, 3)),
            [(date(2024, 7, 1), Decimal("0.0377"), Decimal("0.0337"))],
        )
        self.assertIn("3.77 %, but 3.37 % by ECB-MRO", self.base.warning)

    def test_a_half_year_that_was_forgotten_is_told(self):
        value = self.base.value_ids.filtered(lambda value: value.valid_from == date(2025, 1, 1))
        value.unlink()
        [(day, rate, expected)] = self.base._deviations(date(2025, 3, 3))
        self.assertEqual(day, date(2025, 1, 1))
        self.assertEqual((rate, expected), (Decimal("0.0337"), Decimal("0.0227")))

    def test_a_rate_is_stale_when_nobody_looked_since_the_half_year_began(self):
        rate = self._rate(("2024-12-31", 0.02))
        self.assertTrue(rate._is_stale(date(2025, 1, 1)))
        self.assertFalse(rate._is_stale(date(2024, 12, 31)))
        rate.checked_on = "2025-01-01"
        self.assertFalse(rate._is_stale(date(2025, 6, 30)))
        self.assertTrue(rate._is_stale(date(2025, 7, 1)))
        self.assertTrue(self._rate(code="ZZ")._is_stale(date(2025, 1, 1)))

    def test_a_manager_is_told_once_and_only_of_rates_that_a_charging_law_follows(self):
        rate, idle = self._rate(("2024-12-01", 0.02)), self._rate(("2024-12-01", 0.02), code="ZZ")
        law = self._in_use(rate)
        rates = self.env["recovery.reference.rate"]
        rates._cron_watch()
        rates._cron_watch()
        self.assertEqual(len(self._tasks(rate)), 1)
        self.assertIn("Nobody has looked it up", self._tasks(rate).note)
        self.assertFalse(self._tasks(idle))
        law.charges_active = False
        rates._cron_watch()
        self.assertFalse(self._tasks(rate))

    def test_saying_that_nothing_changed_ends_the_task(self):
        rate = self._rate(("2024-12-01", 0.02))
        self._in_use(rate)
        rate._cron_watch()
        self.assertTrue(self._tasks(rate))
        rate.with_user(self.manager).action_still_valid()
        self.assertFalse(self._tasks(rate))
        self.assertEqual(rate.checked_on, date(2025, 3, 3))
        self.assertFalse(rate.warning)

    def test_the_daily_job_watches(self):
        rate = self._rate(("2024-12-01", 0.02))
        self._in_use(rate)
        self.env["recovery.case"]._cron_daily()
        self.assertTrue(self._tasks(rate))

    # -- the file --------------------------------------------------------------------------------

    def _import(self, rate, text, **values):
        content = text if isinstance(text, bytes) else text.encode()
        wizard = self.env["recovery.rate.import"].with_user(self.manager)
        return wizard.create(
            {
                "rate_id": rate.id,
                "file": base64.b64encode(content),
                "filename": "rates.csv",
                **values,
            }
        )

    def test_new_values_are_shown_and_then_written_with_their_source(self):
        rate = self._rate(("2024-01-01", 0.02))
        self._in_use(rate)
        rate._cron_watch()
        wizard = self._import(rate, "date,rate\n2024-01-01,2.00\n2025-01-01,2.25\n")
        self.assertIn("2.25 %, new", wizard.preview)
        self.assertNotIn("2 %", wizard.preview.replace("2.25 %", ""))
        self.assertFalse(wizard.has_changes)
        wizard.action_import()
        self.assertEqual(rate._rate_on(date(2025, 1, 1)), Decimal("0.0225"))
        self.assertEqual(len(rate.value_ids), 2)
        self.assertEqual(rate.value_ids.sorted("valid_from")[-1].source, "rates.csv")
        self.assertFalse(self._tasks(rate))

    def test_values_that_are_there_change_only_when_that_was_ticked(self):
        rate = self._rate(("2024-01-01", 0.02))
        text = "date,rate\n2024-01-01,3.00\n2025-01-01,2.25\n"
        wizard = self._import(rate, text)
        self.assertIn("3 % instead of 2 %", wizard.preview)
        self.assertTrue(wizard.has_changes)
        with self.assertRaisesRegex(UserError, "Nothing was imported"):
            wizard.action_import()
        self.assertEqual(rate.value_ids.mapped("rate"), [0.02])
        self._import(rate, text, overwrite=True).action_import()
        self.assertEqual(rate._rate_on(date(2024, 1, 1)), Decimal("0.03"))

    def test_a_file_that_is_no_table_of_rates_is_refused_with_its_line(self):
        rate = self._rate(("2024-01-01", 0.02))
        files = {
            b"\x89PNG\r\n\xff\xfe": "is no text",
            b"": "no value",
            b"date,rate\n2025-01-01,=1+1": "Line 2: .*is no rate",
            b"date,rate\n11/06/2025,2": "Line 2: .*is no date",
            b"date,rate\n2025-01-01,215": "Line 2: .*no rate of a bank",
            b"date,rate\n2025-01-01,2\n2025-01-01,2": "Line 3: .*twice",
            b"rate\n2": "columns date and rate",
            b"date,rate\n" + b"2025-01-01,2\n" * 6000: "too long",
            b"x" * 1_000_001: "too large",
        }
        for content, message in files.items():
            with self.subTest(message=message):
                wizard = self._import(rate, content)
                if content:
                    self.assertRegex(wizard.preview, message)
                with self.assertRaisesRegex(UserError, message):
                    wizard.action_import()
        self.assertEqual(len(rate.value_ids), 1)

    def test_only_managers_import(self):
        collector = new_test_user(self.env, "recovery_c", groups="overdue_recovery.group_user")
        wizard = self._import(self._rate(), "date,rate\n2025-01-01,2")
        with self.assertRaises(AccessError):
            wizard.with_user(collector).action_import()
        with self.assertRaises(AccessError):
            self.ecb.with_user(collector).action_still_valid()
