from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger
from psycopg2.errors import CheckViolation

from .common import RecoveryCommon


@tagged("post_install", "-at_install")
class TestBadInput(RecoveryCommon):
    """What a person gets wrong is said in words, and nothing is lost."""

    def _refused(self, act, *words):
        with self.assertRaises(ValidationError) as refusal, self.env.cr.savepoint():
            act()
        for word in words:
            self.assertIn(word, str(refusal.exception))

    def test_policy_with_two_levels_on_the_same_day_is_refused(self):
        self._refused(lambda: self._create_policy((5, 15, 15)), "Day 15", "must be later")

    def test_policy_whose_days_go_back_is_refused(self):
        self._refused(lambda: self._create_policy((5, 30, 15)), "Day 30", "Day 15", "Test")

    def test_level_written_onto_the_day_of_another_is_refused(self):
        self._refused(lambda: self.levels[1].write({"delay_days": 5}), "Day 15", "Day 5")
        self._refused(lambda: self.levels[2].write({"sequence": 1}), "Day 30")

    def test_archived_level_brought_back_onto_a_taken_day_is_refused(self):
        self.levels[1].active = False
        self.policy.level_ids = [Command.create({"name": "New", "delay_days": 15, "sequence": 11})]
        self._refused(lambda: self.levels[1].write({"active": True}), "must be later")

    def test_policy_without_levels_dunns_nobody_and_says_so(self):
        self.policy.level_ids.unlink()
        invoice = self._overdue_invoice()
        run = self._propose()
        self.assertFalse(run.notice_ids)
        self.assertTrue(self._codes(self._items(invoice)))

    def test_level_that_would_tell_nobody_is_refused(self):
        self._refused(lambda: self.levels[0].write({"send_email": False}), "Day 5", "nobody")
        self._refused(
            lambda: self.levels[0].write({"mail_template_id": False}), "Day 5", "template"
        )

    def test_unreadable_customers_of_a_policy_are_refused(self):
        bad = (
            "[(",
            "hello",
            "[('no_such_field', '=', 1)]",
            "[('name', 'nonsense', 1)]",
            "[('name', '=')]",
            "{}",
            "5",
        )
        for domain in bad:
            with self.subTest(domain=domain):
                self._refused(lambda d=domain: self.policy.write({"partner_domain": d}), "Test")

    def test_customers_of_a_policy_that_became_unreadable_are_told_to_the_person(self):
        self._overdue_invoice()
        self.env.cr.execute(
            SQL("UPDATE dunning_policy SET partner_domain = '[(' WHERE id = %s", self.policy.id)
        )
        self.policy.invalidate_recordset()
        with self.assertRaises(UserError) as refusal:
            self._propose()
        self.assertIn("Test", str(refusal.exception))

    def test_negative_figures_are_refused(self):
        for values in ({"min_interval_days": -1}, {"min_amount": -1}, {"max_notices": -1}):
            with self.subTest(values=values):
                with (
                    mute_logger("odoo.sql_db"),
                    self.assertRaises(CheckViolation) as refusal,
                    self.env.cr.savepoint(),
                ):
                    self.policy.write(values)
                    self.policy.flush_recordset()
                self.policy.invalidate_recordset()
                text = self.policy._sql_error_to_message(refusal.exception)
                self.assertIn("can't be negative", text)

    # -- templates ---------------------------------------------------------------------------

    def _broken_template(self):
        """A template that was fine when it was saved and no longer renders for one customer."""
        template = self.levels[0].mail_template_id.copy({"name": "Breaks"})
        template.flush_recordset()
        body = """<p t-out="{'partner_a': 'Dear A'}[object.partner_id.name]"/>"""
        self.env.cr.execute(
            SQL(
                "UPDATE mail_template SET body_html = jsonb_build_object('en_US', %s::text)"
                " WHERE id = %s",
                body,
                template.id,
            )
        )
        template.invalidate_recordset()
        return template

    def test_template_that_does_not_render_fails_for_one_customer_only(self):
        self.levels[0].mail_template_id = self._broken_template()
        good = self._overdue_invoice()
        bad = self._overdue_invoice(partner=self.partner_b)
        run = self._run_dunning()
        states = {notice.partner_id: notice.state for notice in run.notice_ids}
        self.assertEqual(states, {self.partner_a: "sent", self.partner_b: "failed"})
        failed = run.notice_ids.filtered(lambda notice: notice.state == "failed")
        self.assertIn("Breaks", failed.reason)
        self.assertIn("partner_b", failed.reason)
        self.assertEqual(run.state, "issued")
        self.assertEqual(good.dunning_level_id, self.levels[0])
        self.assertFalse(bad.dunning_level_id)
        self.assertEqual(len(self._new_mails), 1)

    def test_notice_of_a_broken_template_goes_out_after_it_was_mended(self):
        fine = self.levels[0].mail_template_id
        self.levels[0].mail_template_id = self._broken_template()
        bad = self._overdue_invoice(partner=self.partner_b)
        run = self._run_dunning()
        self.levels[0].mail_template_id = fine
        run.notice_ids.action_retry()
        self._deliver()
        self.assertEqual(run.notice_ids.state, "sent")
        self.assertEqual(bad.dunning_level_id, self.levels[0])

    # -- customers -----------------------------------------------------------------------------

    def test_customers_without_a_usable_address_are_listed_and_stop_nobody(self):
        self._overdue_invoice()
        for index, email in enumerate((False, " ", "nonsense", "@")):
            partner = self.env["res.partner"].create({"name": f"C{index}", "email": email})
            self._overdue_invoice(partner=partner)
        run = self._run_dunning()
        self.assertEqual(run.notice_ids.partner_id, self.partner_a)
        self.assertEqual(run.exception_ids.mapped("reason"), ["no_address"] * 4)
        self.assertTrue(all("address" in text for text in run.exception_ids.mapped("text")))

    def test_address_lost_before_the_message_leaves_stops_it_with_its_reason(self):
        for stage in ("proposed", "issued"):
            with self.subTest(stage=stage):
                partner = self.env["res.partner"].create({"name": "C", "email": "c@c.example"})
                self._overdue_invoice(partner=partner)
                run = self._propose(partner_ids=partner.ids)
                if stage == "issued":
                    run.action_issue()
                partner.email = False
                if stage == "proposed":
                    run.action_issue()
                self._deliver()
                self.assertIn(run.notice_ids.state, ("failed", "cancelled"))
                self.assertIn("address", run.notice_ids.reason)
                self.assertFalse(self._new_mails)

    def test_send_now_without_an_address_says_why(self):
        self.partner_a.email = False
        self._overdue_invoice()
        with self.assertRaises(UserError) as refusal:
            self.env["dunning.run"]._send_now(self.company, self.partner_a)
        self.assertIn("address", str(refusal.exception))

    def test_send_now_to_an_archived_customer_says_why(self):
        self._overdue_invoice()
        self.partner_a.active = False
        with self.assertRaises(UserError) as refusal:
            self.env["dunning.run"]._send_now(self.company, self.partner_a)
        self.assertIn("archived", str(refusal.exception))

    # -- items -----------------------------------------------------------------------------------

    def test_only_posted_receivables_with_a_customer_are_taken_in(self):
        invoice = self._overdue_invoice()
        revenue = invoice.line_ids.filtered(lambda line: line.account_type == "income")
        for line in (revenue, self._items(self._overdue_invoice())):
            if line != revenue:
                line.move_id.button_draft()
            with self.assertRaises(UserError) as refusal:
                line.action_take_into_recovery()
            self.assertIn("posted receivable", str(refusal.exception))

    def test_skipping_asks_for_a_reason(self):
        self._overdue_invoice()
        run = self._propose()
        for reason in (None, "", "  "):
            with self.assertRaises(UserError):
                run.notice_ids.action_skip(reason)
        self.assertEqual(run.notice_ids.state, "proposed")

    def test_notices_of_another_run_are_not_issued(self):
        self._overdue_invoice()
        first = self._propose()
        second = self.env["dunning.run"].create({"company_id": self.company.id})
        with self.assertRaises(UserError):
            second.action_issue(first.notice_ids)
