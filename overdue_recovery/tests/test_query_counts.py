from datetime import timedelta

from odoo.tests import tagged

from .common import RecoveryCommon
from .ledger import Copies, amounts

# A page of inserted rows is one statement; the figures here stay below one page.
FEW, MANY = 20, 200
# Statements for each further customer, its share of the batches' included: none to issue; to
# deliver, the one that writes down that a message's turn has come, and the gate's question.
ISSUE_LIMIT = 0.5
DELIVER_LIMIT = 6.0


@tagged("post_install", "-at_install")
class TestQueryCounts(RecoveryCommon):
    """What a run costs does not grow with the ledger, except for what is sent to each customer."""

    def setUp(self):
        super().setUp()
        self.copies = Copies(self.env(su=True))
        self.template = self._overdue_invoice(10, 100, partner=self.partner_b)
        self.partner_b.country_id = self.env.ref("base.de")
        # a template only: nothing of it is open itself
        self.receivable = self._items(self.template)
        self.receivable.flush_recordset()
        self.env.cr.execute(
            "UPDATE account_move_line SET parent_state = 'draft' WHERE id = %s",
            [self.receivable.id],
        )
        self.env.invalidate_all()

    def _customers(self, count, items=1, has_email=True):
        """Ids of ``count`` new customers with ``items`` overdue invoices each."""
        partners = self.copies.ids("res_partner", count)
        emails = [
            f"c{partner_id}@customer.example" if has_email else None for partner_id in partners
        ]
        self.copies.clone(
            "res_partner",
            self.partner_b.id,
            [
                {
                    "id": partner_id,
                    "commercial_partner_id": partner_id,
                    "name": f"Customer {partner_id}",
                    "email": email or None,
                    "email_normalized": email or None,
                }
                for partner_id, email in zip(partners, emails, strict=True)
            ],
        )
        owners = [partner_id for partner_id in partners for _item in range(items)]
        moves = self.copies.ids("account_move", len(owners))
        self.copies.clone(
            "account_move",
            self.template.id,
            [
                {
                    "id": move_id,
                    "name": f"COPY/{move_id}",
                    "partner_id": partner_id,
                    "commercial_partner_id": partner_id,
                }
                for move_id, partner_id in zip(moves, owners, strict=True)
            ],
        )
        for line in self.template.line_ids:
            sign = 1 if line == self.receivable else -1
            self._copy_line(line, sign, moves, owners)
        self.env.invalidate_all()
        return partners

    def _copy_line(self, line, sign, moves, owners):
        open_amounts = {"amount_residual": 100, "amount_residual_currency": 100}
        self.copies.clone(
            "account_move_line",
            line.id,
            [
                {
                    "id": line_id,
                    "move_id": move_id,
                    "partner_id": partner_id,
                    "parent_state": "posted",
                    **amounts(sign * 10000),
                    **(open_amounts if sign > 0 else {}),
                }
                for line_id, move_id, partner_id in zip(
                    self.copies.ids("account_move_line", len(moves)), moves, owners, strict=True
                )
            ],
        )

    def _counted(self, act):
        """(statements that ``act`` needs from a cold cache, what it returns)."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        result = act()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before, result

    def _measured(self, count, items, act):
        """Statements of ``act(run)`` on a ledger of its own, which is gone afterwards."""
        with self._taken_back():
            self._customers(count, items)
            run = self.env["dunning.run"].create({"company_id": self.company.id})
            return act(run)

    def _taken_back(self):
        return _TakenBack(self.env)

    def _propose_count(self, count, items=1):
        def act(run):
            statements, _done = self._counted(run.action_propose)
            self.assertEqual(len(run.notice_ids), count)
            self.assertEqual(len(run.notice_ids.line_ids), count * items)
            return statements

        return self._measured(count, items, act)

    def _warm_up(self, act=None):
        """Fill the caches that outlive a transaction: access rights, sequences, fields."""
        self._measured(2, 1, act or (lambda run: run.action_propose()))

    # -- propose ---------------------------------------------------------------------------

    def test_propose_costs_the_same_for_10_and_for_200_items(self):
        self._warm_up()
        few, many = self._propose_count(5, 2), self._propose_count(5, 40)
        self.assertEqual(many, few, "statements per item")

    def test_propose_costs_the_same_for_20_and_for_200_customers(self):
        self._warm_up()
        few, many = self._propose_count(FEW), self._propose_count(MANY)
        self.assertEqual(many, few, "statements per customer")

    def test_refresh_costs_the_same_for_20_and_for_200_customers(self):
        """The morning after: every notice is kept, or every one is drawn again."""
        self._warm_up()
        for next_day in (False, True):
            counts = [self._refresh_count(count, next_day) for count in (FEW, MANY)]
            with self.subTest(next_day=next_day):
                self.assertLessEqual(counts[1], counts[0] + 2, counts)

    def _refresh_count(self, count, next_day):
        def act(run):
            run.action_propose()
            notices = run.notice_ids
            run.sudo().date += timedelta(days=next_day)
            statements, _done = self._counted(run.action_propose)
            self.assertEqual(run.notice_ids, notices)
            return statements

        return self._measured(count, 1, act)

    def test_leaving_out_costs_the_same_for_20_and_for_200_customers(self):
        self._warm_up()
        warm, few, many = (self._left_out_count(count) for count in (2, FEW, MANY))
        self.assertEqual(many, few, warm)

    def _left_out_count(self, count):
        with self._taken_back():
            self._customers(count, has_email=False)
            run = self.env["dunning.run"].create({"company_id": self.company.id})
            statements, _done = self._counted(run.action_propose)
            self.assertEqual(set(run.exception_ids.mapped("reason")), {"no_address"})
            self.assertEqual(len(run.exception_ids), count)
            return statements

    def test_blockers_of_20_and_of_200_invoices_cost_the_same(self):
        counts = []
        for count in (FEW, MANY):
            with self._taken_back():
                partners = self._customers(count)
                moves = self.env["account.move"].search([("partner_id", "in", partners)])
                self._counted(lambda moves=moves: moves[:1].mapped("dunning_blockers"))
                counts.append(
                    self._counted(lambda moves=moves: moves.mapped("dunning_blockers"))[0]
                )
        self.assertEqual(counts[0], counts[1])

    # -- issue and deliver -----------------------------------------------------------------

    def test_issue_costs_a_bounded_number_of_statements_per_customer(self):
        def act(run):
            run.action_propose()
            return self._counted(run.action_issue)[0]

        per_customer = self._slope(act)
        self.assertLessEqual(per_customer, ISSUE_LIMIT)

    def test_writing_ahead_costs_the_same_for_20_and_for_200_messages(self):
        def act(run):
            run.action_propose()
            run.action_issue()
            deliveries = run.notice_ids.delivery_ids.sudo()
            statements, _done = self._counted(deliveries._prepare_ahead)
            self.assertTrue(all(deliveries.mapped("body")))
            return statements

        self._warm_up(act)
        few, many = (self._measured(count, 1, act) for count in (FEW, MANY))
        self.assertLessEqual(many, few + 2, "statements per message")

    def test_delivery_costs_a_bounded_number_of_statements_per_message(self):
        def act(run):
            run.action_propose()
            run.action_issue()
            statements, _done = self._counted(self._deliver)
            self.assertEqual(set(run.notice_ids.mapped("state")), {"sent"})
            return statements

        per_message = self._slope(act)
        self.assertLessEqual(per_message, DELIVER_LIMIT)

    def _slope(self, act):
        """Statements for each further customer, between two sizes of a ledger."""
        self._warm_up(act)
        few, many = (self._measured(count, 1, act) for count in (10, 60))
        return (many - few) / 50

    # -- nothing to do ---------------------------------------------------------------------

    def test_a_daily_run_in_which_nothing_is_due_writes_nothing(self):
        self.env["recovery.case"]._cron_daily()
        before = self._fingerprint()
        with self.on(1):
            self.env["recovery.case"]._cron_daily()
        self.assertEqual(self._fingerprint(), before)

    def test_a_daily_run_with_the_same_left_out_customers_writes_nothing_new(self):
        self._customers(3, has_email=False)
        self.env["recovery.case"]._cron_daily()
        runs = self.env["dunning.run"].search([("company_id", "=", self.company.id)])
        self.assertEqual(len(runs), 1)
        with self.on(1):
            self.env["recovery.case"]._cron_daily()
        again = self.env["dunning.run"].search([("company_id", "=", self.company.id)])
        self.assertEqual(again, runs)

    def _fingerprint(self):
        self.env.flush_all()
        ours = [
            model._table
            for model in self.env.registry.values()
            if model._original_module == "overdue_recovery" and model._auto and not model._abstract
        ]
        found = {}
        for table in (*ours, "mail_mail", "mail_message", "mail_activity", "ir_cron_trigger"):
            self.env.cr.execute(
                f"SELECT COUNT(*), md5(string_agg(t::text, '|' ORDER BY id)) FROM \"{table}\" t"
            )
            found[table] = self.env.cr.fetchone()
        return found


class _TakenBack:
    """A stretch of a test of which nothing stays."""

    def __init__(self, env):
        self.env = env

    def __enter__(self):
        self.env.flush_all()
        self.savepoint = self.env.cr.savepoint(flush=False)

    def __exit__(self, *_error):
        self.env.invalidate_all(flush=False)
        self.env.transaction.clear()
        self.savepoint.close(rollback=True)
        self.env.invalidate_all(flush=False)
