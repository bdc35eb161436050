from datetime import timedelta

from odoo.tests import tagged

from .test_tour import TourCommon


@tagged("post_install", "-at_install", "is_tour")
class TestTourPlan(TourCommon):
    """A plan from the telephone to the last installment, as the clerk sees it."""

    def _months_back(self, plan, days):
        """Let the plan be older: a browser knows no other time than now."""
        for row in plan.sudo().installment_ids:
            row.date_due -= timedelta(days=days)
        self.env["recovery.case"]._cron_daily()
        self.env.flush_all()

    def _pay(self, amount):
        self._register_payment(self.invoice, amount=amount)
        self.env["recovery.case"]._recompute_dirty()
        self.env.flush_all()

    def test_a_plan_is_missed_cured_and_completed(self):
        self._propose().action_issue()
        sink = self._mail_server()
        self._deliver()
        level = self.invoice.dunning_level_id
        case = self.customer._recovery_case(self.company)
        form = f"/odoo/action-overdue_recovery.recovery_case_action/{case.id}"
        self.start_tour(form, "recovery_plan", login="accountman")
        self.env.invalidate_all()
        plan = case.plan_ids
        self.assertRecordValues(plan, [{"state": "active", "amount_total": 1234.5}])
        self.assertEqual(plan.installment_ids.mapped("amount"), [234.5, 500, 500])
        self.env["mail.mail"].process_email_queue()
        files = [part.get_filename() for part in sink.messages()[-1].iter_attachments()]
        self.assertTrue([name for name in files if name.endswith(".ics")], files)
        self.assertFalse(self._propose().notice_ids.filtered(lambda n: n.case_id == case))
        self._months_back(plan, 12)
        self.assertEqual((plan.state, self.invoice.dunning_level_id), ("defaulted", level))
        self.start_tour(form, "recovery_plan_missed", login="accountman")
        self._pay(234.5)
        self.assertEqual(plan.state, "active")
        self._pay(1000)
        self.assertEqual(plan.state, "completed")
        plans = f"/odoo/action-overdue_recovery.recovery_plan_action/{plan.id}"
        self.start_tour(plans, "recovery_plan_completed", login="accountman")
