"""What kind of message an incoming e-mail is. Reads headers and parts, decides nothing.

Sources: RFC 3834 (automatic responses), RFC 3464 (delivery status notifications), RFC 3463
(status codes), RFC 3462 (reports), and what widespread mail programs really send.
"""

import re
from typing import NamedTuple

AUTOMATIC_HEADERS = (
    "X-Autoreply",
    "X-Autorespond",
    "X-Autoresponder",
    "X-Auto-Response-Suppress",
    "X-Mail-Autoreply",
)
AUTOMATIC_PRECEDENCE = {"auto_reply", "auto-reply", "bulk", "junk"}
DAEMONS = ("mailer-daemon@", "postmaster@")
STATUS = re.compile(r"(?<![\d.])([245])\.\d{1,3}\.\d{1,3}(?![\d.])")
MESSAGE_ID = re.compile(r"(?im)^\W{0,3}message-id:\s*(<[^<>\s]{3,250}>)")
# A mail server's own words stand at the beginning; what follows may be anything.
READ_OF_BODY = 50_000


class Report(NamedTuple):
    """What a delivery report says: ``kind`` failed, delayed or other; whether it is for good
    (``hard``); the server's own words."""

    kind: str
    hard: bool
    text: str


def is_automatic(message):
    """Whether a program answered and no person: out of office, a ticket system, a list.

    >>> from email import message_from_string
    >>> is_automatic(message_from_string("Subject: Re\\n\\nI will pay"))
    False
    >>> is_automatic(message_from_string("Auto-Submitted: no\\n\\nI will pay"))
    False
    >>> is_automatic(message_from_string("Auto-Submitted: auto-replied; owner=x\\n\\nAway"))
    True
    >>> is_automatic(message_from_string("Precedence: Bulk\\n\\nAway"))
    True
    >>> is_automatic(message_from_string("X-Autoreply: yes\\n\\nAway"))
    True
    >>> is_automatic(message_from_string("Return-Path: <>\\n\\nAway"))
    True
    """
    submitted = _header(message, "Auto-Submitted").split(";")[0].strip() or "no"
    return (
        submitted != "no"
        or _header(message, "Precedence") in AUTOMATIC_PRECEDENCE
        or _header(message, "Return-Path") == "<>"
        or any(_header(message, name) not in ("", "no") for name in AUTOMATIC_HEADERS)
    )


def report(message):
    """What a mail server reports of an earlier message; None when it is no report.

    A failure with a status of class 4 came back too, but says nothing against the address.

    >>> from email import message_from_string
    >>> part = "Content-Type: message/delivery-status\\n\\nReporting-MTA: dns; x\\n\\n"
    >>> read = lambda block: report(message_from_string(part + block))
    >>> read("Action: failed\\nStatus: 5.1.1\\nDiagnostic-Code: smtp; 550 No such user")
    Report(kind='failed', hard=True, text='smtp; 550 No such user')
    >>> read("Action: failed\\nStatus: 4.4.7")
    Report(kind='failed', hard=False, text='4.4.7')
    >>> read("Action: delayed\\nStatus: 4.4.1")
    Report(kind='delayed', hard=False, text='4.4.1')
    >>> read("Action: delivered\\nStatus: 2.1.5")
    Report(kind='other', hard=False, text='2.1.5')
    >>> report(message_from_string("From: MAILER-DAEMON@x.example\\n\\nno user #5.1.1"))
    Report(kind='failed', hard=True, text='no user #5.1.1')
    >>> report(message_from_string("From: a@x.example\\n\\n5.1.1")) is None
    True
    """
    blocks = _recipient_blocks(message)
    if blocks:
        return max((_block_report(block) for block in blocks), key=_weight)
    if message.get_content_type() == "multipart/report":
        return Report("other", False, str(message.get_param("report-type") or ""))
    if any(daemon in _header(message, "From") for daemon in DAEMONS):
        return _daemon_report(plain_text(message))
    return None


def quoted_ids(message):
    """The Message-IDs that a report without a machine-readable part quotes in its text.

    >>> from email import message_from_string
    >>> quoted_ids(message_from_string("\\n> Message-ID: <a@b>\\nx <c@d>"))
    ['<a@b>']
    """
    return MESSAGE_ID.findall(plain_text(message))[:10]


def plain_text(message):
    """The beginning of a message's first text part; empty when it can't be read."""
    for part in message.walk():
        if part.get_content_maintype() == "text":
            payload = part.get_payload(decode=True) or b""
            return payload[:READ_OF_BODY].decode("utf-8", "replace")
    return ""


def _header(message, name):
    return str(message.get(name) or "").strip().lower()


def _recipient_blocks(message):
    """The per-recipient parts of a delivery status notification."""
    for part in message.walk():
        payload = part.get_payload()
        if part.get_content_type() == "message/delivery-status" and isinstance(payload, list):
            return [block for block in payload if block.get("Action") or block.get("Status")]
    return []


def _block_report(block):
    action, status = _header(block, "Action"), _header(block, "Status")
    text = str(block.get("Diagnostic-Code") or block.get("Status") or action)
    if action == "failed" or (not action and status.startswith("5")):
        return Report("failed", not status.startswith("4"), text)
    if action == "delayed" or (not action and status.startswith("4")):
        return Report("delayed", False, text)
    return Report("other", False, text)


def _daemon_report(text):
    """A bounce in free words: without a status code it is a failure."""
    found = set(STATUS.findall(text))
    words = " ".join(text.split())[:500]
    if found and "5" not in found:
        return Report("delayed" if "4" in found else "other", False, words)
    return Report("failed", True, words)


def _weight(found):
    return ("other", "delayed", "failed").index(found.kind), found.hard
