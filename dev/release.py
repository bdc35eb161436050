"""`make release`: keep what an installation reads of this version, for the tests of upgrades."""

import lzma
import tarfile
from pathlib import Path

from dev import database, settings
from dev.say import StopError, progress

FOLDER = settings.ROOT / "faults" / "releases"
ADDONS = ("overdue_recovery", "overdue_recovery_sms", "overdue_recovery_dashboard")


def keep():
    """Write the addons into an archive named after their version; what was kept stays as it is."""
    path = FOLDER / f"{version()}.tar.xz"
    if path.exists():
        raise StopError(f"{path.name} was kept before: raise the version in the manifests first.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with lzma.open(path, "wb", preset=9) as packed, tarfile.open(fileobj=packed, mode="w") as tar:
        for name in ADDONS:
            for file in sorted((settings.ROOT / name).rglob("*")):
                inner = str(file.relative_to(settings.ROOT))
                if file.is_file() and is_installed(inner):
                    tar.add(file, inner, filter=anonymous)
    progress(f"faults/releases/{path.name}")


def addons(archive):
    """Return the names of the addons that an archive holds: later ones are not in it."""
    with tarfile.open(archive) as tar:
        return sorted({Path(name).parts[0] for name in tar.getnames()})


def version():
    """Return the version that all manifests name."""
    found = {
        database.manifest(folder)["version"]
        for folder in settings.addons().values()
        if folder.parent == settings.ROOT
    }
    if len(found) != 1:
        raise StopError(f"The manifests name different versions: {', '.join(sorted(found))}")
    return found.pop()


def is_installed(path):
    """Whether an installation reads a file.

    >>> is_installed("overdue_recovery/models/dunning_run.py"), is_installed("a/tests/test_x.py")
    (True, False)
    >>> is_installed("overdue_recovery/i18n/fr.po")
    False
    """
    return not (database.NOT_INSTALLED.search(path) or "/i18n/" in path)


def anonymous(entry):
    """An entry of the archive without whose it was, and when."""
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    return entry
