"""Processes in the background: their numbers in files, their gentle ends. Standard library only."""

import os
import signal
import subprocess
import time
from pathlib import Path

from dev import settings
from dev.say import progress

PIDS = {
    "Odoo": settings.STATE / "odoo.pid",
    "The mail sink": settings.STATE / "mail.pid",
    "The fake agency": settings.STATE / "agency.pid",
}


def start(name, call, log, environment):
    """Start a process in a session of its own and remember its number."""
    with log.open("ab") as output:
        child = subprocess.Popen(
            call,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=settings.ROOT,
            env=environment,
            start_new_session=True,
        )
    PIDS[name].write_text(str(child.pid))
    return child


def running(name):
    """Return the number of a process of ours that still runs, or None."""
    try:
        pid = int(PIDS[name].read_text())
        words = Path(f"/proc/{pid}/cmdline").read_text()
    except (OSError, ValueError):
        return None
    ours = str(settings.venv_python()) in words
    return pid if ours else None


def end(name, child):
    """End a child process, gently first."""
    if child.poll() is None:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    PIDS[name].unlink(missing_ok=True)


def stop_one(name):
    """End a process of an earlier command; say whether one ran."""
    pid = running(name)
    if pid:
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 15
        while running(name) and time.monotonic() < deadline:
            time.sleep(0.1)
        if running(name):
            os.kill(pid, signal.SIGKILL)
    PIDS[name].unlink(missing_ok=True)
    return bool(pid)


def stop_all():
    """End Odoo, the mail sink and the fake agency."""
    for name in PIDS:
        progress(f"{name} stopped" if stop_one(name) else f"{name} did not run")
