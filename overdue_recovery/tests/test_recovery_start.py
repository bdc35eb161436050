from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import RecoveryCommon


@tagged("post_install", "-at_install")
class TestRecoveryStart(RecoveryCommon):
    """The first ten minutes: figures, one message to look at, the first send."""

    def _start(self):
        return self.env["recovery.start"].create({})

    def test_it_says_what_is_overdue_and_who_would_hear_of_it(self):
        self._overdue_invoice(10, 100)
        self._overdue_invoice(10, 50, partner=self.partner_b)
        start = self._start()
        self.assertIn("invoices 2, customers 2", start.headline)
        self.assertIn("150.00", start.headline)
        self.assertIn("Would get a reminder today: 2.", start.outlook_text)

    def test_customers_without_an_address_are_counted(self):
        self.partner_a.write({"email": False, "street": False, "city": False})
        self._overdue_invoice(10, 100)
        self.assertIn("Customers without an address: 1.", self._start().outlook_text)

    def test_looking_prepares_a_run_and_sends_nothing(self):
        self._overdue_invoice(10, 100)
        action = self._start().action_see()
        notices = self.env["dunning.notice"].search(action["domain"])
        self.assertEqual(notices.mapped("state"), ["proposed"])
        self._start().action_see()
        domain = [("company_id", "=", self.company.id), ("state", "=", "proposed")]
        self.assertEqual(self.env["dunning.run"].search_count(domain), 1)

    def test_one_message_comes_to_me_and_no_customer_hears_of_it(self):
        self._overdue_invoice(10, 100)
        self.env.user.email = "me@company.example"
        with self.mock_mail_gateway():
            self._start().action_send_to_me()
        self.assertEqual(
            [mail["email_to"] for mail in self._mails], [[self.env.user.email_formatted]]
        )
        self.assertIn("100.00", self._mails[0]["body"])
        self.assertFalse(
            self.env["dunning.delivery"].search([("partner_id", "=", self.partner_a.id)])
        )

    def test_sending_issues_what_was_shown(self):
        self._overdue_invoice(10, 100)
        action = self._start().action_send()
        self.assertEqual(self.env["dunning.run"].browse(action["res_id"]).state, "issued")

    def test_a_company_without_anything_due_is_told_so(self):
        self.assertIn("Nothing is overdue", self._start().headline)
        with self.assertRaisesRegex(UserError, "Nothing is due today"):
            self._start().action_see()

    def test_the_app_opens_with_the_first_steps_until_something_was_sent(self):
        today = self.env["recovery.today"]
        self.assertEqual(today._landing()["res_model"], "recovery.start")
        self._overdue_invoice(10, 100)
        self._run_dunning()
        self.assertEqual(today._landing()["res_model"], "recovery.today")

    def test_it_sends_by_itself_only_after_a_person_has_sent(self):
        self._overdue_invoice(10, 100)
        with self.assertRaisesRegex(ValidationError, "Send one run yourself"):
            self._start().action_send_daily()
        self._run_dunning()
        self._start().action_send_daily()
        self.assertEqual(self.policy.mode, "automatic")
        self._start().action_prepare_daily()
        self.assertEqual(self.policy.mode, "approve")

    def test_another_reminder_addon_keeps_it_from_sending_by_itself(self):
        self._overdue_invoice(10, 100)
        self._run_dunning()
        company = type(self.env["res.company"])
        with (
            patch.object(company, "_recovery_rivals", lambda self: ["Payment Follow-up"]),
            self.assertRaisesRegex(ValidationError, "Payment Follow-up"),
        ):
            self._start().action_send_daily()

    def test_the_readiness_list_opens_where_each_thing_is_done(self):
        checks = {check.action: check for check in self._start().check_ids}
        self.assertGreater(len(checks), 4)
        for action, check in checks.items():
            if action:
                self.assertEqual(check.action_open()["xml_id"], action)

    def test_a_line_opens_nothing_that_is_not_on_the_list(self):
        check = self._start().check_ids[:1]
        check.action = "base.action_res_users"
        self.assertFalse(check.action_open())
