"""What an act costs: seconds, processor time here and in the database, statements, memory."""

import os
import resource
import threading
import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch


@dataclass
class Cost:
    """One act, or the sum of several.

    :param wall: seconds by the clock; others that use the machine make them more
    :param cpu: seconds of processor time of this process
    :param database: seconds of processor time of the session's process in the database, where
        this machine can see it, else seconds spent waiting for it
    :param queries: SQL statements
    """

    wall: float = 0.0
    cpu: float = 0.0
    database: float = 0.0
    queries: int = 0

    def __add__(self, other):
        return Cost(
            self.wall + other.wall,
            self.cpu + other.cpu,
            self.database + other.database,
            self.queries + other.queries,
        )

    def __sub__(self, other):
        return self + Cost(-other.wall, -other.cpu, -other.database, -other.queries)

    @property
    def work(self):
        """Seconds of processor time, here and in the database."""
        return self.cpu + self.database


class Meter:
    """Reads the clocks of one cursor's work."""

    def __init__(self, env):
        self.env = env
        thread = threading.current_thread()
        # from now on Odoo adds up here what it waits for the database
        thread.query_time = getattr(thread, "query_time", 0)
        thread.query_count = getattr(thread, "query_count", 0)
        env.cr.execute("SELECT pg_backend_pid()")
        self.stat = Path(f"/proc/{env.cr.fetchone()[0]}/stat")

    def read(self):
        """The clocks as they stand."""
        return Cost(
            time.perf_counter(), time.process_time(), self._database(), self.env.cr.sql_log_count
        )

    @contextmanager
    def measured(self):
        """Yield a ``Cost`` that is filled at the end."""
        cost, started = Cost(), self.read()
        yield cost
        vars(cost).update(vars(self.read() - started))

    def _database(self):
        try:
            fields = self.stat.read_text().rpartition(")")[2].split()
        except OSError:
            return threading.current_thread().query_time
        # user and system time are fields 14 and 15 of the file; after the name, 11 and 12
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Phases:
    """Splits the delivery of messages: what writes them in large batches, what looks at each chunk
    again until core's mails are made, what talks to the mail server, and what is written down
    afterwards."""

    def __init__(self, meter):
        self.meter = meter
        self.costs = defaultdict(Cost)
        self.phase = "prepare"
        self.since = meter.read()

    def enter(self, phase):
        """What follows belongs to ``phase``."""
        now = self.meter.read()
        self.costs[self.phase] += now - self.since
        self.phase, self.since = phase, now

    @contextmanager
    def installed(self, env):
        """Follow the delivery job of this registry."""
        mails, deliveries = env.registry["mail.mail"], env.registry["dunning.delivery"]
        create, save, deliver = mails.create, deliveries._save_outcomes, deliveries._deliver
        write, read = deliveries._prepare_ahead, deliveries._read_together

        def created(model, vals_list):
            made = create(model, vals_list)
            self.enter("send")
            return made

        def saved(records, *args, **options):
            self.enter("hand over")
            return save(records, *args, **options)

        def written(records):
            self.enter("write")
            result = write(records)
            self.enter("prepare")
            return result

        def read_again(records):
            self.enter("prepare")
            return read(records)

        def delivered(records):
            self.enter("prepare")
            return deliver(records)

        with (
            patch.object(mails, "create", created),
            patch.object(deliveries, "_save_outcomes", saved),
            patch.object(deliveries, "_deliver", delivered),
            patch.object(deliveries, "_prepare_ahead", written),
            patch.object(deliveries, "_read_together", read_again),
        ):
            yield self
            self.enter("end")


def peak_memory():
    """The most memory this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
