import csv
import os
import tempfile
from datetime import date, timedelta
from unittest import skipUnless

from odoo import SUPERUSER_ID
from odoo.tests import tagged

from .common import RecoveryCommon

try:
    from benchmarks import receivables_csv
    from benchmarks.invariants import Checker
    from benchmarks.mailbox import Mailbox
    from benchmarks.replay import Replay
except ImportError:  # the addon stands alone, without the project around it
    Replay = None

FIRST = date(2024, 1, 8)
# Days from the due date to the payment, one customer each; None never pays.
LAGS = (-5, 2, 5, 16, 23, 37, 51, None)
WEEKS = 5
DAYS = 56


def slice_rows():
    """40 invoices of 8 customers, two weeks to pay, every fourth of them disputed."""
    for week in range(WEEKS):
        issued = FIRST + timedelta(weeks=week)
        due = issued + timedelta(days=14)
        for index, lag in enumerate(LAGS):
            number = 1000 + len(LAGS) * week + index
            settled = "" if lag is None else f"{due + timedelta(days=lag):%d/%m/%Y}"
            yield {
                "countrycode": 1 + index % 5,
                "customerID": f"C{index}",
                "invoiceNumber": number,
                "InvoiceDate": f"{issued:%d/%m/%Y}",
                "DueDate": f"{due:%d/%m/%Y}",
                "InvoiceAmount": f"{6.5 + 37.21 * (index % 3):.2f}",
                "Disputed": "Yes" if (week + index) % 4 == 0 else "No",
                "SettledDate": settled,
            }


