"""What the addon costs those who never asked for it: posting, being paid, opening a document.

`python -m benchmarks.ledger_cost DATABASE` does an accountant's acts on a database, with the addon
or without it, and prints for each the SQL statements and the instructions of Python's machine as
JSON. Counts, unlike seconds, are the same on every computer. ``compare`` does so for two databases.
"""

import gc
import json
import os
import subprocess
import sys

from odoo.fields import Command
from odoo.tests import Form

from benchmarks.figures import table
from dev.shell import environment

ACTS = ("post", "pay", "open_invoice", "open_customer")


class Counter:
    """Counts the instructions that Python executes, and the statements of a cursor."""

    def __init__(self, cursor):
        self.cursor = cursor
        self.instructions = 0

    def count(self, act):
        """{"queries": …, "instructions": …} of an act."""
        queries, self.instructions = self.cursor.sql_log_count, 0
        before = sys.gettrace()
        sys.settrace(self._enter)
        try:
            act()
        finally:
            sys.settrace(before)
        found = self.cursor.sql_log_count - queries
        return {"queries": found, "instructions": self.instructions}

    def _enter(self, frame, _event, _argument):
        frame.f_trace_lines = False
        frame.f_trace_opcodes = True
        return self._step

    def _step(self, _frame, event, _argument):
        if event == "opcode":
            self.instructions += 1
        return self._step


class Accountant:
    """Somebody who posts, registers payments and looks things up, and knows of no recovery."""

    def __init__(self, env):
        self.env = env
        groups = ("account.group_account_invoice", "base.group_user", "base.group_partner_manager")
        user = env["res.users"].create(
            {
                "name": "Accountant",
                "login": "accountant",
                "email": "accountant@company.example",
                "group_ids": [Command.set([env.ref(group).id for group in groups])],
            }
        )
        self.own = env(user=user.id)
        self.customer = self.own["res.partner"].create(
            {"name": "Customer", "email": "customer@customer.example"}
        )

    def measure(self):
        """{act: counts}, each the second time, when what outlives a transaction is known."""
        counter = Counter(self.env.cr)
        found = {}
        for act in ACTS:
            self._do(act, self._ready(act))
            invoice = self._ready(act)
            found[act] = counter.count(lambda invoice=invoice, act=act: self._do(act, invoice))
        return found

    def _ready(self, act):
        """An invoice to do this act on, with nothing in memory."""
        invoice = self._invoice()
        if act != "post":
            invoice.action_post()
        self.own.flush_all()
        self.own.invalidate_all()
        # core looks through all environments, those too that only the collector still knows
        gc.collect()
        return invoice

    def _do(self, act, invoice):
        getattr(self, f"_act_{act}")(invoice)
        self.own.flush_all()

    def _invoice(self):
        line = {"name": "Goods", "price_unit": 100.0, "tax_ids": [Command.clear()]}
        return self.own["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_date": "2025-01-10",
                "invoice_date_due": "2025-02-10",
                "invoice_payment_term_id": False,
                "invoice_line_ids": [Command.create(line)],
            }
        )

    def _act_post(self, invoice):
        invoice.action_post()

    def _act_pay(self, invoice):
        wizard = self.own["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        wizard.create({"payment_date": "2025-03-03"})._create_payments()

    def _act_open_invoice(self, invoice):
        Form(invoice)

    def _act_open_customer(self, _invoice):
        Form(self.customer)


def compare(with_addon, without):
    """{act: (counts with the addon, counts without it)} of two databases."""
    return {act: (with_addon[act], without[act]) for act in ACTS}


def counted(database):
    """The counts of a database, found by a process of its own."""
    command = [sys.executable, "-m", "benchmarks.ledger_cost", database]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ)
    return json.loads(done.stdout.splitlines()[-1])


def lines(found):
    """The table of a comparison."""
    more = percents(found)
    rows = [
        (f"{act}, {kind}", theirs[kind], ours[kind], f"{more[act][kind]:+.1f} %")
        for act, (ours, theirs) in found.items()
        for kind in theirs
    ]
    return table(["Act", "Without", "With", "More"], rows, total=False)


def percents(found):
    """{act: {kind: percent more}} of a comparison.

    >>> percents({"post": ({"queries": 42}, {"queries": 40})})
    {'post': {'queries': 5.0}}
    """
    return {
        act: {kind: round(100 * (ours[kind] / theirs[kind] - 1), 1) for kind in theirs}
        for act, (ours, theirs) in found.items()
    }


def main(arguments):
    """Measure the database that the arguments name; nothing stays in it."""
    with environment(arguments[0]) as env:
        charts = env["account.chart.template"]
        if not env.company.chart_template:
            charts.try_loading("generic_coa", env.company, install_demo=False)
        print(json.dumps(Accountant(env).measure()))
        env.cr.rollback()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
