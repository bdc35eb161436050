from collections import defaultdict
from dataclasses import replace
from datetime import timedelta, timezone
from functools import cached_property
from typing import NamedTuple

from odoo.fields import Domain
from odoo.tools import SQL, email_normalize

from ..calc import contact_window

# What did not reach anybody, or will be said again, counts as no contact.
NOT_REACHED = frozenset(["failed", "bounced", "cancelled", "held", "queued"])
TALKED = "conversation"
NO_ANSWER = "no_answer"


# When somebody wants to be contacted: first hour and end, in their time.
WISHED_HOURS = {"morning": (8, 12), "afternoon": (12, 17), "evening": (17, 20)}
ONE_A_DAY = contact_window.Limit(None, 1, 1)
# A contact that waits to be made comes before a reminder.
WAITING = "waiting"


class Request(NamedTuple):
    """Who is to be contacted, how and what for.

    ``company`` is the sender (None: the current one), ``debtor`` the customer whose log counts
    (None: the recipient's), ``key`` the number of the notice that the message belongs to, whose
    other messages do not count, ``address`` where it goes (empty: the recipient's own).
    """

    recipient: object
    channel: str
    purpose: str
    company: object = None
    debtor: object = None
    key: str = ""
    address: str = ""


class Entry(NamedTuple):
    """What the contact log says about one contact."""

    company_id: int
    debtor_id: int
    case_id: int
    sequence: int
    date: object
    direction: str
    channel: str
    kind: str
    purpose: str
    outcome: str
    refers_to: int
    reference: str


