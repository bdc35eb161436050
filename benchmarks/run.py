"""Timed scenarios over a made-up ledger: `python -m benchmarks.run SIZE=1k|10k|100k|1m`.

Uses up the database that OR_DATABASE names. Seconds are by the clock; CPU is processor time of
this process and of the database's, which other work on the machine does not change much. The last
line is one JSON object.
"""

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from datetime import date, datetime, time
from statistics import median
from typing import NamedTuple
from unittest.mock import patch

from odoo import fields

from benchmarks import ledger_cost
from benchmarks.charges import Charges
from benchmarks.figures import table
from benchmarks.mailbox import Mailbox
from benchmarks.meter import Meter, Phases, peak_memory
from dev import database
from dev.shell import environment

# A working day, at an hour in which everybody may be written to.
TODAY = date(2025, 3, 3)
NOON = time(11)
# When the next notices are due.
LATER = date(2025, 4, 14)
# No item of the ledger is due yet.
QUIET_DAY = date(2024, 11, 1)
MAILS_OF_FLOOR = 500


class Size(NamedTuple):
    """Open items of the company that is measured, its customers, paid invoices for each open
    item, how often propose is measured, and to how many of its customers, one in so many,
    notices are sent: the rest would tell the same of each."""

    items: int
    customers: int
    history: float
    repeats: int
    sent_to_one_in: int = 1


SIZES = {
    "1k": Size(1_000, 100, 1.0, 3),
    "10k": Size(10_000, 1_450, 1.0, 3),
    "100k": Size(100_000, 10_000, 1.0, 3),
    "1m": Size(1_000_000, 100_000, 0.2, 1, sent_to_one_in=10),
}


class Sink(Mailbox):
    """A mail server that takes every message at once and keeps none."""

    def send_message(self, message, _sender, recipients):
        """Take a message."""


class Bench:
    """One company's ledger, and what its dunning costs.

    :param commit: what ends a step (a test gives a function that only flushes)
    """

    def __init__(self, company, size, commit):
        self.env = company.env
        self.company = company
        self.size = size
        self.commit = commit
        self.meter = Meter(self.env)
        self.rows = []
        self.mails_of_floor = MAILS_OF_FLOOR

    def play(self):
        """Measure everything; return the figures of the last line."""
        with at(self.env, QUIET_DAY):
            quiet = self.measured("daily run, nothing due", self._daily)
        with at(self.env, TODAY):
            proposals = self.propose()
            few = self.propose_few()
            run = self._run(**self._sent_to())
            first = self.measured("propose, and keep it", run.action_propose)
            notices = len(run.notice_ids)
            by_core = self.lines_by_core(run)
            floors = [self.floor(run)]
            issue = self.measured("issue", lambda: run.action_issue())
            floors.append(self.floor(run))
            phases = self.deliver()
            floors.append(self.floor(run))
            again = self.measured("daily run, the morning after", self._daily)
        with at(self.env, LATER):
            charges = Charges(self).measure()
        # other work on the machine slows one moment more than another
        floor = median(floors)
        written = issue + phases["write"]
        cycle = first + written + phases["prepare"]
        return {
            "propose_s": round(median(cost.wall for cost in proposals), 3),
            "issue_ms_per_customer": round(1000 * written.cpu / notices, 3),
            "queries_per_customer": round(written.queries / notices, 3),
            "ratio_to_floor": round(cycle.cpu / notices / floor, 2),
            "rss_mb": peak_memory(),
            "propose_cpu_s": round(median(cost.work for cost in proposals), 3),
            "propose_to_lines_by_core": round(first.work / by_core.work, 2),
            "propose_queries": proposals[-1].queries,
            "propose_queries_tenth": few.queries,
            "floor_ms": round(1000 * floor, 3),
            "leave_ms_per_customer": round(1000 * phases["prepare"].cpu / notices, 3),
            "send_ms_per_customer": round(1000 * phases["send"].cpu / notices, 3),
            "hand_over_ms_per_customer": round(1000 * phases["hand over"].cpu / notices, 3),
            "daily_quiet_s": round(quiet.wall, 3),
            "daily_after_s": round(again.wall, 3),
            "notices": notices,
            **charges,
        }

    def measured(self, name, act):
        """Cost of an act from a cold cache, kept for the table."""
        self.env.flush_all()
        self.env.invalidate_all()
        with self.meter.measured() as cost:
            act()
            self.env.flush_all()
        self.rows.append((name, cost))
        self.commit()
        return cost

    # -- scenarios -------------------------------------------------------------------------

    def _run(self, **values):
        return self.env["dunning.run"].create({"company_id": self.company.id, **values})

    def _daily(self):
        self.env["recovery.case"]._cron_daily()

    def propose(self):
        """Costs of proposing everything, each time as if it were the first."""
        return [self._proposed("propose") for _each in range(self.size.repeats)]

    def propose_few(self):
        """Cost of proposing to a tenth of the customers."""
        return self._proposed("propose to a tenth", partner_ids=self._one_in(10))

    def _sent_to(self):
        """Values of a run: the customers that notices are sent to, where these are not all."""
        one_in = self.size.sent_to_one_in
        return {"partner_ids": self._one_in(one_in)} if one_in > 1 else {}

    def _one_in(self, count):
        """Ids of one in ``count`` of the customers."""
        self.env.cr.execute(
            "SELECT DISTINCT partner_id FROM account_move_line"
            " WHERE company_id = %s AND partner_id %% %s = 0",
            [self.company.id, count],
        )
        return [row[0] for row in self.env.cr.fetchall()]

    def _proposed(self, name, **values):
        """Cost of a proposal that is taken back."""
        self.env.flush_all()
        with self.env.cr.savepoint(flush=False) as savepoint:
            run = self._run(**values)
            self.env.flush_all()
            self.env.invalidate_all()
            with self.meter.measured() as cost:
                run.action_propose()
                self.env.flush_all()
            self.rows.append((name, cost))
            self.env.invalidate_all(flush=False)
            savepoint.rollback()
        return cost

    def lines_by_core(self, run):
        """Cost of core's `create` of the lines of a run's notices, nothing else: what a whole
        proposal can be compared with on any machine. They are taken back."""
        lines = self.env["dunning.notice.line"]
        names = [name for name, field in lines._fields.items() if field.store and name != "id"]
        values = run.notice_ids.line_ids.read(names, load=None)
        for row in values:
            # lines that count would be the second of their item and level
            del row["id"]
            row["live"] = False
        self.env.invalidate_all()
        with self.env.cr.savepoint(flush=False) as savepoint:
            with self.meter.measured() as cost:
                lines.create(values)
                self.env.flush_all()
            self.rows.append(("its lines made by core", cost))
            self.env.invalidate_all(flush=False)
            savepoint.rollback()
        return cost

    def floor(self, run):
        """CPU seconds of core for one mail with the body of a notice, nothing else."""
        notice = run.notice_ids[:1]
        subject, body = notice._render_messages()[notice.id]
        values = [
            {
                "subject": subject,
                "body_html": body,
                "email_from": self.company.email_formatted,
                "email_to": f"floor{number}@customer.example",
                "model": "dunning.notice",
                "res_id": notice.id,
                "auto_delete": True,
                "is_notification": False,
                "message_type": "email_outgoing",
            }
            for number in range(self.mails_of_floor)
        ]
        made = self.env["mail.mail"]

        def make():
            nonlocal made
            made = self.env["mail.mail"].create(values)

        cost = self.measured(f"{self.mails_of_floor} mails made by core", make)
        made.unlink()
        self.commit()
        return cost.cpu / self.mails_of_floor

    def deliver(self):
        """Costs of the phases of delivery, the mail server being as fast as can be."""
        phases = Phases(self.meter)
        with Sink().installed(self.env), phases.installed(self.env):
            self.measured("deliver", self.env["dunning.delivery"]._cron_deliver)
        self.rows += [(f"  of it: {name}", cost) for name, cost in phases.costs.items()]
        return phases.costs

    # -- what it says ----------------------------------------------------------------------

    def lines(self):
        """The table of what was measured."""
        rows = [
            (name, f"{cost.wall:.2f}", f"{cost.cpu:.2f}", f"{cost.database:.2f}", cost.queries)
            for name, cost in self.rows
        ]
        heads = ["Act", "Seconds", "CPU here", "CPU database", "Statements"]
        return table(heads, rows, total=False)


