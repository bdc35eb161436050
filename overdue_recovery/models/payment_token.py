from odoo import models


class PaymentToken(models.Model):
    _inherit = "payment.token"

    def _handle_archiving(self):
        """Who deletes a saved card takes the consent to be debited back with it."""
        result = super()._handle_archiving()
        mandates = self.env["recovery.autopay"].search(
            [("payment_token_id", "in", self.ids), ("state", "!=", "revoked")]
        )
        mandates.action_revoke()
        return result
