from odoo import models


class MailMessage(models.Model):
    """Messages of mails that are made together share their defaults."""

    _name = "mail.message"
    _inherit = ["mail.message", "recovery.batch.defaults"]
