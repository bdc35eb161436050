import json

from odoo import http
from odoo.http import request

#: An event is a few fields; its largest text is a note.
LARGEST = 64 * 1024
#: Messages that one machine may get wrong within an hour.
MOST_MISTAKES = 100
TIMESTAMP, SIGNATURE = "X-Recovery-Timestamp", "X-Recovery-Signature"


class AgencyEvent(http.Controller):
    """What an agency tells, signed with the secret that only it and we know."""

    @http.route(
        "/recovery/agency/<int:agency>/event",
        type="http",
        auth="public",
        csrf=False,
        save_session=False,
        readonly=False,
        max_content_length=LARGEST,
    )
    def receive(self, agency, **_form):
        """Keep one event: JSON by POST, with a timestamp and HMAC-SHA256 over timestamp, dot and
        body in two headers.

        Whatever is wrong with a message, the answer is the same: who guesses learns nothing, not
        even which agencies there are.

        :return: 200 for what is genuine, known already or not; else 401 without a word
        """
        if self._is_noisy():
            return self._answer(401, {})
        inbox = request.env["recovery.inbox"].sudo()
        body, headers = self._body(), request.httprequest.headers
        agencies = request.env["recovery.agency"].sudo().browse(agency).exists()
        is_genuine = agencies._is_genuine(
            headers.get(TIMESTAMP, ""), body or b"", headers.get(SIGNATURE, "")
        )
        event = self._json(body) if is_genuine and body else None
        if event is None or not inbox._is_event(event):
            self._visits()._allow(self._machine(), "agency_event", MOST_MISTAKES)
            return self._answer(401, {})
        inbox._receive(agencies, event)
        return self._answer(200, {"id": event["id"]})

    def _visits(self):
        return request.env["recovery.portal.visit"].sudo()

    def _machine(self):
        """Who calls, as far as the proxies that we trust say so."""
        return f"machine:{request.httprequest.remote_addr}"

    def _is_noisy(self):
        """Whether this machine got so much wrong lately that it isn't listened to."""
        return self._visits()._is_over(self._machine(), "agency_event", MOST_MISTAKES)

    def _body(self):
        """The body of a POST of JSON, else None. What is too large never gets here."""
        message = request.httprequest
        is_json = message.mimetype == "application/json" and message.method == "POST"
        return message.get_data(cache=False) if is_json else None

    def _json(self, body):
        """What the body holds, or None."""
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            return None

    def _answer(self, status, values):
        return request.make_json_response(
            values, headers=[("Cache-Control", "no-store")], status=status
        )
