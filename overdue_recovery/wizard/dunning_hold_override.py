from odoo import fields, models


class DunningHoldOverride(models.TransientModel):
    """Ask a manager why held messages go now."""

    _name = "dunning.hold.override"
    _description = "Send Held Messages Now"

    delivery_ids = fields.Many2many(
        "dunning.delivery",
        required=True,
        default=lambda self: self.env["dunning.delivery"].browse(
            self.env.context.get("active_ids")
        ),
    )
    reason = fields.Char(required=True)

    def action_override(self):
        """Let the chosen messages go now, with the reason."""
        self.delivery_ids.action_override_hold(self.reason)
        return {"type": "ir.actions.act_window_close"}
