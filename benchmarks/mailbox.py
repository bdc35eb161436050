"""A mail server in memory: takes every message at the lowest level and never lets one out."""

from contextlib import contextmanager
from typing import NamedTuple
from unittest.mock import patch


class Message(NamedTuple):
    """One message as the server was given it, to one recipient."""

    message_id: str
    recipient: str
    text: str


class Mailbox:
    """Stands where an SMTP session would; ``messages`` is what was sent since the last `take`."""

    smtp_from = None
    from_filter = None

    def __init__(self):
        self.messages = []

    @contextmanager
    def installed(self, env):
        """Let every mail of this process end here. Core's own tests switch sending off below
        this level; it is switched on again."""
        servers = type(env["ir.mail_server"])
        with (
            patch.object(servers, "_connect__", lambda *args, **options: self),
            patch.object(servers, "_disable_send", lambda *args: False),
        ):
            yield self

    def send_message(self, message, _sender, recipients):
        """Take a message, as ``smtplib.SMTP.send_message`` does."""
        body = message.get_body(("html", "plain"))
        text = body.get_content() if body else ""
        identity = str(message["Message-Id"]).strip()
        self.messages += [Message(identity, recipient, text) for recipient in recipients]

    def quit(self):
        """Nothing to close."""

    def take(self):
        """What was sent since the last time."""
        taken, self.messages = self.messages, []
        return taken
