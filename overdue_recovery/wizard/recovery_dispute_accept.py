from odoo import api, fields, models


class RecoveryDisputeAccept(models.TransientModel):
    """Accept a dispute: all of it, or a part."""

    _name = "recovery.dispute.accept"
    _description = "Accept a Dispute"

    dispute_id = fields.Many2one("recovery.dispute", required=True, readonly=True)
    currency_id = fields.Many2one(related="dispute_id.currency_id")
    amount_disputed = fields.Monetary(related="dispute_id.amount_disputed")
    amount = fields.Monetary(string="Accept", required=True, help="With taxes.")

    @api.model
    def _open_for(self, dispute):
        """The dialog for this dispute, prefilled with all of it."""
        wizard = self.create({"dispute_id": dispute.id, "amount": dispute.amount_disputed})
        view = self.env.ref("overdue_recovery.recovery_dispute_accept_view_form")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Accept %s", dispute.name),
            "res_model": self._name,
            "res_id": wizard.id,
            "views": [(view.id, "form")],
            "target": "new",
        }

    def action_accept(self):
        """Accept the amount; the credit note is drafted and the customer is told.

        :raise UserError: the amount is not within what is contested
        """
        self.ensure_one()
        self.dispute_id.action_accept(self.amount)
        return self.dispute_id._action_form()
