from odoo import fields, models

RECOVERY_GROUPS = "overdue_recovery.group_user,overdue_recovery.group_auditor"


class AccountMoveDispute(models.AbstractModel):
    """Invoices that are contested, and the credit notes that end it."""

    _name = "account.move.recovery.dispute"
    _description = "Document: disputes"

    recovery_dispute_ids = fields.One2many(
        "recovery.dispute", "move_id", string="Disputes", groups=RECOVERY_GROUPS
    )

    def action_dispute(self):
        """Open the dialog for a dispute of this invoice."""
        self.ensure_one()
        case = self.commercial_partner_id._recovery_debtor()._recovery_case(self.company_id)
        return self.env["recovery.dispute.create"]._open_for(case, self)

    def _recovery_disputes(self):
        """The disputes that these credit notes end.

        sudo: whoever posts a credit note need not be a collector.
        """
        refunds = self.filtered(lambda move: move.move_type == "out_refund")
        disputes = self.env["recovery.dispute"].sudo()
        return refunds and disputes.search([("refund_move_id", "in", refunds.ids)])

    def _reconcile_reversed_moves(self, reverse_moves, move_reverse_cancel):
        """Credit what rested for the credit note first; core gives the rest to the oldest."""
        disputes = reverse_moves._recovery_disputes()
        if disputes:
            disputes._match_credit()
        return super()._reconcile_reversed_moves(reverse_moves, move_reverse_cancel)

    def _post(self, soft=True):
        posted = super()._post(soft)
        disputes = posted._recovery_disputes()
        if disputes:
            disputes._end_holds()
        return posted

    def button_draft(self):
        result = super().button_draft()
        disputes = self._recovery_disputes()
        if disputes:
            disputes._credit_in_draft_again()
        return result
