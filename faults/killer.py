"""Kill this process, as the system would, at the k-th thing it does to the outside world."""

import os
import signal
import smtplib
from unittest.mock import patch


class Killer:
    """Counts SQL statements, commits, calls of HTTP and what is said and heard in SMTP; at number
    ``at``, before it is done, the process is gone: no exception, no rollback, no goodbye.

    ``done`` lists what was counted: sql, commit, call, say, hear.
    """

    def __init__(self, at=None):
        self.at = at
        self.done = []

    def armed(self):
        """A list of patches: enter them all."""
        from odoo.sql_db import Cursor
        from requests import Session

        points = [
            (Cursor, "execute", "sql"),
            (Cursor, "commit", "commit"),
            (Session, "send", "call"),
            (smtplib.SMTP, "send", "say"),
            (smtplib.SMTP, "getreply", "hear"),
        ]
        return [self.watch(*point) for point in points]

    def watch(self, owner, name, kind):
        """A patch of one method that counts before it does what it did."""
        original = getattr(owner, name)

        def counted(this, *args, **kwargs):
            if len(self.done) + 1 == self.at:
                os.kill(os.getpid(), signal.SIGKILL)
            self.done.append(kind)
            return original(this, *args, **kwargs)

        return patch.object(owner, name, counted)
