from odoo import Command, api, fields, models

DAYS_TO_PAY = 7


class RecoveryPromiseCreate(models.TransientModel):
    """Take a promise to pay: prefilled with what is overdue, and the reason of lateness asked."""

    _name = "recovery.promise.create"
    _description = "Promise to Pay: Dialog"
    _inherit = ["recovery.arrangement.dialog"]

    renews_id = fields.Many2one("recovery.promise", string="Instead of", readonly=True)
    origin = fields.Selection(
        [("clerk", "Spoke with us"), ("reply", "Wrote to us"), ("cheque", "Cheque")],
        default="clerk",
        required=True,
    )
    amount = fields.Monetary(
        string="Promised", compute="_compute_amount", store=True, readonly=False
    )
    date_promised = fields.Date(
        string="Pays by", compute="_compute_date_promised", store=True, readonly=False
    )
    tolerance_days = fields.Integer(
        string="Tolerance", help="Days that the money may take longer before it is broken."
    )
    cheque_number = fields.Char()
    cheque_bank = fields.Char(string="Bank of the cheque")
    cheque_maturity = fields.Date(string="Cheque matures")

    @api.depends("amount_total")
    def _compute_amount(self):
        for wizard in self:
            wizard.amount = wizard.amount_total

    @api.depends("origin", "cheque_maturity")
    def _compute_date_promised(self):
        """A cheque is money on the day it matures."""
        for wizard in self:
            if wizard.origin == "cheque" and wizard.cheque_maturity:
                wizard.date_promised = wizard.cheque_maturity
            elif not wizard.date_promised:
                today = (wizard.company_id or self.env.company)._recovery_today()
                wizard.date_promised = fields.Date.add(today, days=DAYS_TO_PAY)

    @api.model
    def _open_for(self, case, renews=None):
        """The dialog for this case, or for another promise instead of ``renews``."""
        items = case._items_to_arrange()
        values = {"case_id": case.id, "late_reason_id": self._known_reason(case)}
        if renews:
            items = renews.claim_ids.move_line_id.filtered(lambda item: not item.reconciled)
            values["renews_id"] = renews.id
        wizard = self.create(
            {
                **values,
                "move_line_ids": [Command.set(items.ids)],
                "tolerance_days": case.company_id.recovery_promise_tolerance_days,
            }
        )
        return wizard._action_dialog(self.env._("Promise to Pay"))

    def action_make(self):
        """Note the promise, confirm it in writing if asked to, and show it.

        :raise UserError: nothing is chosen, or it can't be promised
        """
        self.ensure_one()
        self._check_items()
        if self.renews_id.state == "open":
            self.renews_id.action_cancel()
        promise = self.env["recovery.promise"].create(self._promise_values())
        self._note_reason()
        if self.confirm and promise.state == "open":
            promise.action_send()
        return promise._action_form()

    def _promise_values(self):
        cheque = self.origin == "cheque"
        return {
            "origin": self.origin,
            "amount": self.amount,
            "date_promised": self.date_promised,
            "tolerance_days": self.tolerance_days,
            "credits_aside": self.credits_aside,
            "cheque_number": cheque and self.cheque_number,
            "cheque_bank": cheque and self.cheque_bank,
            "cheque_maturity": cheque and self.cheque_maturity,
            "note": self.note,
            "claim_ids": [Command.create({"move_line_id": i.id}) for i in self.move_line_ids],
        }
