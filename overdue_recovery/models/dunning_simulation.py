from dataclasses import replace
from datetime import timedelta

from odoo import api, models


class DunningSimulation(models.AbstractModel):
    """The coming days of a company, played in memory with the same decisions as the real runs."""

    _name = "dunning.simulation"
    _description = "Simulation of Runs"

    @api.model
    def _simulate(self, run, date_to):
        """See ``dunning.run.simulate``. Reads once; writes nothing."""
        measure = self.env["dunning.measure"]
        today = run.date
        proposed = run.notice_ids.filtered(lambda notice: notice.state == "proposed")
        scope = run.partner_ids._recovery_debtor().ids if run.partner_ids else None
        entries = []
        ladders = measure._ladders()
        for debtor in measure._debtors(run.company_id, today, scope, proposed, coming=True):
            if debtor.policy and run._keeps(debtor):
                entries += self._play(debtor, today, date_to, ladders)
        return sorted(entries, key=lambda entry: (entry["date"], entry["partner_id"]))

    def _play(self, debtor, today, date_to, ladders):
        """The notices of one debtor from ``today`` to ``date_to``, as if each went out."""
        proposal, measure = self.env["dunning.proposal"], self.env["dunning.measure"]
        entries, day = [], today
        while day <= date_to:
            if day > today:
                debtor.end_holds(day, ladders)
                measure._decide(debtor, day, ladders)
                debtor.refuse_unreachable(ladders)
            draft = proposal._draft(debtor, day)
            if draft:
                entries.append(self._entry(debtor, draft, day, ladders))
                self._hand_over(debtor, day, ladders)
            day += timedelta(days=1)
        return entries

    def _entry(self, debtor, draft, day, ladders):
        level = ladders.record(draft.level_id)
        return {
            "date": day,
            "company_id": debtor.policy.company_id.id,
            "partner_id": debtor.id,
            "level_id": level.id,
            "level": level.name,
            "amount": debtor.policy.currency_id.round(draft.amount),
            "move_line_ids": [line[1] for line in draft.lines if line[0] == "rising"],
        }

    def _hand_over(self, debtor, day, ladders):
        """Let the rising items reach their level, as a notice handed over on ``day`` would."""
        reached = {key: found.level for key, found in debtor.decisions.items() if found.level}
        for index, item in enumerate(debtor.items):
            level = reached.get(item.key)
            if level:
                pay_by = ladders.record(level.key)._pay_by(day, debtor.partner, item.date_due)
                debtor.items[index] = replace(
                    item, level=level.key, level_date=day, pay_by=pay_by, started=True
                )
        if any(level.delay_days >= 0 for level in reached.values()):
            debtor.last_contact = day
