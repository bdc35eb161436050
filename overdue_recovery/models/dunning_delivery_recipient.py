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

        :return: those that may leave
        """
        now = self._recipients_now()
        valid = self.filtered(lambda delivery: delivery._is_right(now))
        valid._follow_addresses()
        (self - valid)._give_way(now)
        return valid

    def _astray(self):
        """Those of these messages that go to the wrong person or place by now."""
        now = self._recipients_now()
        return self.filtered(
            lambda one: not one._is_right(now) or one._address_now() != one.address
        )

    def _recipients_now(self):
        """{delivery: who is written to now for its customer, on its channel}, in a number of
        statements that grows with the channels only."""
        found = {}
        for channel, deliveries in self.grouped("channel").items():
            recipients = deliveries.notice_id.partner_id._recovery_recipients_on(channel)
            for delivery in deliveries:
                found[delivery] = recipients[delivery.notice_id.partner_id]
        return found

    def _is_right(self, now):
        """Whether it goes to one of those. A call is about the customer, and who makes it sees
        whom to call: there has to be somebody."""
        return bool(now[self]) if self.channel == "call" else self.recipient_id in now[self]

    def _address_now(self):
        """The recipient's address on this channel; False without one that can work."""
        return self.recipient_id._recovery_address(self.channel)

    def _follow_addresses(self):
        """Take over what has changed of these recipients' addresses and languages."""
        for delivery in self:
            address = delivery._address_now()
            lang = delivery.recipient_id.lang or delivery.notice_id.partner_id.lang
            if delivery.address != address:
                delivery.address = address
            if delivery.lang != lang:
                delivery.lang = lang
                delivery._forget_messages()

    def _give_way(self, now):
        """Cancel these messages, whose notices go another way.

        :param now: see ``_recipients_now``
        """
        nobody = self.filtered(lambda delivery: not now[delivery])
        if nobody:
            nobody._give_up_channel()
        if self - nobody:
            (self - nobody)._hand_on(now)

    def _give_up_channel(self):
        """Nobody can be reached on these channels any more: the notices take the next one, or
        fail and their owners are asked to find an address."""
        reason = self.env["dunning.reason"]._texts()["no_address"]
        self._set_state("cancelled", reason=reason)
        self._next_channel(reason)
        self._ask_for_address(self.notice_id.filtered(lambda notice: notice.state == "failed"))

    def _hand_on(self, now):
        """Somebody else is written to instead: the notices go there, where they do not yet."""
        reason = self.env._("Somebody else is written to for this customer by now.")
        self._set_state("cancelled", reason=reason)
        vals_list = []
        for (notice, channel), left in self.grouped(lambda d: (d.notice_id, d.channel)).items():
            written = notice.delivery_ids.filtered(
                lambda one, channel=channel: one.channel == channel and one.state != "cancelled"
            )
            others = now[left[0]] - written.recipient_id
            vals_list += self._delivery_values(notice, channel, others)
        if self.create(vals_list):
            self._trigger_delivery()
        self._next_channel(reason)
