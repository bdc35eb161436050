"""Copy rows of a database a million times: planned rows go by COPY into a temporary table, and one
INSERT … SELECT makes them whole with the columns of the row they are copied from.
"""

import io
from collections import defaultdict

from odoo.tools import SQL

# Per table: the planned columns and their types (``template_id`` names the row that is copied) …
PLANNED = {
    "res_partner": {
        "id": "int4",
        "template_id": "int4",
        "name": "text",
        "email": "text",
        "country_id": "int4",
        "is_company": "bool",
        "recovery_debtor_type": "text",
    },
    "account_move": {
        "id": "int4",
        "template_id": "int4",
        "partner_id": "int4",
        "sequence_prefix": "text",
        "sequence_number": "int4",
        "name": "text",
        "date": "date",
        "due": "date",
        "factor": "numeric",
        "rest": "numeric",
        "payment_state": "text",
    },
    "account_full_reconcile": {"id": "int4"},
    "account_move_line": {
        "id": "int4",
        "template_id": "int4",
        "move_id": "int4",
        "partner_id": "int4",
        "move_name": "text",
        "date": "date",
        "due": "date",
        "factor": "numeric",
        "rest": "numeric",
        "reconciled": "bool",
        "full_reconcile_id": "int4",
        "matching_number": "text",
    },
    "account_partial_reconcile": {
        "id": "int4",
        "debit_move_id": "int4",
        "credit_move_id": "int4",
        "full_reconcile_id": "int4",
        "company_id": "int4",
        "debit_currency_id": "int4",
        "credit_currency_id": "int4",
        "amount": "numeric",
        "debit_amount_currency": "numeric",
        "credit_amount_currency": "numeric",
        "max_date": "date",
    },
}
# … and what else of the copy differs; a planned column of the same name is taken as it is.
DERIVED = {
    "res_partner": {
        "complete_name": "plan.name",
        "email_normalized": "plan.email",
        "commercial_partner_id": "plan.id",
    },
    "account_move": {
        "commercial_partner_id": "plan.partner_id",
        "partner_shipping_id": "plan.partner_id",
        "invoice_partner_display_name": "partner.name",
        "payment_reference": "REPLACE(template.payment_reference, template.name, plan.name)",
        "invoice_date": "CASE WHEN template.invoice_date IS NOT NULL THEN plan.date END",
        "invoice_date_due": "CASE WHEN template.invoice_date_due IS NOT NULL THEN plan.due END",
    },
    "account_move_line": {
        "name": "REPLACE(template.name, template.move_name, plan.move_name)",
        "invoice_date": "CASE WHEN template.invoice_date IS NOT NULL THEN plan.date END",
        "date_maturity": "CASE WHEN template.date_maturity IS NOT NULL THEN plan.due END",
    },
}
JOINED = {"account_move": "JOIN res_partner partner ON partner.id = plan.partner_id"}
# Amounts that grow with the document (``factor``), and those with what is open of it (``rest``).
WHOLE = {
    "account_move": [
        "amount_untaxed",
        "amount_tax",
        "amount_total",
        "amount_untaxed_signed",
        "amount_untaxed_in_currency_signed",
        "amount_tax_signed",
        "amount_total_signed",
        "amount_total_in_currency_signed",
    ],
    "account_move_line": [
        "debit",
        "credit",
        "balance",
        "amount_currency",
        "price_unit",
        "price_subtotal",
        "price_total",
    ],
}
OPEN = {
    "account_move": ["amount_residual", "amount_residual_signed"],
    "account_move_line": ["amount_residual", "amount_residual_currency"],
}


