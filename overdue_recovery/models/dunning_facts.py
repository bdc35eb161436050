"""What `dunning.measure` works with: rows of the ledger, levels and holds as ``calc`` facts."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from odoo.fields import Domain
from odoo.tools import SQL

from ..calc import demand, escalation

# Reasons that stop a message that is already made out; dates and sums alone do not.
STOPPING = frozenset(escalation.REASONS) - frozenset(
    [
        "under_way",
        "short_payment",
        "pay_by",
        "interval",
        "min_amount",
        "min_percent",
        "grace",
        "not_due",
        "last_level",
    ]
)


class Row(NamedTuple):
    """One open item as the ledger shows it; amounts in rounding units of its currency."""

    id: int
    debtor_id: int
    partner_id: int
    company_id: int
    move_id: int
    name: str
    invoice_date: object
    date_due: object
    currency_id: int
    rounding: float
    residual: int
    total: int
    residual_company: float
    no_followup: bool
    blocked: bool
    short: bool
    item_id: int | None
    level_id: int | None
    level_date: object
    pay_by: object
    cycle: int
    is_charge: bool


class Credit(NamedTuple):
    """One open credit of a debtor; ``amount`` > 0 in rounding units of its currency."""

    id: int
    debtor_id: int
    move_id: int
    name: str
    date: object
    currency_id: int
    rounding: float
    amount: int
    amount_company: float


@dataclass
class Debtor:
    """Everything `decide` needs to know of one customer, and what it decided."""

    id: int
    policy: object
    #: res.partner of all of its range, which are read together
    partners: object
    #: codes of the channels on which somebody can be reached; None: not asked
    channels: object = None
    #: how many items it has when none is due and nothing is known against any: they are not read
    not_due: int = 0
    rows: dict = field(default_factory=dict)
    items: list = field(default_factory=list)
    #: costs charged earlier: listed where a notice goes anyway, they decide nothing
    costs: list = field(default_factory=list)
    undated: list = field(default_factory=list)
    credits: list = field(default_factory=list)
    last_contact: object = None
    #: ids of items, of this debtor and others, that are time-barred
    barred: object = frozenset()
    #: {item id: last day on which it can be enforced}, of those that soon or long cannot
    ends: dict = field(default_factory=dict)
    decisions: dict = field(default_factory=dict)

    @property
    def partner(self):
        """The customer as ``res.partner``."""
        return self.partners.browse(self.id).with_prefetch(self.partners._prefetch_ids)

    def keeping(self, levels):
        """This customer with only the items of ``levels`` {item id: level fact} rising, each to
        its own level, and only those that may rise today; the others are as on any notice. An
        item that began anew since then rises to the lower level that is due now.

        A copy: several notices of one customer may be looked at together.
        """
        decisions = dict(self.decisions)
        for key, decision in self.decisions.items():
            if not decision.level:
                continue
            level = levels.get(key)
            if level:
                level = min(level, decision.level, key=lambda one: (one.sequence, one.delay_days))
            reasons = () if level else ("under_way",)
            decisions[key] = escalation.Decision(level, reasons, decision.due_on)
        return replace(self, decisions=decisions)

    def still_open(self, keys):
        """Whether something may still be demanded of one of these items: nothing but dates and
        amounts stops it."""
        return any(
            item.key in keys and item.demandable and STOPPING.isdisjoint(self._reasons(item.key))
            for item in self.items
        )

    def why(self, key):
        """The most serious reason why an item does not rise, as a tuple; empty: it is not open,
        or it rises."""
        if key in self.undated:
            return ("no_due_date",)
        if key in self.rows and not self.policy:
            return ("no_policy",)
        if key in self.rows and self.rows[key].is_charge:
            return ("charge",)
        return self._reasons(key)[:1]

    def next_step(self, today):
        """(day, dunning.level or None) of the next step that dates alone decide: never in the past,
        and not of items that wait for a person. The level is known when the step is due today."""
        steps = [
            (max(decision.due_on, today), decision.level)
            for decision in self.decisions.values()
            if decision.due_on and STOPPING.isdisjoint(decision.reasons)
        ]
        if not steps:
            return None, None
        day, level = min(steps, key=lambda step: (step[0], step[1] is None))
        levels = self.partner.env["dunning.level"]
        return day, levels.browse(level.key) if level else levels

    def end_holds(self, day, ladders):
        """Forget the holds that are over on ``day``: what they lowered may be demanded again."""
        for index, item in enumerate(self.items):
            kept = tuple(h for h in item.holds if h.until is None or h.until >= day)
            if len(kept) < len(item.holds):
                self._set_holds(index, kept, ladders)

    def begin_holds(self, coming, ladders):
        """Add the holds of this ``Against`` (None: none)."""
        added = coming.of(self) if coming else {}
        for index, item in enumerate(self.items):
            if added.get(item.key):
                self._set_holds(index, (*item.holds, *added[item.key]), ladders)

    def begin_limitation(self, day, ladders):
        """Let items go that can be enforced no longer from ``day`` on."""
        for index, item in enumerate(self.items):
            end = self.ends.get(item.key)
            if end and (day - end).days == 1:
                self._set_holds(index, (*item.holds, demand.Hold("time_barred")), ladders)

    def _set_holds(self, index, holds, ladders):
        item = self.items[index]
        units = demand.demandable(item.residual, holds)
        value = ladders.value(self.rows[item.key], units)
        self.items[index] = replace(item, holds=holds, demandable=units, value=value)

    def wanted_channels(self, ladders):
        """The channels of the highest level that something rises to: one of them has to reach the
        customer. None when nothing rises, or only to a level that is to reach nobody."""
        rising = [decision.level for decision in self.decisions.values() if decision.level]
        if not rising:
            return None
        highest = max(rising, key=lambda level: (level.sequence, level.delay_days))
        return ladders.channels(highest.key)

    def refuse_unreachable(self, ladders):
        """Let nothing rise to a level none of whose channels reaches the customer."""
        wanted = self.wanted_channels(ladders)
        if wanted is not None and self.channels.isdisjoint(wanted):
            self.refuse("no_address")

    def rises(self):
        """Whether anything of this customer rises."""
        return any(decision.level for decision in self.decisions.values())

    def refuse(self, code):
        """Let nothing rise, for the reason ``code``."""
        for key, decision in self.decisions.items():
            if decision.level:
                self.decisions[key] = escalation.Decision(None, (code,), decision.due_on)

    def _reasons(self, key):
        decision = self.decisions.get(key)
        return decision.reasons if decision else ()


class Ladders:
    """Levels and rules of the policies met, turned into ``calc`` facts once."""

    def __init__(self, env):
        self.env = env
        self._levels = {}
        self._rules = {}
        self._current = {}
        self._rounding = {}
        self._channels = {}

    def levels(self, policy):
        if policy.id not in self._levels:
            self._levels[policy.id] = policy._ladder()
        return self._levels[policy.id]

    def rules(self, policy):
        if policy.id not in self._rules:
            self._rules[policy.id] = escalation.Policy(
                grace_days=policy.grace_contact_days,
                min_interval_days=policy.min_interval_days,
                min_amount=round(policy.min_amount / policy.currency_id.rounding),
                date_start=policy.date_start or None,
            )
        return self._rules[policy.id]

    def channels(self, level_id):
        """Codes of the channels of a level; None of an internal one."""
        if level_id not in self._channels:
            level = self.record(level_id)
            self._channels[level_id] = None if level.is_internal else level._channels()
        return self._channels[level_id]

    def not_due_after(self, policy, today):
        """See ``calc.escalation``; None too where more than its own items may stop a customer."""
        if policy.net_payables != "show":
            return None
        return escalation.not_due_after(self.levels(policy), today, self.rules(policy))

    def record(self, level_id):
        return self.env["dunning.level"].sudo().browse(level_id)

    def current(self, policy, level_id):
        """The level in this policy's terms: after a change of policy, or when the level was
        archived, the highest one whose delay is not above the old one's."""
        if level_id is None:
            return None
        key = policy.id, level_id
        if key not in self._current:
            levels = self.levels(policy)
            kept = any(level.key == level_id for level in levels)
            mapped = escalation.map_level(self.record(level_id).delay_days, levels)
            self._current[key] = level_id if kept else mapped and mapped.key
        return self._current[key]

    def value(self, row, demandable):
        """The demandable part in rounding units of the company's currency."""
        rounding = self._rounding.get(row.company_id) or self._company_rounding(row.company_id)
        if demandable == row.residual:
            return round(row.residual_company / rounding) if demandable else 0
        return round(row.residual_company * demandable / row.residual / rounding)

    def _company_rounding(self, company_id):
        company = self.env["res.company"].sudo().browse(company_id)
        self._rounding[company_id] = company.currency_id.rounding
        return self._rounding[company_id]


