from odoo import api, models


class AccountPartialReconcile(models.Model):
    """Money moved: tell recovery which customers to look at again.

    One statement each way, and a row only where the customer has an open case or the item is in
    recovery; no row of ours is updated in the accountant's transaction.
    """

    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        partials = super().create(vals_list)
        lines = partials.debit_move_id | partials.credit_move_id
        self.env["recovery.case.dirty"].sudo()._put_lines(lines)
        return partials

    def unlink(self):
        if self:  # core calls so for items that were never reconciled
            lines = self.debit_move_id | self.credit_move_id
            self.env["recovery.case.dirty"].sudo()._put_undone(lines)
        return super().unlink()
