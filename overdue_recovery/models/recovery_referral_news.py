from odoo import models
from odoo.exceptions import UserError

#: The next state on the way from one to a later one, where the agency left a step out.
ON_THE_WAY = {
    "needs_info": "sent",
    "sent": "accepted",
    "accepted": "active",
    "paused": "active",
}
#: What an agency that goes on working may tell late, or again.
EARLIER = ("accepted", "active", "partly_recovered")
OUTCOMES = ("paid", "uncollectable", "returned")


class RecoveryReferralNews(models.AbstractModel):
    """What the agency tells, by hand or by a connector.

    News may come twice and in the wrong order: what carries an ``external_id`` that is known
    changes nothing, a step that was left out is made good, and what no longer fits the state is
    kept as an event and shown to whoever owns the case. All methods return the new event, empty
    when it was known.

    sudo: the agency has no rights here; who calls has checked who speaks.
    """

    _name = "recovery.referral.news"
    _description = "Referral: what the agency tells"

    def _on_accepted(self, ref=None, external_id=None, **values):
        """The agency took it, under its own number ``ref``."""
        referral = self.sudo()
        if ref and not referral.external_ref:
            referral.external_ref = ref
        return referral._take_news("accepted", "accepted", external_id, text=ref, **values)

    def _on_active(self, external_id=None, **values):
        """The agency began to work on it."""
        return self.sudo()._take_news("active", "active", external_id, **values)

    def _on_info_needed(self, text, external_id=None, **values):
        """The agency asks for something before it takes it."""
        referral = self.sudo()
        event = referral._take_news("info_needed", "needs_info", external_id, text=text, **values)
        if event:
            referral._tell_owner(
                self.env._("%s asks for information", referral.agency_id.display_name), text
            )
        return event

    def _on_rejected(self, text, external_id=None, **values):
        """The agency does not take it: the items wait for a person."""
        referral = self.sudo()
        event = referral._take_news("rejected", "rejected", external_id, text=text, **values)
        if event and referral.state == "rejected":
            referral._give_back()
        return event

    def _on_paused(self, text="", external_id=None, **values):
        """The agency rests, for instance while it looks into a dispute."""
        return self.sudo()._take_news("paused", "paused", external_id, text=text, **values)

    def _on_resumed(self, text="", external_id=None, **values):
        """The agency goes on, after a pause or because it refuses a recall."""
        return self.sudo()._take_news("resumed", "active", external_id, text=text, **values)

    def _on_payment(self, amount, external_id=None, date=None, **values):
        """The agency collected ``amount`` (in the referral's currency) on ``date``. Its commission
        follows from the terms that were fixed when it was sent; the money itself is booked when
        it is remitted (``_book_remittance``).

        :raise UserError: the amount is not above zero, or the date is none
        """
        referral = self.sudo()
        amount = referral.currency_id.round(amount)
        if amount <= 0:
            raise UserError(self.env._("A payment is an amount above zero."))
        day = self.env["res.company"]._recovery_date(date) or referral.company_id._recovery_today()
        fee, vat = referral._commission(amount)
        return referral._take_news(
            "payment",
            "partly_recovered",
            external_id,
            amount=amount,
            amount_fee=fee,
            amount_vat=vat,
            day=day,
            **values,
        )

    def _on_closed(self, outcome="returned", external_id=None, **values):
        """The agency is done: ``paid``, ``uncollectable`` or ``returned`` (also for words that we
        don't know). What is still open waits for a person, who may write it off."""
        referral = self.sudo()
        known = outcome if outcome in OUTCOMES else "returned"
        event = referral._take_news("closed", "closed", external_id, text=outcome, **values)
        if event and referral.state == "closed":
            referral.outcome = known
            referral._give_back()
        return event

    def _on_recalled(self, text="", external_id=None, **values):
        """The agency gave it back as asked: its items wait for a person, at their old level."""
        referral = self.sudo()
        event = referral._take_news("recalled", "recalled", external_id, text=text, **values)
        if event and referral.state == "recalled":
            referral._bill_recall()
            referral._give_back()
        return event

    def action_report(self):
        """Open the dialog for what the agency told."""
        self.ensure_one()
        self.check_access("write")
        return self.env["recovery.referral.report"]._open_for(self)

    # -- one door for news -----------------------------------------------------------------

    def _take_news(self, kind, target, external_id, **values):
        """Note an event, and move to the state that it speaks of.

        :return: the event; empty when the agency told it before
        """
        self.ensure_one()
        event = self._add_event(kind, external_id, **values)
        if event and self._proceed(target):
            self._log_step(kind, values.get("text") or "")
        elif event and not self._is_old_news(target):
            self._tell_owner(
                self.env._("%s: news that does not fit", self.name), event.display_name
            )
        return event

    def _is_old_news(self, target):
        """Whether news of ``target`` tells nothing that a person must see: it is so already, or
        the agency is further on."""
        is_placed = any(self.line_ids.mapped("live"))
        return target == self.state or (is_placed and target in EARLIER)

    def _proceed(self, target):
        """Move to ``target``, over the steps that the agency left out.

        :return: whether it did; False when no way leads there
        """
        way = self._way(target)
        for state in way or ():
            self._set_state(state)
        return bool(way)

    def _way(self, target):
        """The states up to ``target``, or None."""
        state, way = self.state, []
        while target not in self._transitions[state]:
            state = ON_THE_WAY.get(state)
            if not state or state in way:
                return None
            way.append(state)
        return [*way, target]
