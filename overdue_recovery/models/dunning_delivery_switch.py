from odoo import models
from odoo.exceptions import UserError

from .dunning_notice_delivery import SWITCHABLE


class DunningDeliverySwitch(models.AbstractModel):
    """Another channel for messages that did not get through, or have not left yet."""

    _name = "dunning.delivery.switch"
    _description = "Delivery: switch of the channel"

    def action_switch_channel(self, channel=None):
        """Send the notices of these messages on ``channel`` (email, sms, letter, call) instead.

        The messages are cancelled, a new one goes to everybody who has a live address there, and
        a failed notice is issued again. It is the same notice and the same level.

        :param channel: empty: opens a dialog with the channels that reach these customers
        :raise UserError: a message was sent already, or somebody has no address there; nothing
            is changed then
        """
        self.notice_id.check_access("write")
        if not channel:
            return self._open_switch_dialog()
        deliveries = self.sudo()
        deliveries._check_switch(channel)
        deliveries._switch_channel(channel)
        self._trigger_delivery()
        return True

    def _usable_channels(self):
        """The channels that reach every customer of these messages, other than the present ones."""
        reachable = self.notice_id.partner_id._recovery_recipients_by_channel()
        usable = set(dict(self._fields["channel"].selection)) - set(self.mapped("channel"))
        return {
            channel
            for channel in usable
            if all(by_channel[channel] for by_channel in reachable.values())
        }

    def _open_switch_dialog(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "overdue_recovery.dunning_switch_action"
        )
        return {**action, "context": {"default_delivery_ids": self.ids}}

    def _check_switch(self, channel):
        labels = dict(self._fields["channel"]._description_selection(self.env))
        if channel not in labels:
            raise UserError(self.env._("“%s” is no channel.", channel))
        for delivery in self - self._waiting_letters():
            if delivery.state not in SWITCHABLE:
                raise UserError(
                    self.env._(
                        "The message to %(recipient)s is not waiting or failed, so it can't take "
                        "another channel.",
                        recipient=delivery.recipient_id.display_name,
                    )
                )
        reachable = self.notice_id.partner_id._recovery_recipients_by_channel()
        for notice in self.notice_id:
            notice._check_channel(channel, labels[channel], reachable[notice.partner_id][channel])

    def _switch_channel(self, channel):
        reachable = self.notice_id.partner_id._recovery_recipients_by_channel()
        label = dict(self._fields["channel"]._description_selection(self.env))[channel]
        reason = self.env._("Sent on another channel instead: %s.", label)
        vals_list = []
        for notice in self.notice_id:
            vals_list += self._delivery_values(
                notice, channel, reachable[notice.partner_id][channel]
            )
        self._set_state("cancelled", reason=reason)
        failed = self.notice_id.filtered(lambda notice: notice.state == "failed")
        failed._set_state("issued", reason=False)
        self.create(vals_list)
