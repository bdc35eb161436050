"""`make test`: the whole suite on a copy of the template database, and nothing in silence."""

import os
import shlex
import subprocess

from dev import browser, database, engine, fetch, settings, wkhtmltopdf
from dev.say import StopError, progress

PLAIN = ("benchmarks", "dev", "faults")
NOTHING_RAN = 5
# No job runner in the tests' own processes: only a test performs jobs.
NO_JOBS = {"ODOO_QUEUE_JOB_CHANNELS": "root:0"}


def test(long=False):
    """Run the suite; ARGS goes to pytest, OR_DB names the test database."""
    name = database.check_name(os.environ.get("OR_DB") or "test")
    options, paths = split(shlex.split(os.environ.get("ARGS", "")))
    browser.ensure()
    wkhtmltopdf.ensure()
    fetch.ensure_axe()
    codes = []
    children = environment(long)
    plain = [path for path in paths if is_plain(path)] if paths else default_plain()
    if plain:
        progress("Tests without Odoo ...")
        codes.append(
            run_pytest(["-p", "no:odoo", *plain_options(name), *plain, *options], children)
        )
    odoo = [path for path in paths if not is_plain(path)] if paths else default_odoo()
    glue = [path for path in odoo if is_glue(path)]
    complaints = []
    for place, chosen, template in (
        (name, [path for path in odoo if path not in glue], database.test_template),
        (f"{name}_glue", glue, database.glue_template),
    ):
        if chosen:
            progress(f"Tests in Odoo, database {place} ...")
            complaints += prepare(place, template())
            codes.append(run_pytest([*odoo_options(place), *chosen, *options], children))
    return verdict(codes, complaints)


def environment(long=False):
    """Return the environment of the tests: also where axe-core is, for those in Odoo."""
    axe = {"OR_AXE": str(settings.axe_script())}
    return {**engine.environment(), **NO_JOBS, **axe, **({"OR_LONG": "1"} if long else {})}


def prepare(name, template):
    """Make the test database; return the warnings and errors of its installation."""
    database.create(name, template)
    database.keep_statistics(name)
    return install_complaints(template)


def verdict(codes, complaints):
    """Return the exit code of the whole run.

    >>> verdict([NOTHING_RAN, 0], [])
    0
    >>> verdict([NOTHING_RAN, 1], [])
    1
    >>> verdict([NOTHING_RAN], [])
    Traceback (most recent call last):
    ...
    dev.say.StopError: No test ran: look at ARGS.
    """
    if all(code == NOTHING_RAN for code in codes):
        raise StopError("No test ran: look at ARGS.")
    if complaints:
        raise StopError(f"The installation logged: {' | '.join(complaints)}")
    return next((code for code in codes if code not in (0, NOTHING_RAN)), 0)


def split(arguments):
    """Part pytest's options from paths of tests.

    >>> split(["-k", "plan", "dev/tests/test_strict.py::test_skip"])
    (['-k', 'plan'], ['dev/tests/test_strict.py::test_skip'])
    """
    paths = [part for part in arguments if (settings.ROOT / part.split("::")[0]).exists()]
    return [part for part in arguments if part not in paths], paths


def is_plain(path):
    """Whether a path's tests need no Odoo registry.

    >>> is_plain("faults/test_kill.py"), is_plain("overdue_recovery")
    (True, False)
    """
    absolute = (settings.ROOT / path.split("::")[0]).resolve()
    return any(absolute.is_relative_to(settings.ROOT / folder) for folder in PLAIN)


def is_glue(path):
    """Whether a path's tests need an addon of others."""
    absolute = (settings.ROOT / path.split("::")[0]).resolve()
    return any(absolute.is_relative_to(folder) for folder in database.glue_addons().values())


def default_plain():
    """Return the folders of tests without Odoo."""
    return [folder for folder in PLAIN if any((settings.ROOT / folder).rglob("*.py"))]


def default_odoo():
    """Return the folders of the addons that can be installed here."""
    found = {**database.installable_addons(), **database.glue_addons()}
    return [str(folder) for folder in found.values()]


def plain_options(name):
    """Return pytest's options for tests without Odoo."""
    return [*common_options(f"{name}-plain"), "--doctest-modules"]


def odoo_options(name):
    """Return pytest's options for tests in Odoo."""
    options = ["--odoo-config", str(settings.CONF), "--odoo-database", name]
    return [*common_options(name), *options, "--odoo-http", "--odoo-log-level", "warn"]


def common_options(name):
    """Return the options of every pytest run: the strict plugin and a cache per database."""
    root = ["--rootdir", str(settings.ROOT), "-c", str(settings.ROOT / "pyproject.toml")]
    cache = f"cache_dir={settings.STATE / 'pytest' / name}"
    return [*root, "-p", "dev.strict", "-o", cache]


def run_pytest(options, environment):
    """Run pytest; return its exit code."""
    call = [str(settings.venv_python()), "-m", "pytest", *options]
    return subprocess.call(call, env=environment, cwd=settings.ROOT)


def install_complaints(template):
    """Return the warnings and errors of the addons' installation."""
    return engine.bad_lines(database.install_log(template))