class Against:
    """What stands against items: holds in force, found by customer, document or item, receipts,
    and notices that wait.

    :param under_way: {id of an item that rises by a notice that waits: id of its level}
    """

    def __init__(self, under_way=None):
        self.under_way = under_way or {}
        self._by_partner = defaultdict(list)
        self._by_move = defaultdict(list)
        self._by_line = defaultdict(list)
        self._by_amount = defaultdict(list)

    def add_receipt(self, receipt):
        """A bank line nobody matched yet: on the customer it names, else on every item of exactly
        its amount."""
        if receipt.partner_id:
            self._by_partner[receipt.partner_id].append((receipt.fact, None))
        else:
            self._by_amount[receipt.currency_id, receipt.amount].append((receipt.fact, None))

    def add(self, hold):
        """A ``HoldOn`` of ``recovery.hold``."""
        entry = (hold.fact, hold.amount)
        if hold.move_line_id:
            self._by_line[hold.move_line_id].append(entry)
        elif hold.move_id:
            self._by_move[hold.move_id].append(entry)
        else:
            self._by_partner[hold.partner_id].append(entry)

    @staticmethod
    def domain_on(rows):
        """Domain of the holds that may be on these items."""
        partners = {row.partner_id for row in rows} | {row.debtor_id for row in rows}
        moves = {row.move_id for row in rows}

        def condition(model, alias, query):
            return SQL(
                "(%s = ANY(%s) OR %s = ANY(%s) OR %s = ANY(%s))",
                model._field_to_sql(alias, "partner_id", query),
                list(partners),
                model._field_to_sql(alias, "move_id", query),
                list(moves),
                model._field_to_sql(alias, "move_line_id", query),
                [row.id for row in rows],
            )

        # core would look at each of the ids
        return Domain.custom(to_sql=condition)

    def touch(self, debtor):
        """The SQL condition that one of these may be against an item; of those that look at its
        amount, against any item.

        :param debtor: SQL of the item's debtor
        """
        if self._by_amount:
            return SQL("TRUE")
        return SQL(
            "(line.id = ANY(%s) OR line.move_id = ANY(%s) OR ARRAY[line.partner_id, %s] && %s)",
            [*self._by_line, *self.under_way],
            list(self._by_move),
            debtor,
            list(self._by_partner),
        )

    def of(self, debtor):
        """{item id: tuple of ``calc.demand.Hold``}; amounts of a document's hold are spread over
        its items, latest maturities first."""
        found = dict.fromkeys(debtor.rows, ())
        if not (self._by_partner or self._by_move or self._by_line or self._by_amount):
            return found
        rests = {}
        for row in reversed(debtor.rows.values()):
            entries = self._on(row)
            if entries:
                found[row.id] = tuple(_sized(fact, amount, row) for fact, amount in entries)
            if row.move_id in self._by_move:
                found[row.id] += tuple(self._spread(row, rests))
        return found

    def _on(self, row):
        """[(hold, amount or None)] on the item itself and on its customer."""
        found = [
            *self._by_partner.get(row.debtor_id, ()),
            *self._by_line.get(row.id, ()),
            *self._by_amount.get((row.currency_id, row.residual), ()),
        ]
        if row.partner_id != row.debtor_id:
            found[:0] = self._by_partner.get(row.partner_id, ())
        return found

    def _spread(self, row, rests):
        for index, (fact, amount) in enumerate(self._by_move.get(row.move_id, [])):
            if amount is None:
                yield fact
                continue
            key = row.move_id, index
            rest = rests.setdefault(key, round(amount / row.rounding))
            part = min(rest, row.residual)
            rests[key] = rest - part
            if part:
                yield demand.Hold(fact.reason, part, fact.until)


def _sized(fact, amount, row):
    """The hold with its amount in rounding units of the item's currency."""
    if amount is None:
        return fact
    return demand.Hold(fact.reason, round(amount / row.rounding), fact.until)
