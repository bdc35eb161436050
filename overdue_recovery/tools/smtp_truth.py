"""What became of one message, from what its mail server said or failed to say. No odoo here.

SMTP hands a message over at one point: the server's answer to the line with a single dot that
ends the data (RFC 5321, 4.1.1.4 and 4.5.4.2). Before that dot nothing was taken, whatever
happens; after it only the answer tells.
"""

import re
import smtplib
from typing import NamedTuple

END_OF_DATA = b"\r\n.\r\n"

# An enhanced status that says that the recipient's address can't work: no such mailbox, no such
# system, bad syntax, moved away (RFC 3463, 3.2) or a system that takes no mail (RFC 7505, 4.2).
# The others of X.1 speak of the sender, or say nothing sure.
DEAD = re.compile(r"5\.1\.(1|2|3|6|10)(?!\d)")


class Truth(NamedTuple):
    """``outcome``: sent, later (nothing was taken, it may be tried again), failed (refused for
    good) or unknown (the dot has left and no answer came). ``reason``: in the server's words.
    ``is_dead``: what was refused for good is the recipient's address, not this message."""

    outcome: str
    reason: str = ""
    is_dead: bool = False


class Witness:
    """Watches a session of smtplib for the final dot of the message it is sending.

    ``before_dot()`` is called when everything but the message itself was said: when it answers
    False the message does not leave, the connection is given up and ``is_stopped``.

    >>> class Session:
    ...     def send(self, data): pass
    >>> session = Session()
    >>> witness = Witness(session)
    >>> session.send("data\\r\\n"); witness.dot_left
    False
    >>> session.send(b"Subject: x\\r\\n\\r\\nHello\\r\\n.\\r\\n"); witness.dot_left
    True
    >>> witness.next_message(lambda: False); witness.dot_left
    False
    >>> session.send(b"Hello\\r\\n.\\r\\n")
    Traceback (most recent call last):
    ...
    smtplib.SMTPServerDisconnected: stopped before the message left
    >>> witness.is_stopped, witness.dot_left
    (True, False)
    >>> Witness(None).dot_left is None  # nothing to watch: nobody knows
    True
    """

    def __init__(self, session):
        self.can_see = hasattr(session, "send")
        self.next_message()
        if self.can_see:
            self._watch(session)

    def _watch(self, session):
        send = session.send

        def watched(data):
            is_last = isinstance(data, bytes) and data.endswith(END_OF_DATA)
            if is_last and not self.before_dot():
                self.is_stopped = True
                raise smtplib.SMTPServerDisconnected("stopped before the message left")
            # raises unless the system took all of it, the dot last
            send(data)
            if is_last:
                self.dot_left = True

        session.send = watched

    def next_message(self, before_dot=lambda: True):
        """Forget the last message."""
        self.before_dot = before_dot
        self.is_stopped = False
        self.dot_left = False if self.can_see else None


def judge(error, dot_left):
    """What an exception raised while sending says about the message.

    :param error: the exception; one of core's that wraps another is looked through
    :param dot_left: whether the final dot had left: True, False, or None for not known

    >>> judge(smtplib.SMTPDataError(450, b"mailbox busy"), True)
    Truth(outcome='later', reason='450 mailbox busy', is_dead=False)
    >>> judge(smtplib.SMTPRecipientsRefused({"a@b.example": (550, b"5.1.1 no such user")}), False)
    Truth(outcome='failed', reason='550 5.1.1 no such user', is_dead=True)
    >>> judge(smtplib.SMTPRecipientsRefused({"a@b.example": (550, b"5.7.1 policy")}), False)
    Truth(outcome='failed', reason='550 5.7.1 policy', is_dead=False)
    >>> judge(smtplib.SMTPServerDisconnected("closed"), False).outcome
    'later'
    >>> judge(TimeoutError("timed out"), True).outcome
    'unknown'
    >>> judge(ValueError("no address"), False).outcome
    'failed'
    """
    error = _cause(error)
    answer = _answer(error)
    if answer:
        truth = _judge_answer(answer, dot_left)
        return truth._replace(is_dead=truth.outcome == "failed" and _is_dead(error, answer))
    if dot_left or (dot_left is None and isinstance(error, OSError)):
        return Truth("unknown", _text(error))
    # smtplib's exceptions are OSErrors too, and but for this one without an answer all accidents
    passing = isinstance(error, OSError) and not isinstance(error, smtplib.SMTPNotSupportedError)
    return Truth("later" if passing else "failed", _text(error))


def _cause(error):
    """The exception of smtplib or of the system under the one that core raised for it."""
    while not isinstance(error, OSError) and isinstance(error.__context__, OSError):
        error = error.__context__
    return error


def _answer(error):
    """(code, text) as the server sent it, or None when it did not answer (RFC 5321, 4.2)."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        # one that may be tried again is enough to try again
        return min(error.recipients.values(), key=lambda answer: answer[0] // 100 != 4)
    # smtplib itself raises the bare class for an answer it could not read
    if isinstance(error, smtplib.SMTPResponseException) and type(error) is not (
        smtplib.SMTPResponseException
    ):
        return error.smtp_code, error.smtp_error
    return None


def _is_dead(error, answer):
    """Whether the address itself was refused: said to RCPT, with a status that means it. The bare
    550 may as well be a policy (RFC 5321, 4.2.3)."""
    refused = isinstance(error, smtplib.SMTPRecipientsRefused)
    return refused and bool(DEAD.match(_words(answer[1]).strip()))


def _words(text):
    return text.decode(errors="replace") if isinstance(text, bytes) else str(text)


def _judge_answer(answer, dot_left):
    code, text = answer
    reason = f"{code} {_words(text)}".strip()
    if code // 100 == 2 and dot_left is not False:
        return Truth("sent", reason)
    if code // 100 == 5:
        return Truth("failed", reason)
    if code // 100 == 4 or dot_left is False:
        return Truth("later", reason)
    return Truth("unknown", reason)


def _text(error):
    return str(error).strip() or type(error).__name__
