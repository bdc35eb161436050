"""A database of its own, a mail server and processes to be killed, for one file of tests."""

import json
import os
import subprocess
from collections import Counter
from contextlib import contextmanager

from dev import database, engine, settings
from faults.sink import Sink, take_everything

# What a run writes; everything else stays as it was prepared.
RESET = """
SET session_replication_role = replica;
{};
SET session_replication_role = DEFAULT;
"""
TABLES = """
SELECT relname FROM pg_class
 WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
   AND (relname ~ '^(dunning_(run|exception|notice|delivery|item)|recovery_(case|interaction))'
        OR relname ~ '^mail_(mail|message|activity|followers|notification|tracking)'
        OR relname IN ('ir_cron_trigger', 'ir_cron_progress'))
   AND relname !~ '_(type|subtype|plan)'
"""

STATE = (
    "SELECT partner_id, state, level_id FROM dunning_notice ORDER BY 1, 2",
    "SELECT address, state, attempts, handover FROM dunning_delivery ORDER BY 1, 2",
    "SELECT state FROM dunning_run ORDER BY 1",
    "SELECT move_line_id, level_id FROM dunning_item ORDER BY 1",
)


class Station:
    """``order(task)`` lets a process do a task of `faults.tasks` to its end; ``start`` and ``end``
    part that in two; ``sink`` is the mail server."""

    def __init__(self, name, customers, template):
        self.name, self.prepared = name, f"{name}_prepared"
        self.sink = Sink()
        self.connection = None
        database.create(name, template)
        engine.write_conf()
        self.worker = subprocess.Popen(
            [str(settings.venv_python()), "-m", "faults.worker", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=engine.environment(),
            cwd=settings.ROOT,
        )
        self.here("prepare", port=self.sink.port, customers=customers)
        self.here("cycle")
        self.here("finish")
        tables = [row[0] for row in self.execute(TABLES)]
        self.emptying = RESET.format(";".join(f'DELETE FROM "{table}"' for table in tables))
        counts = (f'SELECT COUNT(*) AS number FROM "{table}"' for table in tables)
        self.counting = " UNION ALL ".join(counts)
        self.empty()
        self.hang_up()
        database.create(self.prepared, name)

    def close(self):
        """End the processes and drop the databases."""
        self.worker.stdin.close()
        self.worker.wait(30)
        self.hang_up()
        self.sink.close()
        for name in (self.name, self.prepared):
            database.drop(name)

    def renew(self):
        """The database as it was prepared, and a mail server that works."""
        self.hang_up()
        database.create(self.name, self.prepared)
        self.forget()

    def empty(self):
        """The same for tests that touch nothing but what a run writes: quicker."""
        self.execute(self.emptying)
        self.forget()

    def forget(self):
        """A mail server that works and has seen nothing."""
        self.sink.script = take_everything
        self.sink.forget()

    def execute(self, query, values=None):
        """SQL from outside any Odoo process."""
        if self.connection is None:
            self.connection = database.connect(self.name)
        with self.connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def hang_up(self):
        """Close the connection of ``execute``."""
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    # -- processes ---------------------------------------------------------------------------

    def tell(self, **message):
        """Say something to the worker; return its answer."""
        self.worker.stdin.write(json.dumps(message) + "\n")
        self.worker.stdin.flush()
        return json.loads(self.worker.stdout.readline())

    def start(self, task, kill_at=None, freeze=None, **args):
        """Let a process begin a task; return its number."""
        return self.tell(task=task, kill_at=kill_at, freeze=freeze, args=args)["pid"]

    def here(self, task, **args):
        """Let the worker itself do a task: its children are born with what it has read."""
        answer = self.tell(task=task, here=True, args=args)
        assert "error" not in answer, answer["error"]

    def end(self, pid):
        """How it ended: {"died": signal, "value": …, "done": […]}."""
        answer = self.tell(wait=pid)
        assert "error" not in answer, answer["error"]
        return answer

    def order(self, task, **how):
        """Let a process do a task; return how it ended."""
        return self.end(self.start(task, **how))

    def facts(self):
        """What the database says."""
        return self.order("facts")["value"]

    # -- what must be true whatever happened -------------------------------------------------

    def state(self):
        """Everything a run has left behind, in the database and at the mail server, in a form in
        which two equal states are equal: no number, time or random text in it."""
        rows = [self.execute(query) for query in (self.counting, *STATE)]
        taken = sorted(Counter(recipient for _id, recipient in self.sink.taken).items())
        return repr((rows, taken))

    def check(self, unknown=0):
        """Invariants 1 to 5, counted as (Message-ID, recipient) at the mail server.

        :param unknown: how many messages at most may wait for a person
        """
        facts = self.facts()
        taken = Counter(recipient for _id, recipient in self.sink.taken)
        assert max(taken.values(), default=1) == 1, taken
        assert facts["broken"] == []
        addresses = [address for address, *_rest in facts["deliveries"]]
        assert len(addresses) == len(set(addresses)), "one delivery for each recipient"
        assert len(facts["notices"]) == len({who for who, _state in facts["notices"]})
        states = {address: state for address, state, *_rest in facts["deliveries"]}
        ids = {address: message_id for address, _state, message_id, _reason in facts["deliveries"]}
        for message_id, recipient in self.sink.taken:
            assert ids[recipient] == message_id
            assert states[recipient] in ("sent", "unknown"), (recipient, states[recipient])
        sent = {address for address, state in states.items() if state == "sent"}
        assert sent <= set(taken), "sent means taken by the server"
        assert sorted(facts["levels"]) == sorted(sent), "a level counts when handed over"
        assert Counter(states.values())["unknown"] <= unknown, facts["deliveries"]
        assert facts["mails"] == 0, "no mail is left that somebody could send"
        return facts


@contextmanager
def station(suffix, customers, template=database.template):
    """A station on a copy of a template, taken down afterwards."""
    name = f"{os.environ.get('OR_DB') or 'test'}_{suffix}"
    made = Station(name, customers, template())
    try:
        yield made
    finally:
        made.close()
