"""`make test`: the whole suite on a copy of the template database."""

import os
import shlex
import subprocess

from dev import database, engine, settings


def test():
    """Run the suite; ARGS goes to pytest, OR_DB names the test database."""
    name = database.check_name(os.environ.get("OR_DB") or "test")
    arguments = shlex.split(os.environ.get("ARGS", ""))
    database.fresh(name)
    paths = [str(folder) for folder in database.installable_addons().values()]
    call = [str(settings.venv_python()), "-m", "pytest", "--odoo-config", str(settings.CONF)]
    call += ["--odoo-database", name, "--odoo-http", *arguments, *paths]
    return subprocess.call(call, env=engine.environment(), cwd=settings.ROOT)
