"""Several servers share a run by the job queue: real Odoo processes with a job runner each.

Only one job runner works at a time; another process takes over when its process dies.
"""

import subprocess
import time
from collections import Counter
from contextlib import ExitStack, contextmanager

import pytest

from dev import database, engine, mailsink, settings
from faults.station import station

CUSTOMERS = 30
# So far apart that they fall into three or four batches.
APART = "ALTER SEQUENCE dunning_delivery_id_seq INCREMENT BY 10"
JOBS = "SELECT state, COUNT(*) FROM queue_job GROUP BY state"
RUNNERS = """
SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
 WHERE datname = %s AND locktype = 'advisory' AND granted
"""
# The job runner waits ten seconds before it believes that a job is dead.
AGE = """
UPDATE queue_job SET date_enqueued = date_enqueued - INTERVAL '1 minute'
 WHERE state IN ('enqueued', 'started')
"""


@pytest.fixture(scope="module")
def shared():
    if "overdue_recovery_queue" not in database.glue_addons():
        pytest.skip("needs the addon queue_job, which is not here")
    with station("queue", CUSTOMERS, database.glue_template) as made:
        yield made


@pytest.fixture
def made(shared):
    """A run of a customer each, issued; a mail server that takes its time."""
    shared.renew()
    shared.execute(APART)
    shared.sink.script = lambda _recipient, _times: {"DOT": 0.1}
    shared.order("propose")
    shared.order("issue")
    return shared


@contextmanager
def server(made):
    """An Odoo with a job runner that gives out two jobs at a time."""
    port = mailsink.free_port()
    options = ["-d", made.name, f"--http-port={port}", "--max-cron-threads=0", "--log-level=warn"]
    with (settings.STATE / "faults_queue.log").open("a") as log:
        child = subprocess.Popen(
            engine.command("--load=base,web,queue_job", *options),
            stdout=log,
            stderr=log,
            env={**engine.environment(), "ODOO_QUEUE_JOB_CHANNELS": "root:2"},
            cwd=settings.ROOT,
        )
    try:
        assert mailsink.wait_until_answers(port, 120, lambda: child.poll() is None)
        yield child
    finally:
        child.kill()
        child.wait()


def wait_until(true):
    """Wait until something is the case."""
    deadline = time.monotonic() + 120
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def jobs(made):
    """{state: number of jobs}."""
    return Counter(dict(made.execute(JOBS)))


def is_idle(made):
    """Whether every job came to an end."""
    return set(jobs(made)) <= {"done"}


def runners(made):
    """Who gives out jobs."""
    return made.execute(RUNNERS, [made.name])


def begin(made):
    """Let the delivery job make jobs; return when two are sending."""
    wait_until(lambda: runners(made))
    made.order("deliver")
    wait_until(lambda: jobs(made)["started"] == 2 and len(made.sink.taken) >= 5)


def die(made, child):
    """Kill a server in the middle."""
    child.kill()
    child.wait()
    wait_until(
        lambda: (
            not made.execute(
                "SELECT 1 FROM pg_stat_activity WHERE datname = %s AND application_name = %s",
                [made.name, f"odoo-{child.pid}"],
            )
        )
    )
    assert len(made.sink.taken) < CUSTOMERS, "in the middle"


def finish(made):
    """The delivery job comes again, and again after every pause; each time its jobs are done."""
    for _time in range(3):
        made.order("later")
        made.order("deliver")
        wait_until(lambda: is_idle(made))


def uninstall(name, addon, log):
    """Uninstall an addon and what builds on it; return the lines of the log that complain."""
    call = [*engine.command()[:3], "module", "uninstall", "-c", str(settings.CONF), "-d", name]
    with log.open("w") as output:
        subprocess.run(
            [*call, addon], stdout=output, stderr=output, env=engine.environment(), check=True
        )
    return engine.bad_lines(log)


def states(facts):
    """{state: how many deliveries}."""
    return Counter(state for _address, state, *_rest in facts["deliveries"])


def test_two_jobs_at_a_time_send_a_run(made):
    with server(made):
        begin(made)
        wait_until(lambda: is_idle(made))
    assert states(made.check()) == {"sent": CUSTOMERS}
    assert jobs(made)["done"] in (3, 4)


def test_two_jobs_for_the_same_batch_at_once_send_it_once(made):
    made.order("delay_every_batch_twice")
    twice = jobs(made)["pending"]
    with server(made):
        wait_until(lambda: is_idle(made))
    assert jobs(made) == {"done": twice}
    assert states(made.check()) == {"sent": CUSTOMERS}


def test_another_server_takes_over_from_one_that_died(made):
    with ExitStack() as stack:
        first = stack.enter_context(server(made))
        wait_until(lambda: runners(made))
        stack.enter_context(server(made))
        begin(made)
        die(made, first)
        made.execute(AGE)
        wait_until(lambda: is_idle(made))
        # a chunk that was leaving waits for the delivery job to look what became of it
        assert set(states(made.facts())) <= {"sent", "sending"}, "all others left at once"
        finish(made)
    # one message of each of the two jobs was leaving
    found = states(made.check(unknown=2))
    assert set(found) <= {"sent", "unknown"}
    assert sum(found.values()) == CUSTOMERS


def test_delivery_job_sends_when_every_server_with_a_job_runner_died(made):
    with server(made) as only:
        begin(made)
        die(made, only)
        wait_until(lambda: not runners(made))
        made.sink.script = lambda _recipient, _times: {}
        for _time in range(3):
            made.order("later")
            made.order("deliver")
    found = states(made.check(unknown=2))
    assert set(found) <= {"sent", "unknown"}
    assert sum(found.values()) == CUSTOMERS


def test_uninstallation_says_nothing_and_leaves_no_job_behind(made, tmp_path):
    with server(made) as only:
        begin(made)
        die(made, only)
    assert uninstall(made.name, "overdue_recovery", tmp_path / "log") == []
    installed = "SELECT name FROM ir_module_module WHERE state != 'uninstalled' AND name ~ %s"
    assert made.execute(installed, ["^overdue_recovery"]) == []
    assert made.execute("SELECT complete_name FROM queue_job_channel") == [("root",)]
    assert made.execute("SELECT id FROM queue_job_function WHERE method ~ 'deliver'") == []
    assert set(jobs(made)) <= {"done", "cancelled"}
