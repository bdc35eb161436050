from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta

from odoo import api, models

from .dunning_facts import Against
from .recovery_contact_facts import Request

# The hour, in the company's time, for which the contact gate is asked.
MORNING = 10


@dataclass
class Outlook:
    """The coming days: ``entries`` as ``dunning.run.simulate`` returns them, and the items that
    wait today, ``waiting`` = [(customer id, item id, reason codes, open in company currency)]."""

    entries: list
    waiting: list


class DunningSimulation(models.AbstractModel):
    """The coming days of a company, played in memory with the same decisions as the real runs.

    What is under way counts as handed over today; holds begin and end on their days; nobody pays.
    """

    _name = "dunning.simulation"
    _inherit = "dunning.simulation.charge"
    _description = "Simulation of Runs"

    @api.model
    def _simulate(self, run, date_to):
        """See ``dunning.run.simulate``. Reads once; writes nothing."""
        proposed = run.notice_ids.filtered(lambda notice: notice.state == "proposed")
        scope = run.partner_ids._recovery_debtor().ids if run.partner_ids else None
        company, today = run.company_id, run.date
        return self._outlook(company, today, date_to, scope, proposed, run._scope()).entries

    @api.model
    def _outlook(self, company, today, date_to, scope=None, ignore=None, keep=None, policy=None):
        """The ``Outlook`` of a company's customers from ``today`` to ``date_to`` (inclusive).

        :param scope: ids of debtors (None: all)
        :param ignore: notices whose lines do not count as under way
        :param keep: function(debtor) -> bool
        :param policy: try this policy instead of the customers' own
        """
        measure = self.env["dunning.measure"]
        ladders = measure._ladders()
        coming = self._coming_holds(measure._companies(company), today, date_to)
        under_way = measure._under_way(ignore)
        outlook = Outlook([], [])
        debtors = measure._debtors(company, today, scope, ignore, coming=True, policy=policy)
        for debtor in debtors:
            if debtor.policy and (keep is None or keep(debtor)):
                outlook.waiting += self._waiting(debtor, today)
                outlook.entries += self._play(debtor, today, date_to, ladders, coming, under_way)
        outlook.entries.sort(key=lambda entry: (entry["date"], entry["partner_id"]))
        self._tell_charges(company, today, outlook.entries, ignore, under_way)
        self._tell_verdicts(company, outlook.entries)
        return outlook

    def _waiting(self, debtor, today):
        """What of this customer is due today and held, as ``Outlook.waiting`` has it."""
        proposal = self.env["dunning.proposal"]
        return [
            (debtor.id, key, decision.reasons, debtor.rows[key].residual_company)
            for key, decision in debtor.decisions.items()
            if not decision.level and proposal._is_exception(debtor.rows[key], decision, today)
        ]

    # -- day by day --------------------------------------------------------------------------

    def _play(self, debtor, today, date_to, ladders, coming, under_way):
        """The notices of one debtor from ``today`` to ``date_to``, as if each went out."""
        proposal, measure = self.env["dunning.proposal"], self.env["dunning.measure"]
        entries, day = [], today
        leaving = {i.key: under_way[i.key] for i in debtor.items if i.key in under_way}
        while day <= date_to:
            if day > today:
                debtor.end_holds(day, ladders)
                debtor.begin_holds(coming.get(day), ladders)
                debtor.begin_limitation(day, ladders)
                measure._decide(debtor, day, ladders)
                debtor.refuse_unreachable(ladders)
            draft = proposal._draft(debtor, day)
            if draft:
                entries.append(self._entry(debtor, draft, day, ladders))
                channel = entries[-1]["channel"]
                self._hand_over(debtor, self._risen(debtor), day, ladders, channel)
            if day == today and leaving:
                self._hand_over(debtor, leaving, day, ladders)
            day += timedelta(days=1)
        return entries

    def _risen(self, debtor):
        return {key: found.level.key for key, found in debtor.decisions.items() if found.level}

    def _entry(self, debtor, draft, day, ladders):
        level = ladders.record(draft.level_id)
        return {
            "date": day,
            "company_id": debtor.policy.company_id.id,
            "partner_id": debtor.id,
            "level_id": level.id,
            "level": level.name,
            "channel": level._channel_for(debtor.partner, debtor.channels or ()),
            "amount": debtor.policy.currency_id.round(draft.amount),
            "charge": 0.0,
            "move_line_ids": [line[1] for line in draft.lines if line[0] == "rising"],
            # what it charges is told once all entries are known, see _tell_charges
            "lines": self._charge_lines(debtor, draft) if debtor.policy.charges else [],
        }

    def _hand_over(self, debtor, reached, day, ladders, channel=None):
        """Let items reach their level {item id: level id}, as a notice of ``day`` would."""
        for index, item in enumerate(debtor.items):
            if item.key not in reached:
                continue
            level = ladders.record(reached[item.key])
            pay_by = level._pay_by(day, debtor.partner, item.date_due, channel == "letter")
            current = ladders.current(debtor.policy, level.id)
            debtor.items[index] = replace(
                item, level=current, level_date=day, pay_by=pay_by, started=True, under_way=False
            )
        levels = [ladders.record(level_id) for level_id in set(reached.values())]
        if any(level.delay_days >= 0 for level in levels):
            debtor.last_contact = day

    # -- facts of the coming days ---------------------------------------------------------------

    def _coming_holds(self, companies, today, date_to):
        """{day: ``Against`` with the holds that begin on it} after ``today``; one query."""
        holds = self.env["recovery.hold"].sudo()
        domain = holds._beginning_domain(companies, today + timedelta(days=1), date_to)
        found = defaultdict(Against)
        for hold in holds._read_on(domain):
            found[hold.date_from].add(hold)
        return found

    def _tell_verdicts(self, company, entries):
        """Add to the entries what the contact gate would say in the middle of their day's
        morning: ``verdict``, ``hold_until`` and the reasons as a sentence."""
        written = [entry for entry in entries if entry["channel"]]
        gate = self.env["recovery.contact.gate"]
        requests = self._requests(company, written)
        moments = [company._recovery_moment(entry["date"], MORNING) for entry in written]
        for entry in entries:
            entry.update(verdict="send", hold_until=False, verdict_text="")
        for entry, verdict in zip(written, gate._foresee(requests, moments), strict=True):
            entry["verdict"] = verdict.decision
            entry["hold_until"] = verdict.until or False
            entry["verdict_text"] = gate._in_words(verdict)

    def _requests(self, company, entries):
        """One question to the gate for each entry, about its first recipient."""
        partners = self.env["res.partner"].sudo().browse({entry["partner_id"] for entry in entries})
        recipients = partners._recovery_recipients_by_channel()
        levels = self.env["dunning.level"].sudo()
        requests = []
        for entry in entries:
            debtor = partners.browse(entry["partner_id"])
            requests.append(
                Request(
                    recipient=recipients[debtor][entry["channel"]][:1] or debtor,
                    channel=entry["channel"],
                    purpose=levels.browse(entry["level_id"])._purpose(),
                    company=company,
                    debtor=debtor,
                )
            )
        return requests
