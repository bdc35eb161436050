from odoo import fields, models


class DunningSkip(models.TransientModel):
    """Ask why a notice is skipped."""

    _name = "dunning.skip"
    _description = "Skip Notices"

    notice_ids = fields.Many2many(
        "dunning.notice",
        required=True,
        default=lambda self: self.env["dunning.notice"].browse(self.env.context.get("active_ids")),
    )
    reason = fields.Char(required=True)

    def action_skip(self):
        """Skip the chosen notices with the reason."""
        self.notice_ids.action_skip(self.reason)
        return {"type": "ir.actions.act_window_close"}
