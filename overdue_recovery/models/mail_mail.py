from typing import NamedTuple

from odoo import models


class MailResult(NamedTuple):
    """What core learned of one mail."""

    sent: bool
    reason: str
    failure_type: str | None


class MailMail(models.Model):
    """Learn from core what became of our messages, where core itself learns it."""

    _inherit = "mail.mail"

    def _send(self, *args, **kwargs):
        """Our notices leave only through their delivery's own loop, which looks at the ledger
        right before: one that a dead process left behind is not sent by core's queue."""
        mails = self
        if self.env.context.get("recovery_mail_results") is None:
            mails -= self._of_deliveries()
        return super(MailMail, mails)._send(*args, **kwargs) if mails else True

    def _of_deliveries(self):
        """The mails of ours among these.

        sudo: core's queue and any user may meet a mail of ours; which one it is, is a fact.
        """
        deliveries = self.env["dunning.delivery"].sudo().search([("mail_mail_id", "in", self.ids)])
        return self & deliveries.mail_mail_id.with_env(self.env)

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        results = self.env.context.get("recovery_mail_results")
        if results is not None:
            for mail in self:
                reason = failure_reason or mail.failure_reason or failure_type
                sent = not failure_type and mail.state == "sent"
                results[mail.id] = MailResult(sent, reason, failure_type)
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type
        )
