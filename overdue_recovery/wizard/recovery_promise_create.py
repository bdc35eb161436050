from odoo import Command, api, fields, models
from odoo.exceptions import UserError

DAYS_TO_PAY = 7


class RecoveryPromiseCreate(models.TransientModel):
    """Take a promise to pay: prefilled with what is overdue, and the reason of lateness asked."""

    _name = "recovery.promise.create"
    _description = "Promise to Pay: Dialog"
    _inherit = ["recovery.late.reason.ask"]

    case_id = fields.Many2one("recovery.case", required=True, readonly=True)
    renews_id = fields.Many2one("recovery.promise", string="Instead of", readonly=True)
    company_id = fields.Many2one(related="case_id.company_id")
    partner_id = fields.Many2one(related="case_id.partner_id", string="Customer")
    origin = fields.Selection(
        [("clerk", "Spoke with us"), ("reply", "Wrote to us"), ("cheque", "Cheque")],
        default="clerk",
        required=True,
    )
    move_line_ids = fields.Many2many(
        "account.move.line", string="Items", domain="[('id', 'in', open_line_ids)]"
    )
    open_line_ids = fields.Many2many(
        "account.move.line", compute="_compute_open_line_ids", string="Open items"
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_total")
    amount_total = fields.Monetary(string="Open", compute="_compute_total")
    amount_credits = fields.Monetary(string="Open credits", compute="_compute_total")
    credits_aside = fields.Boolean(
        string="Leave the credits aside",
        help="They are not meant to pay these items. Else allocate them first.",
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
    note = fields.Text()
    can_confirm = fields.Boolean(compute="_compute_can_confirm")
    confirm = fields.Boolean(
        string="Confirm in writing", compute="_compute_confirm", store=True, readonly=False
    )

    @api.depends("case_id")
    def _compute_open_line_ids(self):
        for wizard in self:
            wizard.open_line_ids = wizard.case_id.item_ids

    @api.depends("move_line_ids")
    def _compute_total(self):
        promises = self.env["recovery.promise"]
        for wizard in self:
            items = wizard.move_line_ids
            currency = items.currency_id[:1] or wizard.company_id.currency_id
            wizard.currency_id = currency
            wizard.amount_total = sum(items.mapped("amount_residual_currency"))
            wizard.amount_credits = promises._open_credits(
                wizard.partner_id, wizard.company_id, currency
            )

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

    @api.depends("case_id")
    def _compute_can_confirm(self):
        for wizard in self:
            wizard.can_confirm = bool(wizard.case_id) and wizard.case_id._may_be_answered()

    @api.depends("can_confirm")
    def _compute_confirm(self):
        for wizard in self:
            wizard.confirm = wizard.can_confirm

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
        if not self.move_line_ids:
            raise UserError(self.env._("Choose the open items that it is about."))
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
