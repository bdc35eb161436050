from odoo.addons.account_payment.controllers.portal import PortalAccount
from odoo.http import request


class RecoveryPortalHome(PortalAccount):
    """The card on the portal's home."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "recovery_count" in counters:
            visitor = request.env["recovery.portal.visitor"].sudo()._of_user(request.env.user)
            portal = request.env["recovery.portal"]
            values["recovery_count"] = portal._open_count(visitor) if visitor else 0
        return values
