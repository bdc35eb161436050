import json
import secrets

from odoo import api, fields, models
from odoo.exceptions import MissingError, UserError
from odoo.tools import SQL

from ..calc import chain
from .recovery_interaction_verify import COLUMNS, covered

_CODES = ("channel", "kind", "outcome", "reference")
_REQUIRED = {"case", "direction", "channel", "kind"}
_ENTRY_KEYS = {*_REQUIRED, "date", "purpose", "outcome", "refers_to", "reference", *chain.CONTENT}


class RecoveryInteraction(models.Model):
    """One contact with a debtor, either direction, or one fact that belongs to its story.

    The log of a case can only be added to. Each entry is numbered within its case and carries
    the digest of the one before it; who was written to and what was said stand apart in
    ``recovery.interaction.content``, which can be erased as the law asks while the chain stays
    verifiable. What becomes known later (sent, failed, bounced) is a further entry that names
    the number of the first one in ``refers_to``; nothing is ever corrected in place.

    How to use: ``_log()`` is the only way in, ``_verify()`` the check. Nobody has the right to
    create, change or delete entries, not even the superuser: methods refuse it in words, and
    triggers of the database refuse it to whoever goes around them.

    What it protects against: a colleague, a button, an import, a wrong statement. What not: a
    database administrator who drops the triggers and recomputes the chain, or cuts off its end;
    who fears that keeps the newest digests elsewhere.

    The codes are plain text, so that a new channel, kind or outcome never touches old rows. No
    key to a partner or user and no creation stamp: what is said about persons must be erasable.
    Never add a column with a default here: filling it would mean updating rows.
    """

    _name = "recovery.interaction"
    _description = "Contact with a Debtor"
    _inherit = ["recovery.interaction.verify", "recovery.interaction.heads"]
    _order = "date desc, id desc"
    _log_access = False

    # the unique constraint begins with the case and is its index
    case_id = fields.Many2one("recovery.case", required=True, readonly=True, ondelete="restrict")
    sequence = fields.Integer(
        string="Number", required=True, readonly=True, help="Counts from 1 within the case."
    )
    date = fields.Datetime(required=True, readonly=True, help="When it was said or done.")
    direction = fields.Selection(
        [("out", "Outgoing"), ("in", "Incoming"), ("note", "Note")], required=True, readonly=True
    )
    channel = fields.Char(
        string="Channel Code", required=True, readonly=True, help="email, sms, letter, call …"
    )
    kind = fields.Char(
        string="Kind Code", required=True, readonly=True, help="notice, reply, call, charge …"
    )
    purpose = fields.Selection(
        [
            ("demand", "Demand"),
            ("reminder", "Reminder before the due date"),
            ("answer", "Answer to the debtor's own act"),
            ("legal", "Legal notice"),
            ("none", "None"),
        ],
        required=True,
        readonly=True,
    )
    outcome = fields.Char(
        string="Outcome Code", readonly=True, help="queued, sent, failed, bounced …"
    )
    refers_to = fields.Integer(
        readonly=True,
        help="Number of the first entry of this case whose outcome this one tells; 0: none.",
    )
    reference = fields.Char(
        readonly=True, help="Number of the document it is about, such as a notice; never a name."
    )
    payload_digest = fields.Char(
        required=True,
        readonly=True,
        size=64,
        help="SHA-256 over a salt and the content, in hexadecimal.",
    )
    previous_digest = fields.Char(
        required=True, readonly=True, size=64, help="Digest of the entry before; zeros at first."
    )
    digest = fields.Char(
        required=True,
        readonly=True,
        size=64,
        help="SHA-256 over the digest before and this entry's own columns, in hexadecimal.",
    )

    # shown, never stored
    company_id = fields.Many2one(related="case_id.company_id")
    partner_id = fields.Many2one(related="case_id.partner_id", string="Customer")
    content_ids = fields.One2many("recovery.interaction.content", "interaction_id")
    names = fields.Char(related="content_ids.names")
    address = fields.Char(related="content_ids.address")
    subject = fields.Char(related="content_ids.subject")
    text = fields.Text(related="content_ids.text")
    details = fields.Text(related="content_ids.details")
    erased_on = fields.Datetime(related="content_ids.erased_on")
    channel_name = fields.Char(compute="_compute_names", string="Channel")
    kind_name = fields.Char(compute="_compute_names", string="Kind")
    outcome_name = fields.Char(compute="_compute_names", string="Outcome")

    _sequence_uniq = models.Constraint(
        "UNIQUE (case_id, sequence)", "A number is given only once in the log of a case."
    )
    _date_idx = models.Index("(date DESC, id DESC)")

    def init(self):
        """Set the triggers that keep the log as it is. Repeats change nothing."""
        self.env.cr.execute(SQL(_FUNCTION))
        self.env.cr.execute(
            SQL(
                """
                SELECT tgname FROM pg_trigger
                 WHERE tgrelid = 'recovery_interaction'::regclass AND tgenabled <> 'D'
                """
            )
        )
        present = {name for (name,) in self.env.cr.fetchall()}
        for name, (drop, create) in _TRIGGERS.items():
            if name not in present:
                self.env.cr.execute(SQL(drop))
                self.env.cr.execute(SQL(create))
        return super().init()

    @api.model
    def _drop_triggers(self):
        """Let go of the log: for the uninstallation of the addon only."""
        self.env.cr.execute(
            SQL("DROP FUNCTION IF EXISTS recovery_interaction_refuse_change() CASCADE")
        )

    @api.depends("channel", "kind", "outcome")
    @api.depends_context("lang")
    def _compute_names(self):
        labels = self._labels()
        for interaction in self:
            for name in ("channel", "kind", "outcome"):
                code = interaction[name] or ""
                interaction[f"{name}_name"] = labels[name].get(code) or code.replace("_", " ")

    @api.depends("case_id", "sequence")
    def _compute_display_name(self):
        for interaction in self:
            interaction.display_name = f"{interaction.case_id.display_name} #{interaction.sequence}"

    @api.model
    def _labels(self):
        """Seam: words for the codes, ``{column: {code: label}}``. Add to them by ``super()``.

        A code without a word is shown as it is, so nothing breaks where one is missing.
        """
        return {
            "channel": {
                "email": self.env._("E-mail"),
                "sms": self.env._("Text message"),
                "letter": self.env._("Letter"),
                "call": self.env._("Call"),
                "portal": self.env._("Portal"),
                "visit": self.env._("Meeting"),
                "system": self.env._("System"),
            },
            "kind": {
                "notice": self.env._("Notice"),
                "message": self.env._("Message"),
                "reply": self.env._("Reply"),
                "call": self.env._("Call"),
                "portal": self.env._("Portal act"),
                "code": self.env._("One-time code"),
                "promise": self.env._("Promise"),
                "plan": self.env._("Payment plan"),
                "dispute": self.env._("Dispute"),
                "not_received": self.env._("Invoice not received"),
                "charge": self.env._("Charge"),
                "offer": self.env._("Offer"),
                "allocation": self.env._("Allocation"),
                "autopay": self.env._("Automatic payment"),
                "referral": self.env._("Agency referral"),
                "hold": self.env._("Hold"),
                "hold_override": self.env._("Hold overridden"),
                "take_in": self.env._("Taken into recovery"),
                "outcome": self.env._("Outcome"),
                "erasure": self.env._("Content erased"),
                "data_export": self.env._("Own data handed out"),
                "note": self.env._("Note"),
            },
            "outcome": {
                "queued": self.env._("Queued"),
                "held": self.env._("Held"),
                "sending": self.env._("Sending"),
                "sent": self.env._("Sent"),
                "failed": self.env._("Failed"),
                "bounced": self.env._("Bounced"),
                "unknown": self.env._("Unknown"),
                "second_claim": self.env._("For the second time"),
                **self._labels_of_states("recovery.referral.event", "kind"),
                **self._labels_of_states("recovery.dispute"),
                **self._labels_of_states("recovery.autopay"),
                **self._labels_of_states("recovery.offer"),
                **self._labels_of_states("recovery.promise"),
                **self._labels_of_states("recovery.charge"),
                **self._labels_of_states("recovery.plan"),
                "promised": self.env._("Promised"),
                "cured": self.env._("Goes on"),
                "cure_over": self.env._("Too late to go on"),
                "approved": self.env._("Approved"),
                "reopened": self.env._("Open again"),
                "received": self.env._("Received"),
                "received_other": self.env._("Received from somebody else"),
                "automatic": self.env._("Automatic answer"),
                "delayed": self.env._("Delayed"),
                "done": self.env._("Done"),
                "conversation": self.env._("Spoke with the customer"),
                "no_answer": self.env._("No answer"),
            },
        }

    def _labels_of_states(self, model, field="state"):
        return dict(self.env[model]._fields[field]._description_selection(self.env))

    # Writing: one door

    @api.model
    def _log(self, entries):
        """Add ``entries`` to the logs of their cases: four statements for any number of them.

        The log is written by everybody and by nobody's choice: whoever sends, answers, calls or
        overrides leaves an entry, a portal customer and a read-only auditor too. So it asks for
        no right of the user's and writes below the ORM; the caller has decided that the act
        itself is allowed.

        An entry is a dict:

        * ``case`` (a ``recovery.case`` or its id), ``direction``, ``channel``, ``kind``;
        * ``purpose`` (default ``none``), ``outcome`` (a code), ``refers_to`` (the number of the
          entry whose outcome this is), ``reference`` (a document number, never a name), ``date``
          (naive UTC, default now);
        * content, which can be erased later: ``names``, ``address``, ``subject``, ``text``,
          ``details`` (a dict of whatever else is worth keeping: seconds of a call, a Message-ID).

        Entries of one case get their numbers in the order given. Two processes never fork a
        chain: the cases' rows are locked first, in the order of their ids so that nobody waits
        for each other in a circle, and until the transaction ends. Whoever had to wait, or
        started before the other one ended, can't see what was added in the meantime; the
        database then answers with a serialization failure, and the transaction starts again as
        Odoo does with any of them. Log before you hand over to the outside: then this happens
        before anything has left.

        :return: the new entries in the order given, in the environment of the caller
        :raise ValueError: an entry lacks a key, has an unknown one or an illegal value; a
            mistake of the program, so it speaks English
        :raise MissingError: a case is gone
        :raise psycopg2.errors.SerializationFailure: somebody else added to the same case; let
            it pass, the transaction can't be saved
        """
        legal = self._legal_values()
        drafts = [self._draft(entry, legal) for entry in entries]
        if not drafts:
            return self.browse()
        case_ids = sorted({draft["case_id"] for draft in drafts})
        self._lock_cases(case_ids)
        self._chain(drafts, self._heads(case_ids))
        interactions = self.browse(self._insert(drafts))
        self._insert_contents(drafts, interactions.ids)
        self._tell_cache(case_ids, interactions)
        return interactions

    @api.model
    def _legal_values(self):
        """{column: what may stand there}."""
        return {n: set(self._fields[n].get_values(self.env)) for n in ("direction", "purpose")}

    @api.model
    def _draft(self, entry, legal):
        """The columns of an entry but for its place in the chain, checked and cleaned."""
        self._check_entry(entry, legal)
        content, salt = self._content_of(entry), secrets.token_hex(16)
        date = fields.Datetime.to_datetime(entry.get("date") or fields.Datetime.now())
        return {
            "case_id": int(getattr(entry["case"], "id", entry["case"])),
            "date": date.replace(microsecond=0),
            "direction": entry["direction"],
            "purpose": entry.get("purpose") or "none",
            "refers_to": int(entry.get("refers_to") or 0),
            **{name: _clean(entry.get(name)) for name in _CODES},
            "payload_digest": chain.payload_digest(salt, content),
            "content": content,
            "salt": salt,
        }

    @api.model
    def _check_entry(self, entry, legal):
        missing = {key for key in _REQUIRED if not entry.get(key)}
        if missing or not entry.keys() <= _ENTRY_KEYS:
            wrong = sorted(missing | (entry.keys() - _ENTRY_KEYS))
            raise ValueError(f"a log entry lacks these keys or doesn't know them: {wrong}")
        for name, values in legal.items():
            value = entry.get(name) or "none"
            if value not in values:
                raise ValueError(f"{value!r} is no {name} of a log entry")

    @api.model
    def _content_of(self, entry):
        """The erasable part of an entry: texts only."""
        details = entry.get("details")
        if details:
            details = json.dumps(details, ensure_ascii=False, sort_keys=True, default=str)
        return {name: _clean(entry.get(name)) for name in chain.CONTENT} | {
            "details": _clean(details)
        }

    @api.model
    def _lock_cases(self, case_ids):
        """Make everybody else who logs on these cases wait until the transaction ends.

        NO KEY UPDATE leaves those alone who only point to a case, say with a new notice.
        """
        locked = self.env.execute_query(
            SQL(
                "SELECT id FROM recovery_case WHERE id IN %s ORDER BY id FOR NO KEY UPDATE",
                tuple(case_ids),
            )
        )
        if len(locked) != len(case_ids):
            raise MissingError(self.env._("The case that this belongs to has been deleted."))

    @api.model
    def _heads(self, case_ids):
        """Where the chains end: ``{case_id: (sequence, digest)}``."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT head.case_id, head.sequence, head.digest
                  FROM unnest(%s) AS wanted (case_id)
            CROSS JOIN LATERAL (SELECT case_id, sequence, digest
                                  FROM recovery_interaction
                                 WHERE case_id = wanted.case_id
                              ORDER BY sequence DESC
                                 LIMIT 1) head
                """,
                case_ids,
            )
        )
        return {case_id: (sequence, digest) for case_id, sequence, digest in rows}

    @api.model
    def _chain(self, drafts, heads):
        """Give each draft its number and its digests."""
        for draft in drafts:
            sequence, previous = heads.get(draft["case_id"], (0, chain.GENESIS))
            if draft["refers_to"] > sequence:
                raise ValueError(
                    f"entry {sequence + 1} refers to {draft['refers_to']}, not yet there"
                )
            draft["sequence"] = sequence + 1
            draft["previous_digest"] = previous
            draft["digest"] = chain.link_digest(previous, covered(draft))
            heads[draft["case_id"]] = (draft["sequence"], draft["digest"])

    @api.model
    def _insert(self, drafts):
        """Add the rows; their ids in the order of ``drafts``.

        DO NOTHING never does nothing: the numbers were free in this transaction's picture, so a
        number that is taken was taken by one that we can't see, and that is what the database
        calls a serialization failure, which is tried again. A plain INSERT would call it a
        duplicate, which is shown to the user.
        """
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO recovery_interaction (%s) VALUES %s
                         ON CONFLICT (case_id, sequence) DO NOTHING
                  RETURNING case_id, sequence, id
                """,
                SQL(", ").join(map(SQL.identifier, COLUMNS)),
                SQL(", ").join(tuple(draft[name] for name in COLUMNS) for draft in drafts),
            )
        )
        ids = {(case_id, sequence): id_ for case_id, sequence, id_ in rows}
        return [ids[draft["case_id"], draft["sequence"]] for draft in drafts]

    @api.model
    def _insert_contents(self, drafts, ids):
        self.env.cr.execute(
            SQL(
                "INSERT INTO recovery_interaction_content (interaction_id, salt, %s) VALUES %s",
                SQL(", ").join(map(SQL.identifier, chain.CONTENT)),
                SQL(", ").join(
                    (id_, draft["salt"], *(draft["content"][name] for name in chain.CONTENT))
                    for id_, draft in zip(ids, drafts, strict=True)
                ),
            )
        )

    def _tell_cache(self, case_ids, interactions):
        """Rows were added below the ORM: let it read the lists of the cases again."""
        cases = self.env["recovery.case"].browse(case_ids)
        cases.invalidate_recordset(["interaction_ids"], flush=False)
        interactions.modified(["case_id", "sequence"])

    # Refusing, in words, what the database refuses anyway

    @api.model
    def _refuse_deletion(self, cases):
        """For the deletion of a case: its log must stay.

        :raise UserError: naming the first of ``cases`` that has a log
        """
        logged = self.sudo().search([("case_id", "in", cases.ids)], order="id", limit=1).case_id
        if logged:
            raise UserError(
                self.env._(
                    "%(case)s can't be deleted: its log of contacts is kept as evidence. Close the "
                    "case instead, and erase the content of entries where a person asks for it.",
                    case=logged.with_env(self.env).sudo().display_name,
                )
            )

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        raise UserError(
            self.env._("Entries of the log are made by what is sent, said and done, never by hand.")
        )

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(
            self.env._(
                "The log can only be added to: an entry is never changed. What became known later "
                "is a further entry."
            )
        )

    @api.ondelete(at_uninstall=True)
    def _unlink_never(self):
        raise UserError(
            self.env._(
                "The log can only be added to: an entry is never deleted. A manager can erase the "
                "content of an entry where a person asks for it."
            )
        )


def _clean(text):
    """``text`` as PostgreSQL can store it: no NUL characters, no halves of characters."""
    return str(text or "").replace("\0", "").encode("utf-8", "replace").decode()


# 23001, restrict_violation: Odoo shows errors of this class to the user as a message
_FUNCTION = """
    CREATE OR REPLACE FUNCTION recovery_interaction_refuse_change() RETURNS trigger
    LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION USING
              ERRCODE = 'restrict_violation',
              MESSAGE = 'The log of contacts can only be added to: ' || TG_OP || ' on '
                        || TG_TABLE_NAME || ' is refused.',
              HINT = 'Add a further entry; erase content in recovery_interaction_content.';
    END
    $$
"""
_TRIGGERS = {
    "recovery_interaction_keep_rows": (
        "DROP TRIGGER IF EXISTS recovery_interaction_keep_rows ON recovery_interaction",
        """
        CREATE TRIGGER recovery_interaction_keep_rows
                BEFORE UPDATE OR DELETE ON recovery_interaction
                   FOR EACH ROW EXECUTE FUNCTION recovery_interaction_refuse_change()
        """,
    ),
    "recovery_interaction_keep_table": (
        "DROP TRIGGER IF EXISTS recovery_interaction_keep_table ON recovery_interaction",
        """
        CREATE TRIGGER recovery_interaction_keep_table
                BEFORE TRUNCATE ON recovery_interaction
                   FOR EACH STATEMENT EXECUTE FUNCTION recovery_interaction_refuse_change()
        """,
    ),
}
