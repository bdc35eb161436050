from collections import Counter, defaultdict
from dataclasses import dataclass, field

from odoo import api, models
from odoo.tools import SQL

from ..calc import ageing

# Reasons that mean "nothing to do yet": counted, not listed (see dunning.exception).
QUIET = frozenset({"not_due", "grace", "last_level"})
# Items that a notice must not even mention.
UNMENTIONED = frozenset({"no_followup", "blocked", "before_start", "time_barred"})

LINE_COLUMNS = [
    "notice_id",
    "kind",
    "move_line_id",
    "name",
    "date_due",
    "level_id",
    "cycle",
    "days_overdue",
    "pay_by",
    "amount_total",
    "amount_paid",
    "amount_residual",
    "amount_demanded",
    "amount_company",
    "currency_id",
    "company_id",
    "live",
]


@dataclass
class Draft:
    """A notice to be: its level, its lines as tuples in the order of ``LINE_COLUMNS`` from
    ``kind`` to ``currency_id``, and the net sum demanded in the company's currency."""

    debtor_id: int
    level_id: int
    lines: list
    amount: float


@dataclass
class Assessment:
    """What one look at the ledger gives: drafts, left-out items and figures."""

    drafts: dict = field(default_factory=dict)
    exceptions: list = field(default_factory=list)
    customers: int = 0
    items: int = 0
    left_out: Counter = field(default_factory=Counter)


