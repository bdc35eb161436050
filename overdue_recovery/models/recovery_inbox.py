import json
import logging
from datetime import datetime, timezone

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import mute_logger
from psycopg2 import OperationalError
from psycopg2.errors import UniqueViolation

_logger = logging.getLogger(__name__)

LONGEST_ID, LONGEST_KIND = 200, 64
LARGEST_NUMBER = 2**31 - 1


class RecoveryInbox(models.Model):
    """Something an agency told, kept as it came before anything is done about it.

    Agencies repeat themselves and tell things in the wrong order: each event counts once, in the
    order that its ``sequence``, then its time, gives it, and one that can't be true yet (a payment
    before it was accepted) waits for what is missing. What we don't understand is kept without
    effect; what can't be done is kept with its error, for a person, and stops no other.
    """

    _name = "recovery.inbox"
    _description = "Event of an Agency"
    _inherit = ["recovery.state.mixin"]
    _order = "id desc"
    _rec_name = "external_id"

    _transitions = {
        "waiting": {"applied", "ignored", "failed"},
        "failed": {"waiting", "ignored"},
        "applied": set(),
        "ignored": set(),
    }

    agency_id = fields.Many2one(
        "recovery.agency", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(
        "res.company", compute="_compute_company_id", store=True, index=True
    )
    referral_id = fields.Many2one(
        "recovery.referral", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    partner_id = fields.Many2one(related="referral_id.partner_id", string="Customer")
    external_id = fields.Char(string="The agency's number", required=True, readonly=True)
    kind = fields.Char(required=True, readonly=True)
    sequence = fields.Integer(readonly=True, help="Its place among those of one referral.")
    date = fields.Datetime(string="Told on", required=True, readonly=True)
    payload = fields.Text(string="As it came", readonly=True, help="JSON.")
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("applied", "Applied"),
            ("ignored", "Without effect"),
            ("failed", "Failed"),
        ],
        default="waiting",
        required=True,
        readonly=True,
        index=True,
    )
    reason = fields.Char(readonly=True)

    _once = models.UniqueIndex("(agency_id, external_id)", "The agency told this before.")

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What an agency told is kept as it came."))

    @api.depends("agency_id", "referral_id")
    def _compute_company_id(self):
        for event in self:
            event.company_id = (event.referral_id or event.agency_id).company_id

    def _told(self):
        """What the agency told, as a dict."""
        return json.loads(self.payload or "{}")

    # -- receive ---------------------------------------------------------------------------

    @api.model
    def _is_event(self, event):
        """Whether this is an event at all: an object with a short ``id`` and ``type``."""
        return isinstance(event, dict) and all(
            isinstance(event.get(name), str)
            and 0 < len(event[name]) <= longest
            and event[name].isprintable()
            for name, longest in (("id", LONGEST_ID), ("type", LONGEST_KIND))
        )

    @api.model
    def _receive(self, agency, event):
        """Keep one event of an agency, and do what follows as far as it can be done now.

        sudo: it is the agency that acts; whoever calls this is sure of that.

        :param event: dict with ``id`` and ``type``, and as far as it is known ``reference`` (our
            number), ``agency_reference``, ``sequence``, ``at`` (ISO 8601) and what its type needs
        :return: the event, known before or not; empty when another process keeps it right now
        """
        self = self.with_user(SUPERUSER_ID)
        known = self.search(
            [("agency_id", "=", agency.id), ("external_id", "=", event["id"])], limit=1
        )
        if known:
            return known
        row = self._keep(self.env["recovery.agency"].browse(agency.id), event)
        (self._of_referral(row.referral_id) if row.referral_id else row)._apply_all()
        return row

    @api.model
    def _keep(self, agency, event):
        """A row for an event; empty when another process keeps it right now."""
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                return self.create(self._as_row(agency, event))
        except UniqueViolation:
            return self.browse()

    @api.model
    def _as_row(self, agency, event):
        told = json.dumps(event, ensure_ascii=False, indent=1)
        return {
            "agency_id": agency.id,
            "referral_id": agency._find_referral(event).id,
            "external_id": event["id"],
            "kind": event["type"],
            "sequence": number(event.get("sequence")),
            "date": moment(event.get("at")) or fields.Datetime.now(),
            # half a character, which JSON can hold, is none
            "payload": told.encode("utf-8", "replace").decode(),
        }

    @api.model
    def _of_referral(self, referral):
        """What waits about a referral, in its order."""
        domain = [("referral_id", "=", referral.id), ("state", "=", "waiting")]
        return self.search(domain, order="sequence, date, id")

    def _apply_all(self):
        """Do what these events tell, in this order; what one makes possible is done after it."""
        waiting, before = self, self.browse()
        while waiting and waiting != before:
            before = waiting
            for event in waiting:
                event._apply_safely()
            waiting = waiting.filtered(lambda event: event.state == "waiting")

    def _apply_safely(self):
        """Do what this event tells; one that raises is kept with its error."""
        try:
            with self.env.cr.savepoint():
                self._apply()
        except OperationalError:
            raise
        except Exception as error:
            _logger.info("Event %s of an agency can't be applied", self.id, exc_info=True)
            self._set_state("failed", reason=str(error)[:500] or type(error).__name__)

    def _apply(self):
        """Do what this event tells if it is known what, and if it can be true by now."""
        referral = self.referral_id.with_company(self.company_id)
        if not referral:
            self.reason = self.env._("No referral has this reference yet.")
        elif not referral._knows_news(self.kind):
            referral._add_event("unknown", self.external_id, text=self.kind)
            self._set_state("ignored", reason=self.env._("Nobody knows events of this kind."))
        elif not referral._may_hear(self):
            self.reason = self.env._("It waits for what has to come before it.")
        elif referral._hear(self):
            self._set_state("applied", reason=False)
        else:
            self._set_state("ignored", reason=self.env._("Something later is known already."))

    def _is_overtaken(self):
        """Whether something that the agency told later has been applied already."""
        domain = [
            ("referral_id", "=", self.referral_id.id),
            ("state", "=", "applied"),
            ("sequence", ">", self.sequence),
        ]
        return bool(self.sequence and self.search_count(domain, limit=1))

    @api.model
    def _look_again(self, agency):
        """Events that came before what they speak of was known: find it now."""
        domain = [("agency_id", "=", agency.id), ("state", "=", "waiting")]
        for event in self.sudo().search(domain, order="sequence, date, id", limit=500):
            event.referral_id = event.referral_id or agency._find_referral(event._told())
            event._apply_all()

    # -- what a person decides -------------------------------------------------------------

    def action_retry(self):
        """Do what these events tell, now that what was wrong is put right.

        sudo: nobody writes on events directly.
        """
        self._check_decider()
        events = self.sudo()
        events.filtered(lambda event: event.state == "failed")._set_state("waiting", reason=False)
        events.sorted(lambda event: (event.sequence, event.date, event.id))._apply_all()

    def action_ignore(self):
        """Keep these events without effect.

        sudo: nobody writes on events directly.
        """
        self._check_decider()
        text = self.env._("%s decided so.", self.env.user.name)
        self.sudo()._set_state("ignored", reason=text)

    def _check_decider(self):
        self.check_access("read")
        if not self.env.user.has_group("overdue_recovery.group_manager"):
            raise UserError(self.env._("Ask a manager of recovery to decide about events."))


def number(value):
    """A whole number that a database keeps, else 0.

    >>> number(7), number("7"), number(None), number(True), number(10**30)
    (7, 0, 0, 0, 0)
    """
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return value if is_whole and abs(value) <= LARGEST_NUMBER else 0


def moment(value):
    """A time in ISO 8601 as naive UTC, or None.

    >>> str(moment("2025-03-03T10:00:00+01:00")), str(moment("2025-03-03T09:00:00Z"))
    ('2025-03-03 09:00:00', '2025-03-03 09:00:00')
    >>> moment("soon"), moment(7), moment("9999-12-31T23:59:59-12:00")
    (None, None, None)
    """
    try:
        found = datetime.fromisoformat(value.replace("Z", "+00:00"))
        if found.tzinfo:
            found = found.astimezone(timezone.utc)
        return found.replace(tzinfo=None, microsecond=0)
    except (AttributeError, ValueError, OverflowError):
        return None
