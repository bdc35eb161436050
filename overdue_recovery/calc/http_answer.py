"""What an agency's answer to a call means."""

import re
from collections.abc import Iterator
from itertools import islice

#: Texts of an answer that are shown to a person: how many, and how long.
MOST_ERRORS = 20
LONGEST_TEXT = 200

TRY_LATER = {408, 425, 429, 503}
CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def outcome(status: int) -> str:
    """``done``, ``later``, ``unclear`` or ``failed`` for a status of HTTP.

    >>> [outcome(status) for status in (200, 201, 204)]
    ['done', 'done', 'done']

    Refused for the moment: nothing has happened there, it may be tried again.

    >>> [outcome(status) for status in (408, 425, 429, 503)]
    ['later', 'later', 'later', 'later']

    Broken down: it may or may not have happened, only who knows the call again may be asked again.

    >>> [outcome(status) for status in (500, 502, 504)]
    ['unclear', 'unclear', 'unclear']

    All else is refused for good, a redirection too: nobody else gets what is meant for the agency.

    >>> [outcome(status) for status in (302, 400, 401, 404, 409, 422)]
    ['failed', 'failed', 'failed', 'failed', 'failed', 'failed']
    """
    if 200 <= status < 300:
        return "done"
    if status in TRY_LATER:
        return "later"
    return "unclear" if status >= 500 else "failed"


def errors(data: object) -> list[tuple[str, str]]:
    """What an agency complains of, as (field, text), from its JSON; nothing else of an answer is
    ever shown.

    >>> errors({"errors": {"debtor.vat": "is missing", "amount": ["too small", "no currency"]}})
    [('debtor.vat', 'is missing'), ('amount', 'too small'), ('amount', 'no currency')]
    >>> errors({"errors": [{"field": "debtor.vat", "message": "is missing"}, "call us"]})
    [('debtor.vat', 'is missing'), ('', 'call us')]
    >>> errors({"message": "Not today"}), errors({"error": "Not today"})
    ([('', 'Not today')], [('', 'Not today')])
    >>> errors(None), errors([]), errors({"errors": 7})
    ([], [], [])

    What came from outside is short, and on one line each:

    >>> errors({"message": "a\\nb" + "x" * 1000})[0][1][:4], len(errors({"errors": ["e"] * 99}))
    ('a bx', 20)
    """
    if not isinstance(data, dict):
        return []
    told = data.get("errors") or data.get("error") or data.get("message")
    found = islice(_complaints(told), MOST_ERRORS)
    return [(_tidy(field), _tidy(text)) for field, text in found]


def _complaints(told: object, field: str = "") -> Iterator[tuple[str, str]]:
    """The complaints in what was told, whatever of the usual shapes it has."""
    if isinstance(told, str):
        yield field, told
    elif isinstance(told, list):
        for one in told:
            yield from _complaint(one, field)
    elif isinstance(told, dict):
        for name, one in told.items():
            yield from _complaints(one if isinstance(one, list) else str(one), str(name))


def _complaint(one: object, field: str) -> Iterator[tuple[str, str]]:
    """One of a list: a text, or an object that names its field."""
    if isinstance(one, dict):
        yield str(one.get("field") or field), str(one.get("message") or one.get("error") or "")
    elif isinstance(one, str):
        yield field, one


def _tidy(text: str) -> str:
    """One short line."""
    return CONTROL.sub(" ", text)[:LONGEST_TEXT].strip()
