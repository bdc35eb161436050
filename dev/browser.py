"""The browser for tours and screenshots: Debian's Chromium."""

import os
import shutil

from dev.say import StopError, progress, run_quietly

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ADVICE = "Chromium is missing and cannot be installed: run `apt-get install chromium` as root."
# Headless, and silent on the network.
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--remote-allow-origins=*",
]


def find():
    """Return the browser's program, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def ensure():
    """Return the browser's program, installing Debian's package when that is possible."""
    if find():
        return find()
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise StopError(ADVICE)
    progress("Installing Chromium ...")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run_quietly(["apt-get", "-q", "update"], ADVICE, env=environment)
    call = ["apt-get", "-q", "-y", "install", "--no-install-recommends", "chromium"]
    run_quietly(call, ADVICE, env=environment)
    if not find():
        raise StopError(ADVICE)
    return find()
