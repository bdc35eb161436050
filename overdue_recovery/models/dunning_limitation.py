from datetime import timedelta

from odoo import api, models

from .recovery_law_limitation import last_day_by

# How far ahead a simulation knows of items that become time-barred.
HORIZON = timedelta(days=92)


class DunningLimitation(models.AbstractModel):
    """Which open items are too old to be asked for by themselves."""

    _name = "dunning.limitation"
    _description = "Limitation of Items"

    @api.model
    def _limit(self, company, debtors, today):
        """Tell these debtors which items no run may take, today and in the days of a simulation.

        An item is time-barred when it can no longer be enforced, or nobody knows and it is older
        than three years; it may be asked for all the same once a manager started it then. Two
        statements at most for any number of items, none while all are young.

        :param debtors: ``Debtor`` of one range, with their partners and rows
        """
        ends = self._last_days(company, debtors, today + HORIZON)
        barred = {line_id for line_id, end in ends.items() if end < today}
        barred -= self._started_anyhow(barred)
        for debtor in debtors:
            debtor.ends, debtor.barred = ends, barred

    def _last_days(self, company, debtors, until):
        """{item id: last day on which it can be enforced}, of those that end before ``until``."""
        law = self.env["recovery.law"].sudo()
        bound = law._time_barred_before(until)
        found = {}
        for debtor in debtors:
            old = [row for row in debtor.rows.values() if row.date_due and row.date_due < bound]
            laws = old and law._limiting(company, debtor.partner)
            for row in old:
                end = last_day_by(laws, row.date_due)
                if end < until:
                    found[row.id] = end
        return found

    def _started_anyhow(self, line_ids):
        """Those of these items that a manager started although they were time-barred.

        sudo: facts of recovery itself.
        """
        if not line_ids:
            return set()
        items = self.env["dunning.item"].sudo()
        domain = [("move_line_id", "in", list(line_ids)), ("barred_start", "=", True)]
        return set(items.search(domain).move_line_id.ids)
