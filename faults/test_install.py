"""Install, upgrade and uninstall with real processes, on databases of their own."""

import json
import os
import subprocess

import pytest

from dev import database, engine, settings

ADDON = "overdue_recovery"
NAME = (os.environ.get("OR_DB") or "test") + "_install"
COUNT = """
import json
from faults import every_table
print(json.dumps(every_table.counts(env)))
"""
FILL = "from faults import every_table\nevery_table.fill(env)\n" + COUNT
STATE = """
import json
cases = env["recovery.case"].search([])
broken = [number for number in env["recovery.interaction"]._verify(cases).values() if number]
levels = env["account.move"].search([("dunning_level_id", "!=", False)]).mapped("name")
env.cr.execute(
    "SELECT COUNT(*) FROM pg_trigger WHERE tgname ~ '^recovery_' AND tgenabled = 'O'"
)
print(json.dumps({"broken": broken, "levels": len(levels), "triggers": env.cr.fetchone()[0]}))
"""
SECOND = """
companies = env["res.company"]
second = companies.create({"name": "Second"})
companies.create({"name": "Branch", "parent_id": second.id})
print("null")
"""
# What an uninstallation must take along: (what, statement that finds the rest).
LEFT = {
    "tables": "SELECT relname FROM pg_class WHERE relkind IN ('r', 'v', 'S')"
    " AND relname ~ '^(dunning_|recovery_)'",
    "relations": "SELECT relname FROM pg_class WHERE relkind = 'r'"
    " AND relname ~ '(dunning|recovery)'",
    "columns": "SELECT table_name || '.' || column_name FROM information_schema.columns"
    " WHERE table_schema = 'public'"
    " AND column_name ~ '(dunning|recovery|late_reason|key_account)'",
    "indexes": "SELECT indexname FROM pg_indexes WHERE indexname ~ '(dunning|recovery)'",
    "constraints": "SELECT conname FROM pg_constraint"
    " WHERE conname ~ '(dunning|recovery|payer_is)'",
    "triggers": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    "functions": "SELECT proname FROM pg_proc"
    " WHERE pronamespace = 'public'::regnamespace AND proname ~ '(dunning|recovery)'",
    "identifiers": f"SELECT name FROM ir_model_data WHERE module = '{ADDON}'",
    "models": "SELECT model FROM ir_model WHERE model ~ '^(dunning|recovery)[.]'",
    "fields": "SELECT model || '.' || name FROM ir_model_fields WHERE name ~ '(dunning|recovery)'",
    "jobs": "SELECT cron_name FROM ir_cron WHERE cron_name ~* '(dunning|recovery)'",
    "templates": "SELECT id::text FROM mail_template WHERE model ~ '^(dunning|recovery)[.]'",
    "messages": "SELECT DISTINCT model FROM mail_message WHERE model ~ '^(dunning|recovery)[.]'",
    "activities": "SELECT res_model FROM mail_activity WHERE res_model ~ '^(dunning|recovery)[.]'",
    "followers": "SELECT res_model FROM mail_followers WHERE res_model ~ '^(dunning|recovery)[.]'",
    "sequences": "SELECT code FROM ir_sequence WHERE code ~ '^(dunning|recovery)[.]'",
    "groups": "SELECT name->>'en_US' FROM res_groups WHERE name->>'en_US' ~* 'recovery'",
    "views": "SELECT name FROM ir_ui_view WHERE model ~ '^(dunning|recovery)[.]'"
    f" OR key LIKE '{ADDON}.%'",
}


def run(call, log=None, text=None):
    """Run a process of ours; return its output. The log takes what goes to standard error."""
    done = subprocess.run(
        call,
        input=text,
        capture_output=True,
        text=True,
        env=engine.environment(),
        cwd=settings.ROOT,
        check=False,
    )
    if log:
        log.write_text(done.stdout + done.stderr)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return done.stdout


def shell(script, name=NAME):
    """Run a script with ``env`` and return what it printed as JSON."""
    output = run([str(settings.venv_python()), "-m", "dev.shell", name], text=script)
    return json.loads(output.splitlines()[-1])


#: Every posted document, and what is open of it.
LEDGER = """
    SELECT name, state, payment_state, amount_total, amount_residual
      FROM account_move WHERE state = 'posted' ORDER BY id
"""


@pytest.fixture(scope="module")
def filled():
    """A database with the addon and a row in every table of it."""
    database.create(NAME, database.template())
    yield shell(FILL)
    database.drop(NAME)


@pytest.fixture(scope="module")
def upgraded(filled, tmp_path_factory):
    """That database after `-u`; the lines of the log that complain."""
    log = tmp_path_factory.mktemp("upgrade") / "log"
    before = shell(STATE)
    run(engine.command("-d", NAME, "-u", ADDON, "--stop-after-init", "--no-http"), log)
    return {
        "complaints": engine.bad_lines(log),
        "before": before,
        "counts": shell(COUNT),
        "ledger": database.execute(LEDGER, name=NAME),
    }


@pytest.fixture(scope="module")
def uninstalled(upgraded, tmp_path_factory):
    """That database after the addon left; the lines of the log that complain."""
    log = tmp_path_factory.mktemp("uninstall") / "log"
    odoo = engine.command()[:3]
    run([*odoo, "module", "uninstall", "-c", str(settings.CONF), "-d", NAME, ADDON], log)
    return engine.bad_lines(log)


def test_every_table_has_a_row(filled):
    assert filled
    assert [table for table, count in filled.items() if not count] == []


def test_upgrade_says_nothing_and_changes_no_row(filled, upgraded):
    assert upgraded["complaints"] == []
    grown = {name: count for name, count in upgraded["counts"].items() if count != filled[name]}
    assert grown == {}


def test_upgrade_keeps_levels_and_the_lock_of_the_log(upgraded):
    state = shell(STATE)
    assert state == upgraded["before"]
    assert state["broken"] == []
    assert state["triggers"] == 2
    assert state["levels"] == 1


def test_uninstall_says_nothing(uninstalled):
    assert uninstalled == []


@pytest.mark.parametrize("what", LEFT)
def test_uninstall_leaves_nothing_behind(uninstalled, what):
    assert database.execute(LEFT[what], name=NAME) == []


def test_uninstall_leaves_the_ledger_as_it_was(upgraded, uninstalled):
    assert len(upgraded["ledger"]) > 3
    assert database.execute(LEDGER, name=NAME) == upgraded["ledger"]


def test_installation_says_nothing_and_gives_every_company_its_policy(tmp_path):
    name = f"{NAME}_late"
    database.template()
    database.create(name, database.base_template())
    shell(SECOND, name)
    assert engine.install(name, [ADDON], tmp_path / "log") == []
    policies = database.execute(
        "SELECT company.name, policy.mode, policy.active FROM res_company company"
        " LEFT JOIN dunning_policy policy ON policy.company_id = company.id ORDER BY company.id",
        name=name,
    )
    database.drop(name)
    assert [row[1:] for row in policies] == [("approve", True), ("approve", True), (None, None)]


def test_installation_with_demo_data_says_nothing():
    log = database.install_log(database.template(demo=True))
    assert engine.bad_lines(log) == []
