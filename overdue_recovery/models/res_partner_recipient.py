from odoo import models

from .res_partner_representative import Represented


class ResPartnerRecipient(models.AbstractModel):
    """Who is written to for a customer, and at which address."""

    _name = "res.partner.recovery.recipient"
    _description = "Partner: recipients and addresses"

    def _recovery_recipients(self, channel):
        """Who is written to on ``channel``: the dunning contacts that have an address for it,
        else the invoice contact, else the customer itself. Empty when none has."""
        self.ensure_one()
        return self._recovery_recipients_by_channel()[self][channel]

    def _recovery_recipients_on(self, channel):
        """{partner: recipients} on one channel, in a constant number of statements."""
        by_customer, nobody = self._recovery_contacts(), self.browse()
        return {
            partner: partner._pick_recipients(by_customer.get(partner, nobody), channel)
            for partner in self
        }

    def _recovery_recipients_by_channel(self):
        """{partner: {channel: recipients}} for many customers; one query for their contacts."""
        by_customer = self._recovery_contacts()
        return {
            partner: {
                channel: partner._pick_recipients(by_customer.get(partner, self.browse()), channel)
                for channel in ("email", "sms", "letter", "call")
            }
            for partner in self
        }

    def _recovery_contacts(self):
        """{customer: its contacts that may be written to instead, or ``Represented``}."""
        contacts = self.search(
            [
                ("commercial_partner_id", "in", self.ids),
                ("id", "not in", self.ids),
                "|",
                ("is_dunning_contact", "=", True),
                ("type", "=", "invoice"),
            ],
            order="id",
        )
        return {**contacts.grouped("commercial_partner_id"), **self._recovery_represented()}

    def _recovery_unreachable(self, channels):
        """Those of these customers who have no recipient on any of their ``channels``
        {partner id: codes}. Looks no further than the first that reaches somebody."""
        self._recovery_fetch()
        by_customer, nobody = self._recovery_contacts(), self.browse()
        return self.filtered(
            lambda partner: (
                not any(
                    partner._pick_recipients(by_customer.get(partner, nobody), channel)
                    for channel in channels[partner.id]
                )
            )
        )

    def _pick_recipients(self, contacts, channel):
        if not self.active:
            return self.browse()
        if isinstance(contacts, Represented):
            only = contacts.representative
            return only if only and only._recovery_address(channel) else self.browse()
        if not contacts:
            return self if self._recovery_address(channel) else self.browse()
        reachable = (contacts | self).filtered(lambda p: p.active and p._recovery_address(channel))
        return (
            reachable.filtered("is_dunning_contact")
            or (reachable & contacts)[:1]
            or (reachable & self)
        )

    def _recovery_address(self, channel):
        """This person's own address on ``channel``, False when it has none that can work.

        Seam: glue addons answer for their channels; core knows e-mail and letter, and that a call
        is an activity, which needs no number.
        """
        self.ensure_one()
        if channel == "email":
            address = self.email_normalized
            return address if address != self.recovery_dead_email else False
        if channel == "letter":
            address = self._recovery_postal_address()
            return address if address != self.recovery_dead_postal else False
        return (self.phone or self.name or "-") if channel == "call" else False

    def _recovery_address_died(self, channel, address):
        """A message to this address of these persons came back for good.

        Only the present address is remembered, on the person itself, so that choosing a channel
        for thousands of customers costs no query. Seam: glue addons remember their channels'.
        """
        if channel == "email":
            living = self.filtered(lambda partner: partner._recovery_address(channel) == address)
            living.recovery_dead_email = address
        elif channel == "letter":
            living = self.filtered(lambda partner: partner._recovery_address(channel) == address)
            living.recovery_dead_postal = address

    def _recovery_postal_address(self):
        """Where a letter goes, in one line that is the same in every language; False unless a
        postman could find it: street, city and, where the country has them, postal code."""
        street = " ".join(filter(None, (self.street, self.street2)))
        has_zip = self.zip or (self.country_id and not self.country_id.zip_required)
        if not street or not self.city or not has_zip:
            return False
        place = " ".join(filter(None, (self.zip, self.city)))
        return ", ".join(filter(None, (street, place, self.country_id.code)))

    def _recovery_address_lines(self, from_country):
        """The address of a letter as it stands in the window: names, street, town, and the country
        in capitals when the letter comes from another one (Universal Postal Union).

        :param from_country: res.country of the sender
        """
        self.ensure_one()
        names = dict.fromkeys(filter(None, (self.commercial_partner_id.name, self.name)))
        lines = self._display_address(without_company=True).splitlines()
        lines = [line.strip() for line in lines if line.strip()]
        country = self.country_id
        if country and lines and lines[-1] == country.name:
            lines.pop()
        if country and country != from_country:
            lines.append(country.name.upper())
        return [*names, *lines]

    def _recovery_sender_line(self):
        """Who sends a letter, in the one small line above the address."""
        place = " ".join(filter(None, (self.zip, self.city)))
        return " · ".join(filter(None, (self.name, self.street, place)))

    def _recovery_channels(self):
        """{partner: set of channels on which somebody can be reached}."""
        found = self._recovery_recipients_by_channel()
        return {
            partner: {channel for channel, recipients in channels.items() if recipients}
            for partner, channels in found.items()
        }
