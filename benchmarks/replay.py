"""Replay the daily run over a history of invoices: `python -m benchmarks.replay FILE.csv`.

Every invoice is posted on its day and paid on its day, with the clock standing at that moment; in
between, the daily job proposes, a person issues, and the deliveries leave for a mail server in
memory. After each day the invariants are checked from outside. The database that OR_DATABASE
names is used up; DAYS=n stops after n days. The last line reads `N days, N notices, N violations`.

A day (UTC): at 3 its invoices are posted, at 4 the daily job runs, at 9 a person issues, at 11 and,
for what is still waiting, at 16 the deliveries leave. The payments of one day come at 3, those of
the next at 8 (after proposing), of the third at 10 (after issuing), and so on in turn.
"""

import os
import sys
from collections import Counter
from datetime import timedelta

from freezegun import api as clocks
from freezegun import freeze_time

from benchmarks import receivables_csv
from benchmarks.books import Books
from benchmarks.figures import Figures
from benchmarks.invariants import Checker
from benchmarks.mailbox import Mailbox

SHOWN_VIOLATIONS = 20
HOURS_OF_PAYMENT = (3, 8, 10)


class Replay:
    """One company's books and dunning, day by day.

    :param policy: the only active policy of the company; its start is set before the first invoice
    :param person: res.users that issues the runs
    :param commit: what ends a step (a test gives a function that only flushes)
    """

    def __init__(self, company, policy, person, receivables, commit):
        self.env = company.env
        self.company = company
        self.person = person
        self.receivables = receivables
        self.commit = commit
        self.first = min(one.invoice_date for one in receivables)
        days = {day for one in receivables for day in (one.date_settled, one.date_due) if day}
        # the morning after, what was paid last is put away
        self.last = max(days) + timedelta(1)
        policy.date_start = self.first
        self.books = Books(self.env, company, receivables)
        self.mailbox = Mailbox()
        self.checker = Checker(self.env, company, policy)
        self.figures = Figures(self.env, self.checker.expectation.ladder)
        self.timetable = (
            (3, self.keep_books),
            (3, self.pay),
            (4, self.propose),
            (8, self.pay),
            (9, self.issue),
            (10, self.pay),
            (11, self.deliver),
            (16, self.deliver),
        )

    def play(self, days=None, tell=None):
        """Replay all days, or the first ``days``.

        :param tell: function(text) that is told of each month's end
        """
        started = clocks.real_perf_counter()
        last = self.last if days is None else min(self.last, self.first + timedelta(days - 1))
        with freeze_time(self.first) as self.clock, self.mailbox.installed(self.env):
            self.books.open_customers()
            day = self.first
            while day <= last:
                self.play_day(day)
                if (day + timedelta(1)).day == 1 or day == last:
                    self.close_month(day)
                    if tell:
                        tell(self.progress(day, clocks.real_perf_counter() - started))
                day += timedelta(1)
            self.checker.check_end(last)

    def progress(self, day, seconds):
        """One line about how far it is."""
        violations = len(self.checker.violations)
        return f"{day}: {self.figures.total} notices, {violations} violations, {seconds:.0f} s"

    # -- a day -----------------------------------------------------------------------------

    def play_day(self, day):
        """One day from the first posting to the last message, and its checks."""
        for hour, step in self.timetable:
            self.at(day, hour)
            step(day, hour)
        with self.figures.timed("check"):
            self.check(day)
        self.env.invalidate_all()

    def at(self, day, hour):
        """Let it be this hour of a day."""
        self.clock.move_to(f"{day} {hour:02}:00:00")

    def keep_books(self, day, _hour):
        """Post the day's invoices and hold what is disputed from today on."""
        with self.figures.timed("books"):
            self.books.draft_invoices(day)
            self.books.post_invoices(day)
            self.books.hold_disputed(day)
            self.commit()

    def pay(self, day, hour):
        """Register the day's payments if this is their hour."""
        if hour == HOURS_OF_PAYMENT[day.toordinal() % len(HOURS_OF_PAYMENT)]:
            with self.figures.timed("books"):
                self.books.register_payments(day)
                self.commit()

    def propose(self, day, _hour):
        """The daily job."""
        cursor = self.env.cr
        started, queries = clocks.real_perf_counter(), cursor.sql_log_count
        self.env["recovery.case"]._cron_daily()
        self.commit()
        seconds, queries = clocks.real_perf_counter() - started, cursor.sql_log_count - queries
        phase = "daily job" if self.proposed_runs() else "daily job, nothing to propose"
        self.figures.add(phase, seconds, queries)
        with self.figures.timed("check"):
            self.checker.check_proposal(day)

    def issue(self, _day, _hour):
        """A person approves what the daily job proposed."""
        for run in self.proposed_runs():
            with self.figures.timed("issue"):
                run.with_user(self.person).with_company(self.company).action_issue()
                self.commit()

    def proposed_runs(self):
        """The runs with notices that wait for a person."""
        return (
            self.env["dunning.notice"]
            .search([("company_id", "=", self.company.id), ("state", "=", "proposed")])
            .run_id
        )

    def deliver(self, _day, _hour):
        """The job that delivers, if a message waits to leave."""
        waiting = [("company_id", "=", self.company.id), ("state", "in", ("queued", "held"))]
        if self.env["dunning.delivery"].search_count(waiting, limit=1):
            with self.figures.timed("deliver"):
                self.env["dunning.delivery"]._cron_deliver()
                self.commit()

    # -- checks ----------------------------------------------------------------------------

    def check(self, day):
        """Let the checker look at the day, and count it."""
        known = set(self.checker.sent)
        left_out = self.checker.check_day(day, self.mailbox.take())
        new = self.env["dunning.notice"].browse(self.checker.sent.keys() - known)
        sent = Counter(notice.level_id.id for notice in new)
        self.figures.count(day, sent, self.recalled(day), left_out)

    def recalled(self, day):
        """{reason: number} of the day's notices that were cancelled before they left."""
        groups = self.env["dunning.notice"]._read_group(
            [
                ("company_id", "=", self.company.id),
                ("state", "=", "cancelled"),
                ("date", "=", day),
            ],
            ["reason"],
            ["__count"],
        )
        return dict(groups)

    def close_month(self, day):
        """Compare the books with the file."""
        for text in self.books.audit(day):
            self.checker.report(day, "the books agree with the file", text)


