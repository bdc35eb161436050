"""Where everything lives. Standard library only: read before the virtual environment exists."""

import fcntl
import hashlib
import os
import sys
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = Path(__file__).with_name("requirements.lock")
ADDONS_LOCK = Path(__file__).with_name("addons.lock")
AXE_LOCK = Path(__file__).with_name("axe.lock")
STATE = ROOT / ".dev"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "overdue-recovery"
DATA = STATE / "data"
MAIL = STATE / "mail"
CONF = STATE / "odoo.conf"
DEMO = "demo"
# A unix socket's path may have 107 characters at most, so it stands outside the checkout.
SOCKETS = Path("/tmp") / f"or-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]}"


def lock_hash():
    """Name the set of Python packages: the lock file and the interpreter's version."""
    text = LOCK.read_bytes() + repr(sys.version_info[:2]).encode()
    return hashlib.sha256(text).hexdigest()[:12]


def venv():
    """Return the folder of the virtual environment that belongs to the lock file."""
    return CACHE / f"venv-{lock_hash()}"


def venv_python():
    """Return the virtual environment's interpreter."""
    return venv() / "bin" / "python"


def inside_venv():
    """Whether this process already runs in the project's virtual environment."""
    return Path(sys.prefix).resolve() == venv().resolve()


def odoo_root():
    """Return the folder that holds the package `odoo`, or None while nothing was fetched."""
    home = os.environ.get("ODOO_HOME")
    if home:
        return Path(home)
    done = sorted(CACHE.glob("odoo-*/.complete"), key=lambda mark: mark.stat().st_mtime)
    return done[-1].parent / "usr/lib/python3/dist-packages" if done else None


def odoo_version():
    """Return a text that changes when another Odoo is used."""
    root = odoo_root()
    return str(root) if os.environ.get("ODOO_HOME") else root.parents[3].name


def external_server():
    """Whether somebody else's PostgreSQL is to be used."""
    return bool(os.environ.get("PGHOST") or os.environ.get("PGUSER"))


def borrowed():
    """Return the folder of the addons of others, which belongs to their lock file."""
    return unpacked("addons", ADDONS_LOCK)


def axe():
    """Return the folder of axe-core, which belongs to its lock file."""
    return unpacked("axe", AXE_LOCK)


def axe_script():
    """Return the script that a page loads."""
    return axe() / "axe_playwright_python" / "axe.min.js"


def unpacked(name, lock):
    """Return the folder that holds the packages of a lock file."""
    return CACHE / f"{name}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"


def own_paths():
    """Return the folders of the project's addons: the checkout, then OR_ADDONS_PATH."""
    extra = [Path(part) for part in os.environ.get("OR_ADDONS_PATH", "").split(os.pathsep) if part]
    return [ROOT, *extra]


def addon_paths():
    """Return the folders to look for addons in: the project's own, then those of others."""
    return [*own_paths(), borrowed() / "odoo" / "addons"]


def addons():
    """Return {name: folder} of the project's addons; OR_ADDONS (names with commas) limits them."""
    wanted = os.environ.get("OR_ADDONS", "").split(",")
    found = (m.parent for path in own_paths() for m in sorted(path.glob("*/__manifest__.py")))
    return {folder.name: folder for folder in found if wanted == [""] or folder.name in wanted}


@contextmanager
def locked(path):
    """Hold a lock file, so that two commands do not build the same thing at the same time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
