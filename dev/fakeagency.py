"""A collection agency on a loopback port that sends nobody anything and misbehaves as it is told.

`python -m dev.fakeagency PORT EVENT_URL` serves it with a page for a person, who plays the agency:
accepts, asks for information, reports payments, closes. Tests use `Agency` and script its faults.
Standard library only, and an implementation of its own of what the addon's side says.
"""

import hashlib
import hmac
import html
import json
import os
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import parse_qs

KEY, SECRET = "FAKE_AGENCY_KEY", "FAKE_AGENCY_SECRET"
EVENTS = ("accepted", "info_needed", "rejected", "payment", "closed")
SWITCHES = ("slow", "500", "duplicates", "out of order", "bad signature")
SLOW_SECONDS = 5


def answer_well(_key, _times):
    """The script of an agency that works."""
    return {}


class Agency:
    """Listens on a loopback port until closed.

    ``script(key, times)`` says what happens to the ``times``-th call with an idempotency key:
    {"wait": seconds}, {"drop": "before" or "after" it is written down}, {"status": number, "body":
    bytes or what JSON holds, "headers": {}}; nothing: the call is taken.

    ``referrals`` {reference of ours: [{key, reference, payload, told}, …]}: one entry for each call
    with a key it had not seen; ``calls`` lists (path, key, headers, payload) of all that arrived.
    """

    def __init__(self, port=0, key="", event_url="", secret=""):
        self.key, self.event_url, self.secret = key, event_url, secret
        self.script, self.switches = answer_well, set()
        self.lock = threading.Lock()
        self.forget()
        self._server = _Server(("127.0.0.1", port), _Talk)
        self._server.agency = self
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def forget(self):
        """Start with nothing taken."""
        self.referrals, self.seen, self.times, self.calls = {}, {}, Counter(), []
        self.numbers, self.held = count(1), []

    def close(self):
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()

    # -- what it is told -------------------------------------------------------------------------

    def take(self, path, key, payload):
        """Write a call down, unless its key says that it is known; return the answer."""
        with self.lock:
            if key not in self.seen:
                number = f"FA-{next(self.numbers):05d}"
                self.seen[key] = {"reference": number, "status": "received"}
                entry = {"key": key, "reference": number, "payload": payload, "path": path}
                self.referrals.setdefault(payload.get("reference"), []).append(
                    {**entry, "told": []}
                )
            return self.seen[key]

    # -- what it tells ---------------------------------------------------------------------------

    def tell(self, reference, kind, identifier=None, sequence=None, **values):
        """Send an event about a referral, as the switches say; return the status of the answer to
        the last message, 0 when it is kept back for the next one to overtake."""
        event = {
            "id": identifier or f"{reference}-{next(self.numbers)}",
            "type": kind,
            "reference": reference,
            "sequence": sequence or next(self.numbers),
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            **values,
        }
        body = json.dumps(event).encode()
        if "out of order" in self.switches and not self.held:
            self.held.append(body)
            return 0
        bodies = [body, *self.held] * (2 if "duplicates" in self.switches else 1)
        self.held = []
        return [self.post(body) for body in bodies][-1]

    def post(self, body):
        """Send one signed message; return the status of its answer, 0 without one."""
        timestamp = str(int(time.time()))
        secret = "wrong" if "bad signature" in self.switches else self.secret
        headers = {
            "Content-Type": "application/json",
            "X-Recovery-Timestamp": timestamp,
            "X-Recovery-Signature": sign(secret, timestamp, body),
        }
        request = urllib.request.Request(self.event_url, body, headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status
        except urllib.error.HTTPError as error:
            return error.code
        except urllib.error.URLError:
            return 0


def sign(secret, timestamp, body):
    """HMAC-SHA256 over timestamp, dot and body.

    >>> sign("s3cret", "1741000000", b"{}")[:8]
    'a06999c6'
    """
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128


class _Talk(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_args):
        """Say nothing."""

    def do_GET(self):
        """The page on which a person plays the agency."""
        self.answer(200, page(self.server.agency).encode(), {"Content-Type": "text/html"})

    def do_POST(self):
        """A call of ours, or a click on the page."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path in ("/tell", "/switch"):
            {"/tell": click, "/switch": switch}[self.path](self.server.agency, body)
            return self.answer(303, b"", {"Location": "/"})
        return self.work(body)

    def work(self, body):
        """One call with an idempotency key."""
        agency, key = self.server.agency, self.headers.get("Idempotency-Key", "")
        payload = json.loads(body)
        with agency.lock:
            agency.calls.append((self.path, key, dict(self.headers), payload))
            agency.times[key] += 1
            times = agency.times[key]
        if agency.key and self.headers.get("Authorization") != f"Bearer {agency.key}":
            return self.answer(401, {"message": "Who are you?"})
        plan = {**switched(agency.switches, times), **agency.script(key, times)}
        time.sleep(plan.get("wait", 0))
        if plan.get("drop") == "before":
            return self.drop()
        if "status" in plan:
            return self.answer(plan["status"], plan.get("body", b""), plan.get("headers", {}))
        taken = agency.take(self.path, key, payload)
        return self.drop() if plan.get("drop") == "after" else self.answer(201, taken)

    def drop(self):
        """Hang up without a word."""
        self.close_connection = True

    def answer(self, status, body, headers=None):
        """Send an answer: bytes, or what JSON holds."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def switched(switches, times):
    """The plan for a call that the switches make: each fault lasts for one try.

    >>> switched({"500"}, 1), switched({"500"}, 2)
    ({'status': 500}, {})
    """
    plan = {"wait": SLOW_SECONDS} if "slow" in switches else {}
    return {**plan, "status": 500} if "500" in switches and times == 1 else plan


# -- the page --------------------------------------------------------------------------------------


def click(agency, body):
    """A button of a referral."""
    form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    entry = agency.referrals[form["ours"]][0]
    values = {"text": form.get("text", ""), "agency_reference": entry["reference"]}
    if form["event"] == "payment":
        values |= {"amount": form.get("amount", "0"), "currency": entry["payload"].get("currency")}
    if form["event"] == "closed":
        values["outcome"] = form.get("text") or "paid"
    status = agency.tell(form["ours"], form["event"], **values)
    entry["told"].append(f"{form['event']}: {status or 'not delivered yet'}")


def switch(agency, body):
    """The switches of the page."""
    agency.switches = set(parse_qs(body.decode()).get("on", [])) & set(SWITCHES)


def page(agency):
    """The page: switches, and each referral with its buttons."""
    boxes = "".join(
        f"<label><input type=checkbox name=on value='{name}'"
        f"{' checked' if name in agency.switches else ''}> {name}</label> "
        for name in SWITCHES
    )
    rows = "".join(row(ours, entries) for ours, entries in agency.referrals.items())
    return (
        "<!doctype html><meta charset=utf-8><title>Fake agency</title>"
        "<style>body{font:15px sans-serif;margin:2em}td{padding:.4em;border-top:1px solid #ccc}"
        "</style><h1>Fake agency</h1><p>You play the agency. It misbehaves as you say:</p>"
        f"<form method=post action=/switch>{boxes}<button>Set</button></form>"
        f"<table>{rows or '<tr><td>No referral has arrived yet. Reload this page.'}</table>"
    )


def row(ours, entries):
    """A referral on the page."""
    buttons = "".join(f"<button name=event value={event}>{event}</button> " for event in EVENTS)
    shown = html.escape(json.dumps(entries[0]["payload"], indent=1, ensure_ascii=False))
    told = html.escape("; ".join(entries[0]["told"]))
    return (
        f"<tr><td>{html.escape(str(ours))}<br><small>{entries[0]['reference']}</small>"
        f"<td><details><summary>{len(entries)} calls</summary><pre>{shown}</pre></details>"
        f"<td><form method=post action=/tell><input type=hidden name=ours"
        f" value='{html.escape(str(ours))}'><input name=amount placeholder=Amount size=8>"
        f" <input name=text placeholder=Text> {buttons}</form><td>{told}"
    )


def main(port, event_url):
    """Serve until the process ends. The secrets come from the environment, never the command."""
    Agency(int(port), os.environ.get(KEY, ""), event_url, os.environ.get(SECRET, ""))
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
