"""Texts in a CSV file that a person opens in a spreadsheet."""

import re

#: A cell that begins so, behind blanks too, is a formula to some spreadsheet.
FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def cell(value: object) -> str:
    """``value`` as the text of one cell that no spreadsheet takes for a formula.

    A debtor chooses its own name, and a spreadsheet would work it out:

    >>> cell("=1+1"), cell(" =1+1"), cell("@SUM(A1)"), cell("+49 30 1")
    ("'=1+1", "' =1+1", "'@SUM(A1)", "'+49 30 1")
    >>> cell("Ann & Co. = good")
    'Ann & Co. = good'

    Numbers are ours, and stay numbers:

    >>> cell(-12), cell(0), cell(None), cell(False)
    ('-12', '0', '', '')

    No line break or other control character leaves its cell, or hides what begins it:

    >>> cell("Ann\\r\\nSmith\\x00"), cell("\\t=1+1")
    ('Ann Smith ', "' =1+1")
    """
    if value is None or value is False:
        return ""
    if not isinstance(value, str):
        return str(value)
    text = CONTROL.sub(" ", value)
    return f"'{text}" if FORMULA.match(text) else text