class DunningProposal(models.AbstractModel):
    """Turn decisions into notices: what stands on them, and who is left out and why."""

    _name = "dunning.proposal"
    _description = "Proposal of Notices"

    @api.model
    def _assess(self, debtors, today, keep=None):
        """Draft the notices of these ``dunning.measure`` debtors.

        :param keep: function(debtor) -> bool; customers it refuses are only counted
        """
        found = Assessment()
        for debtor in debtors:
            if keep and not keep(debtor):
                continue
            found.customers += 1
            found.items += len(debtor.rows)
            self._collect_exceptions(found, debtor, today)
            draft = self._draft(debtor, today)
            if draft:
                found.drafts[debtor.id] = draft
        return found

    # -- who is left out -------------------------------------------------------------------

    def _collect_exceptions(self, found, debtor, today):
        for line_id in debtor.undated:
            found.exceptions.append((debtor.id, line_id, ("no_due_date",)))
            found.left_out["no_due_date"] += 1
        if not debtor.policy:
            found.left_out["no_policy"] += len(debtor.items)
            due = [item.key for item in debtor.items if item.date_due <= today]
            found.exceptions += [(debtor.id, key, ("no_policy",)) for key in due]
        for key, decision in debtor.decisions.items():
            if decision.level:
                continue
            found.left_out[decision.reasons[0]] += 1
            if self._is_exception(debtor.rows[key], decision, today):
                found.exceptions.append((debtor.id, key, decision.reasons))

    def _is_exception(self, row, decision, today):
        """Due or overdue (or a reminder that would have gone) and left out for a reason that a
        person may want to know."""
        if decision.reasons[0] in QUIET:
            return False
        return row.date_due <= today or "not_due" not in decision.reasons

    # -- what stands on a notice -----------------------------------------------------------

    def _draft(self, debtor, today):
        """The ``Draft`` of one debtor, or None when nothing rises."""
        rising = {key: found.level for key, found in debtor.decisions.items() if found.level}
        if not rising:
            return None
        demanded = {item.key: item.demandable for item in debtor.items}
        kinds = self._kinds(debtor, rising, demanded, today)
        currencies = self._demanded_currencies(debtor, kinds, demanded)
        values = {item.key: item.value for item in debtor.items}
        lines, amount = [], 0.0
        for key, kind in kinds.items():
            row = debtor.rows[key]
            if row.currency_id not in currencies:
                continue
            due = 0 if kind == "not_due" else demanded[key]
            level_id = rising[key].key if key in rising else row.level_id
            lines.append(self._line(row, kind, level_id, due, today))
            amount += self._company_amount(row, due, values[key])
        for credit in debtor.credits:
            if credit.currency_id in currencies:
                lines.append(self._credit_line(credit))
                amount -= credit.amount_company
        level = max(rising.values(), key=lambda level: (level.sequence, level.delay_days))
        return Draft(debtor.id, level.key, lines, debtor.policy.currency_id.round(amount))

    def _kinds(self, debtor, rising, demanded, today):
        """{item id: kind of line}, leaving out what a notice must not mention."""
        kinds = {}
        for item in debtor.items:
            reasons = debtor.decisions[item.key].reasons
            if item.key in rising:
                kinds[item.key] = "rising"
            elif not UNMENTIONED.isdisjoint(reasons):
                continue
            elif not ageing.days_overdue(item.date_due, today):
                kinds[item.key] = "not_due"
            elif demanded[item.key]:
                kinds[item.key] = "listed"
        return kinds

    def _demanded_currencies(self, debtor, kinds, demanded):
        """Currencies in which, after credits, something is demanded."""
        sums = defaultdict(int)
        for key, kind in kinds.items():
            if kind != "not_due":
                sums[debtor.rows[key].currency_id] += demanded[key]
        for credit in debtor.credits:
            sums[credit.currency_id] -= credit.amount
        return {currency_id for currency_id, amount in sums.items() if amount > 0}

    def _company_amount(self, row, demanded, value):
        """The demanded part in the company's currency (as ``value`` says, unrounded ratio)."""
        return row.residual_company * demanded / row.residual if demanded and value else 0.0

    def _line(self, row, kind, level_id, demanded, today):
        paid = row.total - row.residual
        amounts = (row.total, paid, row.residual, demanded)
        days = ageing.days_overdue(row.date_due, today)
        return (
            kind,
            row.id,
            row.name,
            row.date_due,
            level_id,
            row.cycle,
            days,
            None,
            *(_amount(units, row.rounding) for units in amounts),
            self._company_amount(row, demanded, True),
            row.currency_id,
        )

    def _credit_line(self, credit):
        amount = -_amount(credit.amount, credit.rounding)
        return (
            "credit",
            credit.id,
            credit.name,
            credit.date,
            None,
            1,
            0,
            None,
            amount,
            0.0,
            amount,
            amount,
            -credit.amount_company,
            credit.currency_id,
        )

    # -- write -----------------------------------------------------------------------------

    @api.model
    def _write_lines(self, notices_lines, company):
        """Insert the lines of many notices: ``[(notice id, lines), …]``; one statement per page."""
        rows = [
            (notice_id, *line, company.id, True)
            for notice_id, lines in notices_lines
            for line in lines
        ]
        return self._insert("dunning.notice.line", LINE_COLUMNS, rows)

    @api.model
    def _insert(self, model, columns, rows):
        """Insert ``rows`` (tuples in the order of ``columns``) into a model's table.

        The ORM needs a millisecond for each thin row; a run over a large ledger makes 100,000.

        :return: the new ids in the order of the rows
        """
        if not rows:
            return []
        self.env[model].flush_model()
        names = [*columns, "create_uid", "write_uid", "create_date", "write_date"]
        now = self.env.cr.now()
        tail = (self.env.uid, self.env.uid, now, now)
        query = SQL(
            "INSERT INTO %s (%s) VALUES %%s RETURNING id",
            SQL.identifier(self.env[model]._table),
            SQL(", ").join(SQL.identifier(name) for name in names),
        )
        fetched = self.env.cr.execute_values(
            query.code.replace("%%s", "%s"), [(*row, *tail) for row in rows], None, 1000, fetch=True
        )
        self.env[model].invalidate_model()
        return [row[0] for row in fetched]


def _amount(units, rounding):
    """Rounding units as an amount, without the dust of binary fractions."""
    return round(units * rounding, 6)