class ContactFacts:
    """What the gate has to know about many requests at one moment, read in a fixed number of
    queries: who asked us to stop, whose address is blacklisted, which rules bind whom, and who
    was contacted before.

    Reads as superuser: rules, wishes and the log bind whoever asks.
    """

    def __init__(self, env, requests, at):
        self.env = env(su=True)
        self.at = at
        self.requests = [self._complete(request, env.company) for request in requests]
        self.laws = self.env["recovery.law"]._contact_laws(at.date())
        self._ceased = self._read_ceased()
        self._blacklisted = self._read_blacklisted()
        self._rules = {}

    def _complete(self, request, company):
        """The request with everything that it left open."""
        recipient = request.recipient.with_env(self.env)
        return request._replace(
            recipient=recipient,
            company=(request.company or company).with_env(self.env),
            debtor=(request.debtor or recipient._recovery_debtor()).with_env(self.env),
            address=request.address or recipient._recovery_address(request.channel) or "",
        )

    # -- who must not be contacted ---------------------------------------------------------

    def has_ceased(self, request):
        """Whether the person, or the customer it stands for, asked us to stop demanding."""
        return bool(self._ceased) and any(
            (request.company.id, one.id) in self._ceased for one in self._people(request)
        )

    def is_blacklisted(self, request):
        """Whether core's blacklist has the e-mail address."""
        return self._normal(request) in self._blacklisted

    def _normal(self, request):
        """The e-mail address as core compares it; parsing it is dear, and the recipient's own is
        kept that way."""
        known = request.recipient.email_normalized
        return known if known == request.address else email_normalize(request.address or "")

    def _people(self, request):
        return request.recipient | request.recipient.commercial_partner_id | request.debtor

    def _read_ceased(self):
        """{(company id, partner id)}; what was said to a branch was said to its parents."""
        people = {one.id for request in self.requests for one in self._people(request)}
        holds = self.env["recovery.hold"]
        found = holds.search(
            holds._dated_domain(self.at.date())
            & holds._ceased_domain()
            & Domain("partner_id", "in", self.env["res.partner"].browse(people).ids)
        )
        return {
            (company.id, hold.partner_id.id)
            for hold in found
            for company in hold.company_id.parent_ids
        }

    def _read_blacklisted(self):
        addresses = {self._normal(one) for one in self.requests if one.channel == "email"}
        domain = [("email", "in", [address for address in addresses if address])]
        return set(self.env["mail.blacklist"].search(domain).mapped("email"))

    # -- which rules bind ------------------------------------------------------------------

    def rule(self, request):
        """All rules that a contact has to keep, as one. A reminder before the due date keeps the
        hours, and of all limits only that two messages don't come on one day."""
        found = self._wished(request, self._binding(request)[0])
        if request.purpose == "demand":
            return found
        return replace(found, limits=(ONE_A_DAY,) if found.limits else (), gap_days=0)

    def _wished(self, request, rule):
        """``rule`` in the hours that the recipient wishes, where it leaves time then.

        sudo: a wish binds whoever writes.
        """
        hours = WISHED_HOURS.get(request.recipient.sudo().recovery_hours)
        if not hours:
            return rule
        narrowed = contact_window.narrow([rule, contact_window.Rule(range(7), hours)])
        return narrowed if narrowed.hours[0] < narrowed.hours[1] else rule

    def needs_consent(self, request):
        """Whether a rule lets this channel be used only with the recipient's consent."""
        return self._binding(request)[1]

    def _binding(self, request):
        """(all rules that bind a contact as one rule, whether one of them asks for consent)."""
        country, state = request.recipient._recovery_home(request.company)
        debtor_type = request.debtor._recovery_law_type()
        place = country, state, debtor_type, request.channel
        if place not in self._rules:
            days_off = self.env["res.partner"]._recovery_holidays(country, state)
            rules = [
                rule
                for law in self.laws
                if law.applies_to(country, debtor_type)
                for rule in law.rules
                if rule.binds(request.channel)
            ]
            merged = contact_window.narrow(
                rule.for_channel(request.channel, days_off) for rule in rules
            )
            self._rules[place] = merged, any(rule.needs_consent for rule in rules)
        return self._rules[place]

    def zones(self, request):
        """The time zones in each of which a moment has to suit."""
        return request.recipient._recovery_zones(request.company, self.at.year)

    # -- who was contacted before ----------------------------------------------------------

    def history(self, request):
        """The contacts that count for a request: those of its customer and company, but for the
        messages of its own notice. Reminders count for reminders only."""
        contacts = self._contacts[request.company.id, request.debtor.id]
        own = request.key or None, request.channel
        return [
            contact
            for (purpose, key, channel), contact in contacts.items()
            if (purpose == "demand" or request.purpose == "reminder") and (key, channel) != own
        ]

    def remember(self, request):
        """Count a contact that may be made now for the requests after it."""
        key = request.key or id(request)
        contact = contact_window.Contact(
            self.at.replace(tzinfo=timezone.utc), request.channel, key=key
        )
        customer = request.company.id, request.debtor.id
        self._contacts[customer][request.purpose, key, request.channel] = contact

    @cached_property
    def _contacts(self):
        """{(company id, debtor id): {(purpose, what tells contacts apart …): Contact}}.

        The messages of one notice on one channel, to several recipients, are one contact.
        """
        found = defaultdict(dict)
        days = max((rule.looks_back() for law in self.laws for rule in law.rules), default=0)
        for entry in self._entries(days) if days else ():
            contact = self._contact(entry)
            if contact:
                purpose = "reminder" if entry.purpose == "reminder" else "demand"
                is_message = entry.reference and entry.kind == "notice"
                key = entry.reference if is_message else (entry.case_id, entry.sequence)
                customer = entry.company_id, entry.debtor_id
                found[customer][purpose, key, entry.channel] = contact
        for delivery in self._waiting_demands():
            notice = delivery.notice_id
            contact = contact_window.Contact(
                self.at.replace(tzinfo=timezone.utc), delivery.channel, key=notice.name
            )
            customer = notice.company_id.id, notice.partner_id.id
            found[customer][WAITING, notice.name, delivery.channel] = contact
        return found

    def _contact(self, entry):
        """An entry as ``Contact``; None if it counts for nothing."""
        is_call = entry.channel == "call"
        answered = entry.outcome == TALKED or (entry.direction == "in" and entry.kind == "call")
        talked = is_call and answered and entry.outcome != NO_ANSWER
        is_ours = entry.direction == "out" and entry.purpose in ("demand", "reminder")
        if entry.outcome in NOT_REACHED or not (is_ours or talked):
            return None
        return contact_window.Contact(
            entry.date.replace(tzinfo=timezone.utc),
            entry.channel,
            conversation=talked,
            key=entry.reference or None,
            demand=is_ours,
        )

    def _waiting_demands(self):
        """Demands of notices that wait to leave now: a reminder gives way to them."""
        reminded = [one.debtor.id for one in self.requests if one.purpose == "reminder"]
        if not reminded:
            return self.env["dunning.delivery"]
        now = Domain("hold_until", "=", False) | Domain("hold_until", "<=", self.at)
        return self.env["dunning.delivery"].search(
            Domain("notice_id.partner_id", "in", reminded)
            & Domain("notice_id.level_id.delay_days", ">=", 0)
            & Domain("state", "in", ("queued", "held"))
            & now
        )

    def _entries(self, days):
        """The log's entries of these customers in so many days, each with its last outcome. A
        notice that was cancelled never bars the next one, but for calls that took place.

        A day more is read at either end: whose day it is depends on the time zone.
        """
        entries = {}
        query = SQL(
            """
            SELECT file.company_id, file.partner_id, entry.case_id, entry.sequence, entry.date,
                   entry.direction, entry.channel, entry.kind, entry.purpose,
                   COALESCE(entry.outcome, ''), COALESCE(entry.refers_to, 0),
                   COALESCE(entry.reference, '')
              FROM recovery_interaction entry
              JOIN recovery_case file ON file.id = entry.case_id
             WHERE file.partner_id IN %(debtors)s AND entry.date > %(since)s
               AND entry.direction IN ('out', 'in')
               AND (entry.purpose IN ('demand', 'reminder') OR entry.channel = 'call')
               AND (entry.kind = 'call'
                    OR NOT EXISTS (SELECT FROM dunning_notice notice
                                    WHERE notice.partner_id = file.partner_id
                                      AND notice.company_id = file.company_id
                                      AND notice.name = entry.reference
                                      AND notice.state = 'cancelled'))
          ORDER BY entry.case_id, entry.sequence
            """,
            debtors=tuple({one.debtor.id for one in self.requests}) or (0,),
            since=self.at - timedelta(days=days + 2),
        )
        self.env["recovery.case"].flush_model(["partner_id", "company_id"])
        self.env["dunning.notice"].flush_model(["name", "partner_id", "company_id", "state"])
        for entry in map(Entry._make, self.env.execute_query(query)):
            place = entry.case_id, entry.refers_to
            first = entries.get(place)
            if entry.kind == "call":
                # it takes the place of the one that was planned
                entries.pop(place, None)
                entries[entry.case_id, entry.sequence] = entry
            elif first:
                entries[place] = first._replace(outcome=entry.outcome)
            elif not entry.refers_to:
                entries[entry.case_id, entry.sequence] = entry
        return entries.values()