def write_slice(path):
    """The slice as a file, with two rows that are broken."""
    rows = list(slice_rows())
    rows.insert(3, {**rows[0], "invoiceNumber": 1, "DueDate": "31/02/2024"})
    rows.append({**rows[0], "invoiceNumber": rows[5]["invoiceNumber"]})
    with open(path, "w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


@tagged("post_install", "-at_install")
@skipUnless(Replay, "needs the folder benchmarks/ of the project")
class TestFlowReplay(RecoveryCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        policies = cls.env["dunning.policy"].sudo().with_context(active_test=False).search([])
        policies.active = False
        shipped = policies.filtered(lambda policy: policy.company_id == cls.company)
        cls.policy = (shipped - cls.policy)[:1]
        cls.policy.active = True
        cls.levels = cls.policy.level_ids

    def _read_slice(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "slice.csv")
            write_slice(path)
            return receivables_csv.read(path)

    def test_two_months_keep_every_invariant(self):
        reading = self._read_slice()
        self.assertEqual(len(reading.broken), 2, reading.broken)
        self.assertIn("DueDate '31/02/2024'", reading.broken[0])
        self.assertIn("stands there twice", reading.broken[1])
        company = self.company.with_user(SUPERUSER_ID)
        replay = Replay(
            company, self.policy, self.env.user, reading.receivables, self.env.flush_all
        )
        replay.play(DAYS)
        self.assertFalse([str(violation) for violation in replay.checker.violations])
        figures = replay.figures
        self.assertEqual(figures.days, DAYS)
        by_level = sum(figures.notices.values(), start=type(figures.calls)())
        self.assertGreaterEqual(len(by_level), 4, "levels from reminder to third reminder")
        self.assertGreater(figures.total, 40)
        self.assertTrue(any(figures.recalled.values()), "somebody paid right before")
        reasons = set().union(*figures.left_out.values())
        wanted = {"disputed", "interval", "min_amount", "not_due", "pay_by"}
        self.assertLessEqual(wanted, reasons)

    # -- the checker sees what is wrong ----------------------------------------------------

    def _day_with_a_notice(self):
        """A checker and the messages of a day on which one notice went out."""
        self.policy.date_start = self.today - timedelta(days=60)
        self.invoice = self._overdue_invoice(10, 100)
        checker = Checker(self.env, self.company, self.policy)
        mailbox = Mailbox()
        with mailbox.installed(self.env):
            run = self._propose()
            checker.check_proposal(self.today)
            run.action_issue()
            self.env["dunning.delivery"]._cron_deliver()
        self.notice = run.notice_ids
        return checker, mailbox.take()

    def _dunning_items(self):
        return self.env["dunning.item"].sudo().search([("company_id", "=", self.company.id)])

    def _rules(self, checker):
        return {violation.rule for violation in checker.violations}

    def test_checker_agrees_with_a_plain_day(self):
        checker, messages = self._day_with_a_notice()
        left_out = checker.check_day(self.today, messages)
        checker.check_end(self.today)
        self.assertFalse(checker.violations)
        self.assertFalse(left_out)
        self.assertEqual(len(checker.sent), 1)

    def test_checker_sees_a_notice_to_somebody_who_has_paid(self):
        checker, messages = self._day_with_a_notice()
        self._pay(self.invoice)
        checker.check_day(self.today, messages)
        wanted = {"never dun who has paid", "amount demanded", "a message names what is open"}
        self.assertLessEqual(wanted, self._rules(checker))

    def test_checker_sees_a_wrong_amount_and_a_wrong_level(self):
        checker, messages = self._day_with_a_notice()
        self.notice.sudo().amount_demanded = 99
        self._dunning_items().level_id = self.levels[-1]
        checker.check_day(self.today, messages)
        wanted = {"amount demanded", "dunning.item is what the notices say"}
        self.assertLessEqual(wanted, self._rules(checker))

    def test_checker_sees_a_lost_message(self):
        checker, _messages = self._day_with_a_notice()
        checker.check_day(self.today, [])
        self.assertEqual(self._rules(checker), {"every message is one delivery"})

    def test_checker_sees_a_second_message(self):
        checker, messages = self._day_with_a_notice()
        checker.check_day(self.today, messages * 2)
        wanted = {"every message is one delivery", "one message a day"}
        self.assertLessEqual(wanted, self._rules(checker))

    def test_checker_sees_what_was_not_proposed(self):
        self.policy.date_start = self.today - timedelta(days=60)
        checker = Checker(self.env, self.company, self.policy)
        self._overdue_invoice(10, 100)
        checker.check_proposal(self.today)
        self.assertEqual(self._rules(checker), {"the proposal is complete and right"})
        checker.check_day(self.today, [])
        self.assertIn("every item has its reason", self._rules(checker))

    def test_checker_sees_a_case_that_stays_open(self):
        checker, messages = self._day_with_a_notice()
        checker.check_day(self.today, messages)
        self._pay(self.invoice)
        checker.check_proposal(self.today)
        self.assertEqual(self._rules(checker), {"a case closes with its debt"})

    def test_checker_sees_a_demand_too_soon(self):
        checker, messages = self._day_with_a_notice()
        checker.check_day(self.today, messages)
        self.policy.min_interval_days = 0
        self.levels.new_due_days = 0
        # the gate would hold it
        self.env.ref("overdue_recovery.recovery_law_courtesy").contact_active = False
        with self.on(3) as day:
            self._dunning_items().due_date = self.today
            mailbox = Mailbox()
            with mailbox.installed(self.env):
                self._overdue_invoice(10, 100)
                run = self._propose()
                run.action_issue()
                self.env["dunning.delivery"]._cron_deliver()
            checker.check_day(day, mailbox.take())
        self.assertIn("days between demands", self._rules(checker))

    # -- what the replay found -------------------------------------------------------------

    def test_reasons_of_many_items_cost_no_more_queries(self):
        few = self._items(self._overdue_invoice(2, 100))
        many = few | few.union(*(self._items(self._overdue_invoice(2, 100)) for _ in range(9)))
        line = self.env["account.move.line"]
        line._dunning_blockers(few.ids)  # what the registry keeps is read once
        counts = []
        for items in (few, many):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            line._dunning_blockers(items.ids)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts)
