import random

from odoo.tests import tagged

from ..calc import indicator
from .common import RecoveryCommon


@tagged("post_install", "-at_install")
class TestRecoveryArrangementReport(RecoveryCommon):
    """What became of promises and plans, against what their own forms say."""

    def _row(self, record):
        self.env.invalidate_all()
        field = "promise_id" if record._name == "recovery.promise" else "plan_id"
        return self.env["recovery.arrangement.report"].search([(field, "=", record.id)])

    def _judge(self):
        self.env["recovery.promise"]._judge_all()
        self.env["recovery.plan"]._judge_all()

    def test_a_kept_promise_shows_what_was_promised_and_received(self):
        invoice = self._overdue_invoice(10, 1000)
        promise = self._promise(invoice, 400, days=7)
        with self.on(5):
            self._pay(invoice, 400)
            self._judge()
        row = self._row(promise)
        self.assertEqual((row.outcome, row.kept_rate), ("kept", 100))
        self.assertEqual((row.amount, row.amount_received, row.amount_late), (400, 400, 0))

    def test_what_comes_after_the_last_day_is_late(self):
        invoice = self._overdue_invoice(10, 1000)
        promise = self._promise(invoice, 400, days=7, tolerance_days=2)
        for day, amount in ((9, 100), (10, 250)):
            with self.on(day):
                self._pay(invoice, amount)
                self._judge()
        row = self._row(promise)
        self.assertEqual((row.outcome, row.kept_rate), ("partly_kept", 0))
        self.assertEqual((row.amount_received, row.amount_late), (350, 250))

    def test_open_and_cancelled_ones_are_not_judged(self):
        first, second = (self._promise(self._overdue_invoice(10, 100)) for _ in range(2))
        second.action_cancel()
        rows = self._row(first) | self._row(second)
        self.assertEqual(rows.mapped("outcome"), ["open", "cancelled"])
        [(rate,)] = rows._read_group([("id", "in", rows.ids)], aggregates=["kept_rate:avg"])
        self.assertFalse(rate)

    def test_the_rate_is_the_one_of_the_indicator(self):
        outcomes = []
        for paid in (100, 100, 40, 0):
            invoice = self._overdue_invoice(10, 100)
            promise = self._promise(invoice, days=3)
            if paid:
                self._pay(invoice, paid)
            outcomes.append(promise)
        open_one = self._promise(self._overdue_invoice(10, 100), days=30)
        with self.on(4):
            self._judge()
        promises = sum(outcomes, open_one)
        [(rate,)] = self.env["recovery.arrangement.report"]._read_group(
            [("promise_id", "in", promises.ids)], aggregates=["kept_rate:avg"]
        )
        self.assertEqual(rate, 100 * float(indicator.promises_kept(promises.mapped("state"))))

    def test_a_foreign_promise_counts_at_the_rate_of_its_day(self):
        euro = self.setup_other_currency("EUR", rates=[("2025-01-01", 2.0), ("2025-03-04", 4.0)])
        invoice = self._overdue_invoice(10, 1000, currency_id=euro.id)
        promise = self._promise(invoice, 600)
        with self.on(3):
            self._pay(invoice, 300)
        row = self._row(promise)
        self.assertEqual((promise.amount, promise.amount_received), (600, 300))
        self.assertEqual((row.amount, row.amount_received), (300, 150))

    def test_a_plan_counts_from_its_activation_to_its_end(self):
        invoice = self._overdue_invoice(10, 900)
        plan = self._plan(invoice, count=3, days=7)
        self.assertFalse(self._row(plan))
        plan.action_activate()
        self.assertEqual(self._row(plan).outcome, "open")
        with self.on(7):
            self._pay(invoice, 900)
            self._judge()
        row = self._row(plan)
        self.assertEqual((plan.state, row.outcome), ("completed", "kept"))
        self.assertEqual((row.amount, row.amount_received), (900, 900))
        last = max(plan.installment_ids.mapped("date_due"))
        self.assertEqual((row.date_due - last).days, plan.grace_days)

    def test_a_defaulted_plan_is_broken(self):
        plan = self._plan(self._overdue_invoice(10, 900), count=3, days=7)
        plan.action_activate()
        with self.on(40):
            self._judge()
        self.assertEqual((plan.state, self._row(plan).outcome), ("defaulted", "broken"))

    def test_received_is_what_the_forms_say_whatever_happens_to_the_money(self):
        chance = random.Random(3)
        invoices = [self._overdue_invoice(10, chance.randint(100, 900)) for _ in range(6)]
        for invoice in invoices[:3]:
            self._pay(invoice, 20)
        made = [self._promise(invoice, 50) for invoice in invoices[:4]]
        made.append(self._plan(invoices[4]))
        made[-1].action_activate()
        payments = []
        for day in range(1, 25, 3):
            with self.on(day):
                invoice = chance.choice([one for one in invoices if one.amount_residual > 30])
                payments.append(self._pay(invoice, chance.randint(1, 30)))
        credit = self._credit_note(10)
        (self._items(credit) | self._items(invoices[0])).reconcile()
        payments[2].action_draft()
        for record in made:
            received = sum(record.claim_ids.mapped("received"))
            self.assertAlmostEqual(self._row(record).amount_received, received, 2, record.name)
        self.assertGreater(sum(self._row(record).amount_received for record in made), 0)

    def test_a_row_opens_what_it_is_about(self):
        promise = self._promise(self._overdue_invoice(10, 100))
        plan = self._plan(self._overdue_invoice(10, 100))
        plan.action_activate()
        for record in (promise, plan):
            action = self._row(record).action_open_arrangement()
            self.assertEqual((action["res_model"], action["res_id"]), (record._name, record.id))
