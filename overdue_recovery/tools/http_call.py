"""One call of JSON over HTTPS to a machine that is not trusted. No odoo here.

Whatever happens is an ``Answer``, never an exception, and nothing of it tells a header: what a
person or a log reads are words of our own, the status and what the agency itself complains of.
"""

import ipaddress
import json
import re
from time import monotonic
from typing import NamedTuple
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import NewConnectionError

from ..calc import http_answer

# Seconds to be connected, and of silence.
TIMEOUTS = (10, 30)
# Whoever says a byte every 29 seconds is not listened to for longer.
TOTAL_SECONDS = 60
# An answer is a reference and a few words.
LARGEST_ANSWER = 64 * 1024
LONGEST_WAIT = 24 * 3600

HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
# Headers that are the connection's own business, or ours.
OWN_HEADERS = {
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "host",
    "idempotency-key",
    "proxy-authorization",
    "te",
    "transfer-encoding",
    "upgrade",
}


class Answer(NamedTuple):
    """``outcome``: done, later (nothing has happened there), unclear (it may have), failed (refused
    for good). ``status``: of HTTP, 0 without an answer. ``problem``: for a person, one of
    ``PROBLEMS``, empty when the status says it. ``data``: what the answer's JSON holds, or None.
    ``errors``: the agency's own complaints as (field, text). ``wait``: seconds it asks for."""

    outcome: str
    status: int = 0
    problem: str = ""
    data: object = None
    errors: tuple = ()
    wait: int = 0


# The connection stood when it broke: the call may have arrived. A `RequestException` is an OSError.
UNCLEAR = (
    requests.exceptions.ConnectionError,
    requests.exceptions.Timeout,
    requests.exceptions.ChunkedEncodingError,
    ConnectionError,
    TimeoutError,
)

#: What keeps a call from being answered; the caller has the words.
PROBLEMS = ("unreachable", "certificate", "silent", "too_large", "impossible")


class Secret(AuthBase):
    """A header that holds a secret. As ``auth`` it keeps `requests` from looking for a password of
    its own in a `.netrc` file, and stands in no list of headers that somebody might print."""

    def __init__(self, header, value):
        if not (value.isascii() and value.isprintable()):
            raise ValueError("a secret is one line of ASCII")
        self._header, self._value = header, value

    def __call__(self, request):
        request.headers[self._header] = self._value
        return request


def is_safe_url(url):
    """Whether a secret and a debtor's name may go there: HTTPS, or this machine itself.

    >>> [is_safe_url(url) for url in ("https://agency.example/v1", "http://127.0.0.1:8000")]
    [True, True]
    >>> [is_safe_url(url) for url in (
    ...     "http://agency.example", "https://user:pw@agency.example", "file:///etc/passwd",
    ...     "https://agency.example/?key=1", "https://agency.example/#a", "https://", "https://[",
    ...     "http://127.0.0.1.agency.example", "https://agency.example/ x")]
    [False, False, False, False, False, False, False, False, False]
    """
    if re.search(r"[\s\\\x00-\x1f\x7f]", url):
        return False
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc or parts.query or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))


def is_loopback(host):
    """Whether a host is this machine, by its number or as localhost.

    >>> [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "10.0.0.1", "a.example")]
    [True, True, True, False, False]
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_header(name):
    """Whether a header of this name may carry the secret.

    >>> [is_header(name) for name in ("Authorization", "X-Api-Key", "Host", "A: b", "")]
    [True, True, False, False, False]
    """
    return bool(HEADER.fullmatch(name)) and name.lower() not in OWN_HEADERS


def post(url, payload, key, secret=None):
    """Send ``payload`` as JSON.

    :param payload: bytes
    :param key: the idempotency key, the same for each try of one call
    :param secret: a ``Secret`` or None
    :return: an ``Answer``
    """
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        # what is small must not grow when it is unpacked
        "Accept-Encoding": "identity",
        "Idempotency-Key": key,
    }
    if not is_safe_url(url):
        return Answer("failed", problem="impossible")
    options = {
        "auth": secret or _no_password,
        "timeout": TIMEOUTS,
        "allow_redirects": False,
        "stream": True,
    }
    try:
        with (
            requests.Session() as session,
            session.post(url, data=payload, headers=headers, **options) as response,
        ):
            return _read(response)
    except (requests.exceptions.RequestException, OSError) as error:
        return _broken(error)


def _broken(error):
    """What an exception says about a call; its text may hold anything, so nobody gets to see it."""
    if isinstance(error, requests.exceptions.SSLError):
        return Answer("later", problem="certificate")
    if isinstance(error, requests.exceptions.ConnectTimeout) or _is_refused(error):
        return Answer("later", problem="unreachable")
    if isinstance(error, UNCLEAR):
        return Answer("unclear", problem="silent")
    return Answer("failed", problem="impossible")


def _is_refused(error):
    """Whether there was no connection at all: nothing can have arrived."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(reason, NewConnectionError)


def _no_password(request):
    return request


def _read(response):
    """The answer, as far as anybody needs it."""
    outcome, status = http_answer.outcome(response.status_code), response.status_code
    body, deadline = b"", monotonic() + TOTAL_SECONDS
    for piece in response.iter_content(4096):
        body += piece
        if len(body) > LARGEST_ANSWER:
            return Answer(outcome, status, "too_large")
        if monotonic() > deadline:
            return Answer("unclear", status, "silent")
    data = _json(body)
    wait = _wait(response.headers.get("Retry-After", ""))
    return Answer(outcome, status, "", data, tuple(http_answer.errors(data)), wait)


def _json(body):
    """What the body holds, or None."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _wait(text):
    """The seconds of a Retry-After.

    >>> _wait("120"), _wait("Fri, 31 Dec 2027 23:59:59 GMT"), _wait("9" * 30)
    (120, 0, 86400)
    """
    return min(int(text), LONGEST_WAIT) if re.fullmatch(r"[0-9]{1,30}", text) else 0
