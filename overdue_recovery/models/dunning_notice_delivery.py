from odoo import models
from odoo.exceptions import UserError

# A message in one of these states reached somebody, or still may.
HOPES = frozenset({"queued", "held", "sending", "sent", "unknown"})
TROUBLED = frozenset({"failed", "bounced"})
# What has not reached anybody may take another way.
SWITCHABLE = TROUBLED | {"queued", "held"}


class DunningNoticeDelivery(models.AbstractModel):
    """A notice and its deliveries: which channels it may take, and another try."""

    _name = "dunning.notice.delivery"
    _description = "Notice: its deliveries"

    def _alternatives(self):
        """The channels that write to this customer, in the order in which they are tried: the
        level's own, with the customer's preferred one first."""
        self.ensure_one()
        return self.level_id._alternatives(self.partner_id.recovery_channel)

    def _emails(self):
        """The e-mails of this notice; where none of them goes or went, the cancelled ones."""
        emails = self.delivery_ids.filtered(lambda delivery: delivery.channel == "email")
        return emails.filtered(lambda delivery: delivery.state != "cancelled") or emails

    def _has_hope(self):
        """Whether something of this notice was, or still may be, handed over."""
        return any(delivery.state in HOPES for delivery in self.delivery_ids)

    def _is_being_written(self):
        """Whether a message of this notice, other than a call, was or may be handed over."""
        return any(
            delivery.state in HOPES and delivery.channel != "call" for delivery in self.delivery_ids
        )

    def action_switch_channel(self, channel=None):
        """Send these notices on another channel: what failed or waits is cancelled and goes out
        there. See the deliveries' own act."""
        self.check_access("write")
        deliveries = self.sudo().delivery_ids
        chosen = deliveries.filtered(lambda d: d.state in SWITCHABLE and d.channel != "call")
        chosen |= deliveries._waiting_letters()
        if not chosen:
            raise UserError(self.env._("None of these notices has a message that failed or waits."))
        return chosen.with_env(self.env).action_switch_channel(channel)

    def _check_channel(self, channel, label, recipients):
        """Refuse to send this notice on ``channel`` when that is senseless.

        :param label: what a person calls the channel
        :param recipients: who has a live address there
        :raise UserError: saying why
        """
        values = {"customer": self.partner_id.display_name, "channel": label}
        if self.state not in ("issued", "failed", "sent"):
            raise UserError(
                self.env._(
                    "The notice to %(customer)s is not under way: propose a new run.", **values
                )
            )
        if not recipients:
            raise UserError(
                self.env._("%(customer)s has no working address for: %(channel)s.", **values)
            )
        if any(d.channel == channel and d.state in HOPES for d in self.delivery_ids):
            raise UserError(
                self.env._("%(customer)s gets this notice there already: %(channel)s.", **values)
            )

    def _try_again(self, deliveries=()):
        """Issue these failed notices once more, and queue these failed ``deliveries`` of others:
        to the address that is valid now, else on the next channel. Who still can't be reached
        keeps nobody from another try.

        :raise UserError: nothing could be tried again; the first reason
        """
        errors, tried = [], 0
        acts = [notice._try_one_again for notice in self]
        acts += [delivery._retry for delivery in deliveries]
        for act in acts:
            try:
                with self.env.cr.savepoint():
                    act()
                tried += 1
            except UserError as error:
                errors.append(error)
        if errors and not tried:
            raise errors[0]
        self.env["dunning.delivery"]._trigger_delivery()

    def _try_one_again(self):
        """One failed notice: what failed is queued again, what nothing is left of is queued anew.

        :raise UserError: nobody can be reached
        """
        self._set_state("issued", reason=False)
        self.delivery_ids.filtered(lambda d: d.state in TROUBLED)._retry()
        if not self._is_being_written():
            self._queue_deliveries()
        if self.state == "failed":
            raise UserError(
                self.env._(
                    "%(customer)s can't be reached. Correct an address, or choose another "
                    "channel, then retry.",
                    customer=self.partner_id.display_name,
                )
            )
