from odoo import api, models

from .recovery_portal_act_base import FieldError


class RecoveryPortalActAutopay(models.AbstractModel):
    """Automatic payment from a card or account that the customer saved; by login only, as who has
    a link is not who saved it."""

    _name = "recovery.portal.act.autopay"
    _description = "Portal: automatic payment"
    _inherit = ["recovery.portal.act.base"]

    @api.model
    def _autopays(self, visitor):
        """The consents that were given and not taken back. ``recovery.autopay``"""
        autopays = self.env["recovery.autopay"].sudo()
        if visitor.link:
            return autopays
        domain = [("partner_id", "=", visitor.debtor.id), ("state", "!=", "revoked")]
        return autopays.search(domain)

    @api.model
    def _autopay_choices(self, visitor):
        """[(company, what it could debit)] where nothing was agreed yet."""
        autopays = self._autopays(visitor)
        if visitor.link:
            return []
        companies = self.env["recovery.portal"]._companies(visitor) - autopays.company_id
        found = [(company, autopays._tokens(visitor.debtor, company)) for company in companies]
        return [(company, tokens) for company, tokens in found if tokens]

    @api.model
    def _give_autopay(self, visitor, company_id, card_id, agreed):
        """The customer agrees to be debited. The same sent twice is agreed once.

        :raise FieldError: it is no saved means of this customer, or the box is not ticked
        """
        company = self._act_company(visitor, company_id)
        known = self._autopays(visitor).filtered(lambda one: one.company_id == company)
        if known:
            return self._autopay_sentence(known)
        if not agreed:
            raise FieldError("agreed", self.env._("Tick the box to agree."))
        tokens = dict(self._autopay_choices(visitor)).get(company, ())
        token = [one for one in tokens if str(one.id) == str(card_id)]
        if not token:
            raise FieldError("card", self.env._("Choose one of your saved cards or accounts."))
        with self._in_own_words("card"):
            autopay = known.with_company(company).create(
                {
                    "partner_id": visitor.debtor.id,
                    "company_id": company.id,
                    "payment_token_id": token[0].id,
                    "origin": "portal",
                    "note": self.env._("Agreed on the portal by %s", visitor.partner.name),
                }
            )
        said = self.env._("Agrees to automatic payment from %s", autopay.means)
        self._log_act(visitor, self._act_case(visitor, company), said, autopay.means)
        return self._autopay_sentence(autopay)

    @api.model
    def _revoke_autopay(self, visitor, autopay_id):
        """The customer takes its consent back: nothing more is debited."""
        autopay = self._autopays(visitor).filtered(lambda one: str(one.id) == str(autopay_id))
        if autopay:
            autopay.action_revoke()
            case = self._act_case(visitor, autopay.company_id)
            said = self.env._("Takes back automatic payment from %s", autopay.means)
            self._log_act(visitor, case, said, autopay.means)
        return self.env._("Nothing more is debited automatically.")

    def _autopay_sentence(self, autopay):
        return self.env._(
            "Thank you. What falls due is debited from %(means)s; we announce each debit "
            "%(days)s days before.",
            means=autopay.means,
            days=autopay.announce_days,
        )
