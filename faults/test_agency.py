"""Killed in the middle of its calls: the agency has each referral exactly once.

Five hundred referrals wait for an agency that breaks down, hangs up before and after it has written
one down, asks for patience and dawdles. The process that calls it is killed five times, at a
statement, a commit or a call that chance chooses; later ones finish its work. Then it is counted
what stands at the agency.
"""

import os
import random
import signal
import sys
import zlib
from collections import Counter

import pytest

from dev.fakeagency import Agency
from faults.station import station

REFERRALS = 500
KILLS = 5
KEY = "the agency's own key"

# What happens to the first tries of a call, by what its idempotency key says of its luck.
FAULTS = (
    [{"status": 500}, {"drop": "after"}],
    [{"drop": "before"}, {"status": 503, "headers": {"Retry-After": "7"}}],
    [{"drop": "after"}, {"drop": "after"}],
    [{"status": 429}, {"status": 502, "body": b"<html>not JSON"}],
    [{"wait": 0.05}],
)


def misbehave(key, times):
    """The script: half of the calls meet one or two faults first."""
    luck = zlib.crc32(key.encode()) % (2 * len(FAULTS))
    plans = FAULTS[luck] if luck < len(FAULTS) else []
    return plans[times - 1] if times <= len(plans) else {}


@pytest.fixture(scope="module")
def agency():
    made = Agency(key=KEY)
    made.script = misbehave
    yield made
    made.close()


@pytest.fixture(scope="module")
def made(agency):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECOVERY_SECRET_FAULTS", KEY)
        with station("agency", 1) as found:
            found.here("refer", url=agency.url, count=REFERRALS)
            yield found


def test_killed_five_times_each_referral_is_there_exactly_once(made, agency):
    chance = random.Random(os.environ.get("OR_SEED", "19"))
    for _time in range(KILLS):
        answer = made.order("call_agencies", kill_at=chance.randrange(100, 1200))
        assert answer["died"] == signal.SIGKILL
    for _time in range(5):
        made.order("call_agencies", later=True)
    facts = made.order("calls")["value"]

    assert Counter(state for _name, state, *_rest in facts) == {"done": REFERRALS}
    assert set(agency.referrals) == {name for name, *_rest in facts}, "none is lost"
    numbers = {}
    for name, entries in agency.referrals.items():
        assert len(entries) == 1, f"{name} stands there {len(entries)} times"
        numbers[name] = entries[0]["reference"]
    assert {name: number for name, _state, number, _key in facts} == numbers
    assert set(agency.times) == {key for _name, _state, _number, key in facts}
    tell(agency)


def tell(agency):
    """Print the figures of the table in the README."""
    tries = sum(agency.times.values())
    sys.stdout.write(
        f"{REFERRALS} referrals, the sender killed {KILLS} times: {tries} calls arrived, each"
        " referral stands at the agency once, none is lost\n"
    )


def test_the_key_stands_in_no_table(made):
    tables = made.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    for [table] in tables:
        [[found]] = made.execute(
            f'SELECT COUNT(*) FROM "{table}" row WHERE strpos(row::text, %s) > 0', [KEY]
        )
        assert not found, table
