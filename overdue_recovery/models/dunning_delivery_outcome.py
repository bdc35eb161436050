import logging

from odoo import fields, models

_logger = logging.getLogger(__name__)


class DunningDeliveryOutcome(models.AbstractModel):
    """What became of a message, and what follows for its notice."""

    _name = "dunning.delivery.outcome"
    _description = "Delivery: what became of it"

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
        if self.state == "held":
            self._set_state("queued", hold_until=False)
        self._set_state("sending")
        self._fail(str(error))

    def _fail_notice_without_hope(self, reason):
        """Fail the notices of which nothing was, or still may be, handed over."""
        for notice in self.notice_id:
            if notice.state in ("issued", "sent") and not notice._has_hope():
                notice._set_state("failed", reason=reason)

    def _on_bounce(self, text="", hard=True):
        """The message came back after it had been taken. The level does not count, unless another
        delivery of the notice got through. An unknown one has not arrived then.

        sudo: it is the mail gateway that learns of it.

        :param text: the mail server's words
        :param hard: the address is dead; False when only this message could not be left there
        """
        text = text or self.env._("The address does not exist.")
        for delivery in self.sudo():
            if hard:
                delivery.recipient_id._recovery_address_died(delivery.channel, delivery.address)
            if delivery.state == "unknown":
                delivery._fail(text)
        # a second report on the same message says nothing new
        self = self.sudo().filtered(lambda delivery: delivery.state == "sent")
        self._set_state("bounced", reason=text)
        self._log_outcome("bounced")
        for delivery in self:
            notice = delivery.notice_id
            if notice.state == "sent" and not any(d.state == "sent" for d in notice.delivery_ids):
                notice._set_state("failed", reason=delivery.reason)

    def _log_outcome(self, outcome):
        """A further entry in the contact log that names the one of the departure."""
        entries = [
            {
                "case": delivery.notice_id.case_id.id,
                "direction": "out",
                "channel": delivery.channel,
                "kind": "outcome",
                "purpose": delivery.notice_id._purpose(),
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
