import re
from unittest.mock import patch

import pytest
from freezegun import freeze_time
from odoo.tests import TransactionCase, tagged
from odoo.tools import file_open
from odoo.tools.convert import convert_file

TAGS = {
    "punctual": "Never late",
    "nordlicht": "Once late",
    "lumen": "Repeat offender",
    "soluciones": "Part paid",
    "rivoli": "Installments",
    "vandenberg": "Credits",
    "harbour": "Disputed",
    "luna": "On a plan",
    "whitby": "Broken promise",
    "seaview": "Hardship",
    "kestrel": "Key account",
    "oldmill": "Bounced address",
    "duval": "At the agency",
    "marigold": "Settled",
}


@tagged("post_install", "-at_install")
class TestDemoStory(TransactionCase):
    """Each customer of the demo data is what its tag says, on whatever day it is made."""

    def test_every_customer_is_what_its_tag_says(self):
        self._tell()
        self._check()
        self._do_what_the_guide_says()

    @pytest.mark.long
    def test_on_new_year(self):
        with freeze_time("2027-01-01 09:30:00"):
            self._tell()
            self._check()

    @pytest.mark.long
    def test_on_a_leap_day(self):
        with freeze_time("2028-02-29 21:30:00"):
            self._tell()
            self._check()

    def _tell(self):
        """Load the demo data; their languages without the words, which would take a minute."""
        languages = self.env.registry["res.lang"]
        with patch.object(
            languages, "_activate_and_install_lang", lambda langs, code: langs._activate_lang(code)
        ):
            env = self.env(su=True)
            convert_file(env, "overdue_recovery", "demo/recovery_demo.xml", {}, "init", True)
        self.company = self.env.ref("base.main_company")
        self.env.invalidate_all()
        self.env["recovery.case"]._cron_recompute()

    def _check(self):
        """Every customer has its tag, and the state for which it stands."""
        for key, tag in TAGS.items():
            with self.subTest(customer=key):
                self.assertIn(tag, self._customer(key).category_id.mapped("name"))
                getattr(self, f"_check_{key}")(self._customer(key))
        self._check_the_rest()

    def _customer(self, key):
        return self.env.ref(f"overdue_recovery.demo_partner_{key}")

    def _case(self, customer):
        """The newest case of our first company."""
        return self.env["recovery.case"].search(
            [("partner_id", "=", customer.id), ("company_id", "=", self.company.id)],
            order="id desc",
            limit=1,
        )

    def _codes(self, items):
        """The reason codes of one item each."""
        reasons = self.env["account.move.line"]._dunning_blockers(items.ids)
        return [[reason.code for reason in reasons[item.id]] for item in items]

    def _overdue(self, customer):
        """The items that our first company waits for, oldest first."""
        lines = self.env["account.move.line"].search(
            [
                ("partner_id", "=", customer.id),
                ("company_id", "=", self.company.id),
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
                ("balance", ">", 0),
                ("date_maturity", "<", self.company._recovery_today()),
            ],
        )
        return lines.sorted("date_maturity")

    def _waiting(self, customer):
        """Today's notice, which waits for a person to send it."""
        return self._case(customer).notice_ids.filtered(lambda one: one.state == "proposed")

    # -- one by one ----------------------------------------------------------------------------

    def _check_punctual(self, customer):
        self.assertFalse(self._overdue(customer))
        self.assertFalse(self._case(customer).notice_ids, "never written to")

    def _check_nordlicht(self, customer):
        (item,) = self._overdue(customer)
        self.assertFalse(item.dunning_level_id)
        self.assertEqual(self._waiting(customer).level_id.name, "First reminder")

    def _check_lumen(self, customer):
        (item,) = self._overdue(customer)
        self.assertEqual(item.dunning_level_id.name, "Second reminder")
        self.assertGreaterEqual(len(self._case(customer).notice_ids), 3)

    def _check_soluciones(self, customer):
        (item,) = self._overdue(customer)
        self.assertEqual((item.balance, item.amount_residual), (1980.0, 1280.0))
        self.assertEqual(self._waiting(customer).amount_demanded, 1280.0)

    def _check_rivoli(self, customer):
        first, second = self._overdue(customer)
        self.assertEqual(first.move_id, second.move_id)
        self.assertEqual(first.dunning_level_id.name, "First reminder")
        self.assertFalse(second.dunning_level_id)
        self.assertEqual(self._waiting(customer).amount_demanded, 1820.0)

    def _check_vandenberg(self, customer):
        notice = self._waiting(customer)
        self.assertEqual(notice.amount_demanded, 1950.0, "2,300.00 less 350.00")
        self.assertIn("credit", notice.line_ids.mapped("kind"))

    def _check_harbour(self, customer):
        (dispute,) = self._case(customer).dispute_ids
        self.assertEqual((dispute.state, dispute.amount_disputed), ("open", 650.0))
        self.assertEqual(self._case(customer).state, "dunning")
        self.assertEqual(self._waiting(customer).amount_demanded, 2500.0, "the rest is asked for")

    def _check_luna(self, customer):
        (plan,) = self._case(customer).plan_ids
        self.assertEqual((plan.state, plan.amount_paid), ("active", 550.0))
        self.assertEqual(self._case(customer).state, "plan")
        self.assertEqual(len(plan.installment_ids), 4)

    def _check_whitby(self, customer):
        (promise,) = self._case(customer).promise_ids
        self.assertEqual(promise.state, "broken")
        self.assertEqual(self._today(customer).reason, "broken_promise")

    def _check_seaview(self, customer):
        self.assertEqual(self._case(customer).state, "hardship")
        self.assertEqual(self._codes(self._overdue(customer)), [["hardship"]])

    def _check_kestrel(self, customer):
        self.assertTrue(customer.is_key_account)
        items = self._overdue(customer)
        old, item = items[:-1], items[-1:]
        self.assertEqual([line.amount_residual for line in old], [5400.0, 1200.0])
        self.assertEqual([codes[0] for codes in self._codes(old)], ["before_start"] * 2)
        self.assertEqual(item.dunning_level_id.name, "Second reminder")

    def _check_oldmill(self, customer):
        (notice,) = self._case(customer).notice_ids
        self.assertEqual((notice.state, notice.delivery_ids.state), ("failed", "bounced"))
        self.assertFalse(customer._recovery_address("email"), "the address is dead")
        self.assertEqual(self._today(customer).reason, "failed")

    def _check_duval(self, customer):
        case = self._case(customer)
        self.assertEqual(case.state, "referred")
        self.assertEqual(case.live_referral_id.state, "active")
        self.assertEqual(case.live_referral_id.amount, 3600.0)

    def _check_marigold(self, customer):
        self.assertFalse(self._overdue(customer))
        case = self._case(customer)
        self.assertTrue(case.date_closed)
        self.assertRecordValues(
            case.offer_ids,
            [{"state": "fulfilled", "amount": 2000.0, "amount_given_up": 500.0}],
        )

    def _today(self, customer):
        return self.env["recovery.today"].search([("partner_id", "=", customer.id)])

    def _check_the_rest(self):
        """Two companies, sixty documents, five languages; nothing waits to be sent, the contact
        log is whole, and the guide names who is there."""
        customers = self.env["res.partner"].union(*map(self._customer, TAGS))
        self.assertEqual(
            set(customers.mapped("lang")), {"en_GB", "en_US", "fr_FR", "de_DE", "es_ES", "nl_NL"}
        )
        moves = self.env["account.move"].search(
            [("commercial_partner_id", "in", customers.ids), ("move_type", "!=", "entry")]
        )
        self.assertEqual(len(moves.company_id), 2)
        self.assertGreaterEqual(len(moves), 55)
        waiting = self.env["mail.mail"].search([("state", "=", "outgoing")])
        self.assertFalse(waiting.filtered(lambda mail: ".example" in (mail.email_to or "")))
        states = set(self.env["dunning.delivery"].search([]).mapped("state"))
        self.assertEqual(states, {"sent", "bounced"})
        cases = self.env["recovery.case"].search([("partner_id", "in", customers.ids)])
        broken = self.env["recovery.interaction"]._verify(cases)
        self.assertEqual(set(broken.values()), {None})
        self._check_the_guide()

    def _check_the_guide(self):
        """Ten things, each about a customer who is there, or about the folder of messages."""
        things = re.split(r"^ ?\d+\. ", self._guide(), flags=re.M)[1:]
        self.assertEqual(len(things), 10)
        names = [self._customer(key).name for key in TAGS]
        for thing in things:
            self.assertTrue(any(name in thing for name in names), thing)
        self.assertIn(self.env.ref("overdue_recovery.demo_company_quayside").name, things[9])

    def _do_what_the_guide_says(self):
        """The acts among the ten things do what is said of them."""
        case = self._case(self._customer("oldmill"))
        case.partner_id.email = "shop@oldmill.example"
        case.notice_ids.action_retry()
        self.assertEqual(case.notice_ids.state, "issued")

        plan = self._case(self._customer("luna")).plan_ids
        items = plan.claim_ids.move_line_id.sorted("date_maturity")
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=items[0].move_id.ids
        )
        wizard.create({"amount": 550.0})._create_payments()
        paid = plan.installment_ids.filtered(lambda row: row.amount_paid == row.amount)
        self.assertEqual(len(paid), 2)

        referral = self._case(self._customer("duval")).live_referral_id
        self.env["recovery.referral.report"].create(
            {"referral_id": referral.id, "kind": "payment", "amount": 1000.0}
        ).action_note()
        self.assertEqual(referral.state, "partly_recovered")

        second = self.env.ref("overdue_recovery.demo_company_quayside")
        run = self.env["dunning.run"].search([("company_id", "=", second.id)])
        self.assertIn(self._customer("nordlicht"), run.notice_ids.partner_id)
        run.action_issue()
        self.assertEqual(run.state, "issued")

    def _guide(self):
        with file_open("overdue_recovery/demo/guide.txt") as file:
            return file.read()
