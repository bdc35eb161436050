from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import RecoveryCommon

NEW = {"name": "New", "email": "new@customer.example"}


@tagged("post_install", "-at_install")
class TestNumbersTraced(RecoveryCommon):
    """Every number on a screen opens the records that it is the sum, or the count, of."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._make_debts(cls("_make_debts"))

    @classmethod
    def _make_debts(cls, maker):
        """Items of every age, some of them promised, in a plan, disputed or at an agency."""
        for days, amount in ((-10, 10), (1, 20), (40, 30), (70, 40), (100, 50)):
            maker._overdue_invoice(days, amount)
        cls.partner_b.email = False
        maker._overdue_invoice(20, 60, partner=cls.partner_b)
        cls.dunned = maker._run_dunning()
        customer = cls.env["res.partner"].create({"name": "Fresh", "email": "f@customer.example"})
        maker._promise(maker._overdue_invoice(10, 100, partner=customer), 70)
        maker._plan(maker._overdue_invoice(10, 200, partner=customer)).action_activate()
        maker._hold(maker._overdue_invoice(10, 300, partner=customer), "disputed", amount=250)
        maker._hold(maker._items(maker._overdue_invoice(10, 400, partner=customer)), "referred")
        maker._credit_note(15, partner=cls.partner_b)
        maker._payment(5, partner=cls.partner_b)
        cls.case = cls.dunned.notice_ids.case_id

    def _opened(self, action):
        """The records that a window action shows."""
        self.assertEqual(action["type"], "ir.actions.act_window")
        domain = action.get("domain") or []
        if action.get("context", {}).get("search_default_live"):
            domain = [*domain, ("state", "not in", ("skipped", "cancelled"))]
        return self.env[action["res_model"]].search(domain)

    def test_each_figure_of_the_strip_opens_what_it_is_the_sum_of(self):
        today = self.env["recovery.today"]
        figures = {key: value for key, _label, value in today._strip_figures(self.company)}
        self.assertEqual(
            figures,
            {
                "ready": (0, 0),
                "overdue": (20 + 30 + 40 + 50 + 60 + 100 + 200 + 300 + 400, 3),
                "dunning": (30 + 40 + 50, 1),
                "promised": (70, 1),
                "plan": (200, 1),
                "disputed": (250, 1),
                "referred": (400, 1),
            },
        )
        shown = [row["key"] for row in today.recovery_strip()]
        self.assertEqual(shown, [key for key, (amount, _count) in figures.items() if amount])
        for key, (amount, customers) in figures.items():
            records = self._opened(today.action_open_figure(key))
            is_hold = records._name == "recovery.hold"
            measure = {
                "account.move.line": "amount_residual",
                "dunning.notice": "amount_demanded",
                "recovery.hold": "amount_held",
            }[records._name]
            self.assertEqual(sum(records.mapped(measure)), amount, key)
            found = records._customers() if is_hold else records.partner_id
            self.assertEqual(len(found), customers, key)

    def test_what_is_ready_to_send_opens_the_notices(self):
        run = self._propose()
        figures = {row["key"]: row for row in self.env["recovery.today"].recovery_strip()}
        notices = self._opened(self.env["recovery.today"].action_open_figure("ready"))
        self.assertEqual(notices, run.notice_ids)
        amount = self.company.currency_id.format(sum(notices.mapped("amount_demanded")))
        self.assertEqual(figures["ready"]["amount"], amount)

    def test_there_is_no_other_figure(self):
        with self.assertRaisesRegex(UserError, "no figure"):
            self.env["recovery.today"].action_open_figure("everything")

    def test_each_figure_of_a_case_opens_what_it_is_the_sum_of(self):
        case_b = self.partner_b._recovery_case(self.company)
        for case, *amounts in ((self.case, 140, 10, 0), (case_b, 60, 0, 20)):
            shown = case.amount_overdue, case.amount_not_due, case.amount_credits
            self.assertEqual(shown, tuple(amounts))
            actions = (
                case.action_open_overdue(),
                case.action_open_not_due(),
                case.action_open_credits(),
            )
            opened = [sum(self._opened(action).mapped("amount_residual")) for action in actions]
            self.assertEqual(opened, [amounts[0], amounts[1], -amounts[2]])

    def test_each_part_of_the_ageing_bar_opens_what_it_is_the_sum_of(self):
        columns = self.case.recovery_story()["ageing"]
        for index, (column, amount) in enumerate(zip(columns, (10, 20, 30, 40, 50), strict=True)):
            items = self._opened(self.case.action_open_age(index))
            self.assertEqual(sum(items.mapped("amount_residual")), amount)
            self.assertEqual(column["amount"], self.case._story_money(amount))
        for wrong in (5, -1, "0", None):
            with self.assertRaises(UserError):
                self.case.action_open_age(wrong)

    def test_each_figure_of_a_run_opens_what_it_counts(self):
        self._overdue_invoice(10, 90, partner=self.env["res.partner"].create(NEW))
        run = self._propose()
        kept, skipped = run.notice_ids[1:], run.notice_ids[:1]
        skipped.action_skip("Not now")
        self.assertTrue(kept)
        for one in (self.dunned, run):
            notices = self._opened(one.action_view_notices())
            self.assertEqual(len(notices), one.notice_count)
            self.assertEqual(sum(notices.mapped("amount_demanded")), one.amount_demanded)
            self.assertEqual(self._opened(one.action_view_levels()), notices)
            self.assertEqual(len(self._opened(one.action_view_exceptions())), one.exception_count)
            self.assertEqual(len(self._opened(one.action_view_skipped())), one.skipped_count)
        self.assertEqual(run.skipped_count, 1)
        levels = self._opened(self.dunned.action_view_levels()).grouped("level_id")
        told = {level.name: len(notices) for level, notices in levels.items()}
        self.assertEqual(self.dunned.stats["notices_by_level"], told)

    def _message(self, channel, recipient, state):
        """A message of the run in this state, however it came there."""
        values = {"channel": channel, "recipient_id": recipient.id}
        delivery = (
            self.env["dunning.delivery"]
            .sudo()
            .create({"notice_id": self.dunned.notice_ids.id, **values})
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE dunning_delivery SET state = %s WHERE id = %s", [state, delivery.id]
        )
        self.env.invalidate_all()

    def test_each_count_of_messages_opens_the_messages(self):
        run = self.dunned
        for state in ("held", "failed", "unknown", "queued", "bounced"):
            recipient = self.env["res.partner"].create({"name": state, "email": "x@x.example"})
            self._message("email", recipient, state)
        for channel in ("letter", "sms"):
            self._message(channel, self.partner_a, "sending")
        counts = {"sent": 1, "waiting": 2, "held": 1, "failed": 2, "unknown": 1}
        for name, count in counts.items():
            self.assertEqual(run[f"{name}_count"], count, name)
            action = getattr(run, f"action_view_{name}")()
            self.assertEqual(len(self._opened(action)), count, name)
        self.assertEqual((run.letter_count, len(self._opened(run.action_view_letters()))), (1, 1))
        self.assertEqual((run.unsent_count, len(self._opened(run.action_view_unsent()))), (0, 0))

    def test_each_count_of_the_first_steps_opens_what_it_counts(self):
        self.policy.date_start = self.today
        start = self.env["recovery.start"].create({})
        items = self._opened(start.action_view_overdue())
        self.assertEqual((len(items.move_id), start.overdue_count), (9, 9))
        self.assertIn(self.company.currency_id.format(1200), start.headline)
        self.assertEqual(sum(items.mapped("amount_residual")), 1200)
        self.assertGreater(start.old_count, 0)
        self.assertEqual(len(self._opened(start.action_view_old())), start.old_count)

    def test_the_first_steps_open_who_has_no_address_and_who_would_be_told(self):
        start = self.env["recovery.start"].create({})
        self.assertEqual(self._opened(start.action_view_unreachable()), self.partner_b)
        self._overdue_invoice(10, 90, partner=self.env["res.partner"].create(NEW))
        start = self.env["recovery.start"].create({})
        self.assertGreater(start.notice_count, 0)
        self.assertEqual(len(self._opened(start.action_see())), start.notice_count)
