from odoo import models

from .recovery_link import PATH, PLACE

# A message that did not arrive, or was taken back, opens nothing.
GONE = ("failed", "bounced", "cancelled")


class DunningDeliveryLink(models.AbstractModel):
    """The signed link in a message: its secret is put in when the message leaves, so that neither
    the stored message nor the contact log holds it. Of a letter the printed sheet holds it, and so
    does its file."""

    _name = "dunning.delivery.link"
    _description = "Delivery: its link to the portal"

    def _with_links(self, bodies):
        """Put a link of its own into each of these messages that has a place for one.

        :param bodies: {delivery id: HTML}
        :return: the same, ready to leave
        """
        place = f"{PATH}{PLACE}"
        linked = self.filtered(lambda delivery: place in (bodies[delivery.id] or ""))
        tokens = self.env["recovery.link"].sudo()._issue(linked)
        return {
            **bodies,
            **{key: bodies[key].replace(place, f"{PATH}{token}") for key, token in tokens.items()},
        }

    def _takes_code(self):
        """Whether its reader can be sent a one-time code at the address that it went to."""
        return self.channel == "email" and bool(self.address)

    def _after_state(self, target):
        if target == "sent":
            # a letter has its link when it is made, and may wait for days to be posted
            self.env["recovery.link"]._begin(self.filtered(lambda one: one.channel == "letter"))
        if target in GONE:
            self.env["recovery.link"]._revoke([("delivery_id", "in", self.ids)])
        return super()._after_state(target)
