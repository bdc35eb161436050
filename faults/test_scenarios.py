"""What people, mail servers and clocks do while a run is under way, with real processes."""

import time
from collections import Counter
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from threading import Event
from zoneinfo import ZoneInfo

import pytest

from faults.sink import DROP
from faults.station import station
from faults.tasks import DAWDLE

# Messages that leave together.
CHUNK = 25
# More than one chunk of messages, and four times seven.
CUSTOMERS = 28
SEVENTH = {f"c{number}@customer.example" for number in (6, 13, 20, 27)}
PATIENCE = 200


@pytest.fixture(scope="module")
def shared():
    with station("scenes", CUSTOMERS) as made:
        yield made


@pytest.fixture
def made(shared):
    """A station as it was prepared."""
    shared.renew()
    return shared


def misbehave(what):
    """A script: every seventh customer's first message meets ``what``."""
    return lambda recipient, times: what if recipient in SEVENTH and times == 1 else {}


def states(facts):
    """{state: how many deliveries}."""
    return dict(Counter(state for _address, state, *_rest in facts["deliveries"]))


# -- the mail server --------------------------------------------------------------------------


def test_server_that_takes_everything(made):
    made.order("cycle")
    assert states(made.check()) == {"sent": CUSTOMERS}
    assert made.sink.sessions == 2, "one for each chunk"
    made.order("finish")
    assert len(made.sink.taken) == CUSTOMERS


@pytest.mark.parametrize("verb", ["RCPT", "DATA", "DOT"])
def test_refused_for_good_fails_alone_and_is_not_tried_again(made, verb):
    made.sink.script = misbehave({verb: "550 no such user"})
    made.order("cycle")
    made.order("later")
    made.order("deliver")
    facts = made.check()
    assert states(facts) == {"sent": CUSTOMERS - 4, "failed": 4}
    failed = {address for address, state, *_rest in facts["deliveries"] if state == "failed"}
    assert failed == SEVENTH
    assert all(made.sink.times[address] == 1 for address in SEVENTH)
    assert all(
        "550" in reason for _a, state, _id, reason in facts["deliveries"] if state == "failed"
    )


@pytest.mark.parametrize("verb", ["RCPT", "DATA", "DOT"])
def test_refused_for_the_moment_is_tried_again_later(made, verb):
    made.sink.script = misbehave({verb: "450 later"})
    assert_comes_later(made)
    assert made.sink.sessions == 3, "no refusal costs the connection"


@pytest.mark.parametrize("verb", ["RCPT", "DATA"])
def test_dropped_before_the_final_dot_is_tried_again_and_stops_nobody(made, verb):
    made.sink.script = misbehave({verb: DROP})
    assert_comes_later(made)


def assert_comes_later(made):
    """Four messages wait while all others go, then go with the same Message-ID."""
    made.order("cycle")
    facts = made.check()
    assert states(facts) == {"sent": CUSTOMERS - 4, "queued": 4}
    before = {row[0]: row[2] for row in facts["deliveries"]}
    made.order("deliver")
    assert len(made.sink.taken) == CUSTOMERS - 4, "not before its time"
    made.order("later")
    made.order("deliver")
    facts = made.check()
    assert states(facts) == {"sent": CUSTOMERS}
    assert before == {row[0]: row[2] for row in facts["deliveries"]}


def test_dropped_after_the_final_dot_is_unknown_until_a_person_sends_it_again(made):
    made.sink.script = misbehave({"DOT": DROP})
    made.order("cycle")
    made.order("finish")
    facts = made.check(unknown=4)
    assert states(facts) == {"sent": CUSTOMERS - 4, "unknown": 4}
    assert len(made.sink.taken) == CUSTOMERS
    made.order("retry", state="unknown")
    made.order("deliver")
    assert states(made.facts()) == {"sent": CUSTOMERS}
    twice = {pair for pair, times in Counter(made.sink.taken).items() if times == 2}
    assert {recipient for _id, recipient in twice} == SEVENTH, "with the same Message-ID"


