from odoo import fields, models
from odoo.exceptions import UserError


class RecoveryAgencyConnector(models.AbstractModel):
    """How an agency is reached.

    Seam for integrators. A connector ``acme`` is an addon that inherits ``recovery.agency`` with

    - ``selection_add=[("acme", "Acme")]`` on ``connector``, with an ``ondelete`` to ``manual``,
    - ``_acme_submit(call)``, ``_acme_inform(call)``, ``_acme_report(call)`` and
      ``_acme_recall(call)``: make one call of ``recovery.outbox`` and return a
      ``tools.http_call.Answer``. They are called by the job, outside of anybody's transaction and
      after the row is written down as sending; they may take a minute, may raise (the call has
      failed then), and have to give ``call.idempotency_key`` to whoever is able to know a call
      again. ``call.payload`` is what ``_payload()`` made, as JSON; ``call._record()`` the referral.
    - ``_acme_payload(kind, referral, values)``, only if it says things in another form than by the
      agency's fields.

    What the agency tells is given to ``recovery.inbox._receive(agency, event)``, by a controller
    of its own or a job that asks for it, once it is sure who has said it.
    """

    _name = "recovery.agency.connector"
    _description = "Agency: how it is reached"

    # Connectors that reach nobody: their work is done with the person's own.
    _local_connectors = frozenset({"manual"})

    knows_keys = fields.Boolean(
        string="Knows a call again",
        default=True,
        help="It takes two calls with the same idempotency key for one. Otherwise a call whose "
        "answer was lost is not made again: you are asked.",
    )

    def action_view_calls(self):
        """Open what was said to this agency."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "overdue_recovery.recovery_outbox_action"
        )
        return {**action, "domain": [("agency_id", "=", self.id)], "context": {}}

    def _connector(self, action):
        """What makes a call of this kind (``submit``, ``inform``, ``report``, ``recall``).

        :raise UserError: the agency's connector can't do that
        """
        self.ensure_one()
        made = getattr(self, f"_{self.connector}_{action}", None)
        if made is None:
            raise UserError(
                self.env._(
                    "The connector of %(agency)s is not able to do this: %(action)s.",
                    agency=self.display_name,
                    action=action,
                )
            )
        return made

    def _tell(self, kind, referral, key, values=None):
        """Have the agency told something about a referral, once this transaction is committed.

        :param kind: of ``recovery.outbox``
        :param key: of this one message; the same key again adds nothing
        :param values: what is told beside the referral's own facts
        :return: the row of the outbox
        """
        self.ensure_one()
        self._connector(kind)
        make = getattr(self, f"_{self.connector}_payload", self._payload)
        payload = make(kind, referral, values or {})
        call = self.env["recovery.outbox"]._enqueue(self, referral, kind, payload, key)
        if self.connector in self._local_connectors and call.state == "queued":
            call._call_here()
        return call

    def _payload(self, kind, referral, values):
        """What is told: of a referral by the agency's fields, all else by a few words of ours."""
        if kind in ("submit", "inform"):
            facts, items = referral._facts()
            return {**self.field_ids._message(facts, items), **values}
        return {
            "reference": referral.name,
            "agency_reference": referral.external_ref or "",
            **values,
        }
