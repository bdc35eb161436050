from datetime import timedelta

from odoo.tests import tagged

from .common import RecoveryCommon


@tagged("post_install", "-at_install")
class TestHoldReviews(RecoveryCommon):
    """Holds that a person looks at again, and payments that came back."""

    def setUp(self):
        super().setUp()
        self.invoice = self._overdue_invoice(40, 1000)
        self.item = self._items(self.invoice)

    def _tasks(self):
        case = self.partner_a._recovery_case(self.company)
        kind = self.env.ref("overdue_recovery.mail_activity_type_review")
        return case.activity_ids.filtered(lambda task: task.activity_type_id == kind)

    def _ask(self):
        self.env["recovery.hold"]._ask_for_reviews()

    def test_a_review_that_has_come_is_a_task_once(self):
        hold = self._hold(self.partner_a, "moratorium")
        other = self._hold(self.item, "says_paid")
        self.assertEqual(hold.date_review, self.today + timedelta(days=30))
        self._ask()
        self.assertFalse(self._tasks())
        other.date_review = hold.date_review
        with self.on(30):
            self._ask()
            self._ask()
            self.assertEqual(len(self._tasks()), 1)
            self.assertIn(hold.reason_id.name, self._tasks().summary)
            self.assertIn(other.reason_id.name, self._tasks().summary)
            hold.action_keep()
            self.assertEqual(hold.date_review, self.today + timedelta(days=60))
            self._ask()
            self.assertEqual(len(self._tasks()), 1)
        with self.on(60):
            self._ask()
            self.assertEqual(len(self._tasks()), 2)

    def test_an_ended_hold_is_not_reviewed(self):
        self._hold(self.item, "says_paid", date_to=self.today + timedelta(days=3))
        with self.on(7):
            self._ask()
            self.assertFalse(self._tasks())

    def test_hardship_stops_notices_and_charges_for_the_whole_customer(self):
        hold = self._hold(self.partner_a, "hardship")
        self.assertEqual(hold.blocks, "both")
        self.assertEqual(self._codes(self.item)[:1], ["hardship"])
        case = self.partner_a._recovery_case(self.company)
        self.env["recovery.case"]._recompute(case)
        self.assertEqual(case.state, "hardship")

    def test_a_represented_customer_is_written_to_through_the_representative_only(self):
        hold = self._hold(self.partner_a, "represented")
        self.assertFalse(self.partner_a._recovery_recipients("email"))
        self.assertEqual(self._codes(self.item), ["represented"])
        hold.representative_id = self.partner_b
        self.assertEqual(self.partner_a._recovery_recipients("email"), self.partner_b)
        run = self._run_dunning()
        delivery = run.notice_ids.delivery_ids
        self.assertEqual(delivery.recipient_id, self.partner_b)
        with self.on(1):
            hold.action_end()
            self.assertEqual(self.partner_a._recovery_recipients("email"), self.partner_a)

    def test_a_returned_payment_waits_a_week_for_a_person(self):
        payment = self._pay(self.invoice)
        payment.action_draft()
        payment.action_cancel()
        self.env["recovery.case"]._recompute_dirty()
        self.assertEqual(self._codes(self.item)[:1], ["returned_payment"])
        case = self.partner_a._recovery_case(self.company)
        self.assertIn(self.invoice.name, case.activity_ids.summary)
        with self.on(7):
            self.assertEqual(self._codes(self.item)[:1], ["returned_payment"])
        with self.on(8):
            self.assertNotIn("returned_payment", self._codes(self.item))

    def test_a_reversed_payment_was_returned_too(self):
        payment = self._pay(self.invoice, 400)
        payment.move_id._reverse_moves(cancel=True)
        self.assertEqual(self.invoice.amount_residual, 1000)
        self.assertEqual(self._codes(self.item)[:1], ["returned_payment"])

    def test_a_payment_of_what_is_not_overdue_asks_nobody(self):
        invoice = self._overdue_invoice(due=self.today + timedelta(days=5))
        self._pay(invoice).action_cancel()
        holds = self.env["recovery.hold"].search([("move_line_id", "in", self._items(invoice).ids)])
        self.assertFalse(holds)
