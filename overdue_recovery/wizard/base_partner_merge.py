from odoo import api, models

# Of two messages that become one person's, the one that is kept, and those that need not stay.
KEPT_FIRST = ["sent", "sending", "unknown", "queued", "held", "failed", "bounced"]
UNSENT = ("queued", "held", "failed", "bounced")


class BasePartnerMerge(models.TransientModel):
    """Two customers become one: so do their files, before core moves the keys.

    Core answers a unique key that is hit by deleting rows, which the contact log refuses.
    """

    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        self._merge_recovery(src_partners, dst_partner)
        return super()._update_foreign_keys(src_partners, dst_partner)

    def _merge_recovery(self, src_partners, dst_partner):
        """Close the sources' open cases where the destination has one of its own, and cancel
        proposals of the same run: the next refresh proposes the merged customer once.

        sudo: whoever may merge contacts need not be a collector.
        """
        self._let_go_of_payers(src_partners | dst_partner)
        self._keep_one_mandate(src_partners, dst_partner)
        cases = self.env["recovery.case"].sudo().with_context(active_test=False)
        domain = [("partner_id", "in", (src_partners | dst_partner).ids)]
        open_cases = cases.search([*domain, ("date_closed", "=", False)])
        for same in open_cases.grouped("company_id").values():
            keep = same.filtered(lambda case: case.partner_id == dst_partner)[:1] or same[:1]
            (same - keep)._close_merged_into(keep)
        live = (
            self.env["dunning.notice"]
            .sudo()
            .search([*domain, ("state", "not in", ("skipped", "cancelled"))])
        )
        for notices in live.grouped("run_id").values():
            self._keep_one_notice(notices, dst_partner)
        self._keep_one_recipient(src_partners | dst_partner)
        self._keep_one_request(src_partners | dst_partner)
        self.env.flush_all()

    def _keep_one_mandate(self, src_partners, dst_partner):
        """A mandate is not taken over where the customer has one: it ends."""
        domain = [
            ("partner_id", "in", (src_partners | dst_partner).ids),
            ("state", "!=", "revoked"),
            ("plan_id", "=", False),
        ]
        mandates = self.env["recovery.autopay"].sudo().search(domain)
        for same in mandates.grouped("company_id").values():
            keep = same.filtered(lambda mandate: mandate.partner_id == dst_partner) or same
            (same - keep[:1]).action_revoke()

    def _let_go_of_payers(self, partners):
        """Nobody pays for itself: the key among the merged goes before core moves it."""
        paid = partners.sudo().filtered(lambda partner: partner.dunning_payer_id in partners)
        paid.dunning_payer_id = False

    def _keep_one_notice(self, notices, dst_partner):
        """At most one live notice per customer and run. What was handed over is a fact: a second
        one is marked as merged and stays."""
        sent = notices.filtered(lambda notice: notice.state == "sent")
        own = notices.filtered(lambda notice: notice.partner_id == dst_partner)
        keep = (sent & own or sent or own or notices)[:1]
        (sent - keep).is_merged = True
        (notices - sent - keep)._cancel(self.env._("The customer was merged with another."))

    def _keep_one_recipient(self, partners):
        """Two recipients of one notice become one: the further message is not sent; one that
        left already is marked as merged and stays."""
        deliveries = (
            self.env["dunning.delivery"]
            .sudo()
            .search([("recipient_id", "in", partners.ids), ("state", "!=", "cancelled")])
        )
        for same in deliveries.grouped(lambda d: (d.notice_id, d.channel)).values():
            further = same.sorted(lambda d: KEPT_FIRST.index(d.state))[1:]
            unsent = further.filtered(lambda d: d.state in UNSENT)
            unsent._set_state("cancelled", reason=self.env._("Merged with another recipient."))
            (further - unsent).is_merged = True

    def _keep_one_request(self, partners):
        """One open request of a kind: what the others ask is added to the oldest."""
        requests = self.env["recovery.request"].sudo()
        waiting = requests.search([("partner_id", "in", partners.ids), ("state", "=", "open")])
        for same in waiting.grouped(lambda one: (one.company_id, one.kind)).values():
            kept, *others = same.sorted("id")
            for other in others:
                other._close("withdrawn")
                kept._add(other.text)
