from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    group_recovery_sms = fields.Boolean(
        string="Text messages",
        implied_group="overdue_recovery.group_sms",
        group="overdue_recovery.group_user",
    )
