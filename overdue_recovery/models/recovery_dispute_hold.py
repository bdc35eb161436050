from odoo import api, models
from odoo.fields import Domain

DISPUTED = "overdue_recovery.hold_reason_disputed"
CREDIT_NOTE_COMING = "overdue_recovery.hold_reason_credit_note_coming"


class RecoveryDisputeHold(models.AbstractModel):
    """What of an invoice rests because it is contested, or because it will be credited."""

    _name = "recovery.dispute.hold"
    _description = "Dispute: what rests"

    @api.model
    def _rests(self, move):
        """{item: what is open of it and in no dispute yet}, latest maturities first.

        sudo: a dispute counts whoever may see it.
        """
        items = move._recovery_lines().filtered(
            lambda item: item.parent_state == "posted" and item.amount_residual_currency > 0
        )
        items = items.sorted(lambda item: (item.date_maturity or item.date, item.id), reverse=True)
        holds = self.env["recovery.hold"].sudo()
        taken = holds.search(
            Domain("origin_model", "=", "recovery.dispute")
            & Domain("move_line_id", "in", items.ids)
            & holds._dated_domain(move.company_id._recovery_today())
        ).grouped("move_line_id")
        return {
            item: max(
                0.0,
                item.amount_residual_currency - sum(taken.get(item, holds).mapped("amount")),
            )
            for item in items
        }

    def _hold_disputed(self):
        """Let what is contested rest."""
        self._hold(DISPUTED, self.amount_disputed)

    def _hold_for_credit(self):
        """Let rest what the draft credit note will give back, until it is posted."""
        self._hold(CREDIT_NOTE_COMING, self.refund_move_id.amount_total)

    def _hold(self, reason, amount):
        self.env["recovery.hold"].create(
            [
                {
                    "move_line_id": item.id,
                    "company_id": self.company_id.id,
                    "amount": part,
                    "reason_id": self.env.ref(reason).id,
                    "date_from": self.company_id._recovery_today(),
                    "note": self.display_name,
                    "origin_model": self._name,
                    "origin_id": self.id,
                }
                for item, part in self._spread(amount).items()
            ]
        )
        self.env["recovery.case.dirty"]._put(self.case_id)

    def _spread(self, amount):
        """{item: part} of an amount over what is open, latest maturities first."""
        parts = {}
        for item, rest in self._rests(self.move_id).items():
            part = self.currency_id.round(min(amount, rest))
            if part > 0:
                parts[item] = part
                amount -= part
        return parts

    def _holds(self):
        """All holds that these disputes made, the ended ones too."""
        return self.env["recovery.hold"].search(
            [("origin_model", "=", self._name), ("origin_id", "in", self.ids)]
        )

    def _end_holds(self):
        """What rested may be demanded again at once, at the level it had."""
        for dispute in self:
            today = dispute.company_id._recovery_today()
            dispute._holds().filtered(
                lambda hold, today=today: not hold.date_to or hold.date_to >= today
            ).action_end()
        self.env["recovery.case.dirty"]._put(self.case_id)

    # -- the disputed days -----------------------------------------------------------------

    def _charge_disputed_days(self):
        """The dispute was rejected: its days bear interest where the law says so."""
        charged = self._holds().filtered(lambda hold: hold.blocks == "both")
        charged.filtered(self._is_charged_when_rejected).blocks = "contact"

    def _is_charged_when_rejected(self, hold):
        item = hold.move_line_id
        law = self.env["recovery.law"]._charge_law(
            hold.company_id, item.partner_id._recovery_debtor(), item.date_maturity or item.date
        )
        return law.sudo().interest_when_rejected

    def _spare_disputed_days(self):
        """The dispute goes on: its days bear no interest for now."""
        self._holds().blocks = "both"
