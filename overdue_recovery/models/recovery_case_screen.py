from odoo import api, fields, models


class RecoveryCaseScreen(models.AbstractModel):
    """What the screens of a case show and open."""

    _name = "recovery.case.screen"
    _description = "Case: its screens"

    dunning_level_id = fields.Many2one(
        "dunning.level",
        compute="_compute_dunning_level_id",
        string="Level",
        help="The highest level of its open items.",
    )

    @api.depends("item_ids")
    def _compute_dunning_level_id(self):
        for case in self:
            levels = case.item_ids.dunning_level_id
            ladder = levels.sorted(lambda level: (level.sequence, level.delay_days))
            case.dunning_level_id = ladder[-1:]

    def action_view_invoices(self):
        """Open the customer's posted invoices and credit notes."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice")
        domain = [
            ("move_type", "in", ("out_invoice", "out_refund", "out_receipt")),
            ("commercial_partner_id", "=", self.partner_id.id),
            ("state", "=", "posted"),
        ]
        return {**action, "domain": domain, "context": {"create": False}}
