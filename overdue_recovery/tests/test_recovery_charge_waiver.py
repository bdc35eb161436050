from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .charging import ChargingCommon


@tagged("post_install", "-at_install")
class TestRecoveryChargeWaiver(ChargingCommon):
    """Charges given up or taken back: by whom, how much, and what the ledger says then."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = cls._manager("first")
        cls.second = cls._manager("second")
        cls.collector = new_test_user(
            cls.env,
            "waiver_collector",
            groups="account.group_account_invoice",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        maker = cls()
        maker._overdue_invoice(10, 1000.0)
        cls.notice = maker._run_dunning().notice_ids
        cls.sum = cls.notice.charge_ids.filtered(lambda charge: charge.kind == "fixed_sum")
        cls.span = cls.notice.charge_ids.filtered(lambda charge: charge.kind == "interest")

    @classmethod
    def _manager(cls, login):
        return new_test_user(
            cls.env,
            f"waiver_{login}",
            groups="account.group_account_manager",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def _left(self):
        return self.notice.charge_ids.move_id.amount_residual

    def test_all_of_a_charge(self):
        waiver = self.sum.with_user(self.first).action_waive("Our invoice came late")
        self.assertRecordValues(
            waiver,
            [{"state": "approved", "amount": 40.0, "user_id": self.first.id, "kind": "waive"}],
        )
        self.assertEqual((self.sum.state, self.sum.amount_left), ("waived", 0.0))
        self.assertEqual(self._left(), 3.29)
        self.assertTrue(waiver.refund_move_id.is_recovery_charge)
        with self.on(21):
            later = self._run_dunning().notice_ids
            self.assertNotIn("fixed_sum", self._charges(later), "waived counts as claimed")

    def test_a_part_of_a_charge_and_then_the_rest(self):
        charge = self.sum.with_user(self.first)
        charge.action_waive("Half of it", 20.0)
        self.assertEqual((charge.state, charge.amount_waived, self._left()), ("posted", 20, 23.29))
        with self.assertRaises(UserError):
            charge.action_waive("Too much", 20.01)
        charge.action_waive("The rest")
        self.assertEqual((charge.state, self._left()), ("waived", 3.29))

    def test_what_is_refused(self):
        charge = self.sum.with_user(self.first)
        for arguments in ((None,), ("",), ("  ",), ("x", 0), ("x", -1.0), ("x", "all"), ("x", 99)):
            with self.subTest(arguments=arguments), self.assertRaises(UserError):
                charge.action_waive(*arguments)
        with self.assertRaises(AccessError):
            self.sum.with_user(self.collector).action_waive("Please")
        self.assertEqual((charge.state, charge.amount_waived), ("posted", 0.0))

    def test_above_the_limit_another_manager_approves(self):
        self.company.recovery_waiver_limit = 39.99
        waiver = self.sum.with_user(self.first).action_waive("Key customer")
        self.assertEqual((waiver.state, self.sum.state), ("requested", "posted"))
        self.assertEqual(self._left(), 43.29)
        with self.assertRaises(UserError):
            waiver.with_user(self.first).action_approve()
        with self.assertRaises(AccessError):
            waiver.with_user(self.collector).action_approve()
        with self.assertRaises(UserError):
            self.sum.with_user(self.first).action_waive("Again")
        waiver.with_user(self.second).action_approve()
        self.assertRecordValues(
            waiver, [{"state": "approved", "approver_id": self.second.id, "amount": 40.0}]
        )
        self.assertEqual((self.sum.state, self._left()), ("waived", 3.29))

    def test_a_refused_waiver_leaves_the_charge(self):
        self.company.recovery_waiver_limit = 0
        waiver = self.sum.with_user(self.first).action_waive("Key customer")
        waiver.with_user(self.second).action_refuse()
        self.assertEqual((waiver.state, self.sum.state), ("refused", "posted"))

    def test_a_request_goes_when_the_notice_is_cancelled(self):
        self.company.recovery_waiver_limit = 0
        waiver = self.sum.with_user(self.first).action_waive("Key customer")
        self.notice.action_cancel()
        self.assertEqual((waiver.state, self.sum.state), ("refused", "reversed"))

    def test_only_the_last_span_is_reversed_and_its_days_are_free_again(self):
        with self.on(21):
            later = self._run_dunning().notice_ids
            last = later.charge_ids.filtered(lambda charge: charge.kind == "interest")
            with self.assertRaises(UserError):
                self.span.with_user(self.first).action_reverse("Wrong rate")
            last.with_user(self.first).action_reverse("Wrong rate")
            self.assertEqual(last.state, "reversed")
            self.span.with_user(self.first).action_reverse("Wrong rate")
            self.assertEqual(self.span.state, "reversed")
        with self.on(42):
            again = self._run_dunning().notice_ids
            span = again.charge_ids.filtered(lambda charge: charge.kind == "interest")
            self.assertEqual(span.date_from, self.notice.line_ids.date_due)

    def test_a_cancelled_notice_before_a_later_span_keeps_its_days_claimed(self):
        with self.on(21):
            later = self._run_dunning().notice_ids
            self.notice.action_cancel()
            self.assertEqual((self.sum.state, self.span.state), ("reversed", "waived"))
            self.assertEqual(later.state, "sent")

    def test_drafts_are_not_waived(self):
        self._overdue_invoice(10, 500.0, partner=self.partner_b)
        notice = self._propose().notice_ids
        with self.assertRaises(UserError):
            notice.charge_ids[0].with_user(self.first).action_waive("Not yet")

    def test_the_dialog(self):
        wizard = (
            self.env["recovery.charge.waive"]
            .with_user(self.first)
            .with_context(active_ids=self.sum.ids)
            .create({"reason": "Our invoice came late"})
        )
        self.assertEqual((wizard.amount, wizard.needs_another), (40.0, False))
        wizard.amount = 10.0
        wizard.action_waive()
        self.assertEqual(self.sum.amount_waived, 10.0)
