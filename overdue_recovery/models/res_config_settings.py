from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    recovery_tz = fields.Selection(related="company_id.recovery_tz", readonly=False)
    recovery_reply_days = fields.Integer(related="company_id.recovery_reply_days", readonly=False)
    recovery_reply_hold_days = fields.Integer(
        related="company_id.recovery_reply_hold_days", readonly=False
    )
    recovery_user_id = fields.Many2one(related="company_id.recovery_user_id", readonly=False)
