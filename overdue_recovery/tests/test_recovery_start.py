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
        modules = self.env["ir.module.module"].sudo()
        for name in (
            "account_followup",
            "om_account_followup",
            "account_credit_control",
            "account_invoice_overdue_reminder",
        ):
            with self.subTest(name=name), self.env.cr.savepoint() as point:
                rival = modules.search([("name", "=", name)]) or modules.create({"name": name})
                rival.write({"shortdesc": f"Rival {name}", "state": "installed"})
                [check] = [one for one in self.company._recovery_readiness() if one.key == "rivals"]
                self.assertTrue(check.blocks and not check.done)
                with self.assertRaisesRegex(ValidationError, f"Rival {name}"):
                    self._start().action_send_daily()
                point.rollback()
                self.env.invalidate_all()
        self._start().action_send_daily()
        self.assertEqual(self.policy.mode, "automatic")

    def test_the_list_says_when_nothing_tells_what_goes_out(self):
        def check(key):
            return {one.key: one for one in self.company._recovery_readiness()}.get(key)

        self.assertTrue(check("policy").done)
        self.assertTrue(check("templates").done)
        self.levels[0].mail_template_id.active = False
        self.assertIn(self.levels[0].name, check("templates").text)
        self.assertIsNone(check("law"), "asked only of who charges")
        self.policy.charges = True
        self.env["recovery.law"].search([]).charges_active = False
        self.assertFalse(check("law").done)
        self.policy.active = False
        self.assertFalse(check("policy").done)
        self.assertTrue(check("policy").blocks)

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
