from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tests.common import new_test_user

from .common import MONDAY, RecoveryCommon


@tagged("post_install", "-at_install")
class TestDunningSimulation(RecoveryCommon):
    def _simulate(self, days=60):
        run = self.env["dunning.run"].create({"company_id": self.company.id, "date": MONDAY})
        return run.simulate(MONDAY + timedelta(days=days))

    def _days(self, entries, partner=None):
        partner = partner or self.partner_a
        return [
            (entry["date"] - MONDAY).days for entry in entries if entry["partner_id"] == partner.id
        ]

    def test_every_entry_says_what_goes_out_how_and_for_how_much(self):
        invoice = self._overdue_invoice(amount=100)
        entry = self._simulate(0)[0]
        self.assertEqual(entry["date"], MONDAY)
        self.assertEqual((entry["level"], entry["channel"]), ("Day 5", "email"))
        self.assertEqual((entry["amount"], entry["charge"]), (100, 0))
        self.assertEqual(entry["move_line_ids"], self._items(invoice).ids)

    def test_every_entry_says_what_the_contact_rules_would_say(self):
        self._overdue_invoice(5)
        with self.on(5):
            run = self.env["dunning.run"].create({"company_id": self.company.id})
            entry = run.simulate(run.date)[0]
        self.assertEqual(entry["date"].weekday(), 5)
        self.assertEqual(entry["verdict"], "hold")
        self.assertEqual(str(entry["hold_until"]), "2025-03-10 08:00:00")
        self.partner_a.recovery_opt_out_email = True
        self.assertEqual(self._simulate(0)[0]["verdict"], "refuse")

    def test_a_hold_that_begins_later_is_foreseen_with_its_end(self):
        self._overdue_invoice(10)
        undisturbed = self._days(self._simulate())
        self.assertEqual(undisturbed[0], 0)
        second = undisturbed[1]
        self._hold(
            self.partner_a,
            "hardship",
            date_from=MONDAY + timedelta(days=second - 1),
            date_to=MONDAY + timedelta(days=second + 4),
        )
        self.assertEqual(self._days(self._simulate())[1], second + 5)

    def test_a_promised_part_is_not_asked_for_while_it_is_promised(self):
        invoice = self._overdue_invoice(10, amount=100)
        second = self._days(self._simulate())[1]
        day = MONDAY + timedelta(days=second)
        self._hold(invoice, "promised", amount=30, date_from=day, date_to=day)
        amounts = [entry["amount"] for entry in self._simulate()]
        self.assertEqual(amounts[:2], [100, 70])

    def test_what_is_under_way_counts_as_handed_over_today(self):
        self._overdue_invoice(20)
        undisturbed = self._days(self._simulate())
        self._propose().action_issue()
        self.assertEqual(self._days(self._simulate()), undisturbed[1:])

    def test_the_forecast_shows_what_would_go_out_and_what_waits(self):
        self._overdue_invoice(10, amount=100)
        self._hold(self._overdue_invoice(10, amount=70, partner=self.partner_b), "moratorium")
        with Form(
            self.env["dunning.forecast"].with_context(default_company_id=self.company.id)
        ) as form:
            self.assertIn(self.partner_a.name, form.outcome)
            self.assertIn("Moratorium", form.outcome)
            form.partner_id = self.partner_b
            self.assertNotIn(self.partner_a.name, form.outcome)

    def test_a_policy_is_tried_on_a_customer_of_another_one(self):
        self._overdue_invoice(10)
        other = self._create_policy(delays=(1, 50))
        forecast = self.env["dunning.forecast"].new(
            {"policy_id": other.id, "company_id": self.company.id, "days": 60}
        )
        self.assertFalse(forecast.outcome, "a customer is chosen first")
        forecast.partner_id = self.partner_a
        self.assertIn("Day 1", forecast.outcome)
        self.assertNotIn("Day 15", forecast.outcome)

    def test_nobody_looks_into_another_company_or_too_far(self):
        stranger = new_test_user(
            self.env, "forecast", "account.group_account_invoice", company_id=self.company.id
        )
        other = self.env["res.company"].create({"name": "Other"})
        forecasts = self.env["dunning.forecast"].with_user(stranger)
        with self.assertRaises(AccessError):
            forecasts.new({"company_id": other.id}).outcome  # noqa: B018
        with self.assertRaises(UserError):
            forecasts.new({"company_id": self.company.id, "days": 5000}).outcome  # noqa: B018
