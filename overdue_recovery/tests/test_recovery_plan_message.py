from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import MONDAY, RecoveryCommon


@tagged("post_install", "-at_install")
class TestRecoveryPlanMessage(RecoveryCommon):
    """What the customer of a plan reads: the agreement, its days, and a word before each."""

    def setUp(self):
        super().setUp()
        self.invoice = self._overdue_invoice(10, 300)
        self.plan = self._plan(self.invoice)

    def _daily(self):
        with self.mock_mail_gateway():
            self.env["recovery.case"]._cron_daily()
        return self._new_mails

    def test_the_confirmation_brings_agreement_and_days(self):
        self.plan.action_activate()
        with self.mock_mail_gateway():
            self.plan.action_send()
        mail = self._new_mails
        self.assertEqual(mail.recipient_ids, self.partner_a)
        self.assertNotIn("100.00", mail.subject)
        self.assertIn("100.00", mail.body_html)
        calendar = mail.attachment_ids.filtered(lambda file: file.name.endswith(".ics"))
        text = calendar.raw.decode()
        self.assertEqual(text.count("BEGIN:VEVENT"), 3)
        self.assertIn("DTSTART;VALUE=DATE:20250310", text)
        self.assertNotIn("100.00", text)
        entry = self.plan.case_id.interaction_ids.sorted("sequence")[-1]
        self.assertEqual((entry.kind, entry.purpose, entry.outcome), ("plan", "answer", "queued"))

    def test_the_days_keep_their_ids_when_they_are_given_out_again(self):
        first, again = self.plan._calendar(), self.plan._calendar()
        uids = [[x for x in text.splitlines() if x.startswith(b"UID")] for text in (first, again)]
        self.assertEqual(uids[0], uids[1])
        self.assertEqual(len(set(uids[0])), 3)
        self.assertIn("/web/content/", self.plan.action_calendar()["url"])

    def test_the_agreement_is_printed_with_every_row(self):
        self.assertEqual(self.plan._agreement()[:4], b"%PDF")
        values = {"plan": self.plan, "image_data_uri": str}
        text = str(self.env["ir.qweb"]._render("overdue_recovery.plan_agreement", values))
        for words in (self.plan.name, self.invoice.name, "100.00", "300.00", self.partner_a.name):
            self.assertIn(words, text)
        self.assertIn("/web/content/", self.plan.action_print()["url"])

    def test_nothing_is_sent_of_a_draft(self):
        with self.assertRaisesRegex(UserError, "neither offered nor active"):
            self.plan.action_send()

    def test_an_installment_is_reminded_of_once(self):
        self.plan.action_activate()
        with self.on(3):
            self.assertFalse(self._daily())
        with self.on(4):
            mail = self._daily()
            self.assertEqual(len(mail), 1)
            self.assertIn("100.00", mail.body_html)
            self.assertNotIn("100.00", mail.subject)
            self.assertFalse(self._daily(), "not a second time on the same day")
        with self.on(5):
            self.assertFalse(self._daily())
        self.assertEqual(self.plan.installment_ids[0].date_reminded, MONDAY.replace(day=7))

    def test_nobody_is_reminded_of_what_is_paid_or_where_the_company_does_not_want_it(self):
        self.plan.action_activate()
        self.company.recovery_plan_reminder_days = 0
        with self.on(5):
            self.assertFalse(self._daily())
        self.company.recovery_plan_reminder_days = 3
        self._pay(self.invoice, 100)
        with self.on(6):
            self.assertFalse(self._daily())

    def test_an_installment_that_is_debited_is_announced_by_the_debit_alone(self):
        self.plan.payment_token_id = self._saved_card(self.partner_a)
        self.plan.action_activate()
        with self.on(5):
            rows = self.env["recovery.plan.installment"]
            self.assertFalse(rows.search(rows._reminder_domain(self.company)))
            self.plan.sudo().autopay_ids.action_revoke()
            self.assertTrue(rows.search(rows._reminder_domain(self.company)))

    def test_a_missing_installment_is_told_to_customer_and_owner_once(self):
        self.plan.action_activate()
        self.plan.installment_ids.sudo().date_reminded = self.today
        with self.on(11):
            mail = self._daily()
            self.assertEqual(len(mail), 1)
            self.assertIn("100.00", mail.body_html)
            self.assertFalse(self._daily())
        tasks = self.plan.case_id.activity_ids.filtered(lambda task: self.plan.name in task.summary)
        self.assertEqual(len(tasks), 1)

    def test_a_customer_without_an_address_gets_no_message_and_the_plan_goes_on(self):
        self.plan.action_activate()
        self.partner_a.email = False
        with self.on(5):
            self.assertFalse(self._daily())
        with self.on(11):
            self.assertFalse(self._daily())
        self.assertEqual(self.plan.state, "defaulted")

    def test_the_last_payment_is_thanked_for_once_where_the_policy_says_so(self):
        self.policy.thank_you = True
        self._overdue_invoice(10, 50)
        self.plan.action_activate()
        self._pay(self.invoice)
        mails = self._daily() | self._daily()
        self.assertEqual(self.plan.state, "completed")
        self.assertEqual(len(mails), 1)
        self.assertIn("last payment has arrived", mails.body_html)
        self.assertFalse(self.plan.case_id.date_closed)
