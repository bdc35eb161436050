from datetime import date

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .referring import ReferringCommon


@tagged("post_install", "-at_install")
class TestRecoveryAgency(ReferringCommon):
    def _fees(self, *rows, start="2024-01-01"):
        return [Command.create({"date_from": start, **row}) for row in rows]

    def test_bands_that_leave_a_hole_or_overlap_are_refused(self):
        for bands in (
            [(0, 1000), (2000, 0)],
            [(100, 0)],
            [(0, 1000)],
            [(0, 1000), (900, 0)],
            [(0, 0), (500, 0)],
        ):
            rows = [{"amount_from": low, "amount_to": high, "percent": 9} for low, high in bands]
            with self.subTest(bands=bands), self.assertRaises(ValidationError):
                self.agency.fee_ids = self._fees(*rows)

    def test_bands_that_meet_are_a_contract_and_none_of_them_goes_away_alone(self):
        self.agency.fee_ids = self._fees(
            {"amount_from": 0, "amount_to": 1000, "percent": 15},
            {"amount_from": 1000, "percent": 9.5},
        )
        row = self.agency.fee_ids.filtered(lambda fee: fee.percent == 15)
        with self.assertRaises(ValidationError):
            row.unlink()

    def test_an_age_is_answered_once(self):
        twice = {"kind": "age", "days_from": 90, "percent": 5}
        with self.assertRaises(ValidationError):
            self.agency.fee_ids = self._fees({"percent": 9}, twice, twice)

    def test_a_contract_holds_until_the_next_one_begins(self):
        self.agency.fee_ids = self._fees({"percent": 20, "vat_percent": 21}, start="2025-06-01")
        due, eur = date(2025, 1, 1), self.company.currency_id
        before = self.agency._terms(4000, eur, due, date(2025, 5, 31))
        after = self.agency._terms(4000, eur, due, date(2025, 6, 1))
        self.assertEqual((before["fee_percent"], after["fee_percent"]), (9.5, 20))
        self.assertIsNone(self.agency._terms(4000, eur, due, date(2019, 1, 1)))

    def test_the_band_and_the_age_make_the_rate(self):
        agency = self._create_agency("Older", 10, 0, {180: 5, 365: 15})
        due, eur = date(2025, 1, 1), self.company.currency_id
        for day, rate in ((date(2025, 6, 29), 10), (date(2025, 6, 30), 15), (date(2026, 1, 1), 25)):
            with self.subTest(day=day):
                self.assertAlmostEqual(agency._terms(100, eur, due, day)["fee_percent"], rate)

    def test_the_next_cliff_is_told_with_its_day_and_its_points(self):
        agency = self._create_agency("Older", 10, 0, {339: 10})
        text = agency._cliff_text(date(2024, 3, 2), date(2025, 1, 20))
        self.assertEqual(text, "Before 4 Feb: 10 points cheaper.")
        self.assertEqual(agency._cliff_text(date(2024, 3, 2), date(2025, 2, 4)), "")

    def test_what_is_left_counts_what_it_usually_collects_and_vat_that_we_deduct(self):
        terms = {"fee_percent": 10.0, "fee_minimum": 0.0, "vat_percent": 20.0}
        eur = self.company.currency_id
        self.agency.expected_percent = 50
        self.assertTrue(self.company._recovery_agency_vat_account(20))
        self.assertEqual(self.agency._expected_net(1000, eur, terms), 450)
        self.company.account_purchase_tax_id = False
        self.assertEqual(self.agency._expected_net(1000, eur, terms), 440)
        self.assertIsNone(self.agency._expected_net(1000, eur, None))

    def test_an_agency_never_reviewed_or_whose_review_is_over_says_so(self):
        with self.on(0) as today:
            for until, reviewed in ((False, False), ("2025-03-02", False), (today, True)):
                self.agency.date_reviewed_until = until
                self.assertEqual(self.agency.is_reviewed, reviewed)

    def test_it_opens_what_was_placed_with_it(self):
        referral = self._referral(self._ripe_invoice())
        action = self.agency.action_view_referrals()
        self.assertEqual(self.env["recovery.referral"].search(action["domain"]), referral)
        self.assertEqual(self.agency.referral_count, 1)
