from decimal import Decimal, InvalidOperation

from odoo import models
from odoo.exceptions import UserError

#: What an agency can tell, and what hears it.
NEWS = {
    "accepted": "_hear_accepted",
    "active": "_hear_active",
    "info_needed": "_hear_info_needed",
    "rejected": "_hear_rejected",
    "paused": "_hear_paused",
    "resumed": "_hear_resumed",
    "payment": "_hear_payment",
    "closed": "_hear_closed",
    "recalled": "_hear_recalled",
}
#: News of how things stand: once something later is known, they say nothing new.
PASSING = {"active", "info_needed", "paused", "resumed"}
LONGEST = 2000


class RecoveryReferralHearing(models.AbstractModel):
    """What an agency tells through its connector, put into what its news mean.

    Seam: for an event of another kind, extend ``_knows_news`` and ``_hear``.
    """

    _name = "recovery.referral.hearing"
    _description = "Referral: what the agency told by itself"

    def _knows_news(self, kind):
        """Whether anything follows from news of this kind."""
        return kind in NEWS

    def _may_hear(self, event):
        """Whether this can be true by now: nobody collects what was not sent."""
        return self.state not in ("draft", "checked", "approved")

    def _hear(self, event):
        """Do what an event of ``recovery.inbox`` tells.

        :raise UserError: it doesn't say what it has to
        :return: False when something later has overtaken it
        """
        self.ensure_one()
        if event.kind in PASSING and event._is_overtaken():
            return False
        getattr(self, NEWS[event.kind])(event._told(), event.external_id)
        return True

    def _hear_accepted(self, told, key):
        self._on_accepted(text(told, "agency_reference") or None, key)

    def _hear_active(self, told, key):
        self._on_active(key)

    def _hear_info_needed(self, told, key):
        self._on_info_needed(text(told, "text") or self.env._("It doesn't say which."), key)

    def _hear_rejected(self, told, key):
        self._on_rejected(text(told, "text"), key)

    def _hear_paused(self, told, key):
        self._on_paused(text(told, "text"), key)

    def _hear_resumed(self, told, key):
        self._on_resumed(text(told, "text"), key)

    def _hear_payment(self, told, key):
        currency = text(told, "currency")
        if currency and currency != self.currency_id.name:
            raise UserError(
                self.env._(
                    "The payment is in %(told)s, and %(referral)s in %(own)s.",
                    told=currency,
                    referral=self.name,
                    own=self.currency_id.name,
                )
            )
        self._on_payment(self._amount(told), key, date=text(told, "date") or None)

    def _hear_closed(self, told, key):
        self._on_closed(text(told, "outcome") or "returned", key)

    def _hear_recalled(self, told, key):
        self._on_recalled(text(told, "text"), key)

    def _amount(self, told):
        """The amount of a payment, in the referral's currency."""
        value = told.get("amount")
        try:
            amount = Decimal(str(value))
        except InvalidOperation:
            amount = Decimal("NaN")
        if isinstance(value, bool) or not amount.is_finite() or abs(amount) > 10**12:
            raise UserError(self.env._("The payment says no amount that can be read."))
        return float(amount)


def text(told, name):
    """A text that an agency told, empty when it told something else."""
    value = told.get(name)
    if not isinstance(value, str):
        return ""
    return "".join(c for c in value if c.isprintable() or c == "\n").strip()[:LONGEST]
