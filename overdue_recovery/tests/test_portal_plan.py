from datetime import timedelta

from odoo.tests import tagged

from .portal_acts import PortalActs


@tagged("post_install", "-at_install")
class TestPortalPlan(PortalActs):
    """Paying in installments by forms: shown, signed, begun at once or asked for."""

    def setUp(self):
        super().setUp()
        self.company.recovery_plan_accepted_amount = 500.0
        self.company.recovery_plan_min_amount = 10.0
        self.terms = {
            "item": self.item.id,
            "count": "4",
            "frequency": "monthly",
            "day": self._day(7),
        }

    def _sign(self, **values):
        return self._act("plan", **{**self.terms, "what": "sign", "signed_by": "Ann Lee", **values})

    def test_the_installments_are_shown_and_nothing_stays(self):
        before = self.env["recovery.plan"].search_count([])
        page = self._act("plan", **self.terms, what="show")
        self.assertEqual(page.status_code, 200)
        self.assertEqual(page.text.count("25.00"), 4)
        self.assertIn("begins at once", page.text)
        self.assertEqual(self.env["recovery.plan"].search_count([]), before)
        self.assertFalse(self._incoming())

    def test_a_small_plan_is_signed_and_begins_at_once_however_often_it_is_sent(self):
        for _tab in range(2):
            self._assert_done(self._sign(), "We have agreed")
        plan = self.case.plan_ids
        self.assertRecordValues(
            plan, [{"state": "active", "signed_by": "Ann Lee", "amount_total": 100.0}]
        )
        self.assertEqual(plan.installment_ids.mapped("amount"), [25.0] * 4)
        self.assertEqual(self._codes(self.item), ["in_plan"])
        self.assertEqual(len(self._incoming()), 1)
        page = self._get("/my/recovery").text
        self.assertIn("Pay the next installment", page)

    def test_a_plan_beyond_the_limits_is_a_request_that_a_person_approves(self):
        self.company.recovery_plan_accepted_amount = 50.0
        for _tab in range(2):
            self._assert_done(self._sign(), "no reminder goes out")
        plan, request = self.case.plan_ids, self.case.request_ids
        self.assertEqual((plan.state, request.kind, request.plan_id), ("requested", "plan", plan))
        self.assertEqual(self._codes(self.item), ["reply_waiting"])
        with self.mock_mail_gateway():
            request._answer("approved", "Yes")
        self.assertEqual((plan.state, request.state), ("active", "approved"))

    def test_more_installments_than_allowed_are_asked_for_and_can_be_turned_down(self):
        self._assert_done(self._sign(count="9"))
        plan, request = self.case.plan_ids, self.case.request_ids
        self.assertEqual(plan.state, "requested")
        with self.mock_mail_gateway():
            request._answer("rejected", "No, sorry")
        self.assertEqual((plan.state, request.state), ("rejected", "rejected"))
        self.assertEqual(self._codes(self.item), [])

    def test_another_plan_that_is_offered_answers_the_request(self):
        self._assert_done(self._sign(count="9"))
        plan = self.case.plan_ids
        plan.action_offer()
        self.assertEqual(self.case.request_ids.state, "countered")
        self._assert_refused(self._act("plan", what="accept", plan=plan.id), "signed_by")
        answer = self._act("plan", what="accept", plan=plan.id, signed_by="Ann Lee")
        self._assert_done(answer)
        self.assertEqual(plan.state, "active")

    def test_terms_that_make_no_plan_are_refused_beside_their_field(self):
        for field, values in (
            ("count", {"count": "0"}),
            ("count", {"count": "x"}),
            ("count", {"count": "121"}),
            ("count", {"count": "-1"}),
            ("frequency", {"frequency": "own"}),
            ("day", {"day": self._day(-1)}),
            ("amount", {"down": "-5"}),
            ("amount", {"down": "100.01"}),
            ("signed_by", {"signed_by": " "}),
            ("item", {"item": self._items(self.invoice_b).id}),
        ):
            with self.subTest(values=values):
                self._assert_refused(self._sign(**values), field)
        self.assertFalse(self.case.plan_ids)
        self.assertFalse(self._incoming())

    def test_what_is_in_another_agreement_is_in_no_plan(self):
        self._promise(self.invoice_a)
        self._assert_refused(self._sign(), "item")

    def test_nobody_accepts_another_customers_plan(self):
        self._assert_refused(self._act("plan", what="accept", plan="1", signed_by="x"), "sign")

    def test_only_those_who_may_sign_do(self):
        self.contact.is_dunning_contact = False
        self._assert_refused(self._sign(), "sign")
        self.assertFalse(self.case.plan_ids)

    def test_a_first_payment_is_part_of_the_amount(self):
        self._assert_done(self._sign(count="3", down="40"))
        rows = self.case.plan_ids.installment_ids
        self.assertEqual(rows.mapped("amount"), [40.0, 20.0, 20.0, 20.0])
        self.assertEqual(rows[0].date_due, self.today + timedelta(days=7))
