import json

from odoo import http
from odoo.http import content_disposition, request


class RecoveryOwnData(http.Controller):
    @http.route("/recovery/own_data/<int:partner_id>", auth="user", methods=["GET"], readonly=True)
    def own_data(self, partner_id, **_kwargs):
        """The JSON file of what recovery keeps about a customer, for managers of recovery."""
        partner = request.env["res.partner"].browse(partner_id).exists()
        if not partner:
            raise request.not_found()
        partner._recovery_check_may_export()
        text = json.dumps(partner._recovery_own_data(), ensure_ascii=False, indent=2)
        headers = [
            ("Content-Type", "application/json; charset=utf-8"),
            ("Content-Disposition", content_disposition(f"own-data-{partner.id}.json")),
            ("Cache-Control", "no-store"),
        ]
        return request.make_response(text, headers)
