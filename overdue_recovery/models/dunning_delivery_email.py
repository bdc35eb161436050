import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL
from psycopg2 import OperationalError

from ..tools.smtp_truth import Truth

_logger = logging.getLogger(__name__)

# A message that was not taken is tried again after this, then after twice as long, and so on.
PAUSE = timedelta(minutes=5)
TRIES = 5
TRIES_TO_SAVE = 3


class DunningDeliveryEmail(models.AbstractModel):
    """The e-mail channel: core's mails, servers and sessions, and the truth about each message.

    A ``mail.mail`` is made and committed for each message before the server is talked to; what
    the server said is written to the delivery, and the mail goes: no mail is left that core's
    queue or a person could send a second time.
    """

    _name = "dunning.delivery.email"
    _description = "Delivery: e-mail"

    def _send_email(self):
        """Send these rendered messages and write what became of each.

        They are committed as "sending" before the server is talked to: a process that dies
        leaves a trace and never a second message. Seam: override to send by other means.
        """
        mails = self._create_mails()
        mail_ids = dict(zip(self.ids, mails.ids, strict=True))
        posts, truths = self._build_messages(mails)
        self.env["ir.cron"]._recovery_commit()
        truths.update(self._hand_to_servers(posts))
        # statements beside this transaction have written to these rows: look at them afresh
        self.env["ir.cron"]._recovery_commit()
        self.invalidate_recordset()
        self._save_outcomes(truths, mail_ids)

    def _create_mails(self):
        senders = {company: self._sender_values(company) for company in self.company_id}
        bodies = self._with_links({delivery.id: delivery.body for delivery in self})
        values = [
            {
                **senders[delivery.company_id],
                **delivery._mail_values(),
                "body_html": bodies[delivery.id],
            }
            for delivery in self
        ]
        mails = self.env["mail.mail"].sudo()._sharing_defaults().create(values)
        mails = mails.with_env(self.env(su=True))
        self._store(
            ["mail_mail_id", "message_id", "attempts", "next_try", "handover"],
            [
                (delivery.id, mail.id, mail.message_id, delivery.attempts + 1, None, None)
                for delivery, mail in zip(self, mails, strict=True)
            ],
        )
        self._say_what_about(mails)
        return mails

    def _say_what_about(self, mails):
        """Link these deliveries' mails to their notices, in one statement. Given to ``create``,
        each link makes core look through the lists of messages of every model that has any."""
        messages = mails.mail_message_id
        messages.flush_recordset()
        self.env.cr.execute(
            SQL(
                """
                UPDATE mail_message message SET res_id = delivery.notice_id
                  FROM dunning_delivery delivery
                  JOIN mail_mail mail ON mail.id = delivery.mail_mail_id
                 WHERE message.id = mail.mail_message_id AND delivery.id IN %s
                """,
                tuple(self.ids),
            )
        )
        messages.invalidate_recordset(["res_id"], flush=False)
        messages.fetch(["res_id"])
        mails.invalidate_recordset(["res_id"], flush=False)

    @api.model
    def _sender_values(self, company):
        """What the ``mail.mail`` of all deliveries of a company have in common."""
        return {
            "email_from": company.email_formatted or self.env.user.email_formatted,
            "reply_to": company._recovery_reply_to(),
        }

    def _mail_values(self):
        """Values of the ``mail.mail`` of one delivery, but for its sender and what it says.

        The mail is a means, the delivery is the record: what was said stays on it and in the
        log.
        """
        values = {
            "subject": self.subject,
            "email_to": self.address,
            "model": "dunning.notice",
            "auto_delete": True,
            "is_notification": False,
            "message_type": "email_outgoing",
        }
        if self.notice_id.level_id.attach_invoices:
            values["attachment_ids"] = self._mail_attachments()
        if self.message_id:
            # a message that is sent again can be recognised as the same one
            values["message_id"] = self.message_id
        return values

    # -- what became of them -----------------------------------------------------------------

    def _save_outcomes(self, truths, mail_ids):
        """Write what became of messages that have left. Another process that wrote to the same
        case meanwhile is no reason to lose it: in a fresh transaction it is written again. Nor is
        a delivery whose outcome raises: the others' are written, and that one waits for a person.
        """
        for attempt in range(TRIES_TO_SAVE):
            try:
                with self.env.cr.savepoint():
                    self._write_outcomes(truths, mail_ids)
                break
            except OperationalError:
                if attempt == TRIES_TO_SAVE - 1:
                    raise
                self.env.cr.rollback()
            except Exception as error:
                self._save_one_by_one(truths, mail_ids, error)
                break
        self.env["ir.cron"]._recovery_commit()

    def _save_one_by_one(self, truths, mail_ids, error):
        """The outcomes of a batch that raised, each by itself; one that raises becomes unknown."""
        if len(self) > 1:
            for delivery in self:
                delivery._save_outcomes(truths, mail_ids)
            return
        _logger.error("The outcome of delivery %s can't be written", self.id, exc_info=error)
        self._nobody_knows(str(error) or type(error).__name__)

    def _write_outcomes(self, truths, mail_ids):
        """Turn {delivery id: ``Truth``} into states. Deliveries without a truth are left alone:
        another process has taken them over."""
        known = self.filtered(lambda delivery: delivery.id in truths)
        ids = [mail_ids[delivery.id] for delivery in known if mail_ids[delivery.id]]
        mails = self.env["mail.mail"].sudo().browse(ids)
        sent = known.filtered(lambda delivery: truths[delivery.id].outcome == "sent")
        sent._mails_among(mails).write({"state": "sent"})
        sent._handed_over()
        for truth, deliveries in (known - sent).grouped(lambda d: truths[d.id]).items():
            deliveries._not_handed_over(truth)
        mails.exists().unlink()

    def _mails_among(self, mails):
        """The mails of these deliveries."""
        return mails & self.mail_mail_id

    def _not_handed_over(self, truth):
        """The server did not take these messages, or nobody knows whether it did."""
        if truth.outcome == "later":
            self._try_later(truth.reason)
        elif truth.outcome == "unknown":
            self._nobody_knows(truth.reason)
        else:
            if truth.is_dead:
                self._bury_addresses()
            self._fail(truth.reason)

    def _bury_addresses(self):
        """The server refused the addresses themselves for good: as after a hard bounce, the next
        run takes another way.

        sudo: whoever sends need not be allowed to write on contacts.
        """
        for delivery in self.sudo():
            delivery.recipient_id._recovery_address_died(delivery.channel, delivery.address)

    def _nobody_knows(self, reason):
        """The message may have been taken: it is not sent again by itself, a person decides."""
        self._set_state("unknown", reason=reason)
        self._log_outcome("unknown")

    def _try_later(self, reason):
        """Nothing was taken: wait, longer each time, then give up."""
        reason = reason or self.env._("The mail server could not be reached.")
        for attempts, deliveries in self.grouped("attempts").items():
            if attempts >= TRIES:
                deliveries._fail(reason)
                continue
            deliveries._set_state(
                "queued",
                next_try=fields.Datetime.now() + PAUSE * 2 ** max(attempts - 1, 0),
                sending_since=False,
                reason=reason,
            )
            deliveries._log_outcome("queued")

    def _settle_lost(self, channel):
        """What stands written of each message's turn tells what became of it when its process
        died: taken, begun (nobody knows), or not begun."""
        if channel != "email":
            return super()._settle_lost(channel)
        truths = {
            "taken": Truth("sent"),
            "begun": Truth(
                "unknown", self.env._("The process stopped while the message was leaving.")
            ),
            False: Truth("later", self.env._("The process stopped before the message left.")),
        }
        return self._save_outcomes(
            {delivery.id: truths[delivery.handover] for delivery in self},
            {delivery.id: delivery.mail_mail_id.id for delivery in self},
        )
