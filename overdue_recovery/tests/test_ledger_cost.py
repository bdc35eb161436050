import re
from contextlib import ExitStack, contextmanager
from random import Random
from unittest.mock import patch

from odoo import Command
from odoo.sql_db import Cursor
from odoo.tests import tagged
from odoo.tools import SQL

from .common import MONDAY, RecoveryCommon

OURS = "odoo.addons.overdue_recovery."
LEDGER_MODELS = (
    "account.move",
    "account.move.line",
    "account.partial.reconcile",
    "account.full.reconcile",
    "account.payment",
)
CHANGE = re.compile(
    r'\s*(?:WITH .*?)?\b(UPDATE|DELETE\s+FROM)\s+"?(\w+)"?', re.IGNORECASE | re.DOTALL
)


def _pass_through(model_class, name):
    """A method that does nothing but what is below it."""

    def method(self, *args, **kwargs):
        return getattr(super(model_class, self), name)(*args, **kwargs)

    for attribute, value in vars(vars(model_class)[name]).items():
        setattr(method, attribute, value)
    return method


@tagged("post_install", "-at_install")
class TestLedgerCost(RecoveryCommon):
    """What the addon costs the accountant, who never asked for it."""

    # -- the addon taken out ---------------------------------------------------------------

    def _overrides(self):
        """(class, method) of everything of ours that core runs through on journal entries."""
        for name in LEDGER_MODELS:
            line = self.registry[name].__mro__
            for model_class in line:
                if not model_class.__module__.startswith(OURS):
                    continue
                below = line[line.index(model_class) + 1 :]
                for method, value in vars(model_class).items():
                    if callable(value) and any(method in vars(base) for base in below):
                        yield model_class, method

    @contextmanager
    def _without_the_addon(self):
        with ExitStack() as stack:
            for model_class, method in self._overrides():
                if not method.startswith("__"):
                    substitute = _pass_through(model_class, method)
                    stack.enter_context(patch.object(model_class, method, substitute))
            yield

    def test_the_comparison_takes_our_overrides_out(self):
        methods = {method for _class, method in self._overrides()}
        self.assertLessEqual({"create", "unlink", "_post"}, methods)
        with self._without_the_addon():
            invoice = self._dunned_invoice()
            queue = self.env["recovery.case.dirty"].sudo()
            queue.search([]).unlink()
            self._pay(invoice)
            self.assertFalse(queue.search([]))

    # -- counting --------------------------------------------------------------------------

    @contextmanager
    def _statements(self):
        """The statements of what happens inside, flushed at its end."""
        found = []
        execute = Cursor.execute

        def record(cursor, query, params=None, log_exceptions=True):
            text = query.code if isinstance(query, SQL) else query
            found.append(text.decode() if isinstance(text, bytes) else text)
            return execute(cursor, query, params, log_exceptions)

        self.env.flush_all()
        self.env.invalidate_all()
        with patch.object(Cursor, "execute", record):
            yield found
            self.env.flush_all()

    def _dunned_invoice(self):
        invoice = self._overdue_invoice(partner=self._customer())
        self._run_dunning(partner_ids=invoice.partner_id.ids)
        self.assertTrue(invoice.dunning_level_id)
        return invoice

    def _customer(self):
        return self.env["res.partner"].create({"name": "Somebody", "email": "s@customer.example"})

    def _unknown_invoice(self):
        return self._overdue_invoice(partner=self._customer())

    def _invoice_with_case_only(self):
        invoice = self._unknown_invoice()
        invoice.partner_id._recovery_case(self.company)
        return invoice

    def _dunned_foreign_invoice(self):
        """Its payment is worth something else in the company's currency: core posts an exchange
        difference with the reconciliation, and reverses it with its undoing."""
        if not hasattr(self, "other"):
            rates = [("2016-01-01", 2.0), (f"{MONDAY}", 3.0)]
            type(self).other = self.setup_other_currency("EUR", rates=rates)
        invoice = self._overdue_invoice(partner=self._customer(), currency_id=self.other.id)
        self._run_dunning(partner_ids=invoice.partner_id.ids)
        self.assertTrue(invoice.dunning_level_id)
        return invoice

    def _payment_of(self, invoice):
        payment = self.env["account.payment"].create(
            {
                "partner_id": invoice.partner_id.id,
                "amount": 100.0,
                "currency_id": invoice.currency_id.id,
                "date": MONDAY,
            }
        )
        payment.action_post()
        lines = payment.move_id.line_ids
        return lines.filtered(lambda line: line.account_type == "asset_receivable")

    def _act_post(self, invoice):
        invoice.button_draft()
        with self._statements() as found:
            invoice.action_post()
        return found

    def _act_reconcile(self, invoice):
        lines = self._items(invoice) | self._payment_of(invoice)
        with self._statements() as found:
            lines.reconcile()
        return found

    def _act_unreconcile(self, invoice):
        lines = self._items(invoice) | self._payment_of(invoice)
        lines.reconcile()
        with self._statements() as found:
            self._items(invoice).remove_move_reconcile()
        return found

    def _act_register_payment(self, invoice):
        with self._statements() as found:
            self._pay(invoice)
        return found

    def _act_draft(self, invoice):
        with self._statements() as found:
            invoice.button_draft()
        return found

    def test_posting_and_reconciling_cost_at_most_two_queries_more(self):
        kinds = (
            self._unknown_invoice,
            self._invoice_with_case_only,
            self._dunned_invoice,
            self._dunned_foreign_invoice,
        )
        acts = ("post", "reconcile", "unreconcile", "register_payment", "draft")
        for make in kinds:
            for act in acts:
                with self.subTest(invoice=make.__name__, act=act):
                    with_addon, without = self._counts(make, getattr(self, f"_act_{act}"))
                    self.assertLessEqual(with_addon - without, 2)

    def _counts(self, make, act):
        """Statements with and without the addon, each on a fresh invoice, the second time."""
        for _warm in range(2):
            with_addon = len(act(make()))
            invoice = make()
            with self._without_the_addon():
                without = len(act(invoice))
        return with_addon, without

    def test_many_documents_at_once_cost_no_more_than_one(self):
        invoices = self.env["account.move"].union(*(self._dunned_invoice() for _each in range(4)))
        payments = self.env["account.move.line"].union(*map(self._payment_of, invoices))
        items = self._items(invoices)
        invoices.button_draft()
        with self._statements() as posting:
            invoices.action_post()
        plan = [item | payment for item, payment in zip(items, payments, strict=True)]
        with self._statements() as reconciling:
            self.env["account.move.line"]._reconcile_plan(plan)
        with self._statements() as undoing:
            items.remove_move_reconcile()
        for statements in (posting, reconciling, undoing):
            queued = [text for text in statements if "INTO recovery_case_dirty" in text]
            self.assertLessEqual(len(queued), 2)

    def test_no_row_of_ours_is_changed_in_the_accountants_transaction(self):
        for act in ("post", "reconcile", "unreconcile", "register_payment", "draft"):
            with self.subTest(act=act):
                statements = getattr(self, f"_act_{act}")(self._dunned_invoice())
                changed = [found.group(2) for found in map(CHANGE.match, statements) if found]
                ours = [name for name in changed if name.startswith(("dunning_", "recovery_"))]
                self.assertFalse(ours)
                self.assertFalse(
                    [
                        text
                        for text in statements
                        if "FOR UPDATE" in text.upper() and re.search("dunning_|recovery_", text)
                    ]
                )

    def test_what_core_reads_of_its_own_records_does_not_bring_our_columns_along(self):
        """Partners, companies and documents are read all day: our columns are a group of their
        own (or each by itself), read when recovery asks for one of them."""
        ours = [field for field in self._our_columns() if field.prefetch not in ("recovery", False)]
        self.assertFalse([str(field) for field in ours])

    def _our_columns(self):
        """The columns that our addons add to models of others that accountants read."""
        models = (*LEDGER_MODELS, "res.partner", "res.company", "res.users", "account.journal")
        for name in models:
            for field in self.registry[name]._fields.values():
                if (
                    field.store
                    and field.column_type
                    and (field._module or "").startswith("overdue_")
                ):
                    yield field

    def test_labels_of_a_model_are_put_together_once(self):
        labels = self.env["ir.model.fields"].with_context(lang="en_US")
        for method in (labels.get_field_string, labels.get_field_help):
            self.assertIs(method("account.move"), method("account.move"))
            self.assertNotEqual(method("account.move"), method("res.partner"))
        field = labels._get("account.move", "late_reason_id")
        field.sudo().field_description = "Cause"
        self.assertEqual(labels.get_field_string("account.move")["late_reason_id"], "Cause")

    # -- keys ------------------------------------------------------------------------------

    def test_nothing_of_ours_keeps_a_journal_entry_from_being_deleted(self):
        self.env.cr.execute(
            """
            SELECT DISTINCT keys.table_name, usage.column_name, rules.delete_rule
              FROM information_schema.referential_constraints rules
              JOIN information_schema.table_constraints keys
             USING (constraint_schema, constraint_name)
              JOIN information_schema.key_column_usage usage
             USING (constraint_schema, constraint_name)
              JOIN information_schema.constraint_column_usage target
             USING (constraint_schema, constraint_name)
             WHERE target.table_name IN ('account_move', 'account_move_line')
            """
        )
        ours = self._our_tables()
        keys = [row for row in self.env.cr.fetchall() if row[0] in ours]
        columns = {(table, column) for table, column, _rule in keys}
        self.assertIn(("dunning_item", "move_line_id"), columns)
        self.assertIn(("dunning_notice_line", "move_line_id"), columns)
        restricting = [row for row in keys if row[2] not in ("CASCADE", "SET NULL")]
        self.assertFalse(restricting)

    def _our_tables(self):
        """Tables of our models and of the relations that their fields made."""
        ours = [
            model
            for model in self.registry.values()
            if model._original_module == "overdue_recovery" and not model._abstract
        ]
        relations = {
            field.relation
            for model in ours
            for field in model._fields.values()
            if field.type == "many2many" and field.store
        }
        return {model._table for model in ours} | relations

    # -- one condition, written twice --------------------------------------------------------

    def test_the_sql_of_measure_and_the_domain_select_the_same_items(self):
        self._random_ledger(Random(11), 60)
        company = self.company
        measure = self.env["dunning.measure"]
        measure._flush()
        against = measure._against(company, self.today)
        ids = list(measure._all_debtors(company, self.today, against))
        rows = measure._open_items(company, ids)
        by_sql = {row.id for row in rows if not (row.blocked or row.no_followup)}
        lines = self.env["account.move.line"]
        domain = lines._recovery_open_domain()
        by_domain = lines.search([*domain, ("company_id", "=", company.id)])
        self.assertEqual(by_sql, set(by_domain.ids))
        self.assertGreater(len(by_sql), 10)
        self.assertTrue(any(row.blocked for row in rows))
        self.assertTrue(any(row.no_followup for row in rows))
        every = lines.search([("account_type", "=", "asset_receivable")])
        kept = every.filtered_domain(domain).filtered(lambda line: line.company_id == company)
        self.assertEqual(kept, by_domain.filtered(lambda line: line in every))

    def _random_ledger(self, random, count):
        self.other = self.setup_other_currency("EUR", rates=[("2016-01-01", 2.0)])
        makers = [
            self._make_open,
            self._make_installments,
            self._make_foreign,
            self._make_partly_paid,
            self._make_paid,
            self._make_blocked,
            self._make_no_followup,
            self._make_draft,
            self._make_cancelled,
            self._make_credit,
            self._make_loose_payment,
            self._make_entry,
            self._make_taken_in_entry,
            self._make_entry_without_customer,
            self._make_vendor_bill,
        ]
        for index in range(count):
            maker = makers[index] if index < len(makers) else random.choice(makers)
            maker(random, random.choice(self.partner_a | self.partner_b))

    def _make_open(self, random, partner):
        return self._overdue_invoice(random.randint(-30, 60), random.randint(1, 500), partner)

    def _make_installments(self, random, partner):
        invoice = self._make_open(random, partner)
        invoice.button_draft()
        invoice.invoice_payment_term_id = self.pay_terms_b
        invoice.action_post()

    def _make_foreign(self, random, partner):
        return self._overdue_invoice(10, 50, partner, currency_id=self.other.id)

    def _make_partly_paid(self, random, partner):
        self._pay(self._overdue_invoice(10, 100, partner), random.randint(1, 99))

    def _make_paid(self, random, partner):
        self._pay(self._make_open(random, partner))

    def _make_blocked(self, random, partner):
        self._make_open(random, partner).action_toggle_block_payment()

    def _make_no_followup(self, random, partner):
        self._items(self._make_open(random, partner)).no_followup = True

    def _make_draft(self, random, partner):
        self._make_open(random, partner).button_draft()

    def _make_cancelled(self, random, partner):
        invoice = self._make_open(random, partner)
        invoice.button_draft()
        invoice.button_cancel()

    def _make_credit(self, random, partner):
        self._credit_note(random.randint(1, 50), partner)

    def _make_loose_payment(self, random, partner):
        payment = self.env["account.payment"].create(
            {"partner_id": partner.id, "amount": random.randint(1, 50), "date": MONDAY}
        )
        payment.action_post()

    def _make_entry(self, random, partner):
        receivable = self.company_data["default_account_receivable"]
        revenue = self.company_data["default_account_revenue"]
        amount = random.choice([-70, 70])
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": MONDAY,
                "journal_id": self.company_data["default_journal_misc"].id,
                "line_ids": [
                    Command.create(
                        {
                            "account_id": receivable.id,
                            "partner_id": partner.id,
                            "balance": amount,
                            "date_maturity": random.choice([False, "2025-02-10"]),
                        }
                    ),
                    Command.create({"account_id": revenue.id, "balance": -amount}),
                ],
            }
        )
        entry.action_post()
        return self._items(entry) if amount > 0 else self.env["account.move.line"]

    def _make_taken_in_entry(self, random, partner):
        self._make_entry(random, partner).action_take_into_recovery("2025-02-10")

    def _make_entry_without_customer(self, random, partner):
        item = self._make_entry(random, self.env["res.partner"])
        item.no_followup = False

    def _make_vendor_bill(self, random, partner):
        self._create_invoice_one_line(
            move_type="in_invoice", price_unit=30, partner_id=partner, post=True
        )
