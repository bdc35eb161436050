import random
from datetime import timedelta

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from ..calc import ageing
from ..models.recovery_ageing import COLUMNS
from .common import MONDAY, RecoveryCommon


@tagged("post_install", "-at_install")
class TestRecoveryAgeing(RecoveryCommon):
    """What was open on a past day, as the ledger stood then."""

    def _rows(self, day=None, **domain):
        self.env.flush_all()
        # another request for another day has a cache of its own
        self.env.invalidate_all()
        report = self.env["recovery.ageing"].with_context(ageing_date=day or self.today)
        return report.search(
            [("company_id", "=", self.company.id)]
            + [(name, "=", value) for name, value in domain.items()]
        )

    def _balance(self, day):
        """The balance of the receivable accounts on a day, by core's ledger alone."""
        [(balance,)] = self.env["account.move.line"]._read_group(
            [
                ("company_id", "=", self.company.id),
                ("account_id.account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("date", "<=", day),
            ],
            aggregates=["balance:sum"],
        )
        return balance or 0.0

    def test_the_columns_are_those_of_the_worked_example(self):
        day = MONDAY
        for days, amount in ((-10, 1000), (0, 2000), (1, 3000), (30, 4000), (31, 500), (90, 900)):
            self._overdue_invoice(amount=amount, due=day - timedelta(days=days))
        self._overdue_invoice(amount=1200, due=day - timedelta(days=91))
        rows = self._rows()
        sums = [sum(rows.mapped(column)) for column in COLUMNS]
        self.assertEqual(sums, [3000, 7000, 500, 900, 1200])
        self.assertEqual(sum(rows.mapped("amount")), 12600)

    def test_what_was_paid_later_was_open_before(self):
        invoice = self._overdue_invoice(10, 100)
        with self.on(5):
            self._pay(invoice, 60)
        with self.on(9):
            self._pay(invoice)
        with self.on(20):
            open_on = {
                offset: sum(self._rows(MONDAY + timedelta(days=offset)).mapped("amount"))
                for offset in (0, 5, 8, 9)
            }
        self.assertEqual(open_on, {0: 100, 5: 40, 8: 40, 9: 0})

    def test_an_invoice_was_not_open_before_it_was_posted(self):
        self._overdue_invoice(10, 100)
        self.assertFalse(self._rows(MONDAY - timedelta(days=60)))

    def test_the_level_is_the_one_told_by_then(self):
        invoice = self._overdue_invoice(5, 100)
        self._run_dunning()
        with self.on(11):
            self._run_dunning()
            self.assertEqual(self._rows(MONDAY).level_id, self.levels[0])
            self.assertEqual(self._rows(MONDAY + timedelta(days=11)).level_id, self.levels[1])
        self.assertTrue(invoice)

    def test_kinds_part_what_is_collected_from_what_is_not(self):
        self._overdue_invoice(10, 100)
        blocked = self._overdue_invoice(10, 50)
        self._items(blocked).no_followup = True
        self._credit_note(30)
        amounts = {
            kind: sum(self._rows(kind=kind).mapped("amount"))
            for kind in ("owed", "excluded", "credit")
        }
        self.assertEqual(amounts, {"owed": 100, "excluded": 50, "credit": -30})

    def test_the_total_of_random_ledgers_is_the_balance_of_the_accounts(self):
        chance = random.Random(20)
        invoices = [
            self._overdue_invoice(chance.randint(-30, 120), chance.randint(1, 900))
            for _ in range(12)
        ]
        for invoice in chance.sample(invoices, 8):
            with self.on(chance.randint(0, 30)):
                self._pay(invoice, chance.randint(1, int(invoice.amount_residual)))
        self._credit_note(chance.randint(1, 90))
        with self.on(40):
            for offset in (-200, -40, -5, 0, 7, 15, 30, 40):
                day = MONDAY + timedelta(days=offset)
                rows = self._rows(day)
                total = sum(rows.mapped("amount"))
                self.assertAlmostEqual(total, self._balance(day), 2, day)
                for row in rows:
                    column = COLUMNS[ageing.bucket(ageing.days_overdue(row.date_due, day))]
                    self.assertEqual(row[column], row.amount)
                    self.assertEqual(COLUMNS[int(row.age)], column)

    def test_it_is_told_apart_by_whatever_an_open_amount_depends_on(self):
        self.policy.step = "catch_up"
        invoice = self._overdue_invoice(5, 100)
        self._overdue_invoice(40, 50, partner=self.partner_b)
        self._run_dunning()
        case = invoice.partner_id._recovery_case(self.company)
        case.late_reason_id = self.env["recovery.late.reason"].search([], limit=1)
        case.user_id = self.env.user
        [row, other] = (
            self._rows(partner_id=self.partner_a.id),
            self._rows(partner_id=self.partner_b.id),
        )
        self.assertEqual((row.amount, other.amount), (100, 50))
        self.assertEqual((row.level_id, other.level_id), (self.levels[0], self.levels[2]))
        self.assertEqual(row.user_id, self.env.user)
        self.assertEqual((row.late_reason_id, other.late_reason_id.ids), (case.late_reason_id, []))
        self.assertEqual(row.currency_id, self.company.currency_id)
        for name in ("partner_id", "level_id", "user_id", "late_reason_id", "currency_id", "age"):
            groups = row._read_group([("company_id", "=", self.company.id)], [name], ["amount:sum"])
            self.assertEqual(sum(amount for _key, amount in groups), 150, name)

    def test_a_row_opens_its_document(self):
        invoice = self._overdue_invoice(10, 100)
        action = self._rows().action_open_document()
        self.assertEqual((action["res_model"], action["res_id"]), ("account.move", invoice.id))

    def test_a_day_to_come_is_refused(self):
        ask = self.env["recovery.ageing.ask"].create({"date": MONDAY + timedelta(days=1)})
        with self.assertRaisesRegex(UserError, "today or a day before"):
            ask.action_show()

    def test_the_dialog_opens_the_ageing_of_its_day(self):
        self._overdue_invoice(10, 100)
        action = self.env["recovery.ageing.ask"].create({}).action_show()
        rows = self.env["recovery.ageing"].with_context(**action["context"])
        self.assertEqual(rows._day(), MONDAY)

    def test_another_companys_collector_sees_nothing(self):
        self._overdue_invoice(10, 100)
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            login="stranger",
            groups="account.group_account_invoice",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.env.flush_all()
        self.assertFalse(self.env["recovery.ageing"].with_user(stranger).search([]))
