import json

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import RecoveryCommon


@tagged("post_install", "-at_install")
class TestResPartnerData(RecoveryCommon, HttpCase):
    def _person(self, login, group, **values):
        return new_test_user(
            self.env,
            login,
            groups=group,
            password=login,
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
            **values,
        )

    def _story(self):
        """A customer with all that is kept: a notice, arrangements, a request, a referral."""
        self.partner_a.phone = "+49 30 1234567"
        self._overdue_invoice(10)
        self._run_dunning()
        self._promise(self._overdue_invoice(20), 50)
        self._offer(self._overdue_invoice(30), 70)
        disputed = self._overdue_invoice(40)
        reason = self.env.ref("overdue_recovery.late_reason_our_error")
        self.env["recovery.dispute"].create(
            {
                "move_id": disputed.id,
                "amount_disputed": 10,
                "reason_id": reason.id,
                "description": "The lamp was broken",
            }
        )
        case = self.partner_a._recovery_case(self.company)
        self.env["recovery.request"]._ask(case, "help", "Please call me")
        self._hold(self.partner_a, "other", note="Wait")
        case = self.partner_a._recovery_case(self.company)
        self.env["recovery.request"]._ask(case, "help", "I lost my job")
        self._tell_agency()

    def _tell_agency(self):
        """What an agency is told of the customer, and what it tells."""
        referral = self._refer(self._overdue_invoice(50))
        agency = referral.agency_id
        self.env["recovery.outbox"]._enqueue(agency, referral, "submit", {"a": 1}, "key")
        event = {"id": "E-1", "type": "accepted", "reference": referral.name}
        self.env["recovery.inbox"]._receive(agency, event)

    def test_everything_that_is_kept_is_handed_out(self):
        self._story()
        data = self.partner_a._recovery_own_data()
        self.assertEqual(data["person"]["email"], "a@customer.example")
        for section, found in data.items():
            if section not in ("contacts", "charges", "automatic_payments", "plans"):
                self.assertTrue(found, section)
        self.assertEqual(data["promises"][0]["amount"], "50.00 USD")
        self.assertEqual(data["disputes"][0]["description"], "The lamp was broken")
        self.assertIn("a@customer.example", [one["address"] for one in data["contact_log"]])
        self.assertEqual(json.loads(json.dumps(data)), data)

    def test_what_is_another_customers_stays_out(self):
        self._story()
        self._overdue_invoice(10, partner=self.partner_b)
        self._run_dunning()
        text = json.dumps(self.partner_a._recovery_own_data())
        self.assertNotIn("b@customer.example", text)
        self.assertNotIn(self.partner_b.name, text)

    def test_another_companys_data_is_its_own(self):
        self._story()
        other = self.env["res.company"].create({"name": "Elsewhere"})
        data = self.partner_a._recovery_own_data(other)
        self.assertFalse(data["contact_log"] or data["notices"] or data["promises"])

    def test_a_contact_gets_what_was_said_to_it(self):
        contact = self.env["res.partner"].create(
            {
                "name": "Ann",
                "parent_id": self.partner_a.id,
                "email": "ann@customer.example",
                "is_dunning_contact": True,
            }
        )
        self._story()
        data = contact._recovery_own_data()
        self.assertEqual({one["address"] for one in data["messages"]}, {"ann@customer.example"})
        self.assertEqual({one["address"] for one in data["contact_log"]}, {"ann@customer.example"})
        self.assertFalse(data["cases"])
        names = [one["name"] for one in self.partner_a._recovery_own_data()["contacts"]]
        self.assertEqual(names, ["Ann"])

    def test_a_sensitive_reason_is_told_to_the_person_and_to_few_others(self):
        private = self.env["recovery.late.reason"].sudo().search([("is_sensitive", "=", True)])[0]
        self.partner_a._recovery_case(self.company).sudo().late_reason_id = private
        manager = self._person("data_manager", "overdue_recovery.group_manager")
        customer = self._person("data_customer", "base.group_portal")
        for user, expected in ((manager, ""), (customer, private.name)):
            data = self.partner_a.with_user(user)._recovery_own_data()
            self.assertEqual(data["cases"][0]["late_reason_id"], expected)

    def test_handing_out_is_logged_and_for_managers(self):
        case = self.partner_a._recovery_case(self.company)
        manager = self._person("data_manager", "account.group_account_manager")
        collector = self._person("data_collector", "account.group_account_invoice")
        with self.assertRaises(AccessError):
            self.partner_a.with_user(collector).action_recovery_own_data()
        action = self.partner_a.with_user(manager).action_recovery_own_data()
        self.assertEqual(action["url"], f"/recovery/own_data/{self.partner_a.id}")
        self.assertEqual(case.interaction_ids.mapped("kind"), ["data_export"])

    def test_the_file(self):
        self._story()
        self._person("data_manager", "account.group_account_manager")
        self._person("data_collector", "account.group_account_invoice")
        url = f"/recovery/own_data/{self.partner_a.id}"
        self.authenticate("data_manager", "data_manager")
        answer = self.url_open(url)
        self.assertEqual(answer.json()["person"]["email"], "a@customer.example")
        self.assertIn("attachment", answer.headers["Content-Disposition"])
        self.assertEqual(self.url_open("/recovery/own_data/999999999").status_code, 404)
        self.authenticate("data_collector", "data_collector")
        with mute_logger("odoo.http"):
            self.assertEqual(self.url_open(url).status_code, 403)
