from odoo import models

from .recovery_link import PATH, PLACE

# A message that did not arrive, or was taken back, opens nothing.
GONE = ("failed", "bounced", "cancelled")


class DunningDeliveryLink(models.AbstractModel):
    """The signed link in a message: its secret is put in when the message leaves, so that neither
    the stored message nor the contact log holds it."""

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

    def _after_state(self, target):
        if target in GONE:
            self.env["recovery.link"]._revoke([("delivery_id", "in", self.ids)])
        return super()._after_state(target)
