"""The commands behind the Makefile."""

import os
import subprocess
import sys

from dev import fetch, settings
from dev.say import StopError, debugging, explain, progress


def run():
    """Serve the demo at http://localhost:8069 after one dunning run on it (PORT=, DETACH=1)."""
    from dev import serve

    return serve.run()


def demo_reset():
    """Make the demo database anew."""
    from dev import serve

    serve.reset()


def db():
    """Make a fresh database with the addon, without demo data (DB=name)."""
    from dev import database

    name = wanted_database()
    database.fresh(name)
    progress(f"Database {name} is ready: make shell DB={name}")


def shell():
    """Run Python from standard input with `env` (DB=name), committed at the end."""
    from dev import database, engine

    name = wanted_database()
    if not database.exists(name):
        raise StopError(f"There is no database {name}: run `make db DB={name}` first.")
    engine.write_conf()
    call = [str(settings.venv_python()), "-m", "dev.shell", name]
    return subprocess.call(call, env=engine.environment(), cwd=settings.ROOT)


def test():
    """Run the whole suite (ARGS="-k plan" selects)."""
    from dev import testing

    return testing.test()


def test_long():
    """Run the whole suite with the long tests."""
    from dev import testing

    return testing.test(long=True)


def lint():
    """Check style: ruff, pylint-odoo, OCA's checks, one model per file, file length."""
    from dev import lint as checks

    return checks.lint()


def bench():
    """Measure a run on a generated ledger (SIZE=1k|10k|100k|1m)."""
    from dev import measure

    return measure.bench()


def replay():
    """Replay the daily run over an invoice history (FILE=invoices.csv, DAYS=n)."""
    from dev import measure

    return measure.replay()


def terms():
    """Write the translation templates anew and bring the languages in line."""
    from dev import terms as translations

    return translations.terms()


def screenshots():
    """Take the pictures of dev/screenshots.json from the demo into docs/screenshots."""
    from dev import screenshots as pictures

    return pictures.main()


def release():
    """Keep this version in faults/releases, for the tests of upgrades."""
    from dev import release as releases

    return releases.keep()


def stop():
    """Stop what runs in the background: Odoo, the mail sink, the fake agency, PostgreSQL."""
    from dev import postgres, processes

    processes.stop_all()
    progress("PostgreSQL stopped" if postgres.stop() else "PostgreSQL did not run")


def show_help():
    """Show this list."""
    for name, command in COMMANDS.items():
        print(f"make {name:<12} {command.__doc__.splitlines()[0]}")


COMMANDS = {
    "run": run,
    "test": test,
    "test-long": test_long,
    "lint": lint,
    "bench": bench,
    "replay": replay,
    "db": db,
    "shell": shell,
    "demo-reset": demo_reset,
    "terms": terms,
    "screenshots": screenshots,
    "release": release,
    "stop": stop,
    "help": show_help,
}
NEED_NOTHING = ("stop", "help")


def wanted_database():
    """Return DB=..., checked."""
    from dev import database

    name = os.environ.get("DB")
    if not name:
        raise StopError("Name the database, for example: DB=mine")
    return database.check_name(name)


def prepare(arguments):
    """Fetch what is missing and go on inside the virtual environment with a running server."""
    if not settings.inside_venv():
        fetch.ensure()
        python = str(settings.venv_python())
        sys.stdout.flush()
        os.chdir(settings.ROOT)
        os.execve(python, [python, "-m", "dev", *arguments], os.environ)
    fetch.ensure()
    fetch.ensure_borrowed()
    from dev import postgres

    postgres.ensure()


def main(arguments):
    """Run one command; every failure ends in one line that says what to do."""
    name = arguments[0] if arguments else "help"
    if name not in COMMANDS:
        print(f"error: no command {name!r}: `make help` lists them.", file=sys.stderr)
        return 2
    try:
        if name not in NEED_NOTHING:
            prepare(arguments)
        return COMMANDS[name]() or 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if debugging():
            raise
        print(f"error: {explain(error)}", file=sys.stderr)
        return 1
