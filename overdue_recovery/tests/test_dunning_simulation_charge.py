from datetime import timedelta

from odoo.tests import Form, tagged

from .charging import ChargingCommon


@tagged("post_install", "-at_install")
class TestDunningSimulationCharge(ChargingCommon):
    """A forecast tells what its notices will charge."""

    def _foreseen(self, run=None):
        """[(days from today, charge)] of the customer's coming notices."""
        run = run or self.env["dunning.run"].create({"company_id": self.company.id})
        return [
            ((entry["date"] - self.today).days, entry["charge"])
            for entry in run.simulate(self.today + timedelta(days=60))
            if entry["partner_id"] == self.partner_a.id
        ]

    def _happened(self, foreseen):
        """[(day, what the notice of that day charged)], running on the days that were foreseen."""
        found = []
        for day, _charge in foreseen:
            with self.on(day):
                notice = self._run_dunning(partner_ids=self.partner_a.ids).notice_ids
                found.append((day, notice.amount_charges))
        return found

    def test_what_is_foreseen_is_what_is_charged(self):
        self._overdue_invoice(10, 1000.0)
        self._overdue_invoice(3, 250.0)
        foreseen = self._foreseen()
        # 1,000.00 × 12 % × 10 / 365, and the fixed sum
        self.assertEqual(foreseen[0], (0, 43.29))
        self.assertGreater(len(foreseen), 2)
        self.assertEqual(self._happened(foreseen), foreseen)

    def test_the_free_reminder_is_foreseen_free(self):
        self.law.write({"first_reminder_free": True, "waiting_days": 10})
        self._overdue_invoice(10, 1000.0)
        foreseen = self._foreseen()
        self.assertEqual(foreseen[0], (0, 0.0))
        self.assertTrue(foreseen[1][1])
        self.assertEqual(self._happened(foreseen), foreseen)

    def test_foreign_currency_and_limits_of_fees_are_heeded(self):
        foreign = self.setup_other_currency("EUR")
        self.law.fee_max_amount = 42.0
        self._overdue_invoice(10, 1000.0, currency_id=foreign.id)
        foreseen = self._foreseen()
        self.assertTrue(all(charge for _day, charge in foreseen))
        self.assertEqual(self._happened(foreseen), foreseen)

    def test_what_is_claimed_or_under_way_is_not_foreseen_again(self):
        invoice = self._overdue_invoice(10, 1000.0)
        undisturbed = self._foreseen()
        run = self._propose()
        self.assertEqual(self._foreseen(run), undisturbed, "its own draft does not count")
        run.action_issue()
        self.assertEqual(self._foreseen(), undisturbed[1:])
        self._hold(invoice, "other", blocks="charge")
        self.assertFalse(any(charge for _day, charge in self._foreseen()))

    def test_the_screen_has_charges_where_something_is_charged(self):
        self._overdue_invoice(10, 1000.0)
        forecasts = self.env["dunning.forecast"].with_context(default_company_id=self.company.id)
        with Form(forecasts) as form:
            self.assertIn("43.29", form.outcome)
            self.assertIn("Charges", form.outcome)
        self.policy.charges = False
        with Form(forecasts) as form:
            self.assertNotIn("Charges", form.outcome)
