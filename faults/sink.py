"""A real SMTP server that keeps what it takes, and misbehaves as it is told."""

import re
import socketserver
import threading
import time
from collections import Counter

DROP = "drop"


class Sink:
    """Listens on a loopback port until closed.

    ``script(recipient, times)`` says what happens to the ``times``-th message for a recipient:
    {verb: what}, verb one of RCPT, DATA (instead of 354), TEXT (in the middle of the message) or
    DOT (after the final dot), what an answer such as "550 no", ``DROP``, or seconds to wait.

    ``taken`` lists (Message-ID, recipient) of every message whose final dot arrived and that was
    not refused, whether or not the client ever learned of it: a server that breaks down after the
    dot may deliver it.
    """

    def __init__(self):
        self.script = take_everything
        self.forget()
        self._server = _Server(("127.0.0.1", 0), _Talk)
        self._server.sink = self
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def forget(self):
        """Start with nothing taken."""
        self.taken, self.times, self.sessions = [], Counter(), 0

    def close(self):
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()


def take_everything(_recipient, _times):
    """The script of a server that works."""
    return {}


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True


class _Dropped(Exception):
    pass


class _Talk(socketserver.StreamRequestHandler):
    def handle(self):
        """One session, until somebody hangs up."""
        self.sink = self.server.sink
        self.sink.sessions += 1
        self.plan, self.recipient = {}, ""
        try:
            self.say("220 sink")
            while line := self.rfile.readline():
                verb = line[:4].strip().upper().decode()
                if not getattr(self, f"do_{verb}", self.do_other)(line):
                    return
        except (_Dropped, ConnectionError):
            return

    def say(self, text):
        """Answer a line."""
        self.wfile.write(text.encode() + b"\r\n")
        return True

    def act(self, verb):
        """Do what the script says at a verb; whether it has answered."""
        what = self.plan.get(verb)
        if what == DROP:
            raise _Dropped
        if isinstance(what, str):
            return self.say(what)
        time.sleep(what or 0)
        return False

    def do_other(self, _line):
        """Everything else is fine."""
        return self.say("250 sink")

    def do_QUIT(self, _line):
        """Goodbye."""
        self.say("221 bye")

    def do_RCPT(self, line):
        """The recipient decides the plan."""
        self.recipient = re.search(rb"<(.*?)>", line)[1].decode()
        self.sink.times[self.recipient] += 1
        self.plan = self.sink.script(self.recipient, self.sink.times[self.recipient])
        return self.act("RCPT") or self.say("250 ok")

    def do_DATA(self, _line):
        """The message, and the moment that counts."""
        if self.act("DATA"):
            return True
        self.say("354 go on")
        text = self.read_text()
        if isinstance(self.plan.get("DOT"), str) and self.plan["DOT"] != DROP:
            return self.act("DOT")
        self.sink.taken.append((message_id(text), self.recipient))
        return self.act("DOT") or self.say("250 taken")

    def read_text(self):
        """The lines of a message up to the final dot."""
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line or (lines and self.plan.get("TEXT") == DROP):
                raise _Dropped
            lines.append(line)
        return b"".join(lines)


def message_id(text):
    """The Message-ID of a message, which may be folded.

    >>> message_id(b"To: a@b.example\\r\\nMessage-Id:\\r\\n <1@c.example>\\r\\n\\r\\nHello")
    '<1@c.example>'
    """
    return re.search(rb"^message-id:\s*(<\S+>)", text, re.I | re.M)[1].decode()
