from odoo import Command, api, fields, models
from odoo.exceptions import UserError


class RecoveryDisputeCreate(models.TransientModel):
    """Open a dispute: of which invoice, how much, and why."""

    _name = "recovery.dispute.create"
    _description = "Open a Dispute"

    case_id = fields.Many2one("recovery.case", required=True, readonly=True)
    partner_id = fields.Many2one(related="case_id.partner_id", string="Customer")
    company_id = fields.Many2one(related="case_id.company_id")
    open_move_ids = fields.Many2many("account.move", compute="_compute_open_move_ids")
    move_id = fields.Many2one(
        "account.move", string="Invoice", domain="[('id', 'in', open_move_ids)]"
    )
    currency_id = fields.Many2one(related="move_id.currency_id")
    amount_open = fields.Monetary(string="Open", compute="_compute_amount_open")
    amount = fields.Monetary(
        string="In dispute", compute="_compute_amount", store=True, readonly=False
    )
    reason_id = fields.Many2one("recovery.late.reason", domain="[('is_sensitive', '=', False)]")
    description = fields.Text()
    attachment_ids = fields.Many2many("ir.attachment", string="Files")
    user_id = fields.Many2one("res.users", string="Owner", domain="[('share', '=', False)]")

    @api.depends("case_id")
    def _compute_open_move_ids(self):
        for wizard in self:
            moves = wizard.case_id.item_ids.move_id
            wizard.open_move_ids = moves.filtered(lambda move: move.is_sale_document())

    @api.depends("move_id")
    def _compute_amount_open(self):
        """What is open of the invoice and in no dispute yet."""
        disputes = self.env["recovery.dispute"]
        for wizard in self:
            rests = disputes._rests(wizard.move_id) if wizard.move_id else {}
            wizard.amount_open = sum(rests.values())

    @api.depends("move_id")
    def _compute_amount(self):
        for wizard in self:
            wizard.amount = wizard.amount_open

    @api.model
    def _open_for(self, case, move=None):
        """The dialog for an invoice of this case, or for one to be chosen."""
        case.check_access("write")
        wizard = self.create(
            {
                "case_id": case.id,
                "user_id": case.user_id.id or self.env.uid,
            }
        )
        if move or len(wizard.open_move_ids) == 1:
            wizard.move_id = move or wizard.open_move_ids
        view = self.env.ref("overdue_recovery.recovery_dispute_create_view_form")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Open a Dispute"),
            "res_model": self._name,
            "res_id": wizard.id,
            "views": [(view.id, "form")],
            "target": "new",
        }

    def action_open(self):
        """Open the dispute and show it.

        :raise UserError: no invoice or reason is chosen, or not so much is open
        """
        self.ensure_one()
        if not self.move_id or not self.reason_id:
            raise UserError(self.env._("Choose the invoice and the reason why it is contested."))
        dispute = self.env["recovery.dispute"].create(
            {
                "move_id": self.move_id.id,
                "amount_disputed": self.amount,
                "reason_id": self.reason_id.id,
                "description": self.description,
                "attachment_ids": [Command.set(self.attachment_ids.ids)],
                "user_id": self.user_id.id,
            }
        )
        return dispute._action_form()
