from odoo import models


class MailMail(models.Model):
    """Learn from core what became of our messages, where core itself learns it."""

    _inherit = "mail.mail"

    def _send(self, *args, **kwargs):
        """Our notices leave only through their delivery's own loop, which looks at the ledger
        right before: one that core's queue or a person finds here is handed back to it."""
        mails = self
        if self.env.context.get("recovery_mail_results") is None:
            mails -= self._hand_back_to_delivery()
        return super(MailMail, mails)._send(*args, **kwargs) if mails else True

    def _hand_back_to_delivery(self):
        """The mails of ours among these. Those that failed and were set to be sent again are
        queued as deliveries once more; the mail itself is dropped.

        sudo: core's queue and any user may meet a mail of ours; which one it is, is a fact.
        """
        deliveries = self.env["dunning.delivery"].sudo().search([("mail_mail_id", "in", self.ids)])
        if not deliveries:
            return self.browse()
        mails = deliveries.mail_mail_id
        deliveries.filtered(lambda delivery: delivery.state == "failed").action_retry()
        return self & mails

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        results = self.env.context.get("recovery_mail_results")
        if results is not None:
            for mail in self:
                reason = failure_reason or mail.failure_reason or failure_type
                results[mail.id] = (not failure_type and mail.state == "sent", reason)
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type
        )
