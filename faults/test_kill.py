"""Killed at any moment: nothing is lost, and nobody is written to twice.

A real process is killed before the k-th thing it does: every SQL statement, commit, word said and
answer heard in SMTP of a day on which five customers are dunned. After each death other processes
finish the work; then what arrived at the mail server is counted.

A death in the middle of a transaction leaves what its last commit left. So two deaths that left
the same rows and the same mail are one case, which is finished and counted once.

`make test ARGS="faults/test_kill.py -s"` prints the figures.
"""

import os
import random
import signal
import sys
from collections import Counter

import pytest

from faults.station import station

CUSTOMERS = 5
MANY = 60


@pytest.fixture(scope="module")
def five():
    with station("kill", CUSTOMERS) as made:
        yield made


def count(made):
    """What a day does that nobody interrupts."""
    made.empty()
    done = made.order("cycle")["done"]
    facts = made.check()
    assert len(facts["levels"]) == len(made.sink.taken)
    return done


def die(made, at):
    """Kill a day at its k-th deed; say whether it was still alive then."""
    made.empty()
    answer = made.order("cycle", kill_at=at)
    assert answer["died"] == signal.SIGKILL


def survive(made, customers):
    """Let others finish and look at what came of it. One message, the one that was leaving, may
    wait for a person."""
    made.order("finish")
    facts = made.check(unknown=1)
    states = [state for _address, state, *_rest in facts["deliveries"]]
    assert len(states) == customers, "nobody is forgotten"
    assert set(states) <= {"sent", "unknown"}
    assert {state for _who, state in facts["notices"]} <= {"sent", "issued"}
    # the jobs that came later keep a run that has nobody to write to, for its list of who is left
    assert set(facts["runs"]) <= {"issued", "proposed"}
    return states


def test_killed_at_every_statement_commit_and_word(five):
    done = count(five)
    seen, unknown = {}, 0
    for at in range(1, len(done) + 1):
        die(five, at)
        state = five.state()
        if state not in seen:
            seen[state] = survive(five, CUSTOMERS)
            unknown += seen[state].count("unknown")
    tell(done, seen, unknown)
    assert len(seen) > 2 * CUSTOMERS, "each message has its own moments"
    assert unknown <= 3 * CUSTOMERS, "only while a message was leaving"


def tell(done, seen, unknown):
    """Print the figures of the table in the README."""
    kinds = ", ".join(f"{number} {kind}" for kind, number in Counter(done).items())
    sys.stdout.write(
        f"killed {len(done)} times ({kinds}): {len(seen)} different cases, in {unknown} of them"
        " one message waits for a person, none is lost, none came twice\n"
    )


@pytest.mark.long
def test_killed_at_random_in_a_larger_run():
    with station("kill_many", MANY) as made:
        total = len(count(made))
        chance = random.Random(os.environ.get("OR_SEED", "19"))
        for _time in range(60):
            die(made, chance.randrange(1, total + 1))
            survive(made, MANY)
