from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

DAY = timedelta(days=1)


class ChargeLine(NamedTuple):
    """An item that rises on a notice; amounts in rounding units of its currency."""

    notice_id: int
    item_id: int
    level_id: int
    cycle: int
    date_due: Any
    invoice_date: Any
    demanded: int
    demanded_company: float
    rounding: float
    currency_id: int
    name: str
    partner_id: int
    move_id: int
    #: day on which it was paid in full, of an item that is no longer open
    paid_on: Any = None


class Reminder(NamedTuple):
    """The first written reminder of an item in its cycle that was handed over."""

    date: Any
    channel: str


class Pause(NamedTuple):
    """Days on which a hold allows no charge, both ends included (None: open end); an amount in
    the document's currency where only a part is held."""

    date_from: Any
    date_to: Any
    amount: float

    def covers(self, day):
        return self.date_from <= day and (self.date_to is None or day <= self.date_to)


@dataclass
class ChargeFacts:
    """All that charges of some notices are computed from, besides policies and laws."""

    today: Any
    #: {notice id: [ChargeLine]}
    lines: dict = field(default_factory=dict)
    #: {notice id: [ChargeLine]} of items that were paid late, where that is charged
    paid_late: dict = field(default_factory=dict)
    #: {item id: [(value date, units)]} of what was reconciled with it
    payments: dict = field(default_factory=dict)
    #: {item id: last day of interest that was claimed}
    claimed_until: dict = field(default_factory=dict)
    #: ids of items whose fixed sum was claimed
    fixed_sums: set = field(default_factory=set)
    #: {item id: {charge id: (day, amount, currency id)}} of earlier fees
    #: and fixed sums
    fees: dict = field(default_factory=dict)
    #: {(item id, cycle): Reminder}
    reminders: dict = field(default_factory=dict)
    #: [(partner id, move id, item id, Pause)]
    pauses: dict = field(default_factory=dict)

    #: what was worked out once for all of these notices
    kept: dict = field(default_factory=dict)

    def once(self, key, make):
        """``make()``, remembered under ``key``."""
        if key not in self.kept:
            self.kept[key] = make()
        return self.kept[key]

    def pauses_of(self, line, debtor_id):
        """The ``Pause`` rows that touch an item of this debtor."""
        keys = [
            ("partner", debtor_id),
            ("partner", line.partner_id),
            ("move", line.move_id),
            ("item", line.item_id),
        ]
        return [pause for key in dict.fromkeys(keys) for pause in self.pauses.get(key, ())]


