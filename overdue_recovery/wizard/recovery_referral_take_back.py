from odoo import api, fields, models


class RecoveryReferralTakeBack(models.TransientModel):
    """Show what a recall costs before it is asked for."""

    _name = "recovery.referral.take.back"
    _description = "Referral: recall"
    _inherit = "recovery.dialog"

    referral_id = fields.Many2one("recovery.referral", required=True, readonly=True)
    currency_id = fields.Many2one(related="referral_id.currency_id")
    agency_id = fields.Many2one(related="referral_id.agency_id")
    amount_open = fields.Monetary(related="referral_id.amount_open")
    recall_cost = fields.Monetary(related="referral_id.recall_cost")
    exclusive_until = fields.Date(related="referral_id.exclusive_until")

    @api.model
    def _open_for(self, referral):
        wizard = self.create({"referral_id": referral.id})
        return wizard._action_open(self.env._("Recall"))

    def action_recall(self):
        """Ask the agency to give it back."""
        self.ensure_one()
        self.referral_id.action_recall()
        return {"type": "ir.actions.act_window_close"}
