from random import Random

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import RecoveryCommon

FACTS = ["level_id", "date", "due_date", "cycle"]


@tagged("post_install", "-at_install")
class TestDunningItem(RecoveryCommon):
    """The row of an item says nothing that its handed-over lines and its start don't say."""

    def _facts(self, items):
        return items.sorted("id").read(FACTS)

    def _assert_rebuilt(self, lines):
        """Rebuilding changes nothing, and gives back what was wiped."""
        items = self.env["dunning.item"].sudo().search([("move_line_id", "in", lines.ids)])
        before = self._facts(items)
        items._rebuild()
        self.assertEqual(self._facts(items), before)
        items.write({"level_id": False, "date": False, "due_date": False})
        items._rebuild()
        self.assertEqual(self._facts(items), before)
        return before

    def _fail(self, error="550 no such user"):
        with self.mail_server_fails(ValueError(error)):
            self.env["dunning.delivery"]._cron_deliver()

    def test_level_comes_from_the_newest_line_that_was_handed_over(self):
        invoice = self._overdue_invoice(20)
        self._run_dunning()
        with self.on(21):
            self._run_dunning()
        with self.on(42):
            self._propose().action_issue()
            self._fail()
        (item,) = self._assert_rebuilt(self._items(invoice))
        self.assertEqual(item["level_id"][0], self.levels[1].id)
        self.assertEqual(str(item["date"]), "2025-03-24")

    def test_bounce_gives_the_level_before_back(self):
        invoice = self._overdue_invoice(20)
        self._run_dunning()
        with self.on(21):
            later = self._run_dunning()
        later.notice_ids.delivery_ids._on_bounce("550")
        (item,) = self._assert_rebuilt(self._items(invoice))
        self.assertEqual(item["level_id"][0], self.levels[0].id)
        self.assertEqual(str(item["date"]), "2025-03-03")

    def test_cancelled_notice_gives_the_level_before_in_a_new_cycle(self):
        invoice = self._overdue_invoice(20)
        self._run_dunning()
        with self.on(21):
            later = self._run_dunning()
            later.notice_ids.action_cancel()
        (item,) = self._assert_rebuilt(self._items(invoice))
        self.assertEqual((item["level_id"][0], item["cycle"]), (self.levels[0].id, 2))

    def test_start_at_a_level_is_a_fact_of_its_own(self):
        invoice = self._overdue_invoice(100)
        self._items(invoice).action_start_at(self.levels[1])
        (item,) = self._assert_rebuilt(self._items(invoice))
        self.assertEqual(item["level_id"][0], self.levels[1].id)

    def test_start_at_a_level_sets_an_item_back_that_had_gone_further(self):
        invoice = self._overdue_invoice(100)
        line = self._items(invoice)
        for day in (0, 21, 42):
            with self.on(day):
                self._run_dunning()
        self.assertEqual(line.dunning_level_id, self.levels[2])
        with self.on(43):
            line.action_start_at(self.levels[0])
        self.assertEqual(line.dunning_level_id, self.levels[0])
        self._assert_rebuilt(line)

    def test_an_item_is_in_recovery_once(self):
        invoice = self._overdue_invoice()
        items = self.env["dunning.item"].sudo()
        first = items._ensure(self._items(invoice))
        self.assertEqual(items._ensure(self._items(invoice)), first)
        self.assertFalse(items._ensure(items.move_line_id))

    def test_a_random_story_can_be_rebuilt_after_each_day(self):
        random = Random(7)
        partners = self.partner_a | self.partner_b
        invoices = self.env["account.move"]
        for index in range(10):
            partner = partners[index % 2]
            invoices |= self._overdue_invoice(random.randint(1, 60), 100, partner)
        lines = self._items(invoices)
        for day in range(0, 120, 6):
            with self.subTest(day=day), self.on(day):
                self._one_day(random, lines)
                self.env["recovery.case"]._recompute_dirty()
                self._assert_rebuilt(lines)

    def _one_day(self, random, lines):
        """One of the things that happen to items, then a run that may fail or bounce."""
        line = random.choice(lines)
        act = random.choice(["pay", "reopen", "start", "cancel", "nothing", "nothing"])
        getattr(self, f"_act_{act}")(random, line)
        run = self._propose()
        run.action_issue()
        random.choice([self._deliver, self._deliver, self._fail])()
        sent = run.notice_ids.delivery_ids.filtered(lambda delivery: delivery.state == "sent")
        if sent and random.random() < 0.2:
            sent[0]._on_bounce("550 user unknown")

    def _act_pay(self, random, line):
        if not line.reconciled:
            self._pay(line.move_id)

    def _act_reopen(self, random, line):
        if line.reconciled:
            line.remove_move_reconcile()

    def _act_start(self, random, line):
        line.action_start_at(random.choice(self.levels))

    def _act_cancel(self, random, line):
        domain = [("line_ids.move_line_id", "=", line.id), ("state", "in", ("sent", "failed"))]
        self.env["dunning.notice"].search(domain, limit=1).action_cancel()

    def _act_nothing(self, random, line):
        pass

    def test_only_a_manager_starts_items_at_a_level(self):
        invoice = self._overdue_invoice()
        user = self.env["res.users"].create(
            {
                "name": "Collector",
                "login": "item_collector",
                "group_ids": [Command.set(self.env.ref("overdue_recovery.group_user").ids)],
            }
        )
        with self.assertRaises(UserError):
            self._items(invoice).with_user(user).action_start_at(self.levels[0])
