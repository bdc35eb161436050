"""Debian's packages, for programs that are no Python."""

import os
import shutil

from dev.say import StopError, progress, run_quietly


def install(name, packages, find, advice):
    """Install Debian packages and return what ``find`` then finds.

    Needs root and apt-get; else, or when it fails, the command ends with ``advice``.
    """
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise StopError(advice)
    progress(f"Installing {name} ...")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run_quietly(["apt-get", "-q", "update"], advice, env=environment)
    call = ["apt-get", "-q", "-y", "install", "--no-install-recommends", *packages]
    run_quietly(call, advice, env=environment)
    if not find():
        raise StopError(advice)
    return find()
