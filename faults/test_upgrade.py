"""From the first version, with the demo story as data, to this one: nothing is lost or said."""

import os
import tarfile

import pytest

from dev import database, engine, release, settings
from faults.test_install import run, shell

ARCHIVE = min(release.FOLDER.glob("*.tar.xz"))
ADDONS = release.addons(ARCHIVE)
NAME = (os.environ.get("OR_DB") or "test") + "_upgrade"
TABLES = """
    SELECT relname FROM pg_class
     WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
       AND relname ~ '^(dunning_|recovery_|account_move|account_payment|account_partial)'
"""
COLUMNS = """
    SELECT table_name, column_name, data_type FROM information_schema.columns
     WHERE table_schema = 'public'
"""
# What an upgrade may touch in a row that it leaves as it is.
TOUCHED = ("write_date", "write_uid")
LOG = """
import json
cases = env["recovery.case"].search([])
broken = [number for number in env["recovery.interaction"]._verify(cases).values() if number]
print(json.dumps({"cases": len(cases), "broken": broken}))
"""
KEYS = """
    SELECT conname FROM pg_constraint
     WHERE contype = 'f' AND conrelid = 'dunning_notice_line'::regclass ORDER BY conname
"""
DAY = """
import json
env["recovery.case"]._cron_daily()
runs = env["dunning.run"].search([("state", "=", "proposed")])
print(json.dumps({"runs": len(runs), "notices": len(runs.notice_ids)}))
"""
# The template knows the addons of today, the first version came without some of them.
FORGET = """
WITH gone AS (DELETE FROM ir_module_module WHERE name LIKE 'overdue_recovery%' RETURNING id)
DELETE FROM ir_model_data
 WHERE model = 'ir.module.module' AND res_id IN (SELECT id FROM gone)
"""


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A database of the first version with its demo data: what stood in it."""
    folder = tmp_path_factory.mktemp("first")
    with tarfile.open(ARCHIVE) as tar:
        tar.extractall(folder, filter="data")
    # makes Odoo's own database with demo data, too
    database.template(demo=True)
    database.create(NAME, database.base_template(demo=True))
    database.execute(FORGET, name=NAME)
    path = ",".join(map(str, (folder, settings.borrowed() / "odoo" / "addons")))
    log = folder / "log"
    options = ("--with-demo", f"--addons-path={path}")
    assert engine.install(NAME, ADDONS, log, *options) == []
    assert str(folder) in log.read_text(), "the first version was installed, not this one"
    yield facts()
    database.drop(NAME)


@pytest.fixture(scope="module")
def upgraded(first, tmp_path_factory):
    """What stands in it after `-u`, and the lines of the log that complain."""
    return upgrade(tmp_path_factory), facts()


def upgrade(tmp_path_factory):
    log = tmp_path_factory.mktemp("upgrade") / "log"
    names = ",".join(ADDONS)
    run(engine.command("-d", NAME, "-u", names, "--stop-after-init", "--no-http"), log)
    return engine.bad_lines(log)


def facts():
    """{table: {"rows": how many, "states": {state: how many}, "sums": {column: sum}}}."""
    kinds = {}
    for table, column, kind in database.execute(COLUMNS, name=NAME):
        kinds.setdefault(table, {})[column] = kind
    return {table: facts_of(table, kinds[table]) for (table,) in tables()}


def tables():
    return database.execute(TABLES, name=NAME)


def facts_of(table, kinds):
    numbers = [name for name, kind in sorted(kinds.items()) if kind == "numeric"]
    sums = "".join(f', SUM("{name}")' for name in numbers)
    ((rows, *found),) = database.execute(f'SELECT COUNT(*){sums} FROM "{table}"', name=NAME)
    states = f'SELECT state, COUNT(*) FROM "{table}" GROUP BY state' if "state" in kinds else ""
    return {
        "rows": rows,
        "states": dict(database.execute(states, name=NAME)) if states else {},
        "sums": dict(zip(numbers, found, strict=True)),
    }


def digests():
    """{table: a digest of all that stands in it}."""
    return {table: database.execute(digest_of(table), name=NAME)[0][0] for (table,) in tables()}


def digest_of(table):
    row = f"(to_jsonb(one) - '{TOUCHED[0]}' - '{TOUCHED[1]}')::text"
    return f'SELECT md5(string_agg({row}, chr(10) ORDER BY {row})) FROM "{table}" one'


def test_the_first_version_has_data_to_lose(first):
    for table in ("dunning_notice", "recovery_plan", "recovery_offer", "recovery_referral"):
        assert first[table]["rows"], table
    assert first["dunning_delivery"]["states"].keys() >= {"sent", "bounced"}
    assert sum(first["account_move_line"]["sums"].values())


def test_upgrade_says_nothing(upgraded):
    assert upgraded[0] == []


def test_every_row_state_and_sum_is_kept(first, upgraded):
    for table, before in first.items():
        after = upgraded[1][table]
        assert after["rows"] >= before["rows"], table
        assert after["states"].items() >= before["states"].items(), table
        assert after["sums"].items() >= before["sums"].items(), table


def test_the_version_is_this_one(upgraded):
    statement = "SELECT DISTINCT latest_version FROM ir_module_module WHERE name = ANY(%s)"
    versions = database.execute(statement, [ADDONS], name=NAME)
    assert versions == [(release.version(),)]


def test_the_contact_log_is_whole(upgraded):
    log = shell(LOG, NAME)
    assert log["cases"] > 10
    assert log["broken"] == []


def test_lines_of_notices_lose_the_keys_that_cost_a_run_its_time(upgraded):
    keys = [name for (name,) in database.execute(KEYS, name=NAME)]
    assert keys == ["dunning_notice_line_move_line_id_fkey", "dunning_notice_line_notice_id_fkey"]


def test_a_second_upgrade_changes_nothing(upgraded, tmp_path_factory):
    before = digests()
    assert upgrade(tmp_path_factory) == []
    assert digests() == before


def test_the_next_day_goes_on_with_the_data(upgraded):
    day = shell(DAY, NAME)
    assert day["runs"] >= 1
    assert day["notices"] >= 8
