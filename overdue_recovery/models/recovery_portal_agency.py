from odoo import api, models


class RecoveryPortalAgency(models.AbstractModel):
    """A debt that an agency collects says so to who owes it."""

    _inherit = "recovery.portal"

    @api.model
    def _agency_note(self, item_id):
        """Who collects this item, and how to reach them; empty: we do.

        sudo: the customer has no rights on referrals, and reads of its own item only.
        """
        item = self.env["account.move.line"].sudo().browse(item_id)
        referral = self.env["recovery.referral"].sudo()._of_items(item).get(item)
        return referral._portal_note() if referral else ""

    @api.model
    def _words(self, codes):
        if "referred" in codes:
            return self.env._("With a collection agency")
        return super()._words(codes)
