"""The digests of the contact log, and the check that finds where a chain breaks.

Each entry of a case's log carries the digest of the entry before it, so nobody can change, insert
or take out one without breaking all that follow. What was said is held apart from the entry and
bound to it by a salted digest of its own: erasing it breaks nothing, and without the salt nobody
can find out by trying what it was.

A chain alone doesn't show that its newest entries were cut off: for that, keep the last digest
elsewhere.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

#: The digest before the first entry.
GENESIS = "0" * 64

#: What a digest of the content covers. All are texts; what is missing counts as empty.
CONTENT = ("names", "address", "subject", "text", "details")


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of a log, as stored.

    ``columns`` is what ``digest`` covers beside ``previous_digest``, the sequence and the digest
    of the content among it; ``content`` is None where it is erased; ``salt`` is the content's.
    """

    columns: Mapping[str, str | int]
    previous_digest: str
    digest: str
    content: Mapping[str, str] | None = None
    salt: str = ""


def canonical(values: Mapping[str, str | int]) -> bytes:
    """The one way to write ``values`` as JSON: sorted keys, no blanks, UTF-8.

    >>> canonical({"b": "é", "a": 1}).decode()
    '{"a":1,"b":"é"}'

    Only texts and whole numbers are told apart the same way by everybody:

    >>> canonical({"a": 0.1})
    Traceback (most recent call last):
    TypeError: a digest covers texts and whole numbers only, not 'a': 0.1
    """
    for name, value in values.items():
        if type(value) not in (str, int):
            raise TypeError(
                f"a digest covers texts and whole numbers only, not {name!r}: {value!r}"
            )
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def payload_digest(salt: str, content: Mapping[str, str]) -> str:
    """SHA-256 over the salt and the content, in hexadecimal.

    >>> payload_digest("5a17", {"text": "Hello"}) == payload_digest("5a17", {"text": "Hello",
    ...                                                                      "names": ""})
    True
    >>> payload_digest("5a17", {"text": "Hello"}) == payload_digest("5a18", {"text": "Hello"})
    False
    """
    covered = {name: content.get(name) or "" for name in CONTENT}
    return hashlib.sha256(salt.encode() + canonical(covered)).hexdigest()


def link_digest(previous_digest: str, columns: Mapping[str, str | int]) -> str:
    """SHA-256 over the digest of the entry before and this one's columns, in hexadecimal.

    >>> link_digest(GENESIS, {"sequence": 1}) == link_digest("1" * 64, {"sequence": 1})
    False
    """
    return hashlib.sha256(previous_digest.encode() + canonical(columns)).hexdigest()


def is_sound(link: Link, sequence: int, previous_digest: str) -> bool:
    """Whether ``link`` is the entry that belongs at ``sequence`` after ``previous_digest``.

    >>> columns = {"sequence": 1, "payload_digest": payload_digest("5a17", {"text": "Hello"})}
    >>> digest = link_digest(GENESIS, columns)
    >>> is_sound(Link(columns, GENESIS, digest, {"text": "Hello"}, "5a17"), 1, GENESIS)
    True

    Erased content leaves it sound, changed content doesn't:

    >>> is_sound(Link(columns, GENESIS, digest), 1, GENESIS)
    True
    >>> is_sound(Link(columns, GENESIS, digest, {"text": "Hullo"}, "5a17"), 1, GENESIS)
    False
    """
    return (
        link.columns["sequence"] == sequence
        and link.previous_digest == previous_digest
        and link.digest == link_digest(previous_digest, link.columns)
        and (
            link.content is None
            or link.columns["payload_digest"] == payload_digest(link.salt, link.content)
        )
    )


def first_broken(links: Iterable[Link]) -> int | None:
    """The sequence at which a chain, given in order, first breaks; None where it is whole.

    >>> first = {"sequence": 1, "payload_digest": ""}
    >>> second = {"sequence": 2, "payload_digest": ""}
    >>> digest = link_digest(GENESIS, first)
    >>> chain = [Link(first, GENESIS, digest), Link(second, digest, link_digest(digest, second))]
    >>> first_broken(chain), first_broken([])
    (None, None)

    An entry that is missing is named by the number it had:

    >>> first_broken(chain[1:])
    1
    """
    previous = GENESIS
    for sequence, link in enumerate(links, start=1):
        if not is_sound(link, sequence, previous):
            return sequence
        previous = link.digest
    return None
