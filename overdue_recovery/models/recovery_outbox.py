import json

from odoo import api, fields, models
from odoo.exceptions import UserError


class RecoveryOutbox(models.Model):
    """A call to a collection agency, from the moment it is decided until it is answered.

    ``_enqueue`` writes a row in the transaction that decides it; ``_cron_send`` makes the call when
    that is committed. A row is written down as *sending* before its call, so a process that dies
    leaves a trace, and each try of one row carries the same idempotency key: the agency takes it
    once. An agency that doesn't know such keys is never called twice by itself: what may have
    arrived becomes *unknown*, and a person decides.

    Seam: how a call is made is the connector's, see ``recovery.agency._connector``. What follows
    is the record's that the call speaks of: it implements ``_outbox_done(call, data)`` (the
    agency's answer, or None) and ``_outbox_failed(call)``.
    """

    _name = "recovery.outbox"
    _description = "Call to an Agency"
    _inherit = ["recovery.state.mixin", "recovery.outbox.job"]
    _order = "id desc"
    _rec_name = "idempotency_key"

    _transitions = {
        "queued": {"sending"},
        "sending": {"done", "queued", "failed", "unknown"},
        "failed": {"queued"},
        "unknown": {"queued", "done"},
        "done": set(),
    }

    agency_id = fields.Many2one("recovery.agency", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    partner_id = fields.Many2one(
        "res.partner", string="Customer", readonly=True, index="btree_not_null", ondelete="set null"
    )
    res_model = fields.Char(string="Kind of record", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="Record", model_field="res_model", required=True, readonly=True, index=True
    )
    kind = fields.Selection(
        [
            ("submit", "Referral"),
            ("inform", "Information"),
            ("report", "Report"),
            ("recall", "Recall"),
        ],
        required=True,
        readonly=True,
    )
    payload = fields.Text(
        string="What is said", readonly=True, help="JSON, in the agency's own words."
    )
    idempotency_key = fields.Char(required=True, readonly=True)
    state = fields.Selection(
        [
            ("queued", "Queued"),
            ("sending", "Sending"),
            ("done", "Done"),
            ("failed", "Failed"),
            ("unknown", "Unknown"),
        ],
        default="queued",
        required=True,
        readonly=True,
    )
    attempts = fields.Integer(readonly=True)
    tries_left = fields.Integer(readonly=True)
    next_try = fields.Datetime(readonly=True)
    sending_since = fields.Datetime(readonly=True)
    answered_on = fields.Datetime(readonly=True)
    status_code = fields.Integer(string="Status of the answer", readonly=True)
    reason = fields.Char(readonly=True)
    complaints = fields.Text(
        string="What the agency complains of", readonly=True, help="Field by field, as it says."
    )

    _once = models.UniqueIndex("(idempotency_key)", "This call stands in the outbox already.")
    _waiting = models.Index("(next_try, id) WHERE state IN ('queued', 'sending')")
    _of_record = models.Index("(res_model, res_id)")

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Calls to agencies stay as the record of what they were told."))

    @api.model
    def _enqueue(self, agency, record, kind, payload, key):
        """Have an agency called once this transaction is committed.

        sudo: calls belong to the engine, whoever decides one.

        :param payload: what JSON holds, in the agency's words
        :param key: of this one call; known already, nothing is added
        :return: the row
        """
        self = self.sudo()
        known = self.search([("idempotency_key", "=", key)])
        if known:
            return known
        self._trigger_sending()
        return self.create(
            {
                "agency_id": agency.id,
                "company_id": record.company_id.id,
                "partner_id": record.partner_id.id,
                "res_model": record._name,
                "res_id": record.id,
                "kind": kind,
                "payload": json.dumps(payload, ensure_ascii=False, indent=1, sort_keys=True),
                "idempotency_key": key,
                "tries_left": self._most_tries(),
            }
        )

    @api.model
    def _trigger_sending(self):
        """Let the job start as soon as this transaction is committed."""
        self.env.ref("overdue_recovery.ir_cron_outbox").sudo()._trigger()

    def _record(self):
        """What this call speaks of; empty when it is gone."""
        self.ensure_one()
        return self.env[self.res_model].browse(self.res_id).exists()

    def _body(self):
        """The payload as bytes, the same for every try."""
        return (self.payload or "{}").encode()

    # -- what a person decides -------------------------------------------------------------

    def action_retry(self):
        """Call again, with the same idempotency key.

        sudo: nobody writes on calls directly.
        """
        self._check_decider()
        for call in self:
            if call.state not in ("failed", "unknown"):
                raise UserError(self.env._("Only what failed or is unknown is tried again."))
        self.sudo()._set_state(
            "queued", next_try=False, tries_left=self._most_tries(), reason=False, complaints=False
        )
        self._trigger_sending()

    def action_confirm_done(self):
        """The agency says that it has this call, though its answer never came.

        sudo: nobody writes on calls directly.
        """
        self._check_decider()
        calls = self.sudo()
        calls._set_state("done", reason=False, answered_on=fields.Datetime.now())
        for call in calls:
            call._tell_record("done", None)

    def _check_decider(self):
        self.check_access("read")
        if not self.env.user.has_group("overdue_recovery.group_manager"):
            raise UserError(self.env._("Ask a manager of recovery to decide about calls."))

    def action_open_record(self):
        """Open what this call speaks of."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
        }
