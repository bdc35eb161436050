import doctest
from itertools import permutations
from unittest import skipUnless

from odoo.addons.overdue_recovery.models import recovery_inbox
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .agency import Agency, AgencyCommon


@tagged("post_install", "-at_install")
@skipUnless(Agency, "needs the folder dev/ of the project")
class TestRecoveryInbox(AgencyCommon):
    """What agencies tell twice, too early and too late."""

    def _tell(self, referral, kind, sequence, **values):
        """An event as it comes in."""
        event = {
            "id": f"{referral.name}-{kind}-{sequence}",
            "type": kind,
            "reference": referral.name,
            "sequence": sequence,
            **values,
        }
        return self.env["recovery.inbox"]._receive(self.agency, event)

    def test_the_examples_of_the_docstrings_hold(self):
        results = doctest.testmod(recovery_inbox)
        self.assertGreater(results.attempted, 0)
        self.assertEqual(results.failed, 0)

    def test_whatever_the_order_the_money_and_the_end_are_the_same(self):
        story = (
            ("accepted", 1, {"agency_reference": "FA-1"}),
            ("payment", 2, {"amount": "100.00", "currency": "USD"}),
            ("payment", 3, {"amount": "50.00"}),
        )
        for order in permutations(story):
            referral = self._referral(self._overdue_invoice(60, 400))
            for kind, sequence, values in order:
                for _time in range(2):
                    self._tell(referral, kind, sequence, **values)
            with self.subTest(order=[kind for kind, *_rest in order]):
                self.assertEqual(referral.state, "partly_recovered")
                self.assertEqual(referral.external_ref, "FA-1")
                payments = referral.event_ids.filtered(lambda event: event.kind == "payment")
                self.assertEqual(sorted(payments.mapped("amount")), [50, 100])
                self.assertEqual(set(referral.inbox_ids.mapped("state")), {"applied"})

    def test_news_of_the_past_does_not_turn_back_what_is_known(self):
        referral = self._referral()
        self._tell(referral, "active", 1)
        self._tell(referral, "paused", 5)
        late = self._tell(referral, "resumed", 4)
        self.assertEqual((late.state, referral.state), ("ignored", "paused"))
        self._tell(referral, "resumed", 6)
        self.assertEqual(referral.state, "active")

    def test_what_comes_before_its_referral_is_known_waits_for_it(self):
        event = {"id": "early", "type": "accepted", "agency_reference": "FA-00001"}
        row = self.env["recovery.inbox"]._receive(self.agency, event)
        self.assertEqual(row.state, "waiting")
        referral = self._referral()
        self._send()
        self.assertEqual(referral.external_ref, "FA-00001")
        self.assertEqual((row.state, row.referral_id), ("applied", referral))
        self.assertEqual(referral.state, "accepted")

    def test_what_is_told_before_it_was_sent_waits(self):
        referral = self._refer(self._overdue_invoice(60, 400), agency_id=self.agency.id)
        row = self._tell(referral, "payment", 1, amount="10.00")
        self.assertEqual((row.state, referral.state), ("waiting", "draft"))

    def test_a_payment_in_another_currency_waits_for_a_person(self):
        referral = self._referral()
        row = self._tell(referral, "payment", 1, amount="10.00", currency="XAU")
        self.assertEqual(row.state, "failed")
        self.assertIn("XAU", row.reason)
        self.assertFalse(referral.event_ids.filtered(lambda event: event.kind == "payment"))
        row.action_ignore()
        self.assertEqual(row.state, "ignored")

    def test_only_a_manager_decides_about_events_and_nobody_writes_on_them(self):
        row = self._tell(self._referral(), "payment", 1, amount="much")
        collector = new_test_user(
            self.env,
            "news_collector",
            groups="account.group_account_invoice",
            company_id=self.company.id,
        )
        for act in ("action_retry", "action_ignore"):
            with self.assertRaises(UserError):
                getattr(row.with_user(collector), act)()
        with self.assertRaises(UserError):
            row.with_user(self.env.user).sudo(False).write({"payload": "{}"})
        row.with_user(self.env.user).sudo(False).action_retry()
        self.assertEqual(row.state, "failed", "it still says no amount")
        with self.assertRaises(UserError):
            row.sudo().unlink()
