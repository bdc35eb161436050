from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class DunningDeliveryHold(models.AbstractModel):
    """What the contact gate says about messages, and what a manager may do about it."""

    _name = "dunning.delivery.hold"
    _description = "Delivery: the contact gate"

    override_until = fields.Datetime(
        readonly=True, help="Until then a manager lets it go whatever it would wait for."
    )

    # -- the gate ----------------------------------------------------------------------------

    def _pass_gate(self):
        """The deliveries that the contact gate lets pass now; the others are held or refused."""
        verdicts = self._verdicts()
        passed = self.filtered(lambda one: one._may_pass(verdicts[one]))
        for verdict, deliveries in (self - passed).grouped(verdicts.get).items():
            if verdict.decision == "hold":
                deliveries._hold_back(verdict)
            else:
                deliveries._refuse(verdict)
        return passed

    def _verdicts(self):
        """{delivery: what the gate says now}."""
        requests = [delivery._contact_request() for delivery in self]
        verdicts = self.env["recovery.contact.gate"]._verdicts(requests, fields.Datetime.now())
        return dict(zip(self, verdicts, strict=True))

    def _contact_request(self):
        """This delivery as a question to the gate."""
        return self.notice_id._contact_request(self.recipient_id, self.channel, self.address)

    def _may_pass(self, verdict):
        now = fields.Datetime.now()
        overridden = bool(self.override_until) and now < self.override_until
        return verdict.decision == "send" or (verdict.decision == "hold" and overridden)

    def _hold_back(self, verdict):
        """Keep these until the moment that the gate names; then they go by themselves."""
        reason = self.env["recovery.contact.gate"]._in_words(verdict)
        self._set_state("held", hold_until=verdict.until, reason=reason)
        self._wake_at(verdict.until)

    def _refuse(self, verdict):
        """These must never go: their notices take the next channel, or fail with the reason."""
        reason = self.env["recovery.contact.gate"]._in_words(verdict)
        self._set_state("cancelled", reason=reason)
        self._next_channel(reason)

    @api.model
    def _wake_at(self, moment):
        """Let the delivery job start at that moment, once for however many wait for it."""
        cron = self.env.ref("overdue_recovery.ir_cron_deliver").sudo()
        domain = [("cron_id", "=", cron.id), ("call_at", "=", moment)]
        if not self.env["ir.cron.trigger"].sudo().search_count(domain, limit=1):
            cron._trigger(moment)

    # -- a manager's act -----------------------------------------------------------------------

    def action_override_hold(self, reason=None):
        """Let these held messages go now, whatever they wait for. For managers.

        :param reason: why; kept in the contact log
        :raise UserError: no reason, or a message that is not held or must never go: a refusal
            is the customer's wish or the law, and no manager's to override
        """
        deliveries = self._may_override(reason)
        verdicts = deliveries._verdicts()
        deliveries._check_not_refused(verdicts)
        deliveries._log_override(reason.strip())
        for delivery in deliveries:
            until = verdicts[delivery].until or delivery.hold_until
            delivery.override_until = max(until, delivery.hold_until)
        deliveries._set_state("queued", hold_until=False, reason=False)
        self._trigger_delivery()
        return True

    def _may_override(self, reason):
        """These deliveries, as superuser, if this user may override their hold."""
        if not (self.env.su or self.env.user.has_group("overdue_recovery.group_manager")):
            raise AccessError(self.env._("Only a manager of recovery can override a hold."))
        self.notice_id.check_access("write")
        if not isinstance(reason, str) or not reason.strip():
            raise UserError(self.env._("Say why it goes now: the contact log keeps the reason."))
        for delivery in self.sudo().filtered(lambda one: one.state != "held"):
            raise UserError(
                self.env._(
                    "The message to %(address)s is not held, so there is nothing to override.",
                    address=delivery.display_name,
                )
            )
        return self.sudo()

    def _check_not_refused(self, verdicts):
        for delivery, verdict in verdicts.items():
            if verdict.decision == "refuse":
                raise UserError(
                    self.env._(
                        "The message to %(address)s must not go, and no manager can change that. "
                        "%(reasons)s",
                        address=delivery.display_name,
                        reasons=self.env["recovery.contact.gate"]._in_words(verdict),
                    )
                )

    def _log_override(self, reason):
        self.env["recovery.interaction"]._log(
            [
                {
                    "case": delivery.case_id,
                    "direction": "note",
                    "channel": delivery.channel,
                    "kind": "hold_override",
                    "reference": delivery.notice_id.name or "",
                    "names": self.env.user.display_name,
                    "address": delivery.address or "",
                    "text": reason,
                    "details": {"held_for": delivery.reason, "until": delivery.hold_until},
                }
                for delivery in self
            ]
        )
