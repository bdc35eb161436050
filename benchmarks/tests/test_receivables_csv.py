"""Reading a history of invoices: every broken row is named, and none stops the others.

Set OR_RECEIVABLES to the path of a real history to have it read too.
"""

import os
from decimal import Decimal

import pytest

from benchmarks import receivables_csv
from benchmarks.receivables_csv import COLUMNS, FileError

HEAD = ",".join(COLUMNS)
GOOD = "391,C1,7,03/01/2012,02/02/2012,50.39,No,23/01/2012"


def read(folder, *lines):
    """Read a file of these lines."""
    path = folder / "history.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return receivables_csv.read(path)


def test_good_rows_come_oldest_first(tmp_path):
    older = GOOD.replace(",7,03/01", ",8,02/01").replace("50.39", "7.5")
    first, second = read(tmp_path, HEAD, GOOD, older).receivables
    assert (first.number, second.number) == ("8", "7")
    assert first.amount == Decimal("7.50")


def test_byte_order_mark_and_further_columns_do_no_harm(tmp_path):
    reading = read(tmp_path, f"\ufeff{HEAD},DaysLate", f"{GOOD},0")
    assert len(reading.receivables) == 1


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("02/02/2012", "2012-02-02", "DueDate '2012-02-02' is no date of the form DD/MM/YYYY"),
        ("02/02/2012", "31/02/2012", "DueDate '31/02/2012' is no date"),
        ("02/02/2012", "", "DueDate '' is no date"),
        ("02/02/2012", "02/01/2012", "DueDate lies before InvoiceDate"),
        ("23/01/2012", "02/01/2012", "SettledDate lies before InvoiceDate"),
        ("50.39", "fifty", "InvoiceAmount 'fifty' is no number"),
        ("50.39", "NaN", "InvoiceAmount 'NaN' is no number"),
        ("50.39", "0", "InvoiceAmount '0' is no amount above zero"),
        ("No", "maybe", "Disputed 'maybe' is neither Yes nor No"),
        ("C1", " ", "customerID is empty"),
        (",No", "", "it has more or fewer fields"),
        (",No", ",No,No", "it has more or fewer fields"),
    ],
)
def test_broken_row_is_named_and_left_out(tmp_path, old, new, text):
    reading = read(tmp_path, HEAD, GOOD.replace(",7,", ",6,"), GOOD.replace(old, new, 1))
    assert [one.number for one in reading.receivables] == ["6"]
    (line,) = reading.broken
    assert line.startswith("Line 3 is left out: ")
    assert text in line


def test_second_row_of_a_number_is_left_out(tmp_path):
    reading = read(tmp_path, HEAD, GOOD, GOOD)
    assert reading.broken == ["Line 3 is left out: invoiceNumber 7 stands there twice."]


def test_invoice_may_never_be_settled(tmp_path):
    (one,) = read(tmp_path, HEAD, GOOD.replace("23/01/2012", "")).receivables
    assert one.date_settled is None


def test_missing_columns_are_named(tmp_path):
    with pytest.raises(FileError, match="columns too: Disputed, SettledDate"):
        read(tmp_path, HEAD.replace(",Disputed,SettledDate", ""), GOOD)


def test_file_without_any_good_row_is_refused(tmp_path):
    with pytest.raises(FileError, match="no row that can be used. Line 2 is left out"):
        read(tmp_path, HEAD, GOOD.replace("50.39", ""))


def test_missing_and_binary_files_are_refused(tmp_path):
    with pytest.raises(FileError, match="can't be read"):
        receivables_csv.read(tmp_path / "nothing.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileError, match="can't be read"):
        receivables_csv.read(tmp_path / "binary.csv")


def test_real_history_has_no_broken_row():
    path = os.environ.get("OR_RECEIVABLES")
    if path:
        reading = receivables_csv.read(path)
        assert not reading.broken
        assert reading.receivables
