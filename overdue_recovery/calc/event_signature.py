"""The signature under a message that an agency sends us, and how old it may be."""

import hashlib
import hmac
import re

#: Seconds that a message may be older, or its sender's clock be ahead.
WINDOW = 300
TIMESTAMP = re.compile(r"[0-9]{1,12}")


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 over timestamp, a dot and the body, in hexadecimal.

    The secret itself is the key, so both sides need to share no more than a text:

    >>> sign("s3cret", "1741000000", b"{}")[:16]
    'a06999c6b19776c6'

    The timestamp is covered, so nobody can send an old message with a new one:

    >>> sign("s3cret", "1741000000", b"{}") == sign("s3cret", "1741000001", b"{}")
    False
    """
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def is_genuine(
    secret: str, timestamp: str, body: bytes, signature: str, now: int, window: int = WINDOW
) -> bool:
    """Whether ``signature`` was made with ``secret`` for this body, no more than ``window`` seconds
    away from ``now`` (seconds since 1970).

    >>> signature = sign("s3cret", "1741000000", b"{}")
    >>> [is_genuine("s3cret", "1741000000", b"{}", signature, 1741000000 + late)
    ...  for late in (-301, -300, 0, 300, 301)]
    [False, True, True, True, False]
    >>> is_genuine("s3cret", "1741000000", b"{ }", signature, 1741000000)
    False

    No secret means no message is genuine, whatever it is signed with:

    >>> is_genuine("", "1741000000", b"{}", sign("", "1741000000", b"{}"), 1741000000)
    False

    What takes how long tells nothing: the signature is worked out and compared in constant time,
    before anything else is looked at.
    """
    expected = sign(secret, timestamp, body)
    is_equal = hmac.compare_digest(expected.encode(), signature.encode())
    is_recent = bool(TIMESTAMP.fullmatch(timestamp)) and abs(now - int(timestamp)) <= window
    return is_equal and is_recent and bool(secret)
