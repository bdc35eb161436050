from odoo import models


class DunningDeliveryRecipient(models.AbstractModel):
    """Who gets a message, looked at again right before it leaves: it may have waited over a
    weekend, and meanwhile an address was corrected, a contact left, a lawyer was named."""

    _name = "dunning.delivery.recipient"
    _description = "Delivery: its recipient"

    def _follow_recipients(self):
        """Let these messages go where their customers are written to now: to the address and in
        the language of now. One whose recipient is no longer written to is cancelled, and its
        notice goes to whoever is.

        Calls are a person's work, who looks then.

        :return: those that may leave
        """
        leaving = self.filtered(lambda delivery: delivery.channel == "call")
        for channel, deliveries in (self - leaving).grouped("channel").items():
            recipients = deliveries.notice_id.partner_id._recovery_recipients_on(channel)
            valid = deliveries.filtered(
                lambda d, found=recipients: d.recipient_id in found[d.notice_id.partner_id]
            )
            valid._follow_addresses()
            (deliveries - valid)._give_way(recipients)
            leaving |= valid
        return self & leaving

    def _follow_addresses(self):
        """Take over what has changed of these recipients' addresses and languages."""
        for delivery in self:
            person = delivery.recipient_id
            address = person._recovery_address(delivery.channel)
            lang = person.lang or delivery.notice_id.partner_id.lang
            if delivery.address != address:
                delivery.address = address
            if delivery.lang != lang:
                delivery.lang = lang
                delivery._forget_messages()

    def _give_way(self, recipients):
        """Cancel these messages, whose notices go another way.

        :param recipients: {customer: who is written to now, on the same channel}
        """
        for delivery in self:
            others = recipients[delivery.notice_id.partner_id]
            if others:
                delivery._hand_on(others)
            else:
                delivery._give_up_channel()

    def _hand_on(self, others):
        """These are written to instead: the notice goes to them, where it does not yet."""
        reason = self.env._("Somebody else is written to for this customer by now.")
        self._set_state("cancelled", reason=reason)
        written = self.notice_id.delivery_ids.filtered(
            lambda one: one.channel == self.channel and one.state != "cancelled"
        )
        others -= written.recipient_id
        self.create(self._delivery_values(self.notice_id, self.channel, others))
        self._next_channel(reason)

    def _give_up_channel(self):
        """Nobody can be reached on this channel any more: the notice takes the next one, or fails
        and its owner is asked to find an address."""
        reason = self.env["dunning.reason"]._texts()["no_address"]
        self._set_state("cancelled", reason=reason)
        self._next_channel(reason)
        self._ask_for_address(self.notice_id.filtered(lambda notice: notice.state == "failed"))
