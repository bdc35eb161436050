from odoo.tests import tagged

from .portal_acts import PortalActs


@tagged("post_install", "-at_install")
class TestTourPortalActs(PortalActs):
    """Customers in a real browser."""

    def _walk(self, tour):
        with self.mock_mail_gateway():
            self.start_tour("/my/recovery", tour, login="recovery_customer")
        self.env.invalidate_all()

    def test_a_customer_pays_on_a_date(self):
        self._walk("recovery_portal_promise")
        self.assertEqual(self.case.promise_ids.state, "open")

    def test_a_customer_builds_and_signs_a_plan_and_goes_to_pay_its_first_installment(self):
        self.company.recovery_plan_accepted_amount = 500.0
        self.company.recovery_plan_min_amount = 10.0
        self._walk("recovery_portal_plan")
        self.assertEqual(self.case.plan_ids.state, "active")

    def test_a_customer_contests_a_part(self):
        self._walk("recovery_portal_dispute")
        self.assertEqual(self.case.dispute_ids.amount_disputed, 40)

    def test_a_customer_answers_an_offer_with_another_one(self):
        self._settlement()
        self._walk("recovery_portal_counter_offer")
        self.assertEqual(self.case.request_ids.kind, "counter_offer")
