"""Read a history of invoices from a CSV file; what is broken is told and left out.

Columns (others are ignored): countrycode, customerID, invoiceNumber, InvoiceDate, DueDate,
InvoiceAmount, Disputed (Yes or No), SettledDate (empty: never settled); dates DD/MM/YYYY.
"""

import csv
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from decimal import Decimal, InvalidOperation

COLUMNS = (
    "countrycode",
    "customerID",
    "invoiceNumber",
    "InvoiceDate",
    "DueDate",
    "InvoiceAmount",
    "Disputed",
    "SettledDate",
)
CENT = Decimal("0.01")


class FileError(Exception):
    """The file as a whole can't be used; the text says why and what would help."""


@dataclass(frozen=True)
class Receivable:
    """One invoice: what was owed, by when, and the day it was settled (None: never)."""

    country: str
    customer: str
    number: str
    invoice_date: date
    date_due: date
    amount: Decimal
    is_disputed: bool
    date_settled: date | None


@dataclass
class Reading:
    """The good rows, oldest first, and one line of text per broken one."""

    receivables: list = field(default_factory=list)
    broken: list = field(default_factory=list)


def read(path):
    """Read a file and go on past rows that are broken.

    :raise FileError: the file can't be opened, or lacks columns, or has no good row at all
    """
    try:
        with open(path, newline="", encoding="utf-8-sig") as handle:
            reading = read_rows(csv.DictReader(handle))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FileError(f"{path} can't be read as a CSV file in UTF-8: {error}") from error
    if not reading.receivables:
        raise FileError(f"{path} has no row that can be used. {' '.join(reading.broken[:3])}")
    return reading


def read_rows(rows):
    """Part good rows from broken ones.

    :param rows: csv.DictReader
    """
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        raise FileError(f"The first line must name these columns too: {', '.join(missing)}.")
    reading, seen = Reading(), set()
    for row in rows:
        try:
            found = parse(row)
            if found.number in seen:
                raise ValueError(f"invoiceNumber {found.number} stands there twice")
        except ValueError as error:
            reading.broken.append(f"Line {rows.line_num} is left out: {error}.")
        else:
            seen.add(found.number)
            reading.receivables.append(found)
    reading.receivables.sort(key=lambda one: (one.invoice_date, one.number))
    return reading


def parse(row):
    """Turn one row {column: text} into a ``Receivable``.

    >>> row = dict(zip(COLUMNS, "391 C1 7 03/01/2012 02/02/2012 50.39 No 23/01/2012".split()))
    >>> parse(row).amount, parse(row).date_settled
    (Decimal('50.39'), datetime.date(2012, 1, 23))
    >>> parse({**row, "SettledDate": ""}).date_settled is None
    True
    >>> parse({**row, "DueDate": "31/02/2012"})
    Traceback (most recent call last):
    ValueError: DueDate '31/02/2012' is no date of the form DD/MM/YYYY
    >>> parse({**row, "InvoiceAmount": "-3"})
    Traceback (most recent call last):
    ValueError: InvoiceAmount '-3' is no amount above zero
    """
    if None in row or None in row.values():
        raise ValueError("it has more or fewer fields than the first line names")
    text = {name: row[name].strip() for name in COLUMNS}
    found = Receivable(
        country=text["countrycode"],
        customer=needed(text, "customerID"),
        number=needed(text, "invoiceNumber"),
        invoice_date=as_date(text, "InvoiceDate"),
        date_due=as_date(text, "DueDate"),
        amount=as_amount(text, "InvoiceAmount"),
        is_disputed=as_flag(text, "Disputed"),
        date_settled=as_date(text, "SettledDate") if text["SettledDate"] else None,
    )
    check_order(found)
    return found


def check_order(found):
    """Refuse days that contradict each other."""
    if found.date_due < found.invoice_date:
        raise ValueError("DueDate lies before InvoiceDate")
    if found.date_settled and found.date_settled < found.invoice_date:
        raise ValueError("SettledDate lies before InvoiceDate")


def needed(text, name):
    """The text of a column that must not be empty."""
    if not text[name]:
        raise ValueError(f"{name} is empty")
    return text[name]


def as_date(text, name):
    """The date in a column."""
    try:
        return datetime.strptime(text[name], "%d/%m/%Y").replace(tzinfo=timezone.utc).date()
    except ValueError:
        raise ValueError(f"{name} {text[name]!r} is no date of the form DD/MM/YYYY") from None


def as_amount(text, name):
    """The amount in a column, in cents at the finest."""
    try:
        amount = Decimal(text[name]).quantize(CENT)
        is_positive = amount > 0
    except InvalidOperation:
        raise ValueError(f"{name} {text[name]!r} is no number") from None
    if not is_positive:
        raise ValueError(f"{name} {text[name]!r} is no amount above zero")
    return amount


def as_flag(text, name):
    """The Yes or No in a column."""
    if text[name].lower() not in ("yes", "no"):
        raise ValueError(f"{name} {text[name]!r} is neither Yes nor No")
    return text[name].lower() == "yes"
