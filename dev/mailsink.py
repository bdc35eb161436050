"""A local SMTP server that files every message and sends none: `python -m dev.mailsink PORT`."""

import re
import socket
import sys
import threading
import time
from datetime import datetime, timezone
from itertools import count
from pathlib import Path

from dev import settings


class Filing:
    """Writes each message into a folder, named by time and recipient."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.numbers = count(1)

    async def handle_DATA(self, _server, _session, envelope):
        """Accept a message."""
        moment = datetime.now(timezone.utc).strftime("%Y%m%d-%H%M%S")
        name = file_name(moment, next(self.numbers), envelope.rcpt_tos)
        (self.folder / name).write_bytes(envelope.content)
        return "250 Filed"


def file_name(moment, number, recipients):
    """Return a message's file name.

    >>> file_name("20260101-120000", 7, ["Ann+b@example.com"])
    '20260101-120000-00007-Ann_b@example.com.eml'
    """
    who = re.sub(r"[^\w.@-]", "_", recipients[0] if recipients else "nobody")[:80]
    return f"{moment}-{number:05d}-{who}.eml"


def free_port():
    """Return a free loopback port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port):
    """Whether somebody listens on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until_answers(port, seconds, alive=lambda: True):
    """Wait for a port; say whether it answers."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and alive():
        if answers(port):
            return True
        time.sleep(0.1)
    return False


def main(port):
    """Serve until the process ends."""
    from aiosmtpd.controller import Controller

    settings.MAIL.mkdir(parents=True, exist_ok=True)
    sink = Filing(settings.MAIL)
    limit = 50 * 1024 * 1024
    Controller(sink, hostname="127.0.0.1", port=port, data_size_limit=limit).start()
    threading.Event().wait()


if __name__ == "__main__":
    main(int(sys.argv[1]))
