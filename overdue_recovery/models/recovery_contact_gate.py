from typing import NamedTuple

from odoo import api, models


class Verdict(NamedTuple):
    """What the gate says: ``decision`` send / hold / refuse, ``until`` (naive UTC, for hold) and
    the codes of all reasons."""

    decision: str
    until: object = None
    reasons: tuple = ()


class RecoveryContactGate(models.AbstractModel):
    """The one place that says whether a person may be contacted now.

    Every outgoing contact asks it, automatic or not, right before it leaves. The rules (hours,
    holidays, frequency, opt-outs, consent, cease) are not built yet: the gate answers ``send``
    to everything but a cease, so that the callers stand as they will stay.
    """

    _name = "recovery.contact.gate"
    _description = "Contact Gate"

    @api.model
    def _verdict(self, recipient, channel, purpose, at):
        """May ``recipient`` be contacted on ``channel`` for ``purpose`` at this moment?

        :param recipient: res.partner
        :param channel: email, sms, letter, call
        :param purpose: demand (hours and caps bind), answer (goes at once), legal
        :param at: naive UTC datetime
        :return: ``Verdict``

        Seam: extend with further rules; a refusal beats a hold, a hold beats a send.
        """
        if purpose == "demand" and self._has_ceased(recipient, at):
            return Verdict("refuse", None, ("cease",))
        return Verdict("send")

    def _has_ceased(self, recipient, at):
        """Whether the person, or the customer it stands for, asked us to stop demanding."""
        holds = self.env["recovery.hold"].sudo()
        partners = recipient | recipient.commercial_partner_id
        domain = [("cease_contact", "=", True), ("partner_id", "in", partners.ids)]
        return bool(holds.search_count([*domain, *holds._dated_domain(at.date())], limit=1))
