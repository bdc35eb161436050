import time

from odoo import fields, models

from ..calc import event_signature


class RecoveryAgencyEvent(models.AbstractModel):
    """Whether it is the agency that tells something, and of what."""

    _name = "recovery.agency.event"
    _description = "Agency: whether it is who tells something"

    event_url = fields.Char(
        string="Address for its news",
        compute="_compute_event_url",
        help="The agency posts here what happens: JSON, with the time in X-Recovery-Timestamp and "
        "in X-Recovery-Signature the HMAC-SHA256 of time, dot and body.",
    )

    def _compute_event_url(self):
        for agency in self:
            base = agency.get_base_url()
            agency.event_url = agency.id and f"{base}/recovery/agency/{agency.id}/event"

    def _is_genuine(self, timestamp, body, signature):
        """Whether this agency signed ``body`` within the last minutes. One that doesn't exist, or
        has no secret, is worked out like any other: how long it takes tells nobody which ones
        there are.

        :param body: bytes as they came
        """
        secret = self._secret(self.event_secret_name or "nobody") if self.ids else ""
        return event_signature.is_genuine(
            secret if self.event_secret_name else "", timestamp, body, signature, int(time.time())
        )

    def _find_referral(self, event):
        """The referral that an event speaks of, by our number or the agency's; of this agency only.

        :return: recovery.referral, empty when there is none
        """
        referrals = self.env["recovery.referral"]
        for name, told in (("name", "reference"), ("external_ref", "agency_reference")):
            value = event.get(told)
            if isinstance(value, str) and value.isprintable() and value:
                domain = [("agency_id", "=", self.id), (name, "=", value)]
                if found := referrals.search(domain, limit=1):
                    return found
        return referrals
