from datetime import timedelta

from odoo.tests import tagged

from .common import RecoveryCommon


@tagged("post_install", "-at_install")
class TestRecoveryToday(RecoveryCommon):
    """One row for each customer that needs a person, with the reason; nobody else."""

    def _row(self, partner=None):
        self.env.flush_all()
        self.env.invalidate_all()
        partner = partner or self.partner_a
        return self.env["recovery.today"].search([("partner_id", "=", partner.id)])

    def _case(self, partner=None):
        return (partner or self.partner_a)._recovery_case(self.company)

    def _plan_task(self, kind="review", summary="Look at it", case=None):
        activity_type = self.env.ref(f"overdue_recovery.mail_activity_type_{kind}")
        return (case or self._case())._plan_activity(activity_type, summary)

    def test_a_customer_without_a_task_is_not_there(self):
        self._overdue_invoice(10, 100)
        self._run_dunning()
        self.assertFalse(self._row())

    def test_a_broken_promise_brings_the_customer_with_its_reason(self):
        invoice = self._overdue_invoice(10, 100)
        self._promise(invoice, days=2)
        with self.on(4):
            self.env["recovery.case"]._cron_daily()
            row = self._row()
            self.assertEqual(row.reason, "broken_promise")
            self.assertEqual(row.reason_name, "Broken promise")
            self.assertIn("0.00 of", row.case_id.activity_ids.note)
            self.assertEqual(row.amount_overdue, 100)

    def test_the_most_urgent_reason_names_the_row_and_all_are_told(self):
        self._plan_task("review", "Review it")
        self._plan_task("reply", "Answer Anna")
        row = self._row()
        self.assertEqual(len(row), 1)
        self.assertEqual((row.reason, row.count), ("reply", 2))
        self.assertEqual(row.text, "Answer Anna · Review it")

    def test_a_failed_message_is_work_until_it_is_retried(self):
        self._overdue_invoice(10, 100)
        run = self._propose()
        run.action_issue()
        self._deliver()
        run.notice_ids.delivery_ids._on_bounce("mailbox unknown")
        self.assertEqual(self._row().reason, "failed")
        self.partner_a.email = "new@customer.example"
        run.notice_ids.action_retry()
        self.assertFalse(self._row())

    def test_rows_stand_in_the_order_of_urgency(self):
        self._plan_task("review", case=self._case(self.partner_a))
        self._plan_task("broken_promise", case=self._case(self.partner_b))
        self.env.flush_all()
        rows = self.env["recovery.today"].search(
            [("partner_id", "in", (self.partner_a | self.partner_b).ids)]
        )
        self.assertEqual(rows.mapped("reason"), ["broken_promise", "review"])

    def test_a_later_follow_up_date_puts_off_what_can_wait(self):
        self._plan_task("review")
        self._row().action_postpone()
        self.assertFalse(self._row())
        with self.on(7):
            self.assertEqual(self._row().reason, "review")

    def test_a_customer_who_waits_for_our_answer_is_not_put_off(self):
        self._plan_task("reply", "Answer Anna")
        self._row().action_postpone()
        self.assertEqual(self._row().reason, "reply")

    def test_a_reached_follow_up_date_is_a_reason_of_its_own(self):
        self._case().follow_up_date = self.today
        self.assertEqual(self._row().reason, "follow_up")

    def test_many_customers_are_given_to_another_owner_at_once(self):
        for partner in (self.partner_a, self.partner_b):
            self._plan_task(case=self._case(partner))
        rows = self._row(self.partner_a) | self._row(self.partner_b)
        rows.write({"user_id": self.env.user.id})
        self.assertEqual(rows.case_id.user_id, self.env.user)
        self.assertEqual(self._row().user_id, self.env.user)

    def test_a_key_account_stands_there_from_thirty_days_on(self):
        self.partner_a.is_key_account = True
        self._overdue_invoice(35, 100)
        self.policy.step = "catch_up"
        self._propose()
        row = self._row()
        self.assertEqual((row.reason, row.reason_name), ("key_account", "Key account"))

    def test_a_returned_payment_stands_there_with_its_invoice(self):
        invoice = self._overdue_invoice(10, 100)
        payment = self._pay(invoice, 100)
        payment.move_id._reverse_moves(cancel=True)
        row = self._row()
        self.assertEqual((row.reason, row.reason_name), ("returned", "Payment returned"))
        self.assertIn(invoice.name, row.text)

    def test_a_request_stands_there_with_its_deadline(self):
        self.env["recovery.request"].create(
            {"case_id": self._case().id, "kind": "help", "text": "Call me"}
        )
        row = self._row()
        self.assertEqual(row.reason, "request")
        self.assertGreater(row.deadline, self.today)

    def test_an_address_to_find_and_a_dispute_to_decide_stand_there(self):
        self._plan_task("address", "No e-mail address works")
        self.assertEqual(self._row().reason_name, "No address")
        self.env["recovery.dispute"].create(
            {"move_id": self._overdue_invoice(5, 100).id, "amount_disputed": 60}
        )
        with self.on(60):
            self.assertEqual(self._row().reason_name, "Dispute")

    def test_a_message_of_which_nobody_knows_stands_there(self):
        self._overdue_invoice(10, 100)
        run = self._propose()
        run.action_issue()
        deliveries = run.notice_ids.delivery_ids.sudo()
        deliveries._set_state("sending")
        deliveries._set_state("unknown")
        self.assertEqual(self._row().reason_name, "Not known whether it arrived")

    def test_a_message_that_waits_stands_there(self):
        self._overdue_invoice(10, 100)
        self._propose().action_issue()
        with self.on(0, hour=3):
            self._deliver()
            self.assertEqual(self._row().reason, "held")

    def test_stale_bank_data_is_told_above_the_list(self):
        self.policy.stale_bank_days = 3
        strip = self.env["recovery.today"].recovery_strip
        self.assertFalse([figure for figure in strip() if figure.get("alert")])
        self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.company_data["default_journal_bank"].id,
                "date": self.today - timedelta(days=20),
                "payment_ref": "Old",
                "amount": 1,
            }
        )
        [alert] = [figure for figure in strip() if figure.get("alert")]
        self.assertIn("02/11/2025", alert["amount"])
        opened = self.env["recovery.today"].action_open_figure(alert["key"])
        self.assertEqual(opened["res_model"], "account.journal")

    def test_a_finished_task_takes_the_customer_off(self):
        task = self._plan_task()
        task.action_done()
        self.assertFalse(self._row())

    def test_the_strip_adds_up_the_ledger(self):
        self._overdue_invoice(10, 100)
        self._overdue_invoice(20, 50, partner=self.partner_b)
        self._overdue_invoice(-5, 1000)
        figures = {figure["key"]: figure for figure in self.env["recovery.today"].recovery_strip()}
        self.assertIn("150.00", figures["overdue"]["amount"])
        self.assertEqual(figures["overdue"]["customers"], 2)
        self.assertNotIn("dunning", figures)
        self._run_dunning()
        figures = {figure["key"]: figure for figure in self.env["recovery.today"].recovery_strip()}
        self.assertIn("150.00", figures["dunning"]["amount"])

    def test_the_strip_counts_only_the_part_that_is_promised(self):
        self._promise(self._overdue_invoice(10, 100), 40)
        figures = {figure["key"]: figure for figure in self.env["recovery.today"].recovery_strip()}
        self.assertIn("40.00", figures["promised"]["amount"])
        self.assertEqual(figures["promised"]["customers"], 1)
