from odoo import api, fields, models


class RecoveryChargeWaive(models.TransientModel):
    """Ask why, and how much of, a charge is waived."""

    _name = "recovery.charge.waive"
    _description = "Waive Charges"

    charge_ids = fields.Many2many(
        "recovery.charge",
        required=True,
        default=lambda self: self.env["recovery.charge"].browse(self.env.context.get("active_ids")),
    )
    kind = fields.Selection(
        [("waive", "Give it up"), ("reverse", "Take it back whole: it should not have been made")],
        string="How",
        default="waive",
        required=True,
    )
    is_single = fields.Boolean(compute="_compute_single")
    currency_id = fields.Many2one("res.currency", compute="_compute_single")
    amount = fields.Monetary(
        compute="_compute_amount",
        store=True,
        readonly=False,
        help="Less than that, and the customer still owes the rest.",
    )
    reason = fields.Char(required=True)
    needs_another = fields.Boolean(compute="_compute_needs_another")

    @api.depends("charge_ids")
    def _compute_single(self):
        for wizard in self:
            wizard.is_single = len(wizard.charge_ids) == 1
            wizard.currency_id = wizard.charge_ids.currency_id[:1]

    @api.depends("charge_ids")
    def _compute_amount(self):
        for wizard in self:
            wizard.amount = wizard.is_single and wizard.charge_ids.amount_left

    @api.depends("charge_ids", "amount")
    def _compute_needs_another(self):
        for wizard in self:
            limits = [company.recovery_waiver_limit for company in wizard.charge_ids.company_id]
            amounts = wizard.charge_ids.mapped("amount_left")
            largest = wizard.amount if wizard.is_single else max(amounts, default=0)
            wizard.needs_another = bool(limits) and largest > min(limits)

    def action_waive(self):
        """Waive or reverse the chosen charges with the reason."""
        if self.kind == "reverse":
            self.charge_ids.action_reverse(self.reason)
        else:
            amount = self.amount if self.is_single else None
            self.charge_ids.action_waive(self.reason, amount)
        return {"type": "ir.actions.act_window_close"}
