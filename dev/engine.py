"""How Odoo is called: its configuration file, its environment, its command line."""

import os
import re
import subprocess
from pathlib import Path

from dev import postgres, settings
from dev.say import StopError

EXCEPTION_LINE = re.compile(r"^[A-Za-z_][\w.]*(Error|Exception|Warning|Violation|Invalid\w*)\b.*:")
BAD_LINE = re.compile(r"^\S+ \S+ \d+ (WARNING|ERROR|CRITICAL) ")


def write_conf():
    """Write Odoo's configuration file, so that none of the person's own is read."""
    server = postgres.environment()
    root = settings.odoo_root()
    paths = [*settings.addon_paths(), *([root / "addons"] if os.environ.get("ODOO_HOME") else [])]
    values = {
        "addons_path": ",".join(str(path) for path in paths if has_addon(path)),
        "data_dir": settings.DATA,
        "db_host": server.get("PGHOST", ""),
        "db_port": server.get("PGPORT", ""),
        "db_user": server.get("PGUSER", ""),
        "db_password": server.get("PGPASSWORD", ""),
        "admin_passwd": "admin",
        "http_interface": "127.0.0.1",
        "max_cron_threads": 0,
        "list_db": False,
    }
    lines = [f"{key} = {value}" for key, value in values.items() if value != ""]
    text = "\n".join(["[options]", *lines, ""])
    settings.DATA.mkdir(parents=True, exist_ok=True)
    if not settings.CONF.exists() or settings.CONF.read_text() != text:
        settings.CONF.write_text(text)
        settings.CONF.chmod(0o600)


def has_addon(path):
    """Whether Odoo would take the folder as an addons path."""
    return any(path.glob("*/__manifest__.py"))


def environment():
    """Return the environment of every child that imports Odoo."""
    result = {**os.environ, **postgres.environment(), "ODOO_RC": str(settings.CONF)}
    places = [settings.odoo_root(), settings.ROOT, settings.borrowed()]
    result["PYTHONPATH"] = os.pathsep.join(map(str, places))
    # The machine's own settings must not reach a child.
    for name in ("ARGS", "DB", "FILE", "SIZE", "PORT", "DETACH", "MAKEFLAGS", "MFLAGS"):
        result.pop(name, None)
    return result


def command(*options):
    """Return the command line of an `odoo` call."""
    python = str(settings.venv_python())
    return [python, "-c", "import odoo.cli; odoo.cli.main()", "-c", str(settings.CONF), *options]


def install(database, names, log, *options):
    """Install modules into a database; return the log's warning and error lines."""
    write_conf()
    call = command("-d", database, "-i", ",".join(names), "--stop-after-init", "--no-http")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as handle:
        code = subprocess.call(
            [*call, *options], stdout=handle, stderr=handle, env=environment(), cwd=settings.ROOT
        )
    bad = bad_lines(log)
    if code:
        reason = last_error(log)
        raise StopError(f"Installing {', '.join(names)} failed: {reason} (whole log: {log})")
    return bad


def bad_lines(log):
    """Return the lines of a log that are warnings or errors."""
    lines = Path(log).read_text(errors="replace").splitlines()
    return [line for line in lines if BAD_LINE.match(line)]


def last_error(log):
    """Return what best says why Odoo failed: the log's last exception and the one before it."""
    lines = [line for line in Path(log).read_text(errors="replace").splitlines() if line.strip()]
    errors = list(dict.fromkeys(line for line in lines if EXCEPTION_LINE.match(line)))
    return " <- ".join(reversed(errors[-2:] or lines[-1:] or ["no output"]))
