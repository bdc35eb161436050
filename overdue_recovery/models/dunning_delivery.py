import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from psycopg2 import OperationalError

_logger = logging.getLogger(__name__)

# The items are read again before each chunk leaves: few enough that this is seconds ago.
CHUNK = 25
# A delivery that is "sending" longer than this lost its process.
LOST_AFTER = timedelta(minutes=15)


class DunningDelivery(models.Model):
    """One message of a notice on one channel to one recipient.

    ``_cron_deliver`` takes what is queued, or held and due, in chunks: looks again whether it is
    due, asks the contact gate, renders, logs, commits, sends, and writes what became of it.
    What counts is what the mail server said (``mail.mail``), never that something was queued.
    """

    _name = "dunning.delivery"
    _description = "Delivery of a Notice"
    _inherit = ["recovery.state.mixin", "dunning.delivery.email"]
    _order = "id desc"
    _rec_name = "address"

    _transitions = {
        "queued": {"held", "sending", "cancelled"},
        "held": {"queued", "cancelled"},
        "sending": {"sent", "queued", "unknown", "failed", "cancelled"},
        "failed": {"queued", "cancelled"},
        "unknown": {"sent", "queued", "failed"},
        "sent": {"bounced"},
        "bounced": {"queued", "cancelled"},
        "cancelled": set(),
    }

    notice_id = fields.Many2one("dunning.notice", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="notice_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="notice_id.partner_id", string="Customer")
    case_id = fields.Many2one(related="notice_id.case_id")
    channel = fields.Selection(
        [("email", "E-mail"), ("sms", "SMS"), ("letter", "Letter"), ("call", "Call")],
        required=True,
        readonly=True,
    )
    recipient_id = fields.Many2one(
        "res.partner", required=True, readonly=True, index=True, ondelete="restrict"
    )
    address = fields.Char(readonly=True, help="E-mail address, number or owner of the call.")
    lang = fields.Char(readonly=True)
    state = fields.Selection(
        [
            ("queued", "Queued"),
            ("held", "Held"),
            ("sending", "Sending"),
            ("sent", "Sent"),
            ("unknown", "Unknown"),
            ("failed", "Failed"),
            ("bounced", "Bounced"),
            ("cancelled", "Cancelled"),
        ],
        default="queued",
        required=True,
        readonly=True,
        index=True,
    )
    is_merged = fields.Boolean(readonly=True, default=False, required=True)
    hold_until = fields.Datetime(readonly=True)
    reason = fields.Char(readonly=True)
    attempts = fields.Integer(readonly=True)
    next_try = fields.Datetime(readonly=True)
    sending_since = fields.Datetime(readonly=True)
    sent_on = fields.Datetime(readonly=True)
    message_id = fields.Char(string="Message-ID", readonly=True, index="btree_not_null")
    subject = fields.Char(readonly=True)
    body = fields.Html(readonly=True, sanitize=False, help="As sent.")
    mail_mail_id = fields.Many2one(
        "mail.mail", readonly=True, index="btree_not_null", ondelete="set null"
    )
    activity_id = fields.Many2one("mail.activity", readonly=True, ondelete="set null")
    proof_attachment_id = fields.Many2one("ir.attachment", readonly=True, ondelete="set null")
    log_sequence = fields.Integer(
        readonly=True, help="Number of the entry in the contact log that announced it."
    )

    _one_per_recipient = models.UniqueIndex(
        "(notice_id, channel, recipient_id) WHERE state != 'cancelled' AND NOT is_merged",
        "A recipient gets a notice once on a channel.",
    )
    _due = models.Index("(next_try, id) WHERE state IN ('queued', 'held', 'sending')")

    @api.ondelete(at_uninstall=False)
    def _unlink_only_cancelled(self):
        for delivery in self.filtered(lambda delivery: delivery.state != "cancelled"):
            raise UserError(
                self.env._(
                    "The message to %(address)s belongs to a notice and stays as its record. "
                    "Cancel the notice instead.",
                    address=delivery.display_name,
                )
            )

    # -- queue -----------------------------------------------------------------------------

    @api.model
    def _queue(self, notices):
        """Deliveries for these issued notices, on the channels of their level.

        A notice that nobody can be reached for becomes failed, with the reason.
        """
        recipients = notices.partner_id._recovery_recipients_by_channel()
        vals_list, unreachable = [], self.env["dunning.notice"]
        for notice in notices:
            found = self._deliveries_of(notice, recipients[notice.partner_id])
            unreachable |= notice if not found else unreachable.browse()
            vals_list += found
        reason = self.env["dunning.reason"]._texts()["no_address"]
        unreachable._set_state("failed", reason=reason)
        return self.create(vals_list)

    def _deliveries_of(self, notice, recipients):
        """Values of the deliveries of one notice: the first channel of the level that has a live
        address, to each of its recipients, and the call on top."""
        channels = notice.level_id._channels()
        written = [channel for channel in channels if channel != "call" and recipients[channel]]
        chosen = written[:1] + [channel for channel in channels if channel == "call"]
        return [
            {
                "notice_id": notice.id,
                "channel": channel,
                "recipient_id": partner.id,
                "address": partner._recovery_address(channel),
                "lang": partner.lang or notice.partner_id.lang,
            }
            for channel in chosen
            for partner in (recipients[channel] if channel != "call" else notice.partner_id)
        ]

    @api.model
    def _trigger_delivery(self):
        """Let the delivery job start as soon as this transaction is committed."""
        self.env.ref("overdue_recovery.ir_cron_deliver").sudo()._trigger()

    # -- the job ---------------------------------------------------------------------------

    @api.model
    def _cron_deliver(self):
        """Work what is queued, or held and due, until nothing is left or the slice is over.

        sudo: deliveries belong to the engine, whoever wakes it.
        """
        self = self.sudo()
        self._give_up_lost()
        domain = self._due_domain()
        cron = self.env["ir.cron"]
        cron._recovery_commit(remaining=self.search_count(domain))
        seen = set()
        while True:
            found = self.search(
                domain & Domain("id", "not in", list(seen)), limit=CHUNK, order="id"
            )
            if not found:
                break
            seen.update(found.ids)
            found.try_lock_for_update().filtered_domain(domain)._deliver()
            if not cron._recovery_commit(len(found)):
                break

    def _due_domain(self):
        now = fields.Datetime.now()
        queued = Domain("state", "=", "queued") & (
            Domain("next_try", "=", False) | Domain("next_try", "<=", now)
        )
        return queued | (Domain("state", "=", "held") & Domain("hold_until", "<=", now))

    @api.model
    def _give_up_lost(self):
        """Deliveries whose process died while sending: nobody knows whether the message left, so
        it is not sent again by itself; a person decides."""
        lost = self.search(
            [
                ("state", "=", "sending"),
                ("sending_since", "<", fields.Datetime.now() - LOST_AFTER),
            ]
        ).try_lock_for_update()
        lost._set_state(
            "unknown", reason=self.env._("The process stopped while the message was leaving.")
        )

    # -- one chunk -------------------------------------------------------------------------

    def _deliver(self):
        """Send what of this chunk may leave now. A record that raises becomes failed."""
        try:
            with self.env.cr.savepoint():
                ready = self._prepare()
        except OperationalError:
            raise
        except Exception as error:
            if len(self) > 1:
                for delivery in self:
                    delivery._deliver()
            else:
                self._fail_before_sending(error)
            return
        ready._leave()

    def _prepare(self):
        """Everything before the message leaves: look again, gate, render, log.

        :return: the deliveries that are ready, in state sending
        """
        self.filtered(lambda d: d.state == "held")._set_state("queued", hold_until=False)
        due = self._still_due()._pass_gate()
        for company, notices in due.notice_id.grouped("company_id").items():
            open_notices = notices.filtered(lambda notice: notice.state == "issued")
            open_notices._freeze(company._recovery_today())
        due._set_state("sending", sending_since=fields.Datetime.now(), reason=False)
        rendered = due._render()
        rendered._log_departure()
        return rendered

    def _still_due(self):
        """The deliveries whose notice is still due; the others are cancelled with its reason."""
        # a person may have cancelled or skipped the notice meanwhile
        alive = self.notice_id.filtered(lambda notice: notice.state in ("issued", "sent"))
        due = alive._recheck()
        for delivery in self:
            if delivery.notice_id not in due:
                delivery._set_state("cancelled", reason=delivery.notice_id.reason)
        return self.filtered(lambda delivery: delivery.notice_id in due)

    def _pass_gate(self):
        """The deliveries that the contact gate lets pass now; the others are held or refused."""
        gate = self.env["recovery.contact.gate"]
        passed = self.browse()
        for delivery in self:
            verdict = gate._verdict(
                delivery.recipient_id, delivery.channel, "demand", fields.Datetime.now()
            )
            text = ", ".join(verdict.reasons)
            if verdict.decision == "send":
                passed |= delivery
            elif verdict.decision == "hold":
                delivery._set_state("held", hold_until=verdict.until, reason=text)
            else:
                delivery._set_state("cancelled", reason=text)
                delivery._fail_notice_without_hope(text)
        return passed

    def _render(self):
        """Fill subject and body. A message that can't be rendered fails alone."""
        written = self.filtered(lambda delivery: delivery.channel != "call")
        messages = written.notice_id._render_messages()
        broken = self.browse()
        for delivery in written:
            message = messages[delivery.notice_id.id]
            if isinstance(message, Exception):
                delivery._fail(str(message))
                broken |= delivery
            else:
                subject, body = message
                delivery.write({"subject": subject, "body": body})
        return self - broken

    def _log_departure(self):
        """Write down what is about to be said, before it is said."""
        entries = [
            {
                "case": delivery.case_id,
                "direction": "out",
                "channel": delivery.channel,
                "kind": "notice",
                "purpose": "demand",
                "outcome": "sending",
                "names": delivery.recipient_id.display_name,
                "address": delivery.address or "",
                "subject": delivery.subject or "",
                "text": delivery.body or "",
            }
            for delivery in self
        ]
        for delivery, entry in zip(
            self, self.env["recovery.interaction"]._log(entries), strict=True
        ):
            delivery.log_sequence = entry.sequence

    def _leave(self):
        """Send, channel by channel. Seam: a glue addon adds ``_send_<channel>()``."""
        for channel, deliveries in self.grouped("channel").items():
            getattr(deliveries, f"_send_{channel}")()

    # -- call ------------------------------------------------------------------------------

    def _send_call(self):
        """Plan a call for the owner of the case; planning it is the hand-over."""
        for delivery in self:
            level = delivery.notice_id.level_id
            activity = delivery.case_id.sudo().with_context(mail_activity_quick_update=True)
            delivery.activity_id = activity.activity_schedule(
                activity_type_id=level.activity_type_id.id,
                date_deadline=delivery.company_id._recovery_today(),
                summary=self.env._("%(level)s: call the customer", level=level.name),
                user_id=delivery.case_id.user_id.id or self.env.uid,
            )
        self._handed_over()

    # -- what became of it -----------------------------------------------------------------

    def _handed_over(self):
        """The recipient's side took these messages: the notices and their levels count now."""
        if not self:
            return
        self._set_state("sent", sent_on=fields.Datetime.now(), reason=False)
        self._log_outcome("sent")
        self.notice_id._hand_over()

    def _fail(self, reason):
        """This message could not be handed over. The notice fails when no other one was."""
        self._set_state("failed", reason=reason)
        self._log_outcome("failed")
        self._fail_notice_without_hope(reason)

    def _fail_before_sending(self, error):
        """One delivery raised before it was rendered and logged."""
        _logger.info("Delivery %s failed before sending", self.id, exc_info=True)
        self._set_state("sending")
        self._fail(str(error))

    def _fail_notice_without_hope(self, reason):
        """Fail the notices of which nothing was, or still may be, handed over."""
        for notice in self.notice_id:
            hopes = {"queued", "held", "sending", "sent", "unknown"}
            if notice.state in ("issued", "sent") and not any(
                delivery.state in hopes for delivery in notice.delivery_ids
            ):
                notice._set_state("failed", reason=reason)

    def _on_bounce(self, text=""):
        """The message came back after it had been taken. The level does not count, unless another
        delivery of the notice got through.

        sudo: it is the mail gateway that learns of it.
        """
        self = self.sudo()
        self._set_state("bounced", reason=text or self.env._("The address does not exist."))
        self._log_outcome("bounced")
        for delivery in self:
            notice = delivery.notice_id
            if notice.state == "sent" and not any(d.state == "sent" for d in notice.delivery_ids):
                notice._set_state("failed", reason=delivery.reason)

    def _log_outcome(self, outcome):
        """A further entry in the contact log that names the one of the departure."""
        entries = [
            {
                "case": delivery.case_id,
                "direction": "out",
                "channel": delivery.channel,
                "kind": "outcome",
                "purpose": "demand",
                "outcome": outcome,
                "refers_to": delivery.log_sequence,
                "names": "",
                "address": "",
                "text": delivery.reason or "",
            }
            for delivery in self
            if delivery.log_sequence
        ]
        self.env["recovery.interaction"]._log(entries)

    # -- a person's acts -------------------------------------------------------------------

    def action_retry(self):
        """Queue failed, bounced or unknown messages once more, after a fresh look at what is due.

        A notice that failed is issued again with them.
        """
        self.notice_id.check_access("write")
        deliveries = self.sudo()
        failed = deliveries.notice_id.filtered(lambda notice: notice.state == "failed")
        failed._set_state("issued", reason=False)
        deliveries._retry()
        self._trigger_delivery()
        return True

    def action_confirm_sent(self):
        """A person found out that these unknown messages did arrive."""
        self._unknown_only()._handed_over()
        return True

    def action_confirm_failed(self):
        """A person found out that these unknown messages did not arrive."""
        reason = self.env._("%s says that it did not arrive.", self.env.user.name)
        for delivery in self._unknown_only():
            delivery._fail(reason)
        return True

    def _unknown_only(self):
        """These deliveries, as superuser, if a person may decide what became of them."""
        self.notice_id.check_access("write")
        if any(delivery.state != "unknown" for delivery in self.sudo()):
            raise UserError(self.env._("Only of an unknown message can you say what became of it."))
        return self.sudo()

    def _retry(self):
        """Back to the queue, to the address that is valid now."""
        for delivery in self:
            address = delivery.recipient_id._recovery_address(delivery.channel)
            dead = delivery.state == "bounced" and address == delivery.address
            if dead or not address:
                raise UserError(
                    self.env._(
                        "%(recipient)s has no working address for this channel. "
                        "Correct it, then retry.",
                        recipient=delivery.recipient_id.display_name,
                    )
                )
            delivery.write({"address": address, "next_try": False, "mail_mail_id": False})
        self._set_state("queued", reason=False, sending_since=False)

    def _cancel_open(self):
        """Cancel what has not begun to leave."""
        self.filtered(lambda d: d.state in ("queued", "held"))._set_state("cancelled")
