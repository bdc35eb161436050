import json

from odoo import http
from odoo.http import request

#: An event is a few fields; its largest text is a note.
LARGEST = 64 * 1024
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
        inbox = request.env["recovery.inbox"].sudo()
        body, headers = self._body(), request.httprequest.headers
        agencies = request.env["recovery.agency"].sudo().browse(agency).exists()
        is_genuine = agencies._is_genuine(
            headers.get(TIMESTAMP, ""), body or b"", headers.get(SIGNATURE, "")
        )
        event = self._json(body) if is_genuine and body else None
        if event is None or not inbox._is_event(event):
            return self._answer(401, {})
        inbox._receive(agencies, event)
        return self._answer(200, {"id": event["id"]})

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
