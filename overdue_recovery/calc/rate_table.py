"""The history of a published rate, read from a table that somebody else wrote.

The table is text with separated values: a heading that names ``date`` and ``rate``, then one row
per change. Dates are ISO days, rates are per cent a year. Whatever is not understood is refused
with the number of its line; nothing is guessed.
"""

import csv
from datetime import date
from decimal import Decimal, InvalidOperation

#: A history of a hundred years changes less often; more is another kind of file.
MOST_ROWS = 5000
#: Per cent. A rate beyond is a fraction mistaken for per cent, or an index.
HIGHEST = Decimal(50)
FIRST, LAST = date(1900, 1, 1), date(2199, 12, 31)


class BadTable(ValueError):
    """A table that can't be read: what is wrong (``reason``), and in which line (from 1)."""

    def __init__(self, reason: str, line: int = 1, text: str = ""):
        super().__init__(f"line {line}: {reason} {text}".rstrip())
        self.reason = reason
        self.line = line
        self.text = text


def read(text: str) -> list[tuple[date, Decimal]]:
    """The changes in a table, as ``[(valid from, rate as a fraction), …]``, ascending.

    >>> for day, rate in read("date,rate\\n2025-06-11,2.15\\n2025-04-23,2.40\\n"):
    ...     print(day, rate)
    2025-04-23 0.024
    2025-06-11 0.0215

    Semicolons and tabs separate too, and then a comma may be the decimal sign. Other columns are
    left aside, as are empty lines and a sign of per cent:

    >>> read("Rate;note;Date\\n-0,88 %;unchanged;2016-07-01\\n\\n")
    [(datetime.date(2016, 7, 1), Decimal('-0.0088'))]

    ``BadTable.reason`` is one of ``empty``, ``columns``, ``date``, ``rate``, ``range``, ``twice``,
    ``long``:

    >>> def refused(text):
    ...     try:
    ...         read(text)
    ...     except BadTable as error:
    ...         return str(error)
    >>> refused("date,rate\\n2025-02-30,2.15")
    'line 2: date 2025-02-30'
    >>> refused("date,rate\\n2025-06-11,2.15\\n2025-06-11,2.15")
    'line 3: twice 2025-06-11'
    >>> refused("date,rate\\n2025-06-11,215"), refused("date,rate\\n2025-06-11,1e2")
    ('line 2: range 215', 'line 2: rate 1e2')
    >>> refused("day,rate\\n2025-06-11,2.15"), refused("")
    ('line 1: columns', 'line 1: empty')
    """
    lines = text.removeprefix("\ufeff").splitlines()
    if len(lines) > MOST_ROWS:
        raise BadTable("long", MOST_ROWS + 1)
    head = next((number for number, line in enumerate(lines) if line.strip()), None)
    if head is None:
        raise BadTable("empty")
    separator = next((sign for sign in ";\t" if sign in lines[head]), ",")
    day_column, rate_column = _columns(lines[head], separator, head + 1)
    found: dict[date, Decimal] = {}
    for number, line in enumerate(lines[head + 1 :], start=head + 2):
        if not line.strip():
            continue
        cells = _cells(line, separator, number)
        if len(cells) <= max(day_column, rate_column):
            raise BadTable("columns", number)
        day = _day(cells[day_column], number)
        if day in found:
            raise BadTable("twice", number, cells[day_column])
        found[day] = _rate(cells[rate_column], number, separator)
    if not found:
        raise BadTable("empty", head + 1)
    return sorted(found.items())


def _columns(line: str, separator: str, number: int) -> tuple[int, int]:
    names = [cell.lower() for cell in _cells(line, separator, number)]
    if names.count("date") != 1 or names.count("rate") != 1:
        raise BadTable("columns", number)
    return names.index("date"), names.index("rate")


def _cells(line: str, separator: str, number: int) -> list[str]:
    try:
        rows = list(csv.reader([line], delimiter=separator))
    except csv.Error as error:
        raise BadTable("columns", number) from error
    return [cell.strip() for cell in rows[0]] if rows else []


def _day(text: str, number: int) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise BadTable("date", number, text) from error
    if text != day.isoformat() or not FIRST <= day <= LAST:
        raise BadTable("date", number, text)
    return day


def _rate(text: str, number: int, separator: str) -> Decimal:
    figure = text.removesuffix("%").strip()
    if separator != ",":
        figure = figure.replace(",", ".")
    if not figure.isascii() or not figure.lstrip("+-").replace(".", "", 1).isdigit():
        raise BadTable("rate", number, text)
    try:
        rate = Decimal(figure)
    except InvalidOperation as error:
        raise BadTable("rate", number, text) from error
    if abs(rate) > HIGHEST:
        raise BadTable("range", number, text)
    return rate / 100