def test_dropped_while_the_system_had_the_whole_message_is_unknown(made):
    """A short message is out of our hands at once: how far it came, nobody can tell."""
    made.sink.script = misbehave({"TEXT": DROP})
    made.order("cycle")
    made.order("finish")
    assert states(made.check(unknown=4)) == {"sent": CUSTOMERS - 4, "unknown": 4}
    assert len(made.sink.taken) == CUSTOMERS - 4


def test_server_that_goes_on_refusing_for_the_moment_is_given_up_after_five_tries(made):
    made.sink.script = lambda recipient, _times: (
        {"RCPT": "451 greylisted"} if recipient in SEVENTH else {}
    )
    made.order("cycle")
    for _time in range(6):
        made.order("later")
        made.order("deliver")
    assert states(made.check()) == {"sent": CUSTOMERS - 4, "failed": 4}
    assert {made.sink.times[address] for address in SEVENTH} == {5}


# -- several at once --------------------------------------------------------------------------


def test_two_workers_and_a_click_issue_the_same_run(made):
    made.order("propose")
    answers = at_once(made, "issue", "cycle", "issue", "deliver", "deliver")
    assert all("worked on by somebody" in text for text in answers if text)
    made.order("finish")
    assert states(made.check()) == {"sent": CUSTOMERS}


def test_two_workers_deliver_the_same_queue(made):
    made.sink.script = lambda _recipient, _times: {"DOT": 0.02}
    made.order("propose")
    made.order("issue")
    at_once(made, "deliver", "deliver", "deliver")
    assert states(made.check()) == {"sent": CUSTOMERS}


def at_once(made, *tasks):
    """What processes say that begin their tasks together."""
    pids = [made.start(task) for task in tasks]
    return [made.end(pid)["value"] for pid in pids]


def test_delivery_that_another_process_took_over_does_not_leave_twice(made):
    """A process that was so slow that it was given up for lost, at the last moment."""
    with delivering(made, "c6@customer.example"):
        made.execute(
            "UPDATE dunning_delivery SET attempts = 2 WHERE address = 'c6@customer.example'"
        )
    assert len(made.sink.taken) == CUSTOMERS - 1
    for _time in range(2):
        made.order("later")
        made.order("deliver")
    assert states(made.check()) == {"sent": CUSTOMERS}


# -- people meanwhile -------------------------------------------------------------------------


def test_rule_that_is_switched_on_meanwhile_binds_what_has_not_left(made):
    """Rules are kept in memory, and a process that delivers for an hour has its own."""
    with delivering(made):
        made.order("forbid_weekday")
    assert states(made.check()) == {"sent": CHUNK, "held": CUSTOMERS - CHUNK}


@pytest.mark.parametrize("act", ["pay", "credit", "reset_to_draft", "dispute"])
@pytest.mark.parametrize("moment", ["proposed", "issued"])
def test_what_is_no_longer_owed_is_not_demanded(made, act, moment):
    made.order("propose")
    if moment == "issued":
        made.order("issue")
    made.order(act, customers=[3, 11])
    if moment == "proposed":
        made.order("issue")
    made.order("deliver")
    made.order("finish")
    facts = made.check()
    assert states(facts) == {"sent": CUSTOMERS - 2}
    written_to = {recipient for _id, recipient in made.sink.taken}
    assert written_to.isdisjoint({"c3@customer.example", "c11@customer.example"})


def test_payment_while_a_run_issues_waits_for_nobody(made):
    made.order("propose")
    with held(made):
        issuing = made.start("issue_slowly")
        wait_until(lambda: waiting(made))
        made.order("pay", customers=[5], patience=PATIENCE)
        assert waiting(made), "paid while the other transaction was open"
    made.end(issuing)
    made.order("deliver")
    assert states(made.check()) == {"sent": CUSTOMERS - 1}


