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

    def test_a_customer_builds_and_signs_a_plan_and_pays_its_first_installment(self):
        self._pay_by_demo()
        self.company.recovery_plan_accepted_amount = 500.0
        self.company.recovery_plan_min_amount = 10.0
        self._walk("recovery_portal_plan")
        plan = self.case.plan_ids
        self.assertEqual((plan.state, plan.amount_paid), ("active", 25.0))
        self.assertEqual(plan.installment_ids[0].state, "paid")

    def test_a_customer_contests_a_part(self):
        self._walk("recovery_portal_dispute")
        self.assertEqual(self.case.dispute_ids.amount_disputed, 40)

    def test_a_customer_answers_an_offer_with_another_one(self):
        self._settlement()
        self._walk("recovery_portal_counter_offer")
        self.assertEqual(self.case.request_ids.kind, "counter_offer")