class Copier:
    """Collects planned rows and writes them, table by table, with ids of its own counting."""

    def __init__(self, cursor):
        self.cursor = cursor
        self.rows = defaultdict(list)
        self.last_ids = {}
        self.statements = {}
        self.indexes = []

    def begin(self):
        """Take the indexes away that only make reading faster: made at the end they cost half."""
        self.cursor.execute(
            """
            SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid)
              FROM pg_index
             WHERE indrelid = ANY(%s::regclass[]) AND NOT indisunique
            """,
            [list(PLANNED)],
        )
        self.indexes = self.cursor.fetchall()
        for name, _definition in self.indexes:
            self.cursor.execute(f"DROP INDEX {name}")

    def next_id(self, table):
        """A new id of a table; `finish` tells its sequence."""
        if table not in self.last_ids:
            self.cursor.execute("SELECT nextval(%s)", [f"{table}_id_seq"])
            self.last_ids[table] = self.cursor.fetchone()[0]
        self.last_ids[table] += 1
        return self.last_ids[table]

    def add(self, table, *values):
        """Plan one row: values in the order of ``PLANNED``."""
        self.rows[table].append(values)

    def write(self):
        """Write what is planned.

        PostgreSQL would look up each key of each row, which takes longer than all the rest;
        ``ledger_check`` looks them up at the end, all at once.
        """
        self.cursor.execute("SET LOCAL session_replication_role = replica")
        for table in PLANNED:
            rows = self.rows.pop(table, None)
            if rows:
                if table not in self.statements:
                    self.statements[table] = self._prepare(table)
                self.cursor.execute(f"TRUNCATE plan_{table}")
                self.cursor.copy_expert(f"COPY plan_{table} FROM STDIN", io.StringIO(_text(rows)))
                self.cursor.execute(self.statements[table])
        self.cursor.execute("SET LOCAL session_replication_role = origin")

    def finish(self):
        """Let the indexes, the sequences and the planner know what is there now."""
        for _name, definition in self.indexes:
            self.cursor.execute(definition)
        for table, last_id in self.last_ids.items():
            self.cursor.execute("SELECT setval(%s, %s)", [f"{table}_id_seq", last_id])
        for table in PLANNED:
            self.cursor.execute(SQL("ANALYZE %s", SQL.identifier(table)))

    def _prepare(self, table):
        """Make the table of planned rows; return the statement that writes them."""
        planned = PLANNED[table]
        columns = ", ".join(f"{name} {kind}" for name, kind in planned.items())
        self.cursor.execute(f"CREATE TEMP TABLE plan_{table} ({columns})")
        if "template_id" not in planned:
            names = ", ".join(planned)
            return f"INSERT INTO {table} ({names}) SELECT {names} FROM plan_{table}"
        values = {name: self._value(table, name) for name in self._columns(table)}
        return (
            f"INSERT INTO {table} ({', '.join(map(_quoted, values))})"
            f" SELECT {', '.join(values.values())} FROM plan_{table} plan"
            f" JOIN {table} template ON template.id = plan.template_id {JOINED.get(table, '')}"
        )

    def _value(self, table, name):
        """Where a column of the copy comes from."""
        if name in DERIVED[table]:
            return DERIVED[table][name]
        if name in PLANNED[table]:
            return f"plan.{name}"
        if name in WHOLE.get(table, ()):
            return f"ROUND(template.{name} * plan.factor, 2)"
        if name in OPEN.get(table, ()):
            return f"ROUND(template.{name} * plan.rest, 2)"
        return f"template.{_quoted(name)}"

    def _columns(self, table):
        self.cursor.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_schema = current_schema AND table_name = %s AND is_generated = 'NEVER'",
            [table],
        )
        return [name for (name,) in self.cursor.fetchall()]


def _text(rows):
    """Rows as PostgreSQL's COPY reads them.

    >>> _text([(1, None, True), ("a", "b", False)])
    '1\\t\\\\N\\tTrue\\na\\tb\\tFalse\\n'
    """
    lines = ("\t".join("\\N" if value is None else str(value) for value in row) for row in rows)
    return "".join(f"{line}\n" for line in lines)


def _quoted(name):
    return f'"{name}"'
