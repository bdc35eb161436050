from odoo import models


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def _recovery_open_credits(self):
        """The receivable items of these payments that still have something to allocate."""
        return self.move_id._recovery_lines().filtered(
            lambda line: not line.reconciled and line.amount_residual_currency < 0
        )

    def action_recovery_allocate(self):
        """Show what this payment pays, for a person to confirm."""
        self.ensure_one()
        return self.env["recovery.allocation"]._action_allocate(self._recovery_open_credits())
