from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import RecoveryCommon


@tagged("post_install", "-at_install")
class TestRecoveryCaseTimeline(RecoveryCommon):
    """What the case tells of the past, of today and of the coming days."""

    def _case(self):
        return self.partner_a._recovery_case(self.company)

    def _titles(self, steps):
        return [step["title"] for step in steps]

    def test_a_notice_stands_in_the_past_and_the_next_level_in_the_future(self):
        self._overdue_invoice(5, 100)
        self._run_dunning()
        story = self._case().recovery_story()
        self.assertEqual(self._titles(story["past"]), ["Day 5"])
        self.assertEqual(story["past"][0]["text"], "E-mail · Sent")
        self.assertEqual(story["past"][0]["date"], "2025-03-03")
        self.assertEqual(self._titles(story["next"]), ["Day 15", "Day 30"])
        self.assertEqual(story["next"][0]["text"], "E-mail · $\N{NO-BREAK SPACE}100.00")
        self.assertEqual([step["date"] for step in story["next"]], ["2025-03-14", "2025-03-28"])

    def test_what_waits_today_says_why(self):
        invoice = self._overdue_invoice(10, 100)
        self._hold(invoice, "says_paid")
        today = self._case().recovery_story()["today"]
        self.assertEqual([step["tone"] for step in today], ["blocked"])
        self.assertIn(invoice.name, today[0]["text"])

    def test_a_message_that_a_manager_let_go_is_one_step(self):
        self._overdue_invoice(10, 100)
        run = self._propose()
        run.action_issue()
        with self.on(0, hour=22):
            self._deliver()
            run.notice_ids.delivery_ids.with_env(self.env).action_override_hold("It asked for it")
            self._deliver()
        kinds = self._case().interaction_ids.mapped("kind")
        self.assertIn("hold_override", kinds)
        self.assertEqual(self._titles(self._case().recovery_story()["past"]), ["Day 5"])

    def test_a_failed_message_is_marked(self):
        self._overdue_invoice(10, 100)
        run = self._propose()
        run.action_issue()
        self._deliver()
        run.notice_ids.delivery_ids._on_bounce("mailbox unknown")
        tones = [step["tone"] for step in self._case().recovery_story()["past"]]
        self.assertIn("danger", tones)

    def test_dates_agreed_stand_among_the_coming_steps_in_order(self):
        invoice = self._overdue_invoice(10, 100)
        promise = self._promise(invoice, 40, days=4)
        case = promise.case_id
        case.follow_up_date = self.today.replace(day=5)
        story = case.recovery_story()
        agreed = [step for step in story["next"] if step["tone"] == "agreed"]
        self.assertEqual(self._titles(agreed), ["Follow-up", "Promised"])
        self.assertEqual((agreed[1]["model"], agreed[1]["id"]), ("recovery.promise", promise.id))
        dates = [step["date"] for step in story["next"]]
        self.assertEqual(dates, sorted(dates))

    def test_the_ageing_bar_adds_up_to_what_is_open(self):
        for days, amount in ((-10, 100), (10, 200), (45, 300), (75, 400), (120, 1000)):
            self._overdue_invoice(days, amount)
        columns = self._case().recovery_story()["ageing"]
        self.assertEqual([column["share"] for column in columns], [5.0, 10.0, 15.0, 20.0, 50.0])
        self.assertIn("1,000.00", columns[4]["amount"])

    def test_looking_changes_nothing(self):
        self._overdue_invoice(10, 100)
        case = self._case()
        self.env.flush_all()
        models = ("dunning.run", "dunning.notice", "recovery.interaction", "dunning.item")
        before = [self.env[model].search_count([]) for model in models]
        case.recovery_story()
        self.assertEqual(before, [self.env[model].search_count([]) for model in models])

    def test_a_collector_of_another_company_sees_nothing(self):
        self._overdue_invoice(10, 100)
        case = self._case()
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            login="stranger",
            groups="account.group_account_invoice",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        with self.assertRaises(AccessError):
            case.with_user(stranger).recovery_story()
