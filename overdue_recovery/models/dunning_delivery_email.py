import logging
from datetime import timedelta

from odoo import fields, models
from psycopg2 import OperationalError

_logger = logging.getLogger(__name__)

# A mail that core did not begin with (no connection) is tried again after this.
PAUSE = timedelta(minutes=5)
TRIES = 3
TRIES_TO_CONNECT = 5


class DunningDeliveryEmail(models.AbstractModel):
    """The e-mail channel: through core's mail, with the truth read where core learns it."""

    _name = "dunning.delivery.email"
    _description = "Delivery: e-mail"

    def _send_email(self):
        """Send these rendered messages through core's mail, and learn from it what came of them.

        The mails are committed as "sending" before the server is talked to: a process that dies
        leaves a trace and never a second message. Seam: override to send by other means.
        """
        mails = self._create_mails()
        self.env["ir.cron"]._recovery_commit()
        results = {}
        try:
            mails.with_context(recovery_mail_results=results).send()
        except OperationalError:
            raise
        except Exception:
            # the connection broke: core gives the rest of the batch up, we do not
            _logger.info("Connection lost while sending %s notices", len(mails), exc_info=True)
        # core deletes the mails it has sent: from here on their ids tell what became of whom
        outcomes = {
            delivery.id: (mail_id, results.get(mail_id))
            for delivery, mail_id in zip(self, mails.ids, strict=True)
        }
        self._save_outcomes(outcomes)

    def _save_outcomes(self, outcomes):
        """Write what became of messages that have left. Another process that wrote to the same
        case meanwhile is no reason to lose it: in a fresh transaction it is written again."""
        for attempt in range(TRIES):
            try:
                self._write_outcomes(outcomes)
                self.env["ir.cron"]._recovery_commit()
                return
            except OperationalError:
                if attempt == TRIES - 1:
                    raise
                self.env.cr.rollback()

    def _create_mails(self):
        values = [delivery._mail_values() for delivery in self]
        mails = self.env["mail.mail"].sudo().create(values)
        for delivery, mail in zip(self, mails, strict=True):
            delivery.write(
                {
                    "mail_mail_id": mail.id,
                    "message_id": mail.message_id,
                    "attempts": delivery.attempts + 1,
                    "next_try": False,
                }
            )
        return mails

    def _mail_values(self):
        """Values of the ``mail.mail`` of one delivery.

        The mail is a means, the delivery is the record: what was said stays on it and in the
        log, so the mail may be deleted by core after it was sent.
        """
        company = self.company_id
        values = {
            "subject": self.subject,
            "body_html": self.body,
            "email_from": company.email_formatted or self.env.user.email_formatted,
            "reply_to": company._recovery_reply_to(),
            "email_to": self.address,
            "model": "dunning.notice",
            "res_id": self.notice_id.id,
            "auto_delete": True,
            "is_notification": False,
            "message_type": "email_outgoing",
        }
        if self.message_id:
            # a message that is sent again can be recognised as the same one
            values["message_id"] = self.message_id
        return values

    def _write_outcomes(self, outcomes):
        """Turn core's verdicts {delivery id: (mail id, ``MailResult`` or None)} into states."""
        sent = self.browse()
        for delivery in self:
            mail_id, result = outcomes[delivery.id]
            if result is None:
                delivery._not_tried_or_unknown(self.env["mail.mail"].sudo().browse(mail_id))
            elif result.sent:
                sent |= delivery
            elif result.failure_type == "mail_smtp":
                delivery._try_later(result.reason)
            else:
                delivery._fail(result.reason)
        sent._handed_over()
        # the delivery is the record: no mail is left that core's queue or a person could resend
        mail_ids = [mail_id for mail_id, _result in outcomes.values()]
        self.env["mail.mail"].sudo().browse(mail_ids).exists().unlink()

    def _not_tried_or_unknown(self, mail):
        """Core said nothing: either it never began with this mail, or the line broke on it."""
        if mail.exists().state == "outgoing":
            self._try_later(False)
        else:
            self._set_state("unknown", reason=self.env._("The connection broke while sending."))
            self._log_outcome("unknown")

    def _try_later(self, reason):
        """No connection was made, nothing has left: wait, longer each time, then give up."""
        if self.attempts >= TRIES_TO_CONNECT:
            self._fail(reason or self.env._("The mail server could not be reached."))
            return
        pause = PAUSE * 2 ** (self.attempts - 1)
        self._set_state(
            "queued",
            next_try=fields.Datetime.now() + pause,
            sending_since=False,
            reason=reason,
        )
        self._log_outcome("queued")
