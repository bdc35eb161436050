from odoo import api, models


class MailMessage(models.Model):
    """Messages of mails that are made together share their defaults."""

    _name = "mail.message"
    _inherit = ["mail.message", "recovery.batch.defaults"]

    @api.model
    def default_get(self, fields):
        return self._shared_defaults(fields, super().default_get)
