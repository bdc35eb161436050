from odoo import api, fields, models
from odoo.exceptions import UserError


class DunningSwitch(models.TransientModel):
    """Ask on which other channel messages are to go."""

    _name = "dunning.switch"
    _description = "Switch the Channel of Messages"

    delivery_ids = fields.Many2many("dunning.delivery", required=True)
    channel = fields.Selection(
        selection="_selection_channels", help="Only channels on which these customers have one."
    )
    customers = fields.Char(compute="_compute_customers")
    message_count = fields.Integer(compute="_compute_customers")

    @api.model
    def _selection_channels(self):
        """The channels that reach every customer of the messages chosen; all of them where none
        are chosen yet (a check of the value)."""
        labels = self.env["dunning.delivery"]._fields["channel"]._description_selection(self.env)
        chosen = self.env["dunning.delivery"].browse(
            self.env.context.get("default_delivery_ids", [])
        )
        usable = chosen.exists()._usable_channels() if chosen else None
        return [pair for pair in labels if usable is None or pair[0] in usable]

    @api.depends("delivery_ids")
    def _compute_customers(self):
        for wizard in self:
            customers = wizard.delivery_ids.notice_id.partner_id
            wizard.message_count = len(wizard.delivery_ids)
            wizard.customers = ", ".join(customers[:3].mapped("display_name"))
            if len(customers) > 3:
                wizard.customers += ", …"

    def action_switch(self):
        """Send these messages on the channel chosen."""
        self.ensure_one()
        if not self.channel:
            raise UserError(self.env._("Choose a channel."))
        self.delivery_ids.action_switch_channel(self.channel)
        return {"type": "ir.actions.act_window_close"}