@contextmanager
def at(env, day):
    """Let it be noon of ``day``: for the addon only, because clocks that are frozen altogether
    make every date slower."""
    moment = datetime.combine(day, NOON)
    companies = env.registry["res.company"]
    with (
        patch.object(companies, "_recovery_today", lambda company: day),
        patch.object(fields.Datetime, "now", staticmethod(lambda *args: moment)),
    ):
        yield


def prepare_company(env):
    """The database's company, ready to dun: a sender, and policies that look at every item."""
    company = env.company
    company.email = "accounts@company.example"
    policies = env["dunning.policy"].search([])
    policies.write({"date_start": "2020-01-01", "mode": "approve"})
    return company


def cost_on_the_ledger(name):
    """What core's own acts cost with the addon and without it, on two fresh databases."""
    with_addon, without = f"{name}_with", f"{name}_without"
    try:
        database.fresh(with_addon)
        database.create(without, database.base_template())
        counts = map(ledger_cost.counted, (with_addon, without))
        return ledger_cost.compare(*counts)
    finally:
        database.drop(with_addon)
        database.drop(without)


def main(arguments):
    """Make the ledger of the size that the arguments name, measure, print."""
    size = SIZES[dict(argument.split("=", 1) for argument in arguments)["SIZE"]]
    name = os.environ["OR_DATABASE"]
    # another process, whose memory does not count
    make = [sys.executable, "-m", "benchmarks.ledger", *map(str, size[:3])]
    subprocess.run(make, check=True)
    with environment(name) as env:
        company = prepare_company(env)
        env.cr.commit()
        bench = Bench(company, size, env.cr.commit)
        figures = bench.play()
        print("\n".join(bench.lines()))
    costs = cost_on_the_ledger(name)
    print("\n".join(ledger_cost.lines(costs)))
    figures["more_on_the_ledger"] = ledger_cost.percents(costs)
    print(json.dumps(figures), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
