from odoo import api, fields, models

from .recovery_portal_act_base import FieldError

#: Longest that a counter-offer may wait for its money.
LONGEST_MONTHS = 6


class RecoveryPortalActOffer(models.AbstractModel):
    """Offers of ours: what the customer sees of them, and its answer."""

    _name = "recovery.portal.act.offer"
    _description = "Portal: offers"
    _inherit = ["recovery.portal.act.base"]

    @api.model
    def _offers(self, visitor):
        """The offers that wait for the customer's answer or its money. ``recovery.offer``"""
        offers = self.env["recovery.offer"].sudo()
        found = offers.search(
            [
                ("partner_id", "=", visitor.debtor.id),
                ("state", "in", ("proposed", "accepted")),
            ]
        )
        return found.filtered(lambda offer: self._is_shown(visitor, offer))

    def _is_shown(self, visitor, offer):
        """Whether it is about nothing but what the visitor sees, and ours to stand by."""
        items = offer.claim_ids.move_line_id
        seen = items and all(visitor.sees(item.id, item.partner_id.id) for item in items)
        waits = offer.author == "us" and not offer.needs_approval
        return seen and (offer.state == "accepted" or waits)

    def _offer(self, visitor, offer_id):
        """The offer of this id, if it is one that the visitor may answer or has answered."""
        number = int(offer_id) if str(offer_id).isdecimal() and len(str(offer_id)) < 10 else 0
        offer = self.env["recovery.offer"].sudo().browse(number).exists()
        items = offer.claim_ids.move_line_id
        sees = items and all(visitor.sees(item.id, item.partner_id.id) for item in items)
        is_ours = offer.author == "us" and not offer.needs_approval
        if not (sees and is_ours and offer.partner_id == visitor.debtor):
            raise FieldError("offer", self.env._("This offer is no longer open."))
        return offer

    @api.model
    def _accept_offer(self, visitor, offer_id):
        """The customer accepts: its items rest until the last day."""
        offer = self._offer(visitor, offer_id)
        if offer.state == "proposed":
            with self._in_own_words("offer"):
                offer.action_accept()
            self._log_answer(visitor, offer, self.env._("Accepts %s", offer.name))
            if offer.state == "accepted" and offer.case_id._may_be_answered():
                offer.action_send()
        self._check_state(offer, "accepted", "fulfilled")
        return self.env._("Thank you. We have agreed: %s", offer._terms_sentence())

    @api.model
    def _decline_offer(self, visitor, offer_id):
        """The customer says no."""
        offer = self._offer(visitor, offer_id)
        if offer.state == "proposed":
            offer.action_decline()
            self._log_answer(visitor, offer, self.env._("Declines %s", offer.name))
        self._check_state(offer, "declined")
        return self.env._("Thank you for your answer. The offer is off the table.")

    @api.model
    def _counter_offer(self, visitor, offer_id, amount, day, text="", reason=None):
        """The customer would pay another amount by another day: a person decides.

        :raise FieldError: it is not less than what is open, or by no day
        """
        offer = self._offer(visitor, offer_id)
        text, reason = self._act_text(text), self._act_reason(reason)
        today = offer.company_id._recovery_today()
        day = self._act_day(day, today, fields.Date.add(today, months=LONGEST_MONTHS))
        items = offer.claim_ids.move_line_id.filtered(lambda item: not item.reconciled)
        total = sum(items.mapped("amount_residual_currency"))
        most = total - offer.currency_id.rounding
        amount = self._act_amount(amount, offer.currency_id, most)
        counter = offer.child_ids.filtered(lambda one: one.author == "debtor")[:1]
        if offer.state == "proposed":
            with self._in_own_words("offer"):
                counter = offer._counter("debtor", amount, day, note=text)
        elif offer.state != "countered" or counter.amount != amount:
            raise FieldError("offer", self.env._("This offer is no longer open."))
        return self._act_request(
            visitor,
            offer.case_id,
            "counter_offer",
            text,
            reason,
            offer_id=counter.id,
            currency_id=offer.currency_id.id,
            amount=amount,
            date_wanted=day,
        )

    def _check_state(self, offer, *states):
        if offer.state not in states:
            raise FieldError("offer", self.env._("This offer is no longer open."))

    def _log_answer(self, visitor, offer, sentence):
        text = f"{sentence}\n{offer._terms_sentence()}"
        self._log_act(visitor, offer.case_id, text, offer.name, amount=offer.amount)
