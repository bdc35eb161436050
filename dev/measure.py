"""`make bench` and `make replay`: programs of benchmarks/, each on a database of its own."""

import os
import subprocess
from pathlib import Path

from dev import database, engine, settings
from dev.say import StopError

SIZES = ("1k", "10k", "100k", "1m")


def bench():
    """Call benchmarks.run with SIZE; WHAT=portal: benchmarks.visitors."""
    size = os.environ.get("SIZE") or "1k"
    if size not in SIZES:
        raise StopError(f"SIZE={size} is not known: choose one of {', '.join(SIZES)}.")
    what = {"": "run", "portal": "visitors"}.get(os.environ.get("WHAT", ""))
    if not what:
        raise StopError("WHAT can be `portal`, or nothing.")
    return call(what, "bench", f"SIZE={size}")


def replay():
    """Call benchmarks.replay with FILE."""
    text = os.environ.get("FILE")
    if not text:
        raise StopError("Name the invoices, for example: FILE=invoices.csv")
    path = Path(text).expanduser().resolve()
    if not path.is_file():
        raise StopError(f"There is no file {path}: give FILE the path of a CSV file.")
    return call("replay", "replay", str(path))


def call(module, name, *arguments):
    """Run a module of benchmarks/ with a fresh database, which OR_DATABASE names."""
    if not (settings.ROOT / "benchmarks" / f"{module}.py").exists():
        raise StopError(f"benchmarks.{module} is not built yet.")
    name = database.check_name(os.environ.get("OR_DB") or name)
    database.fresh(name)
    python = str(settings.venv_python())
    environment = {**engine.environment(), "OR_DATABASE": name}
    command = [python, "-m", f"benchmarks.{module}", *arguments]
    return subprocess.call(command, env=environment, cwd=settings.ROOT)
