from odoo import models
from odoo.exceptions import UserError


class DunningDeliveryAct(models.AbstractModel):
    """What a person may do with messages."""

    _name = "dunning.delivery.act"
    _description = "Delivery: what a person does"

    def action_retry(self):
        """Queue failed, bounced or unknown messages once more, after a fresh look at what is due.

        Others of the selection are left alone. A notice that failed is issued again with them;
        where the address is dead or gone its next channel is taken.
        """
        self.notice_id.check_access("write")
        deliveries = self.sudo().filtered(lambda d: d.state in ("failed", "bounced", "unknown"))
        if not deliveries:
            raise UserError(self.env._("None of these messages failed: there is nothing to retry."))
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
        """Back to the queue, to the address that is valid now; a message that has none goes on by
        the notice's next channel.

        :raise UserError: neither an address nor another channel is left
        """
        again = self.browse()
        for delivery in self:
            address = delivery._address_now()
            if address:
                delivery.write({"address": address, "next_try": False, "mail_mail_id": False})
                again |= delivery
            elif not delivery._go_on_by_next_channel():
                raise UserError(
                    self.env._(
                        "%(recipient)s has no working address for this channel. "
                        "Correct it, then retry.",
                        recipient=delivery.recipient_id.display_name,
                    )
                )
        again._set_state("queued", reason=False, sending_since=False)

    def _go_on_by_next_channel(self):
        """Whether this notice is, or now goes, on its way by another channel."""
        notice = self.notice_id
        if not notice._is_being_written():
            self.env["dunning.delivery"]._queue_next(notice)
        if not notice._is_being_written():
            return False
        self._set_state("cancelled")
        return True

    def _cancel_open(self):
        """Cancel what has not begun to leave; a letter leaves when it is marked printed."""
        waiting = self.filtered(lambda d: d.state in ("queued", "held"))
        (waiting | self._waiting_letters())._set_state("cancelled")
