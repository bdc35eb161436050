from odoo import api, models


class DunningLimitation(models.AbstractModel):
    """Which open items are too old to be asked for by themselves."""

    _name = "dunning.limitation"
    _description = "Limitation of Items"

    @api.model
    def _barred(self, company, debtors, today):
        """The open items that no run may take: they can no longer be enforced, or nobody knows and
        they are older than three years; and no manager started them since.

        Two statements at most for any number of items, none while all are young.

        :param debtors: ``Debtor`` of one range, with their partners and rows
        :return: set of item ids
        """
        law = self.env["recovery.law"].sudo()
        bound = law._time_barred_before(today)
        ends = {}
        found = set()
        for debtor in debtors:
            for row in debtor.rows.values():
                if row.date_due is None or row.date_due >= bound:
                    continue
                key = debtor.id, row.date_due
                if key not in ends:
                    ends[key] = law._last_day(company, debtor.partner, row.date_due)
                if ends[key] < today:
                    found.add(row.id)
        return found - self._started_anyhow(found)

    def _started_anyhow(self, line_ids):
        """Those of these items that a manager started although they were time-barred.

        sudo: facts of recovery itself.
        """
        if not line_ids:
            return set()
        items = self.env["dunning.item"].sudo()
        domain = [("move_line_id", "in", list(line_ids)), ("barred_start", "=", True)]
        return set(items.search(domain).move_line_id.ids)
