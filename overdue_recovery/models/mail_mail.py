from odoo import api, models


class MailMail(models.Model):
    """Our notices leave only through their delivery's own loop, which looks at the ledger right
    before: what a dead process left behind is not sent by core's queue, nor by a person's click."""

    _name = "mail.mail"
    _inherit = ["mail.mail", "recovery.batch.defaults"]

    @api.model
    def default_get(self, fields):
        return self._shared_defaults(fields, super().default_get)

    def _send(self, *args, **kwargs):
        mails = self - self._of_deliveries()
        return super(MailMail, mails)._send(*args, **kwargs) if mails else True

    def _of_deliveries(self):
        """The mails of ours among these.

        sudo: core's queue and any user may meet a mail of ours; which one it is, is a fact.
        """
        deliveries = self.env["dunning.delivery"].sudo().search([("mail_mail_id", "in", self.ids)])
        return self & deliveries.mail_mail_id.with_env(self.env)
