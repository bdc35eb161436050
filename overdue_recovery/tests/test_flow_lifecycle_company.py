from odoo import Command
from odoo.tests import tagged

from .common import MONDAY
from .test_flow_lifecycle import STAGES, LifecycleCommon


@tagged("post_install", "-at_install")
class TestFlowLifecycleCompany(LifecycleCommon):
    """Companies are worlds apart; branches belong to theirs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_data = cls.setup_other_company()
        cls.other = cls.other_data["company"]
        cls.other.email = "accounts@other.example"
        cls.env["dunning.policy"].sudo().search([("company_id", "=", cls.other.id)]).active = False
        cls.other_policy = cls._create_policy(delays=(1, 8), company=cls.other)
        cls.branch = cls.env["res.company"].create({"name": "Branch", "parent_id": cls.company.id})
        cls.cr.precommit.run()  # a branch takes its parent's chart of accounts here
        cls.env.user.company_ids |= cls.branch
        cls.env = cls.env(
            context=dict(
                cls.env.context, allowed_company_ids=(cls.company | cls.branch | cls.other).ids
            )
        )

    def _invoice_of(self, company, days=10, amount=100.0):
        due = MONDAY - self._days(days)
        invoice = (
            self.env["account.move"]
            .with_company(company)
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.partner_a.id,
                    "invoice_date": due,
                    "invoice_date_due": due,
                    "invoice_payment_term_id": False,
                    "line_ids": [
                        Command.create({"name": "Work", "price_unit": amount, "tax_ids": []})
                    ],
                }
            )
        )
        self.assertEqual(invoice.company_id, company)
        invoice.action_post()
        return invoice

    def _days(self, count):
        return (MONDAY - MONDAY.replace(day=2)) * count

    def _run_of(self, company):
        run = self.env["dunning.run"].create({"company_id": company.id, "date": MONDAY})
        run.action_propose()
        return run

    # -- branches --------------------------------------------------------------------------

    def test_branch_without_own_policy_is_dunned_by_its_parents_run_in_one_notice(self):
        for stage in STAGES:
            with self._stage(stage):
                main = self._invoice_of(self.company, amount=100)
                branch = self._invoice_of(self.branch, amount=40)
                run = self._bring_to(stage)
                self.assertEqual(run.notice_ids.company_id, self.company)
                self.assertEqual(run.notice_ids.amount_demanded, 140)
                self.assertEqual(run.notice_ids.line_ids.move_id, main | branch)
                branch.button_draft()
                self._finish(run)
                self.assertEqual(run.notice_ids.state, "sent")
                demanded = 140 if stage == "sent" else 100
                self.assertEqual(run.notice_ids.amount_demanded, demanded)
                self.assertEqual(main.dunning_level_id, self.levels[0])

    def test_branch_without_own_policy_tells_its_parents_reasons(self):
        invoice = self._invoice_of(self.branch)
        self.assertEqual(self._codes(self._items(invoice)), [])
        self._hold(self.partner_a, "hardship")
        self.assertEqual(self._codes(self._items(invoice)), ["hardship"])

    def test_branch_with_own_policy_is_dunned_by_its_own_run(self):
        own = self._create_policy(delays=(3,), company=self.branch)
        main = self._invoice_of(self.company, amount=100)
        branch = self._invoice_of(self.branch, amount=40)
        run, branch_run = self._run_of(self.company), self._run_of(self.branch)
        self.assertEqual(run.notice_ids.line_ids.move_id, main)
        self.assertEqual(branch_run.notice_ids.line_ids.move_id, branch)
        self.assertEqual(branch_run.notice_ids.level_id, own.level_ids)
        for each in (run, branch_run):
            self._finish(each)
            self.assertEqual(each.notice_ids.state, "sent")
        self.assertNotEqual(run.notice_ids.case_id, branch_run.notice_ids.case_id)

    def test_branch_that_gets_its_own_policy_leaves_its_parents_notice(self):
        for stage in STAGES:
            with self._stage(stage):
                self._invoice_of(self.company, amount=100)
                self._invoice_of(self.branch, amount=40)
                run = self._bring_to(stage)
                self._create_policy(delays=(3,), company=self.branch)
                self._finish(run)
                self.assertEqual(run.notice_ids.state, "sent")
                demanded = 140 if stage == "sent" else 100
                self.assertEqual(run.notice_ids.amount_demanded, demanded)

    # -- other companies ---------------------------------------------------------------------

    def test_run_of_one_company_neither_touches_nor_blocks_the_other(self):
        for stage in STAGES:
            with self._stage(stage):
                mine = self._invoice_of(self.company)
                theirs = self._invoice_of(self.other)
                run = self._bring_to(stage)
                other_run = self._run_of(self.other)
                self.assertEqual(run.notice_ids.state, stage)
                self.assertEqual(run.notice_ids.line_ids.move_id, mine)
                self.assertEqual(other_run.notice_ids.line_ids.move_id, theirs)
                self.assertEqual(other_run.notice_ids.level_id, self.other_policy.level_ids[0])
                self._finish(other_run)
                self._finish(run)
                self.assertEqual(run.notice_ids.state, "sent")
                self.assertEqual(other_run.notice_ids.state, "sent")
                self.assertEqual(mine.dunning_level_id, self.levels[0])
                self.assertNotEqual(run.notice_ids.case_id, other_run.notice_ids.case_id)
                other_run.action_cancel()
                self.assertEqual(mine.dunning_level_id, self.levels[0])

    def test_hold_of_one_company_stops_nothing_of_the_other(self):
        self._invoice_of(self.company)
        theirs = self._invoice_of(self.other)
        self._hold(self.partner_a, "hardship")
        self.assertFalse(self._run_of(self.company).notice_ids)
        self.assertEqual(self._run_of(self.other).notice_ids.line_ids.move_id, theirs)

    def test_a_company_that_raises_stops_no_other_in_the_daily_job(self):
        self._invoice_of(self.company)
        self._invoice_of(self.other)
        self.env.cr.execute(
            "UPDATE dunning_policy SET partner_domain = '[(' WHERE id = %s", [self.other_policy.id]
        )
        self.other_policy.invalidate_recordset()
        with self.assertLogs("odoo.addons.overdue_recovery", "ERROR"):
            self.env["dunning.run"]._cron_run()
        run = self.env["dunning.run"].search([("company_id", "=", self.company.id)])
        self.assertEqual(run.notice_ids.state, "proposed")

    def test_invoice_moved_to_another_company_is_dunned_there_only(self):
        for stage in STAGES:
            with self._stage(stage):
                invoice = self._invoice_of(self.company)
                run = self._bring_to(stage)
                invoice.button_draft()
                invoice.button_cancel()
                moved = self._invoice_of(self.other)
                self._finish(run)
                other_run = self._run_of(self.other)
                self.assertEqual(other_run.notice_ids.line_ids.move_id, moved)
                expected = "sent" if stage == "sent" else "cancelled"
                self.assertEqual(run.notice_ids.state, expected)

    def test_merge_of_customers_with_cases_in_two_companies(self):
        self._invoice_of(self.company)
        self._invoice_of(self.other)
        runs = self._run_of(self.company) | self._run_of(self.other)
        self.env["res.partner"].browse(self.partner_b.id)._recovery_case(self.other)
        wizard = self.env["base.partner.merge.automatic.wizard"].sudo()
        wizard._merge((self.partner_a | self.partner_b).ids, self.partner_b)
        cases = runs.notice_ids.case_id
        self.assertEqual(cases.partner_id, self.partner_b)
        self.assertEqual(cases.company_id, self.company | self.other)
        self.assertFalse(any(cases.mapped("date_closed")))

    # -- new companies -----------------------------------------------------------------------

    def test_new_company_gets_the_default_policy(self):
        company = self.env["res.company"].create({"name": "New"})
        policy = self.env["dunning.policy"].sudo().search([("company_id", "=", company.id)])
        standard = self.env.ref("overdue_recovery.dunning_policy_standard").sudo()
        self.assertEqual(policy.mode, "approve")
        self.assertEqual(
            policy.level_ids.mapped("delay_days"), standard.level_ids.mapped("delay_days")
        )
        self.assertEqual(policy.date_start, MONDAY - self._days(60))
        self.assertTrue(all(policy.level_ids.mapped("mail_template_id")))
        self.assertEqual(policy.level_ids.company_id, company)

    def test_new_branch_gets_no_policy_of_its_own(self):
        self.assertFalse(
            self.env["dunning.policy"].search([("company_id", "=", self.branch.id)]),
            "its parent's policy is its own",
        )

    def test_new_company_gets_a_policy_even_when_the_shipped_one_was_changed(self):
        standard = self.env.ref("overdue_recovery.dunning_policy_standard").sudo()
        standard.sudo().write({"active": False})
        company = self.env["res.company"].create({"name": "New"})
        policy = self.env["dunning.policy"].sudo().search([("company_id", "=", company.id)])
        self.assertEqual(len(policy), 1)
