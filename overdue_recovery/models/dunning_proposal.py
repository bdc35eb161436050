import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import islice

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
    "live",
]
# Fields that may hold any text.
TEXTS = frozenset({"char", "text"})
# How COPY is told that a value is missing: as Python writes it.
NULL = "None"
# What PostgreSQL's COPY reads as something else in a text.
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_SPECIAL = re.compile(rf"[\\\t\n\r]|^{NULL}$").search


@dataclass
class Draft:
    """A notice to be: its level, its lines as tuples in the order of ``LINE_COLUMNS`` from
    ``kind`` to ``currency_id``, the net sum demanded in the company's currency, and in rounding
    units of each currency in which something is demanded."""

    debtor_id: int
    level_id: int
    lines: list
    amount: float
    units: dict


@dataclass
class Assessment:
    """What one look at a range of the ledger gives: drafts, left-out items and figures."""

    drafts: dict = field(default_factory=dict)
    #: [(customer id or None, item id, reason codes)]
    exceptions: list = field(default_factory=list)
    customers: int = 0
    items: int = 0
    left_out: Counter = field(default_factory=Counter)


@dataclass
class Figures:
    """What a run has found so far, when the ranges themselves are forgotten."""

    customers: int = 0
    items: int = 0
    left_out: Counter = field(default_factory=Counter)
    #: by level id: notices, and the sum demanded in the company's currency
    notices: Counter = field(default_factory=Counter)
    demanded: Counter = field(default_factory=Counter)
    #: by currency id: the net sum demanded, which is what the notices say, in rounding units
    by_currency: Counter = field(default_factory=Counter)

    def add(self, found: Assessment):
        """Count a further range."""
        self.customers += found.customers
        self.items += found.items
        self.left_out.update(found.left_out)
        for draft in found.drafts.values():
            self.notices[draft.level_id] += 1
            self.demanded[draft.level_id] += draft.amount
            self.by_currency.update(draft.units)


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
            found.items += len(debtor.rows) + debtor.not_due
            self._collect_exceptions(found, debtor, today)
            draft = self._draft(debtor, today)
            if draft:
                found.drafts[debtor.id] = draft
        return found

    # -- who is left out -------------------------------------------------------------------

    def _collect_exceptions(self, found, debtor, today):
        if debtor.not_due:
            found.left_out["not_due"] += debtor.not_due
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
        kinds = self._kinds(debtor, rising, today)
        units = self._demanded_units(debtor, kinds)
        lines, amount = [], 0.0
        for item in (*debtor.items, *debtor.costs):
            kind = kinds.get(item.key)
            if not kind or item.currency not in units:
                continue
            row = debtor.rows[item.key]
            due = 0 if kind == "not_due" else item.demandable
            level_id = rising[item.key].key if kind == "rising" else row.level_id
            own = _company_amount(row, due)
            lines.append(_line(row, kind, level_id, due, own, today))
            amount += own if item.value else 0.0
        for credit in debtor.credits:
            if credit.currency_id in units:
                lines.append(_credit_line(credit))
                amount -= credit.amount_company
        level = max(rising.values(), key=lambda level: (level.sequence, level.delay_days))
        return Draft(debtor.id, level.key, lines, debtor.policy.currency_id.round(amount), units)

    def _kinds(self, debtor, rising, today):
        """{item id: kind of line}, leaving out what a notice must not mention."""
        kinds = {}
        for item in debtor.items:
            if item.key in rising:
                kinds[item.key] = "rising"
            elif not UNMENTIONED.isdisjoint(debtor.decisions[item.key].reasons):
                continue
            elif not ageing.days_overdue(item.date_due, today):
                kinds[item.key] = "not_due"
            elif item.demandable:
                kinds[item.key] = "listed"
        kinds.update(self._kinds_of_costs(debtor, today))
        return kinds

    def _kinds_of_costs(self, debtor, today):
        """{item id: kind of line} of costs charged earlier."""
        return {
            item.key: "listed" if ageing.days_overdue(item.date_due, today) else "not_due"
            for item in debtor.costs
            if item.demandable and not (item.blocked or item.no_followup)
        }

    def _demanded_units(self, debtor, kinds):
        """{currency id: what is demanded after credits, in rounding units}, where that is more
        than nothing."""
        units = defaultdict(int)
        for item in (*debtor.items, *debtor.costs):
            if kinds.get(item.key, "not_due") != "not_due":
                units[item.currency] += item.demandable
        for credit in debtor.credits:
            units[credit.currency_id] -= credit.amount
        return {currency_id: amount for currency_id, amount in units.items() if amount > 0}

    # -- write -----------------------------------------------------------------------------

    @api.model
    def _write_lines(self, notices_lines):
        """Insert the lines of many notices: ``[(notice id, lines), …]``."""
        rows = [(notice_id, *line, True) for notice_id, lines in notices_lines for line in lines]
        for name in ("level_id", "currency_id"):
            place = LINE_COLUMNS.index(name)
            named = {row[place] for row in rows if row[place]}
            self._lock_named("dunning.notice.line", name, named)
        self._insert("dunning.notice.line", LINE_COLUMNS, rows)

    @api.model
    def _lock_named(self, model, name, ids):
        """Let nobody delete what rows are about to name by an ``UncheckedMany2one``: the lock that
        a foreign key takes, once for all rows."""
        query = SQL(
            "SELECT id FROM %s WHERE id = ANY(%s) FOR KEY SHARE",
            SQL.identifier(self.env[self.env[model]._fields[name].comodel_name]._table),
            list(ids),
        )
        self.env.execute_query(query)

    @api.model
    def _insert(self, model, columns, rows):
        """Insert ``rows`` (tuples in the order of ``columns``) into a model's table; who needs
        their ids takes ``_new_ids`` before and gives them as a column.

        The ORM needs a millisecond for each thin row, and a run over a large ledger makes
        100,000: they go by COPY, one statement for any number. Keys and constraints hold as ever.
        """
        records = self.env[model]
        records.flush_model()
        texts = [i for i, name in enumerate(columns) if records._fields[name].type in TEXTS]
        layout = ["%s"] * len(columns)
        if records._log_access:
            columns = [*columns, "create_uid", "write_uid", "create_date", "write_date"]
            uid, now = self.env.uid, self.env.cr.now()
            layout += map(str, (uid, uid, now, now))
        lines = _copied(rows, "\t".join(layout) + "\n", texts)
        self.env.cr.copy_from(_Stream(lines), records._table, null=NULL, columns=columns)
        records.invalidate_model()

    @api.model
    def _new_ids(self, model, count):
        """Ids for so many new rows of a model, in one statement."""
        query = SQL(
            """SELECT nextval((SELECT pg_get_serial_sequence(%s, 'id')::regclass))
                 FROM generate_series(1, %s)""",
            self.env[model]._table,
            count,
        )
        return [row_id for (row_id,) in self.env.execute_query(query)]


