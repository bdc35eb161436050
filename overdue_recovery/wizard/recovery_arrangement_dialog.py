from odoo import api, fields, models
from odoo.exceptions import UserError


class RecoveryArrangementDialog(models.AbstractModel):
    """What every dialog asks that agrees on something with the customer of a case: on which items,
    with which credits left aside, and whether it is confirmed in writing."""

    _name = "recovery.arrangement.dialog"
    _description = "Agree with a Customer"
    _inherit = ["recovery.late.reason.ask"]

    case_id = fields.Many2one("recovery.case", required=True, readonly=True)
    company_id = fields.Many2one(related="case_id.company_id")
    partner_id = fields.Many2one(related="case_id.partner_id", string="Customer")
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
        arrangements = self.env["recovery.arrangement.mixin"]
        for wizard in self:
            items = wizard.move_line_ids
            currency = items.currency_id[:1] or wizard.company_id.currency_id
            wizard.currency_id = currency
            wizard.amount_total = sum(items.mapped("amount_residual_currency"))
            wizard.amount_credits = arrangements._open_credits(
                wizard.partner_id, wizard.company_id, currency
            )

    @api.depends("case_id")
    def _compute_can_confirm(self):
        for wizard in self:
            wizard.can_confirm = bool(wizard.case_id) and wizard.case_id._may_be_answered()

    @api.depends("can_confirm")
    def _compute_confirm(self):
        for wizard in self:
            wizard.confirm = wizard.can_confirm

    def _check_items(self):
        """:raise UserError: nothing is chosen"""
        if not self.move_line_ids:
            raise UserError(self.env._("Choose the open items that it is about."))
