import time

from odoo import models

from ..calc import event_signature


class RecoveryAgencyEvent(models.Model):
    """Whether it is the agency that tells something, and of what."""

    _inherit = "recovery.agency"

    def _is_genuine(self, timestamp, body, signature):
        """Whether this agency signed ``body`` within the last minutes. An agency that doesn't exist,
        or has no secret, is worked out like any other: how long it takes tells nobody which ones
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
            if isinstance(value, str) and value:
                domain = [("agency_id", "=", self.id), (name, "=", value)]
                if found := referrals.search(domain, limit=1):
                    return found
        return referrals
