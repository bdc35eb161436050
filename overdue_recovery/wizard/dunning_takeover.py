from odoo import api, fields, models
from odoo.exceptions import UserError


class DunningTakeover(models.TransientModel):
    """Decide, in bulk, what becomes of items that fell due before the policy's start."""

    _name = "dunning.takeover"
    _description = "Take over Old Items"

    move_line_ids = fields.Many2many(
        "account.move.line",
        default=lambda self: self.env["account.move.line"].browse(
            self.env.context.get("active_ids")
        ),
    )
    company_id = fields.Many2one("res.company", compute="_compute_company_id")
    action = fields.Selection(
        [
            ("start", "Start at a level"),
            ("hold", "Put on hold"),
            ("write_off", "Write off"),
            ("take_in", "Take into recovery"),
        ],
        default="start",
        required=True,
    )
    level_id = fields.Many2one("dunning.level", domain="[('company_id', '=', company_id)]")
    reason_id = fields.Many2one("recovery.hold.reason")
    date_to = fields.Date(string="Until")
    date_due = fields.Date(string="Due date", help="For items that have none.")
    journal_id = fields.Many2one(
        "account.journal", domain="[('type', '=', 'general'), ('company_id', '=', company_id)]"
    )
    account_id = fields.Many2one(
        "account.account", domain="[('account_type', '=', 'expense'), ('active', '=', True)]"
    )
    date = fields.Date(default=fields.Date.context_today)
    label = fields.Char(default=lambda self: self.env._("Write-off"))

    @api.depends("move_line_ids")
    def _compute_company_id(self):
        for wizard in self:
            companies = wizard.move_line_ids.company_id
            wizard.company_id = companies[:1] or self.env.company

    def action_apply(self):
        """Do what was chosen, for all items.

        :raise UserError: when the items are of several companies, or a choice is missing
        """
        self.ensure_one()
        if len(self.move_line_ids.company_id) != 1:
            raise UserError(self.env._("Choose items of one company."))
        getattr(self, f"_apply_{self.action}")()
        return {"type": "ir.actions.act_window_close"}

    def _apply_start(self):
        if not self.level_id:
            raise UserError(self.env._("Choose the level at which the items start."))
        self.move_line_ids.action_start_at(self.level_id)

    def _apply_hold(self):
        if not self.reason_id:
            raise UserError(self.env._("Choose the reason of the hold."))
        self.env["recovery.hold"].create(
            [
                {
                    "move_line_id": line.id,
                    "company_id": line.company_id.id,
                    "reason_id": self.reason_id.id,
                    "date_to": self.date_to,
                }
                for line in self.move_line_ids
            ]
        )

    def _apply_take_in(self):
        self.move_line_ids.action_take_into_recovery(self.date_due)

    def _apply_write_off(self):
        """One posted entry per currency, reconciled with the items; reversed like any entry."""
        if not (self.journal_id and self.account_id):
            raise UserError(self.env._("Choose the journal and the account of the write-off."))
        write_off = self.env["recovery.write.off"]
        for lines in self.move_line_ids.grouped("currency_id").values():
            amounts = {line: line.amount_residual_currency for line in lines}
            write_off._write_off(amounts, self.journal_id, self.account_id, self.date, self.label)