def test_run_waits_for_no_accountant(made):
    with held(made):
        paying = made.start("pay", customers=[5], slowly=True)
        wait_until(lambda: waiting(made))
        made.order("cycle_with_patience", patience=PATIENCE)
        assert waiting(made), "sent while the other transaction was open"
        # not yet committed is not yet paid
        assert states(made.check()) == {"sent": CUSTOMERS}
    made.end(paying)


def test_what_became_of_messages_is_written_although_others_write_to_the_same_cases(made):
    with delivering(made) as go_on:
        with held(made):
            noting = made.start("note")
            wait_until(lambda: waiting(made))
            go_on.set()
            # it has sent, and waits for the cases to log that
            wait_until(lambda: len(waiting(made, "transactionid")) == 1)
        made.end(noting)
    assert states(made.check()) == {"sent": CUSTOMERS}


@contextmanager
def delivering(made, customer=None):
    """Meanwhile the delivery job of an issued run talks to a mail server that does not answer (not
    before this customer's message, if one is named). It goes on afterwards, or when the event that
    is yielded is set."""
    talking, go_on = Event(), Event()

    def pausing(recipient, _times):
        if customer in (None, recipient) and not go_on.is_set():
            talking.set()
            assert go_on.wait(60)
        return {}

    made.order("propose")
    made.order("issue")
    made.sink.script = pausing
    job = made.start("deliver")
    assert talking.wait(60)
    yield go_on
    go_on.set()
    made.end(job)


@contextmanager
def held(made):
    """Meanwhile a task that dawdles keeps its transaction open."""
    made.execute("SELECT pg_advisory_lock(%s)", [DAWDLE])
    try:
        yield
    finally:
        made.execute("SELECT pg_advisory_unlock(%s)", [DAWDLE])


def waiting(made, kind="advisory"):
    """Who waits for a lock; for the advisory one: who keeps a transaction open."""
    return made.execute(
        "SELECT pid FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE datname = %s AND locktype = %s AND NOT granted",
        [made.name, kind],
    )


def wait_until(true):
    """Wait until something is the case."""
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


# -- templates and clocks ---------------------------------------------------------------------


def test_template_that_raises_for_one_customer(made):
    made.order("break_template", customer=12)
    made.order("cycle")
    made.order("later")
    made.order("deliver")
    facts = made.check()
    assert states(facts) == {"sent": CUSTOMERS - 1, "failed": 1}
    [(address, reason)] = [(row[0], row[3]) for row in facts["deliveries"] if row[1] == "failed"]
    assert address == "c12@customer.example"
    assert "no_such_thing" in reason


def test_clock_that_jumps_three_days(made):
    today = datetime.now(timezone.utc).replace(tzinfo=None)
    jumped = str(today + timedelta(days=3))
    made.order("propose")
    made.order("issue", freeze=jumped)
    made.order("deliver", freeze=jumped)
    assert states(made.check()) == {"sent": CUSTOMERS}
    for moment in (today, today + timedelta(days=4), today + timedelta(days=1)):
        # back, on, and back again: nobody is written to a second time
        made.order("cycle", freeze=str(moment))
    assert states(made.check()) == {"sent": CUSTOMERS}


@pytest.mark.parametrize("hours", [(-3, -1), (-1, 1), (1, 2)])
def test_clock_that_is_changed_for_summer_or_winter(made, hours):
    made.execute("UPDATE res_partner SET tz = 'Europe/Berlin'")
    made.execute("UPDATE res_company SET recovery_tz = 'Europe/Berlin'")
    made.sink.script = misbehave({"RCPT": "450 later"})
    before, after = (str(next_change() + timedelta(hours=number)) for number in hours)
    made.order("cycle", freeze=before)
    made.order("cycle", freeze=after)
    assert states(made.check()) == {"sent": CUSTOMERS}


def next_change():
    """The next moment (UTC) at which Berlin changes its clocks."""
    moment = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0)
    berlin = ZoneInfo("Europe/Berlin")
    offset = moment.astimezone(berlin).utcoffset()
    while moment.astimezone(berlin).utcoffset() == offset:
        moment += timedelta(hours=1)
    return moment.replace(tzinfo=None)
