import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from psycopg2 import OperationalError
from psycopg2.errors import SerializationFailure

_logger = logging.getLogger(__name__)

# The items are read again before each chunk leaves: few enough that this is seconds ago.
CHUNK = 25
# Messages are written ahead for so many at a time: enough to share what a batch costs.
AHEAD = 500
COMPANY_FIELDS = [
    "name",
    "email",
    "partner_id",
    "parent_id",
    "parent_path",
    "currency_id",
    "alias_domain_id",
    "recovery_pace",
    "recovery_tz",
]
# A delivery that is "sending" longer than this lost its process.
LOST_AFTER = timedelta(minutes=15)
# How often a chunk begins before the job gives up until its next turn.
TRIES = 3


class DunningDeliveryJob(models.AbstractModel):
    """The job: what is due leaves in chunks, each looked at again right before."""

    _name = "dunning.delivery.job"
    _description = "Delivery: the job that sends"

    @api.model
    def _cron_deliver(self):
        """Work what is queued, or held and due, until nothing is left or the slice is over.

        sudo: deliveries belong to the engine, whoever wakes it.
        """
        self = self.sudo()
        self._give_up_lost()
        self._renew_letters()
        self._share_out(self._due_domain())
        self._make_letters()

    @api.model
    def _share_out(self, domain):
        """Seam: a glue addon lets other processes send what is of this domain."""
        self._deliver_due(domain)

    @api.model
    def _deliver_due(self, domain):
        """Send what is of this domain, in chunks with a commit after each."""
        cron = self.env["ir.cron"]
        cron._recovery_commit(remaining=self.search_count(domain))
        seen = set()
        while found := self.search(
            domain & Domain("id", "not in", list(seen)), limit=AHEAD, order="id"
        ):
            seen.update(found.ids)
            if len(found) > CHUNK:
                found._prepare_ahead()
                cron._recovery_commit()
            if not found._deliver_in_chunks(domain):
                break
            # memory does not grow with the queue
            found.invalidate_recordset()

    def _deliver_in_chunks(self, domain):
        """Send those of these deliveries that are still of ``domain``, with a commit a chunk.

        :return: whether there is time left
        """
        cron = self.env["ir.cron"]
        for start in range(0, len(self), CHUNK):
            chunk = self[start : start + CHUNK]
            if not cron._recovery_begin():
                return False
            chunk._read_together()
            chunk._prepare_enclosures()
            chunk._deliver_chunk(domain)
            if not cron._recovery_commit(len(chunk)):
                return False
        return True

    def _deliver_chunk(self, domain):
        """Send those of these deliveries that are of ``domain`` and that no other process has.

        What another process has changed since our transaction began (a message it sent, a case it
        looked at) can't be locked in this one: then the chunk begins again with what is there now.
        Nothing leaves twice: before anything leaves, it is committed as "sending".
        """
        for tries_left in reversed(range(TRIES)):
            try:
                self.try_lock_for_update().filtered_domain(domain)._within_pace()._deliver()
                return
            except SerializationFailure:
                if not tries_left:
                    raise
                self.env.cr.rollback()

    def _due_domain(self):
        now = fields.Datetime.now()
        queued = Domain("state", "=", "queued") & (
            Domain("next_try", "=", False) | Domain("next_try", "<=", now)
        )
        return queued | (Domain("state", "=", "held") & Domain("hold_until", "<=", now))

    @api.model
    def _give_up_lost(self):
        """Deliveries whose process died while sending: their channel says what it knows."""
        lost = self.search(
            [
                ("state", "=", "sending"),
                ("channel", "!=", "letter"),
                ("sending_since", "<", fields.Datetime.now() - LOST_AFTER),
            ]
        ).try_lock_for_update()
        for channel, deliveries in lost.grouped("channel").items():
            deliveries._settle_lost(channel)

    def _settle_lost(self, channel):
        """Nobody knows whether these messages left, so they are not sent again by themselves; a
        person decides. Seam: a channel that knows more overrides this for itself."""
        self._set_state(
            "unknown", reason=self.env._("The process stopped while the message was leaving.")
        )
        self._log_outcome("unknown")

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
        """Everything before the message leaves: look again at items and people, gate, render, log.

        :return: the deliveries that are ready, in state sending
        """
        self.filtered(lambda d: d.state == "held")._set_state("queued", hold_until=False)
        due = self._still_due()._follow_recipients()._pass_gate()
        due._forget_stale()
        due.filtered(lambda delivery: not delivery.prepared_at)._freeze_notices()
        due._set_state("sending", sending_since=fields.Datetime.now(), reason=False)
        rendered = due._render()
        rendered._log_departure()
        return rendered

    def _read_together(self):
        """Read at once, and by name, what is asked of people before these messages leave: core
        would read all hundred columns of a partner and of a company, after each commit again."""
        self.company_id.fetch(COMPANY_FIELDS)
        senders = self.company_id.partner_id | self.env.user.partner_id
        # by the notice: fields of it on the delivery are worked out for each
        (self.recipient_id | self.notice_id.partner_id | senders)._recovery_fetch()
        for company, notices in self.notice_id.grouped("company_id").items():
            notices.partner_id.with_company(company).fetch(["dunning_policy_id"])

    def _still_due(self):
        """The deliveries whose notice is still due; the others are cancelled with its reason."""
        # a person may have cancelled or skipped the notice meanwhile
        alive = self.notice_id.filtered(lambda notice: notice.state in ("issued", "sent"))
        due = alive._recheck()
        for delivery in self:
            if delivery.notice_id not in due:
                delivery._set_state("cancelled", reason=delivery.notice_id.reason)
        return self.filtered(lambda delivery: delivery.notice_id in due)

    def _log_departure(self):
        """Write down what is about to be said, before it is said. Seam: a channel whose messages
        leave later announces them then."""
        self._announce()

    def _announce(self):
        """The entries in the contact log that these messages leave."""
        entries = [delivery._announcement(delivery.notice_id) for delivery in self]
        logged = self.env["recovery.interaction"]._log(entries)
        logged.fetch(["sequence"])
        self._store(["log_sequence"], list(zip(self.ids, logged.mapped("sequence"), strict=True)))

    def _announcement(self, notice):
        """The entry in the contact log that this message of ``notice`` leaves."""
        return {
            "case": notice.case_id.id,
            "direction": "out",
            "channel": self.channel,
            "kind": "notice",
            "purpose": notice._purpose(),
            "outcome": "sending",
            "reference": notice.name or "",
            # as stored: display_name is worked out anew in each language
            "names": self.recipient_id.complete_name or "",
            "address": self.address or "",
            "subject": self.subject or "",
            "text": self.body or "",
        }

    def _leave(self):
        """Send, channel by channel. Seam: a glue addon adds ``_send_<channel>()``."""
        for channel, deliveries in self.grouped("channel").items():
            getattr(deliveries, f"_send_{channel}")()