class _Stream:
    """Lines as the file that COPY reads: the text of a million rows is never in memory."""

    def __init__(self, lines):
        self._lines = lines

    def read(self, _size):  # pylint: disable=method-required-super
        """Some lines more; nothing at the end."""
        return "".join(islice(self._lines, 100))


def _copied(rows, layout, texts):
    """Rows as PostgreSQL's COPY reads them.

    :param layout: the line with a %s for each value
    :param texts: places of the values that may be any text
    """
    for row in rows:
        for place in texts:
            if row[place] and _SPECIAL(row[place]):
                row = (*row[:place], _escaped(row[place]), *row[place + 1 :])
        yield layout % row


def _escaped(value):
    """A text of which COPY takes no character for something else, nor all of it for NULL."""
    value = value.translate(_ESCAPES)
    return f"\\{value}" if value == NULL else value


def _company_amount(row, demanded):
    """The demanded part in the company's currency, unrounded."""
    if demanded == row.residual:
        return row.residual_company if demanded else 0.0
    return row.residual_company * (demanded / row.residual)


def _line(row, kind, level_id, demanded, demanded_company, today):
    """An item as it stands on a notice: see ``Draft``."""
    paid, rounding = row.total - row.residual, row.rounding
    residual = _amount(row.residual, rounding)
    return (
        kind,
        row.id,
        row.name,
        row.date_due,
        level_id,
        row.cycle,
        ageing.days_overdue(row.date_due, today),
        None,
        _amount(row.total, rounding) if paid else residual,
        _amount(paid, rounding) if paid else 0.0,
        residual,
        residual if demanded == row.residual else _amount(demanded, rounding),
        demanded_company,
        row.currency_id,
    )


def _credit_line(credit):
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


def _amount(units, rounding):
    """Rounding units as an amount, without the dust of binary fractions."""
    return round(units * rounding, 6)
