from dataclasses import dataclass
from typing import Any

from odoo import api, models

LOGIN = "/my/recovery"


@dataclass(frozen=True)
class Visitor:
    """Who looks at the portal, and what of: made after the check, so that whatever asks it needs
    no check of its own. All records are ``sudo``: visitors have no rights on recovery's tables."""

    #: res.partner: the person
    partner: Any
    #: res.partner: who owes, in the sense of ``_recovery_debtor``
    debtor: Any
    #: res.partner: whose items are shown
    customers: Any
    #: begins every address of theirs
    base: str
    #: code of an installed language; None: whatever the session speaks
    lang: str | None = None
    #: recovery.link, empty for who is logged in
    link: Any = None
    #: ids of the only items that are shown; None: all of ``customers``
    only: frozenset | None = None
    #: whether they may sign and change consent for the customer (by link: with a code)
    may_sign: bool = False

    @property
    def key(self):
        """Who it is, to count by."""
        return f"link:{self.link.id}" if self.link else f"partner:{self.partner.id}"

    @property
    def takes_code(self):
        """Whether a code can be sent to where their link went."""
        return bool(self.link) and self.link.delivery_id._takes_code()

    @property
    def notice(self):
        """The one notice that is shown; empty: all."""
        notices = self.partner.env["dunning.notice"]
        return self.link.notice_id if self.link else notices

    def sees(self, item_id, partner_id):
        """Whether an item of this customer is shown."""
        if self.only is not None:
            return item_id in self.only
        return partner_id in self.customers._ids

    def sees_document(self, move):
        """Whether this document may be read and downloaded: a posted customer's one of theirs."""
        if move.state != "posted" or not move.is_sale_document(include_receipts=True):
            return False
        items = move._recovery_lines()
        if self.only is not None:
            return any(item.id in self.only for item in items)
        return move.commercial_partner_id in self.customers


class RecoveryPortalVisitor(models.AbstractModel):
    """Who may see what: the two ways in.

    * Who is logged in sees the items of their commercial entity; where it pays for others
      (``Reminders go to``), theirs too. A company that another one pays for sees its own only.
    * Who has a link sees what its notice names.

    Anybody of the customer reads and pays; only dunning and invoice contacts sign, and the customer
    itself.
    """

    _name = "recovery.portal.visitor"
    _description = "Portal: who looks"

    @api.model
    def _of_user(self, user):
        """The ``Visitor`` that this user is; None for the public one, and for people of the
        companies of this database, which owe nothing to themselves.

        sudo: who they are decides what they see, their rights do not.
        """
        return None if user._is_public() else self._of_partner(user.sudo().partner_id)

    @api.model
    def _of_partner(self, partner):
        """The ``Visitor`` that this person is when logged in; None for people of our own."""
        commercial = partner.commercial_partner_id
        if self._is_us(commercial):
            return None
        debtor = commercial._recovery_debtor()
        # an archived customer owes as before
        everybody = commercial.with_context(active_test=False)
        paid_for = everybody.search([("dunning_payer_id", "=", commercial.id)])
        return Visitor(
            partner=partner,
            debtor=debtor,
            customers=commercial | commercial.browse(paid_for.ids),
            base=LOGIN,
            may_sign=self._may_sign(partner),
        )

    @api.model
    def _of_link(self, token):
        """The ``Visitor`` that this link lets in; None for any other."""
        link = self.env["recovery.link"]._find(token)
        if not link:
            return None
        delivery, notice = link.delivery_id, link.notice_id
        installed = {code for code, _name in self.env["res.lang"].get_installed()}
        wanted = (delivery.recipient_id.lang, delivery.lang, notice.message_lang)
        items = link._items()
        return Visitor(
            partner=delivery.recipient_id,
            debtor=notice.partner_id,
            customers=notice.partner_id | items.partner_id,
            base=f"/recovery/l/{token}",
            lang=next((lang for lang in wanted if lang in installed), None),
            link=link,
            only=frozenset(items.ids),
            may_sign=self._may_sign(delivery.recipient_id),
        )

    @api.model
    def _may_sign(self, partner):
        is_itself = partner == partner.commercial_partner_id
        return is_itself or partner.is_dunning_contact or partner.type == "invoice"

    def _is_us(self, partner):
        companies = self.env["res.company"].sudo()
        return bool(companies.search_count([("partner_id", "=", partner.id)], limit=1))
