from odoo import api, models

LIVE_DISPUTES = ("open", "investigating", "mediation")


class RecoveryPortalAgreement(models.AbstractModel):
    """What was agreed with a customer and what it waits for, for the account page."""

    _name = "recovery.portal.agreement"
    _description = "Portal: agreements"

    @api.model
    def _values(self, visitor):
        """What the card of agreements shows. Seam: further arrangements add theirs."""
        acts = self.env["recovery.portal.act"]
        return {
            "requests": acts._requests(visitor),
            "offers": acts._offers(visitor),
            "promises": self._live(visitor, "recovery.promise", ("open",)),
            "plans": acts._plans(visitor),
            "disputes": self._disputes(visitor),
        }

    def _live(self, visitor, model, states):
        """Arrangements in these states about nothing but what the visitor sees."""
        records = self.env[model].sudo()
        domain = [("partner_id", "=", visitor.debtor.id), ("state", "in", states)]
        return records.search(domain).filtered(
            lambda record: all(
                visitor.sees(item.id, item.partner_id.id) for item in record.claim_ids.move_line_id
            )
        )

    def _disputes(self, visitor):
        disputes = self.env["recovery.dispute"].sudo()
        domain = [("partner_id", "=", visitor.debtor.id), ("state", "in", LIVE_DISPUTES)]
        return disputes.search(domain).filtered(lambda one: visitor.sees_document(one.move_id))
