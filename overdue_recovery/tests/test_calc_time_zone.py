import doctest

import pytz
from odoo.addons.overdue_recovery.calc import time_zone
from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestCalcTimeZone(TransactionCase):
    def test_the_examples_of_the_docstrings_hold(self):
        results = doctest.testmod(time_zone)
        self.assertGreater(results.attempted, 0)
        self.assertEqual(results.failed, 0)

    def test_every_country_of_the_tz_database_has_a_zone(self):
        for code in pytz.country_timezones:
            self.assertTrue(time_zone.zones_of(code, "", 2025), code)

    def test_every_state_of_the_table_is_one_that_odoo_knows(self):
        for country, zones in time_zone._STATES.items():
            states = self.env["res.country.state"].search([("country_id.code", "=", country)])
            known = set(states.mapped("code"))
            for names, codes in zones.items():
                self.assertLessEqual(set(codes.split()), known)
                found = {
                    zone.key
                    for code in codes.split()
                    for zone in time_zone.zones_of(country, code, 2025)
                }
                self.assertLessEqual(found, set(names))

    def test_no_state_of_these_countries_is_forgotten(self):
        missing = set()
        for country, zones in time_zone._STATES.items():
            states = self.env["res.country.state"].search([("country_id.code", "=", country)])
            listed = {code for codes in zones.values() for code in codes.split()}
            missing |= {(country, code) for code in states.mapped("code") if code not in listed}
        # the armed forces abroad, and states of their own: anywhere in the country
        self.assertLessEqual({country for country, _code in missing}, {"US"})
        self.assertLessEqual(
            {code for _country, code in missing}, {"AA", "AE", "AP", "FM", "MH", "PW"}
        )
