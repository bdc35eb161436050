from datetime import timezone
from typing import NamedTuple

from odoo import api, models
from odoo.tools import format_datetime

from ..calc import contact_window
from .recovery_contact_facts import ContactFacts, Request

#: Why somebody may not be contacted at all, the most serious first.
REFUSALS = ("cease", "opt_out", "blacklist", "no_consent", "no_address")
REASONS = (*REFUSALS, *contact_window.REASONS)


class Verdict(NamedTuple):
    """What the gate says: ``decision`` send / hold / refuse, ``until`` (naive UTC, for hold) and
    the codes of all reasons, the most serious first."""

    decision: str
    until: object = None
    reasons: tuple = ()


class RecoveryContactGate(models.AbstractModel):
    """The one place that says whether a person may be contacted now.

    Every outgoing contact asks it, automatic or not, right before it leaves:

    * a **demand** keeps hours, days, limits and gaps of all contact rules in force for the
      person (``recovery.law.contact.rule``), and stops when the customer asked us to stop;
    * a **reminder** before the due date is no demand yet: it keeps hours and days, starts no
      limit and obeys none, but does not come on the day of another message; it stops like a
      demand;
    * a **legal** notice keeps no hours and no limits, and goes to a customer who asked us to stop;
    * an **answer** to the debtor's own act goes at once.

    All but answers keep the wishes about a channel: opt-outs, core's e-mail blacklist, the
    consent to text messages where a rule asks for it. Nothing goes where there is no address.

    Whatever has to do with time is a hold, with the next moment that suits; a refusal comes only
    from the person or the address, or from rules that leave no moment within a year.
    """

    _name = "recovery.contact.gate"
    _description = "Contact Gate"

    @api.model
    def _verdict(self, recipient, channel, purpose, at):
        """May ``recipient`` be contacted on ``channel`` for ``purpose`` at this moment?

        :param recipient: res.partner
        :param channel: email, sms, letter, call
        :param purpose: demand, reminder, legal, answer
        :param at: naive UTC datetime
        :return: ``Verdict``
        """
        return self._verdicts([Request(recipient, channel, purpose)], at)[0]

    @api.model
    def _verdicts(self, requests, at):
        """The verdicts on many ``Request`` at one moment, in their order.

        The number of queries does not grow with the requests. What may go counts for those after
        it, so that two notices to one customer do not leave together.
        """
        facts = ContactFacts(self.env, requests, at)
        verdicts = []
        for request in facts.requests:
            verdict = self._judge(request, facts)
            if verdict.decision == "send" and request.purpose in ("demand", "reminder"):
                facts.remember(request)
            verdicts.append(verdict)
        return verdicts

    @api.model
    def _foresee(self, requests, moments):
        """The verdicts on these requests, each at its own coming moment, by what is known now:
        no contact of the meantime counts. As many queries as for one moment.

        :param moments: naive UTC datetimes, one for each request
        """
        if not requests:
            return []
        facts = ContactFacts(self.env, requests, min(moments))
        verdicts = []
        for request, moment in zip(facts.requests, moments, strict=True):
            facts.at = moment
            verdicts.append(self._judge(request, facts))
        return verdicts

    @api.model
    def _refused(self, requests, at):
        """Those of these requests that the person or the address refuses, whenever it be: for the
        choice of a channel. As many queries for many as for one."""
        if not requests:
            return []
        facts = ContactFacts(self.env, requests, at)
        return [request for request in facts.requests if self._refusals(request, facts)]

    def _judge(self, request, facts):
        """One verdict. Seam: extend with further rules; a refusal beats a hold."""
        found = self._refusals(request, facts)
        refusals = tuple(code for code in REFUSALS if code in found)
        if refusals:
            return Verdict("refuse", None, refusals)
        if request.purpose in ("answer", "legal"):
            return Verdict("send")
        verdict = contact_window.verdict_in_all(
            facts.rule(request),
            facts.at.replace(tzinfo=timezone.utc),
            facts.zones(request),
            facts.history(request),
            request.key or None,
        )
        until = verdict.until and verdict.until.astimezone(timezone.utc).replace(tzinfo=None)
        return Verdict(verdict.decision, until, verdict.reasons)

    def _refusals(self, request, facts):
        """Codes for which this person may not be contacted so, whenever it be.

        Seam: glue addons add the blacklists of their channels.
        """
        found = set() if request.address else {"no_address"}
        if request.purpose == "answer":
            return found
        if request.purpose != "legal" and facts.has_ceased(request):
            found.add("cease")
        if request.recipient._recovery_opted_out(request.channel):
            found.add("opt_out")
        if request.channel == "email" and facts.is_blacklisted(request):
            found.add("blacklist")
        consented = request.recipient._recovery_consented(request.channel)
        if not consented and facts.needs_consent(request):
            found.add("no_consent")
        return found

    # -- in words --------------------------------------------------------------------------

    @api.model
    def _texts(self):
        """{code: sentence}, in the reader's language: the same ones everywhere."""
        return {
            "cease": self.env._("The customer asked us to stop demanding."),
            "opt_out": self.env._("The recipient does not want to be contacted on this channel."),
            "blacklist": self.env._("The e-mail address is blacklisted."),
            "no_consent": self.env._("The recipient has not agreed to text messages."),
            "no_address": self.env._("The recipient has no address for this channel."),
            "no_moment": self.env._(
                "The contact rules leave no moment: enter the recipient's time zone or state, or "
                "correct the rules."
            ),
            "limit": self.env._("Contacted as often as the contact rules allow."),
            "conversation": self.env._("We spoke with the customer a short while ago."),
            "gap": self.env._("The last contact was too short a while ago."),
            "holiday": self.env._("A public holiday where the recipient lives."),
            "weekday": self.env._("Not a day of the week for contacts."),
            "hours": self.env._("Outside the hours for contacts, in the recipient's time."),
        }

    @api.model
    def _in_words(self, verdict):
        """A verdict's reasons as sentences. Empty when it may go."""
        texts = self._texts()
        return " ".join(texts.get(code, code) for code in verdict.reasons)

    @api.model
    def _announcement(self, verdict):
        """A verdict as a person reads it: whether, when and why not."""
        if verdict.decision == "send":
            return self.env._("May go now.")
        reasons = self._in_words(verdict)
        if verdict.decision == "refuse":
            return self.env._("Must not go. %s", reasons)
        moment = format_datetime(self.env, verdict.until, dt_format="medium")
        return self.env._("Waits until %(moment)s. %(reasons)s", moment=moment, reasons=reasons)