def shipped_company(env):
    """The database's company with a chart of accounts, its shipped policy, and a collector."""
    from dev.demo import keep_at_home

    keep_at_home(env)
    company = env.company
    env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
    company.email = "accounts@company.example"
    policy = env.ref("overdue_recovery.dunning_policy_standard")
    person = env["res.users"].create(
        {
            "name": "Collector",
            "login": "collector",
            "email": "collector@company.example",
            "group_ids": [(4, env.ref("overdue_recovery.group_user").id)],
        }
    )
    env.cr.commit()
    return company, policy, person


def main(arguments):
    """Replay the file that the arguments name; return 1 when something did not hold."""
    if len(arguments) != 1:
        print("usage: python -m benchmarks.replay FILE.csv", file=sys.stderr)
        return 2
    try:
        reading = receivables_csv.read(arguments[0])
        days = wanted_days(os.environ.get("DAYS", ""))
    except receivables_csv.FileError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    from dev.shell import environment

    print("\n".join(reading.broken), end="\n" if reading.broken else "")
    say(f"{len(reading.receivables)} invoices, {len(reading.broken)} rows left out")
    with environment(os.environ["OR_DATABASE"]) as env:
        replay = Replay(*shipped_company(env), reading.receivables, env.cr.commit)
        replay.play(days, say)
        return tell_result(replay)


def wanted_days(text):
    """DAYS as a number, None for all.

    >>> wanted_days(""), wanted_days("60")
    (None, 60)
    """
    if not text:
        return None
    if not text.isdecimal() or not int(text):
        raise receivables_csv.FileError(f"DAYS={text} is no number of days above zero.")
    return int(text)


def say(text):
    """Print at once, so that a long replay shows its progress."""
    print(text, flush=True)


def tell_result(replay):
    """Print the figures, what did not hold, and the last line."""
    violations, figures = replay.checker.violations, replay.figures
    print("\n".join(figures.lines()))
    for violation in violations[:SHOWN_VIOLATIONS]:
        print(f"violation: {violation}")
    for rule, count in Counter(violation.rule for violation in violations).items():
        print(f"{count} × {rule}")
    say(f"{figures.days} days, {figures.total} notices, {len(violations)} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