class RecoveryChargeFacts(models.AbstractModel):
    """What charges are computed from: a constant number of statements for any number of notices.

    sudo: by SQL and by the engine, whoever looks at a notice.
    """

    _name = "recovery.charge.facts"
    _description = "Charge: the facts"

    @api.model
    def _facts(self, notices, today):
        """``ChargeFacts`` of these notices for ``today``."""
        self._flush_facts()
        facts = ChargeFacts(today)
        lines = self._rising_lines(notices)
        facts.lines = self._by_notice(lines)
        paid = self._paid_lines(notices)
        if lines or paid:
            partners, companies = notices.partner_id, notices.company_id
            self._fill(facts, lines + paid, notices, partners, companies)
        facts.paid_late = self._by_notice(self._paid_late(paid, facts.payments))
        return facts

    def _by_notice(self, lines):
        found = defaultdict(list)
        for line in lines:
            found[line.notice_id].append(line)
        return found

    def _fill(self, facts, lines, notices, partners, companies):
        """Read what is known of these ``ChargeLine`` rows of these customers.

        :param notices: those whose own drafts and deliveries do not count
        """
        items = tuple({line.item_id for line in lines})
        own = tuple(notices.ids) or (0,)
        facts.payments = self._payments(items)
        facts.claimed_until = self._claimed_until(items, own)
        facts.fixed_sums = self._fixed_sums_claimed(items, own, partners)
        facts.fees = self._earlier_fees(items, own)
        facts.reminders = self._first_reminders(items, own)
        facts.pauses = self._pauses(lines, partners, companies, facts.today)

    def _flush_facts(self):
        for model in (
            "account.move",
            "account.move.line",
            "account.partial.reconcile",
            "dunning.notice",
            "dunning.notice.line",
            "dunning.delivery",
            "recovery.charge",
        ):
            self.env[model].flush_model()

    def _rising_lines(self, notices):
        """The rising items of these notices; costs never rise."""
        if not notices:
            return []
        query = SQL(
            """
            SELECT line.notice_id, line.move_line_id, line.level_id, line.cycle, line.date_due,
                   move.invoice_date,
                   ROUND(line.amount_demanded / currency.rounding)::bigint,
                   COALESCE(line.amount_company, 0)::float8, currency.rounding::float8,
                   line.currency_id, line.name, item.partner_id, item.move_id
              FROM dunning_notice_line line
              JOIN account_move_line item ON item.id = line.move_line_id
              JOIN account_move move ON move.id = item.move_id
              JOIN res_currency currency ON currency.id = line.currency_id
             WHERE line.notice_id IN %s AND line.kind = 'rising'
               AND line.date_due IS NOT NULL AND move.is_recovery_charge IS NOT TRUE
          ORDER BY line.notice_id, line.date_due, line.id
            """,
            tuple(notices.ids),
        )
        return [ChargeLine._make([*row, None]) for row in self.env.execute_query(query)]

    def _paid_lines(self, notices):
        """The paid invoices of these notices' customers, where a company charges interest on what
        was paid late; nothing is read for the others."""
        asked = notices.filtered(lambda notice: notice.company_id.recovery_charge_late_paid)
        if not asked:
            return []
        query = SQL(
            """
            SELECT notice.id, line.id, notice.level_id, COALESCE(item.cycle, 1),
                   line.date_maturity, move.invoice_date, 0, 0.0, currency.rounding::float8,
                   line.currency_id, move.name, line.partner_id, line.move_id
              FROM dunning_notice notice
              JOIN dunning_level level ON level.id = notice.level_id
              JOIN dunning_policy policy ON policy.id = level.policy_id
              JOIN res_partner partner
                ON partner.id = notice.partner_id OR partner.dunning_payer_id = notice.partner_id
              JOIN account_move_line line ON line.partner_id = partner.id
               AND line.company_id = notice.company_id
              JOIN account_move move ON move.id = line.move_id
              JOIN account_account account ON account.id = line.account_id
              JOIN res_currency currency ON currency.id = line.currency_id
         LEFT JOIN dunning_item item ON item.move_line_id = line.id
             WHERE notice.id IN %s AND line.parent_state = 'posted' AND line.reconciled
               AND account.account_type = 'asset_receivable' AND line.amount_currency > 0
               AND move.move_type = 'out_invoice' AND move.is_recovery_charge IS NOT TRUE
               AND move.payment_state IN ('paid', 'in_payment')
               AND line.date_maturity >= policy.charges_since
          ORDER BY notice.id, line.date_maturity, line.id
            """,
            tuple(asked.ids),
        )
        return [ChargeLine._make([*row, None]) for row in self.env.execute_query(query)]

    def _paid_late(self, lines, payments):
        """Those of these paid items whose last payment came after the due date, each on one
        notice only."""
        seen = set()
        for line in lines:
            last = max((day for day, _units in payments.get(line.item_id, ())), default=None)
            if last and last > line.date_due and line.item_id not in seen:
                seen.add(line.item_id)
                yield line._replace(paid_on=last)

    def _payments(self, items):
        """{item id: [(value date, units)]}, oldest first: what lowered it, and when."""
        query = SQL(
            """
            SELECT partial.debit_move_id, credit.date,
                   ROUND(partial.debit_amount_currency / currency.rounding)::bigint
              FROM account_partial_reconcile partial
              JOIN account_move_line credit ON credit.id = partial.credit_move_id
              JOIN account_move_line debit ON debit.id = partial.debit_move_id
              JOIN res_currency currency ON currency.id = debit.currency_id
             WHERE partial.debit_move_id IN %s AND partial.debit_amount_currency > 0
          ORDER BY credit.date, partial.id
            """,
            items,
        )
        found = defaultdict(list)
        for item_id, day, units in self.env.execute_query(query):
            found[item_id].append((day, units))
        return found

    def _not_own_drafts(self, own):
        """Charges that count against new ones: all live ones but the drafts that they replace."""
        return SQL(
            """charge.state IN ('draft', 'posted', 'waived')
               AND NOT (charge.state = 'draft' AND charge.notice_id IN %s)""",
            own,
        )

    def _claimed_until(self, items, own):
        query = SQL(
            """
            SELECT charge.item_key, MAX(charge.date_to) FROM recovery_charge charge
             WHERE charge.kind = 'interest' AND charge.item_key IN %s AND %s
          GROUP BY charge.item_key
            """,
            items,
            self._not_own_drafts(own),
        )
        return dict(self.env.execute_query(query))

    def _fixed_sums_claimed(self, items, own, partners):
        """Ids of the items that a fixed sum was claimed for; one of a notice is for several."""
        query = SQL(
            """
            SELECT (item->>'id')::int
              FROM recovery_charge charge, jsonb_array_elements(charge.proof->'items') item
             WHERE charge.kind = 'fixed_sum' AND %s
               AND (charge.item_key IN %s OR charge.partner_id IN %s)
            """,
            self._not_own_drafts(own),
            items,
            tuple(partners.ids),
        )
        return {item_id for (item_id,) in self.env.execute_query(query)}

    def _earlier_fees(self, items, own):
        """{item id: {charge id: (day, amount, currency id)}} of the fees and fixed sums of other
        notices on which it rose."""
        query = SQL(
            """
            SELECT line.move_line_id, charge.id, charge.date, charge.amount::float8,
                   charge.currency_id
              FROM recovery_charge charge
              JOIN dunning_notice_line line
                ON line.notice_id = charge.notice_id AND line.kind = 'rising'
             WHERE charge.kind IN ('fee', 'fixed_sum') AND line.move_line_id IN %s AND %s
            """,
            items,
            self._not_own_drafts(own),
        )
        found = defaultdict(dict)
        for item_id, charge_id, *fee in self.env.execute_query(query):
            found[item_id][charge_id] = tuple(fee)
        return found

    def _first_reminders(self, items, own):
        """{(item id, cycle): its first written reminder after the due date}; a call is none."""
        query = SQL(
            """
            SELECT DISTINCT ON (line.move_line_id, line.cycle)
                   line.move_line_id, line.cycle, notice.date, delivery.channel
              FROM dunning_notice_line line
              JOIN dunning_notice notice ON notice.id = line.notice_id
              JOIN dunning_level level ON level.id = line.level_id
              JOIN dunning_delivery delivery ON delivery.notice_id = notice.id
             WHERE line.move_line_id IN %s AND line.kind = 'rising' AND line.live
               AND notice.state = 'sent' AND notice.id NOT IN %s AND level.delay_days >= 0
               AND delivery.state = 'sent' AND delivery.channel != 'call'
          ORDER BY line.move_line_id, line.cycle, notice.date, delivery.channel = 'letter',
                   delivery.id
            """,
            items,
            own,
        )
        return {
            (item_id, cycle): Reminder(*rest)
            for item_id, cycle, *rest in self.env.execute_query(query)
        }

    def _pauses(self, lines, partners, companies, today):
        """{("partner" | "move" | "item", id): [Pause]}: days without charges up to ``today``."""
        oldest = min(line.date_due for line in lines)
        holds = self.env["recovery.hold"].sudo()
        domain = (
            Domain("blocks", "in", ("charge", "both"))
            & Domain("date_from", "<=", today)
            & (Domain("date_to", "=", False) | Domain("date_to", ">=", oldest))
            & Domain("company_id", "child_of", companies.ids)
            & (
                Domain("partner_id", "in", {line.partner_id for line in lines})
                | Domain("partner_id", "in", partners.ids)
                | Domain("move_id", "in", {line.move_id for line in lines})
                | Domain("move_line_id", "in", {line.item_id for line in lines})
            )
        )
        found = defaultdict(list)
        names = ["partner_id", "move_id", "move_line_id", "amount", "date_from", "date_to"]
        for hold in holds.search_fetch(domain, names):
            pause = Pause(hold.date_from, hold.date_to or None, hold.amount)
            found[self._pause_key(hold)].append(pause)
        return found

    def _pause_key(self, hold):
        if hold.move_line_id:
            return "item", hold.move_line_id.id
        if hold.move_id:
            return "move", hold.move_id.id
        return "partner", hold.partner_id.id
