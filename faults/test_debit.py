"""Killed around the call that takes money: nobody is debited twice.

Customers agreed to be debited, and today is the day. For each of them a process begins the debit
and is killed at another moment: well before the provider is called, in the call, after it. The
provider itself hangs up on some, before it has taken the money or after. Other processes go on, on
this day and the next. Then what the provider took is counted for each invoice, whatever the keys of
the calls say, and compared with what was booked.
"""

import signal
import sys
import zlib
from collections import Counter

import pytest

from dev import database
from dev.fakeagency import Agency
from faults.station import station

# How many deeds before or after the call a process dies: from the commit of what is about to be
# asked, nine before it, beyond the commit of the answer.
MOMENTS = range(-40, 60, 2)


def hang_up(key, _times):
    """The provider's script: every fifth call hears nothing, and half of these took money."""
    luck = zlib.crc32(key.encode()) % 10
    return {"drop": "after" if luck else "before"} if luck in (0, 5) else {}


@pytest.fixture(scope="module")
def provider():
    # whoever takes calls with a key and writes them down will do
    made = Agency()
    yield made
    made.close()


@pytest.fixture(scope="module")
def made():
    with station("debit", 1, database.test_template) as found:
        found.here("consent", count=1 + len(MOMENTS))
        yield found


def test_killed_around_the_call_nobody_is_debited_twice(made, provider):
    done = made.order("debit", url=provider.url, only=0)["done"]
    call = 1 + done.index("call")
    provider.script = hang_up
    for number, moment in enumerate(MOMENTS, 1):
        answer = made.order("debit", url=provider.url, only=number, kill_at=call + moment)
        assert answer["died"] == signal.SIGKILL
    for later in (False, True, True):
        assert not made.order("debit", url=provider.url, later=later)["died"]
    debits = made.order("debits")["value"]

    assert {state for _move, state, *_rest in debits} == {"done", "unknown"}, "none is forgotten"
    taken = {move: len(calls) for move, calls in provider.referrals.items()}
    assert set(taken.values()) == {1}, "taken once at most"
    assert set(provider.times.values()) == {1}, "and never even asked again"
    for move, state, rest, payments in debits:
        booked = (0.0, 1) if state == "done" else (100.0, 0)
        assert (rest, payments) == booked, (move, state)
        assert state == "unknown" or move in taken, "done means taken by the provider"
    tell(debits, taken)


def tell(debits, taken):
    """Print the figures of the table in the README."""
    states = Counter(state for _move, state, *_rest in debits)
    of_unknown = sum(move in taken for move, state, *_rest in debits if state == "unknown")
    sys.stdout.write(
        f"{len(debits)} debits, {len(MOMENTS)} of them killed around the call: {states['done']}"
        f" were made once, {states['unknown']} wait for a person ({of_unknown} took money), none"
        " was made twice\n"
    )
