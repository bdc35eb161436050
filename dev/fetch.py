"""Download Odoo 19 and its Python packages once per machine, without touching the system."""

import os
import re
import shutil
import subprocess
import sys
import venv as venv_module
from pathlib import Path

from dev import settings
from dev.say import StopError, progress, run_quietly

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# The web client's files that Debian keeps in packages of their own, by the suite that has them.
PACKAGES = {
    "sid": [
        "odoo-19",
        "libjs-jquery",
        "libjs-jquery-form",
        "libjs-underscore",
        "fonts-roboto-unhinted",
        "fonts-montserrat",
        "fonts-inconsolata",
        "fonts-ocr-b",
        "gsfonts",
        "fonts-glyphicons-halflings",
    ],
    "bookworm": ["fonts-font-awesome"],  # 4.7; the later 7 has no web fonts
}
ROOM = 3 * 1024**3


def ensure():
    """Fetch what is missing: Odoo and the virtual environment."""
    with settings.locked(settings.CACHE / ".lock"):
        ensure_odoo()
        ensure_venv()


def ensure_odoo():
    """Unpack Odoo into the cache unless it is there or ODOO_HOME names one."""
    root = settings.odoo_root()
    if root is None:
        fetch_odoo()
    elif not (root / "odoo" / "__init__.py").exists() and not (root / "odoo" / "api").exists():
        raise StopError(f"ODOO_HOME={root} has no folder `odoo`: name an Odoo 19 checkout.")


def fetch_odoo():
    """Download the packages with apt lists of our own and unpack them into one root."""
    check_tools()
    check_room()
    work = settings.CACHE / "download"
    shutil.rmtree(work, ignore_errors=True)
    (work / "debs").mkdir(parents=True)
    for suite, names in PACKAGES.items():
        download(work, suite, names)
    debs = sorted((work / "debs").glob("*.deb"))
    odoo = next(deb.name for deb in debs if deb.name.startswith("odoo-19_"))
    target = settings.CACHE / f"odoo-{odoo.split('_')[1]}"
    shutil.rmtree(target, ignore_errors=True)
    progress("Unpacking Odoo (about 1.3 GB) ...")
    for deb in debs:
        run_quietly(["dpkg-deb", "-x", deb, target], f"{deb.name} does not unpack: is there room?")
    (target / ".complete").write_text("\n".join(deb.name for deb in debs) + "\n")
    shutil.rmtree(work)
    progress(f"Odoo stands in {target}")


def check_tools():
    """Stop with advice when this is no Debian-like system."""
    for tool in ("apt-get", "dpkg-deb"):
        if not shutil.which(tool):
            raise StopError(f"{tool} is missing: set ODOO_HOME to an Odoo 19 checkout instead.")
    if not KEYRING.exists():
        raise StopError("Debian's keys are missing: run `apt-get install debian-archive-keyring`.")


def check_room():
    """Stop before the disk is full."""
    settings.CACHE.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(settings.CACHE).free < ROOM:
        raise StopError(
            f"{settings.CACHE} needs 3 GB of free disk: free some or set XDG_CACHE_HOME."
        )


def mirror():
    """Return the Debian mirror this machine uses, or the default one."""
    sources = [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*")]
    for source in sources:
        if source.suffix in (".list", ".sources") and source.is_file():
            found = re.search(r"^[^#\n]*?(https?://\S+/debian/?)(?=\s)", source.read_text(), re.M)
            if found:
                return found.group(1)
    return "http://deb.debian.org/debian"


def download(work, suite, names):
    """Download packages of one suite with private apt lists."""
    progress(f"Downloading {len(names)} packages of Debian {suite} ...")
    source = work / f"{suite}.list"
    source.write_text(f"deb [signed-by={KEYRING}] {mirror()} {suite} main\n")
    for folder in ("lists/partial", "cache/archives/partial"):
        (work / folder).mkdir(parents=True, exist_ok=True)
    options = {
        "Dir::Etc::sourcelist": source,
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::Lists": work / "lists",
        "Dir::Cache": work / "cache",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
    }
    apt = ["apt-get", "-q", *(f"-o{key}={value}" for key, value in options.items())]
    advice = f"Debian {suite} cannot be read from {mirror()}: check the network, or set ODOO_HOME"
    run_quietly([*apt, "update", "--error-on=any"], advice)
    run_quietly([*apt, "download", *names], advice, cwd=work / "debs")


def ensure_venv():
    """Make the virtual environment of the lock file unless it is complete."""
    target = settings.venv()
    if (target / ".complete").exists():
        return
    if sys.hexversion < 0x030A0000:
        raise StopError("Python 3.10 or newer is needed: install it or call make PYTHON=python3.x")
    check_room()
    progress("Installing Python packages (about 2 minutes) ...")
    try:
        venv_module.create(target, clear=True, with_pip=True)
    except (subprocess.CalledProcessError, SystemExit) as error:
        raise StopError("Python's venv is missing: run `apt-get install python3-venv`.") from error
    pip_install("-r", settings.LOCK)
    (target / ".complete").touch()


def ensure_borrowed():
    """Unpack the addons of others. Nothing else depends on them: without a network only what
    builds on them is left out, until the next command."""
    try:
        unpack(settings.borrowed(), settings.ADDONS_LOCK)
    except StopError as error:
        progress(f"overdue_recovery_queue is left out: {error}")


def ensure_axe():
    """Unpack axe-core; without it no page can be tested."""
    unpack(settings.axe(), settings.AXE_LOCK)


def unpack(target, lock):
    """Unpack the packages of a lock file into a folder unless it is there."""
    with settings.locked(settings.CACHE / ".lock"):
        if target.exists():
            return
        part = target.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        pip_install("--no-deps", "--retries=1", "-r", lock, "--target", part)
        part.rename(target)


def pip_install(*arguments):
    """Install packages with the virtual environment's pip."""
    pip = [settings.venv_python(), "-m", "pip", "install", "-q", "--no-input"]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    run_quietly([*pip, *arguments], "pip cannot install: check the network", env=environment)
