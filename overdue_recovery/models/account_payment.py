from odoo import models


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def _recovery_open_credits(self):
        """The receivable items of these payments that still have something to allocate."""
        return self.move_id._recovery_lines().filtered(
            lambda line: not line.reconciled and line.amount_residual_currency < 0
        )

    def action_cancel(self):
        items = self.move_id._recovery_paid_items()
        result = super().action_cancel()
        self.env["account.move"]._recovery_payment_returned(items)
        return result

    def action_reject(self):
        items = self.move_id._recovery_paid_items()
        result = super().action_reject()
        self.env["account.move"]._recovery_payment_returned(items)
        return result

    def action_recovery_allocate(self):
        """Show what this payment pays, for a person to confirm."""
        self.ensure_one()
        return self.env["recovery.allocation"]._action_allocate(self._recovery_open_credits())
