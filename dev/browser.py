"""The browser for tours and screenshots: Debian's Chromium."""

import shutil

from dev import packages

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
    return find() or packages.install("Chromium", ("chromium",), find, ADVICE)
