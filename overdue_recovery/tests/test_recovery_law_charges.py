from datetime import date
from decimal import Decimal

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

SHIPPED = ("EU-B2B", "DE-B2B", "DE-B2C", "FR-B2B", "NL-WIK", "BE-B2B", "BE-B2C", "UK-B2B")
DAY = date(2025, 7, 15)


@tagged("post_install", "-at_install")
class TestRecoveryLawCharges(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.laws = cls.env["recovery.law"]
        cls.eur, cls.gbp = cls.env.ref("base.EUR"), cls.env.ref("base.GBP")
        cls.company = cls.env["res.company"].create(
            {"name": "Creditor", "country_id": cls.env.ref("base.de").id}
        )
        cls.env.user.company_ids += cls.company
        cls.company.currency_id = cls.eur
        cls.laws = cls.laws.with_company(cls.company)

    def _shipped(self, code):
        return self.laws.search([("code", "=", code)]).ensure_one()

    def _law(self, **values):
        return self.laws.create(
            {
                "code": "XX",
                "name": "Nowhere",
                "source": "Act 1",
                "valid_from": "2020-01-01",
                "currency_id": self.eur.id,
                **values,
            }
        )

    def _charging(self, **values):
        return self._law(charges_active=True, charges_since="2020-01-01", **values)

    def _bands(self, kind, *bands):
        return [
            Command.create({"kind": kind, "amount_from": start, "amount": amount, "rate": rate})
            for start, amount, rate in bands
        ]

    def _customer(self, country="de", **values):
        country = self.env.ref(f"base.{country}")
        return self.env["res.partner"].create(
            {"name": "Customer", "country_id": country.id, **values}
        )

    def _assert_refused(self, **values):
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self._law(**values).flush_recordset()

    # -- what ships --------------------------------------------------------------------------

    def test_every_shipped_row_is_off_and_names_source_date_and_that_it_is_no_advice(self):
        for code in SHIPPED:
            law = self._shipped(code)
            with self.subTest(code=code):
                self.assertFalse(law.charges_active or law.contact_active)
                self.assertIn("Not legal advice, verify", law.note)
                self.assertIn("As of January 2026", law.note)
                self.assertTrue(law.source and law.source_url.startswith("https://"))
                self.assertTrue(law.country_ids and law.valid_from)
                self.assertFalse(law.is_taxable or law.compound_periods)
        self.assertFalse(self.laws._charge_laws()[0].charges_active)  # the courtesy row

    def test_the_directive_is_for_businesses_of_the_whole_union(self):
        law = self._shipped("EU-B2B")
        self.assertEqual(len(law.country_ids), 27)
        self.assertEqual(law.debtor_type, "business")

    def test_rates_of_the_directive_follow_the_half_years(self):
        self.assertEqual(
            self._shipped("EU-B2B")._rates(date(2024, 4, 1), date(2024, 9, 30)),
            [(date(2024, 4, 1), Decimal("0.125")), (date(2024, 7, 1), Decimal("0.1225"))],
        )
        self.assertEqual(
            self._shipped("EU-B2B")._rates(date(2025, 7, 1), DAY)[0][1], Decimal("0.1015")
        )
        self.assertEqual(
            self._shipped("FR-B2B")._rates(date(2024, 7, 2), date(2024, 7, 2))[0][1],
            Decimal("0.1425"),
        )

    def test_german_rates_are_points_above_the_base_rate(self):
        for code, expected in (("DE-B2B", "0.1127"), ("DE-B2C", "0.0727")):
            rates = self._shipped(code)._rates(date(2025, 1, 1), date(2025, 6, 30))
            self.assertEqual(rates, [(date(2025, 1, 1), Decimal(expected))])

    def test_five_points_over_a_base_rate_of_1_14_are_6_14(self):
        law = self._shipped("DE-B2C")
        law.reference_rate_id.value_ids.create(
            {"rate_id": law.reference_rate_id.id, "valid_from": "2030-01-01", "rate": 0.0114}
        )
        day = date(2030, 2, 1)
        self.assertEqual(law._rates(day, day), [(day, Decimal("0.0614"))])

    def test_belgian_rates_are_rounded_up_to_half_a_point(self):
        rates = self._shipped("BE-B2B")._rates(date(2024, 3, 1), date(2025, 8, 1))
        self.assertEqual(
            [rate for _day, rate in rates],
            [Decimal(rate) for rate in ("0.125", "0.125", "0.115", "0.105")],
        )

    def test_a_british_rate_is_that_of_the_last_day_before_and_stays(self):
        law = self._shipped("UK-B2B")
        start = date(2025, 7, 5)
        self.assertEqual(law._rates(start, date(2027, 3, 1)), [(start, Decimal("0.1225"))])
        self.assertEqual(law._rates(date(2025, 6, 30), DAY)[0][1], Decimal("0.1275"))

    def test_fixed_sums_and_scales_of_the_shipped_rows(self):
        cases = (
            ("UK-B2B", self.gbp, {99999: 4000, 100000: 7000, 999999: 7000, 1000000: 10000}),
            ("EU-B2B", self.eur, {1: 4000, 10**9: 4000}),
            ("NL-WIK", self.eur, {12500: 4000, 10**5: 15000, 5 * 10**5: 62500, 23 * 10**5: 100500}),
            ("NL-WIK", self.eur, {10**9: 677500}),
            ("DE-B2C", self.eur, {10**6: 0}),
        )
        for code, currency, sums in cases:
            for amount, expected in sums.items():
                with self.subTest(code=code, amount=amount):
                    law = self._shipped(code)
                    self.assertEqual(law._fixed_sum(amount, currency, DAY)[0], expected)

    def test_the_belgian_cap_for_consumers(self):
        law = self._shipped("BE-B2C")
        caps = {10000: 2000, 15000: 2000, 40000: 5500, 100000: 9000, 10**8: 200000}
        for amount, cap in caps.items():
            with self.subTest(amount=amount):
                self.assertEqual(law._law_fee(amount, self.eur, DAY)[0], cap)
                self.assertEqual(law._capped_fee(10**9, [], amount, self.eur, DAY), cap)
        self.assertEqual(law._fixed_sum(40000, self.eur, DAY), (0, {}))

    def test_a_sum_says_how_it_came_about(self):
        _units, proof = self._shipped("UK-B2B")._fixed_sum(500000, self.gbp, DAY)
        self.assertEqual(
            (proof["law"], proof["rule"], proof["base"]), ("UK-B2B", "fixed_sum", 500000)
        )
        self.assertEqual(proof["bands"][1], [100000, 7000, "0"])
        self.assertEqual(proof["currency"], "GBP")
        self.assertTrue(proof["source"] and proof["url"] and proof["valid_from"])

    # -- interest ----------------------------------------------------------------------------

    def test_a_fixed_rate_is_one_rate_and_no_interest_is_none(self):
        law = self._law(interest_kind="fixed", interest_rate=0.08)
        self.assertEqual(law._rates(date(2024, 1, 5), DAY), [(date(2024, 1, 5), Decimal("0.08"))])
        self.assertEqual(self._law(code="YY")._rates(date(2024, 1, 5), DAY), [])

    def test_a_day_without_a_reference_value_is_told_not_guessed(self):
        with self.assertRaisesRegex(UserError, "ECB-MRO"):
            self._shipped("EU-B2B")._rates(date(1999, 3, 1), date(1999, 4, 1))

    def test_when_interest_begins(self):
        due, invoiced, notified = date(2025, 3, 31), date(2025, 3, 20), date(2025, 4, 10)
        cases = {
            ("due_date", 0): due,
            ("due_days", 30): date(2025, 4, 30),
            ("invoice_days", 30): date(2025, 4, 19),
            ("invoice_days", 5): due,  # never before the due date
            ("notice", 0): notified,
            ("notice", 14): date(2025, 4, 24),
        }
        for number, ((start, days), expected) in enumerate(cases.items()):
            law = self._law(code=f"S{number}", default_start=start, default_days=days)
            with self.subTest(start=start, days=days):
                self.assertEqual(law._runs_from(due, invoiced, notified), expected)
        law = self._law(default_start="notice")
        self.assertIsNone(law._runs_from(due, invoiced, None))
        self.assertEqual(law._runs_from(due, invoiced, date(2025, 3, 1)), due)

    # -- waiting -----------------------------------------------------------------------------

    def test_waiting_days_begin_on_the_next_day_and_by_post_on_the_third_working_day(self):
        law, customer = self._shipped("BE-B2C"), self._customer("be")
        monday, friday = date(2025, 3, 3), date(2025, 3, 7)
        self.assertEqual(law._chargeable_from(monday, "email", customer), date(2025, 3, 18))
        # 6 March is the first of the 14 days, 19 March the last
        self.assertEqual(law._chargeable_from(monday, "letter", customer), date(2025, 3, 20))
        # over a weekend: 12 March to 25 March
        self.assertEqual(law._chargeable_from(friday, "letter", customer), date(2025, 3, 26))

    def test_public_holidays_are_no_working_days_of_post(self):
        law, customer = self._shipped("BE-B2C"), self._customer("be")
        # Thursday 17 April; Easter Monday is the 21st: 18, 22 and 23 April are working days
        found = law._received_on(date(2025, 4, 17), "letter", customer)
        self.assertEqual(found, date(2025, 4, 22))

    def test_without_waiting_days_charges_begin_on_the_next_day(self):
        law = self._law(first_reminder_free=True)
        found = law._chargeable_from(date(2025, 3, 3), "letter", self._customer())
        self.assertEqual(found, date(2025, 3, 4))

    # -- limits of fees ----------------------------------------------------------------------

    def test_fees_of_a_claim_are_limited_in_sum_number_and_distance(self):
        law = self._law(fee_max_amount=10, fee_max_count=2, fee_min_days=14)

        def allowed(fee, *earlier):
            return law._capped_fee(fee, earlier, 100000, self.eur, DAY)

        self.assertEqual(allowed(700), 700)
        self.assertEqual(allowed(1500), 1000)
        self.assertEqual(allowed(700, (date(2025, 7, 1), 600)), 400)
        self.assertEqual(allowed(700, (date(2025, 7, 2), 100)), 0)  # 13 days
        self.assertEqual(allowed(1, (date(2025, 1, 1), 1), (date(2025, 2, 1), 1)), 0)
        self.assertEqual(allowed(1, (date(2025, 1, 1), 1000)), 0)

    def test_a_row_without_limits_leaves_a_fee_as_it_is(self):
        earlier = [(DAY, 10**6)]
        self.assertEqual(self._law()._capped_fee(700, earlier, 1, self.eur, DAY), 700)

    def test_amounts_are_converted_at_the_rate_of_the_day_and_never_one_for_one(self):
        law = self._shipped("EU-B2B")
        dollars = self.env.ref("base.USD")
        dollars.rate_ids.unlink()
        self.assertEqual(law._fixed_sum(10000, dollars, DAY), (0, {}))
        for day, rate in ((DAY, 1.25), (date(2025, 7, 1), 2.0)):
            self.env["res.currency.rate"].create(
                {
                    "currency_id": dollars.id,
                    "company_id": self.company.id,
                    "name": day,
                    "rate": rate,
                }
            )
        self.assertEqual(law._fixed_sum(10000, dollars, DAY)[0], 5000)
        self.assertEqual(law._fixed_sum(10000, dollars, date(2025, 7, 10))[0], 8000)
        capped = self._law(fee_max_amount=10)
        self.assertEqual(capped._capped_fee(5000, [], 10000, dollars, DAY), 1250)

    # -- which row -----------------------------------------------------------------------------

    def _applies(self, partner, day=DAY):
        return self.laws._charge_law(self.company, partner, day)

    def test_nothing_may_be_charged_as_long_as_nobody_switched_a_row_on(self):
        self.assertFalse(self._applies(self._customer(is_company=True)))

    def test_the_row_that_says_most_precisely_for_whom_it_is_wins(self):
        germany, france = self.env.ref("base.de"), self.env.ref("base.fr")
        everywhere = self._charging(code="ALL")
        self.assertEqual(self._applies(self._customer()), everywhere)
        union = self._charging(code="EU", country_ids=[Command.set([germany.id, france.id])])
        self.assertEqual(self._applies(self._customer()), union)
        home = self._charging(code="DE", country_ids=[Command.set(germany.ids)])
        self.assertEqual(self._applies(self._customer()), home)
        self.assertEqual(self._applies(self._customer("fr")), union)
        consumers = self._charging(
            code="DE-C", country_ids=[Command.set(germany.ids)], debtor_type="consumer"
        )
        self.assertEqual(self._applies(self._customer()), consumers)
        self.assertEqual(self._applies(self._customer(is_company=True)), home)

    def test_an_unknown_type_is_a_consumer_and_a_public_body_a_business(self):
        consumers = self._charging(code="C", debtor_type="consumer")
        businesses = self._charging(code="B", debtor_type="business")
        customer = self._customer(is_company=True)
        self.assertEqual(self._applies(customer), businesses)
        customer.recovery_debtor_type = False
        self.assertEqual(self._applies(customer), consumers)
        customer.recovery_debtor_type = "public"
        self.assertEqual(self._applies(customer), businesses)

    def test_a_customer_without_a_country_is_at_home(self):
        home = self._charging(country_ids=[Command.set(self.env.ref("base.de").ids)])
        customer = self._customer()
        customer.country_id = False
        self.assertEqual(self._applies(customer), home)

    def test_debts_keep_the_row_of_their_time_and_switching_on_never_reaches_back(self):
        old = self._charging(valid_to="2025-06-30")
        new = self._law(valid_from="2025-07-01", charges_active=True, charges_since="2025-07-10")
        customer = self._customer()
        self.assertEqual(self._applies(customer, date(2025, 6, 30)), old)
        self.assertFalse(self._applies(customer, date(2025, 7, 9)))
        self.assertEqual(self._applies(customer, date(2025, 7, 10)), new)

    def test_a_switch_binds_at_once(self):
        law, customer = self._charging(), self._customer()
        self.assertEqual(self._applies(customer), law)
        law.charges_active = False
        self.assertFalse(self._applies(customer))

    # -- validators --------------------------------------------------------------------------

    def test_bands_with_holes_or_overlaps_are_refused(self):
        bad = (
            ("scale", (100, 0, 0.15)),  # nothing is said below 100
            ("cap", (150, 30, 0.10), (500, 65, 0.05)),
            ("scale", (0, 0, 0.15), (100, 10, 0.10)),  # 15 at the end of the first band
            ("fixed_sum", (0, 70, 0), (1000, 40, 0)),
        )
        for kind, *bands in bad:
            with self.subTest(bands=bands), self.assertRaises(ValidationError):
                self._law(band_ids=self._bands(kind, *bands))
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self._law(band_ids=self._bands("scale", (0, 0, 0.1), (0, 0, 0.1)))

    def test_bands_that_follow_each_other_are_taken(self):
        law = self._law(
            band_ids=self._bands("scale", (0, 0, 0.15), (2500, 375, 0.10))
            + self._bands("fixed_sum", (500, 40, 0))
        )
        self.assertEqual(len(law.band_ids), 3)
        with self.assertRaises(ValidationError):
            law.band_ids[0].amount_from = 5

    def test_percent_are_fractions_and_nothing_is_negative(self):
        for values in (
            {"interest_kind": "fixed", "interest_rate": 8},
            {"interest_kind": "fixed", "interest_rate": 0},
            {"interest_kind": "reference"},
            {"reference_points": 8},
            {"reference_step": 5},
            {"default_days": -1},
            {"compound_periods": -1},
            {"waiting_days": -1},
            {"waiting_post_days": 31},
            {"fee_max_count": -1},
            {"scale_minimum": 50, "scale_maximum": 40},
            {"limitation_months": -1},
            {"band_ids": self._bands("scale", (0, 0, 15))},
            {"band_ids": self._bands("fixed_sum", (0, 40, 0.1))},
            {"band_ids": self._bands("cap", (0, -1, 0))},
        ):
            with self.subTest(**values):
                self._assert_refused(**values)

    def test_amounts_need_a_currency_and_a_consumer_notice_a_text(self):
        for values in (
            {"currency_id": False, "band_ids": self._bands("fixed_sum", (0, 40, 0))},
            {"currency_id": False, "fee_max_amount": 5},
            {"consumer_notice": True},
        ):
            with self.subTest(**values), self.assertRaises(ValidationError):
                self._law(**values)

    # -- limitation, allocation, words -------------------------------------------------------

    def test_limitation_of_the_shipped_rows(self):
        due = date(2022, 4, 10)
        for code, expected in {
            "DE-B2B": date(2025, 12, 31),
            "DE-B2C": date(2025, 12, 31),
            "UK-B2B": date(2028, 4, 10),
            "FR-B2B": date(2027, 4, 10),
            "NL-WIK": date(2027, 4, 10),
            "BE-B2B": date(2032, 4, 10),
            "BE-B2C": None,
            "EU-B2B": None,
        }.items():
            with self.subTest(code=code):
                self.assertEqual(self._shipped(code)._limitation_date(due), expected)

    def test_money_pays_in_the_order_of_the_row_and_else_in_the_usual_one(self):
        self.assertEqual(self.laws._allocation(), ("costs", "interest", "principal"))
        self.assertEqual(self._shipped("FR-B2B")._allocation(), ("interest", "costs", "principal"))

    def test_the_terms_are_one_sentence_that_says_what_is_charged(self):
        expected = {
            "EU-B2B": "If you pay late, we charge interest at 8 percentage points a year above the "
            "reference rate “European Central Bank: main refinancing operations” from the day "
            "after the due date and a fixed sum of €40.00.",
            "UK-B2B": "depending on the amount",
            "NL-WIK": "If you have not paid 14 days after a first, free reminder, we charge "
            "costs of collection by the statutory scale, €40.00 to €6,775.00.",
            "BE-B2C": "a compensation within the limits of the law, from €20.00",
            "DE-B2C": "running from the first reminder",
        }
        for code, words in expected.items():
            with self.subTest(code=code):
                sentence = self._shipped(code)._terms_sentence().replace("\N{NO-BREAK SPACE}", "")
                self.assertIn(words.replace("€", ""), sentence.replace("€", ""))
                self.assertEqual(sentence.count("."), sentence.count(".00") + 1)
        self.assertEqual(self.env.ref("overdue_recovery.recovery_law_courtesy").terms, "")
