"""The program that makes PDFs of letters and invoices: Debian's wkhtmltopdf."""

import shutil

from dev import packages

ADVICE = (
    "wkhtmltopdf is missing and cannot be installed: run `apt-get install wkhtmltopdf` as root."
)
# With the fonts that have the measures of Arial: without them lines break elsewhere.
PACKAGES = ("wkhtmltopdf", "fonts-liberation")


def find():
    """Return the program, or None."""
    return shutil.which("wkhtmltopdf")


def ensure():
    """Return the program, installing Debian's package when that is possible."""
    return find() or packages.install("wkhtmltopdf", PACKAGES, find, ADVICE)
