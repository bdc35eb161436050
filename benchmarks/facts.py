"""The tables of recovery and of the ledger, read with SQL of its own; amounts in cents.

What is open comes from the reconciliations themselves, not from the residuals stored on the items.
"""

from collections import Counter, defaultdict
from datetime import date
from typing import NamedTuple

LOWERING = {"disputed", "promised", "in_plan", "in_transit", "credit_note_coming"}


class Item(NamedTuple):
    """An open receivable item."""

    id: int
    debtor: int
    document: str
    invoice_date: date
    date_due: date
    residual: int
    demandable: int
    is_stopped: bool


class Level(NamedTuple):
    """One step of the policy; ``place`` counts from 1."""

    id: int
    name: str
    place: int
    delay_days: int
    min_amount: int
    new_due_days: int


class Ledger(NamedTuple):
    """What is open at one moment: {item id: Item} and {debtor: cents of open credits}."""

    items: dict
    credits: dict


class NoticeLine(NamedTuple):
    """A line of a notice that was handed over."""

    notice: int
    kind: str
    item: int
    level: int
    cycle: int
    pay_by: date
    residual: int
    demanded: int


class Notice(NamedTuple):
    """A notice that was handed over."""

    id: int
    debtor: int
    day: date
    demanded: int
    lines: tuple = ()

    @property
    def rising(self):
        """The lines whose items this notice lifted."""
        return [line for line in self.lines if line.kind == "rising"]


class Facts:
    """What the database says about one company and its one policy."""

    def __init__(self, env, company, policy):
        self.env = env
        self.values = {"company": company.id, "policy": policy.id}

    def query(self, sql, **values):
        """Rows of one statement; ``company`` and ``policy`` are always among its values."""
        self.env.flush_all()
        self.env.cr.execute(sql, {**self.values, **values})
        return self.env.cr.fetchall()

    def policy(self):
        """The policy's (interval in days, smallest amount, start, grace, step, payables)."""
        return self.query(
            """SELECT min_interval_days, ROUND(min_amount * 100)::int, date_start,
                      grace_contact_days, step, net_payables
                 FROM dunning_policy WHERE id = %(policy)s"""
        )[0]

    def levels(self):
        """{id: Level} of the active levels that are plain steps counted from the due date."""
        rows = self.query(
            """SELECT id, name->>'en_US', ROW_NUMBER() OVER (ORDER BY sequence, delay_days),
                      delay_days, ROUND(COALESCE(min_amount, 0) * 100)::int, new_due_days
                 FROM dunning_level
                WHERE policy_id = %(policy)s AND active AND basis = 'due_date'
                  AND COALESCE(min_percent, 0) = 0 AND is_internal IS NOT TRUE
                  AND print_letter IS NOT TRUE"""
        )
        return {row[0]: Level(*row) for row in rows}

    def count_levels(self):
        """The number of active levels of whatever kind."""
        return self.query(
            "SELECT COUNT(*) FROM dunning_level WHERE policy_id = %(policy)s AND active"
        )[0][0]

    def ledger(self, day):
        """What is open now, under the holds of ``day``."""
        holds = self.holds(day)
        items, credits = {}, Counter()
        for line, debtor, move, document, issued, due, residual, is_stopped in self.query(OPEN):
            if residual < 0:
                credits[debtor] -= residual
                continue
            own = [*holds["move", move], *holds["line", line], *holds["partner", debtor]]
            stopped = is_stopped or any(reason not in LOWERING for reason, _amount in own)
            rest = demandable(residual, own)
            items[line] = Item(line, debtor, document, issued, due, residual, rest, stopped)
        return Ledger(items, credits)

    def holds(self, day):
        """{(kind, id): [(reason, cents or None), …]} of the holds in force."""
        found = defaultdict(list)
        for move, line, partner, reason, amount in self.query(HOLDS, day=day):
            kind = ("line", line) if line else ("move", move) if move else ("partner", partner)
            found[kind].append((reason, amount))
        return found

    def rising(self, state):
        """{item id: level id} on notices of a state."""
        return dict(self.query(RISING, state=state))

    def sent_notices(self, known=()):
        """Notices that were handed over, but not those of the ids in ``known``."""
        rows = self.query(SENT, known=tuple(known) or (0,))
        lines = defaultdict(list)
        for row in self.query(LINES, ids=tuple(row[0] for row in rows) or (0,)):
            lines[row[0]].append(NoticeLine(*row))
        return [Notice(*row, tuple(lines[row[0]])) for row in rows]

    def deliveries(self, notices):
        """Counter of (Message-ID, address) of the e-mails of these notices that were sent."""
        rows = self.query(DELIVERED, ids=tuple(notice.id for notice in notices) or (0,))
        return Counter((message_id.strip(), address) for message_id, address in rows)

    def documents(self):
        """The names of all customer documents there are."""
        return {row[0] for row in self.query(DOCUMENTS)}

    def country(self, debtor):
        """The code of the country where a customer lives, None when unknown."""
        rows = self.query(COUNTRY, debtor=debtor)
        return rows[0][0] if rows else None


def demandable(residual, holds):
    """What of ``residual`` may be demanded under [(reason, cents or None), …].

    >>> demandable(500, [("disputed", 200), ("hardship", None)])
    300
    >>> demandable(500, [("disputed", None)])
    0
    """
    for reason, amount in holds:
        if reason in LOWERING:
            residual -= residual if amount is None else amount
    return max(0, residual)


OPEN = """
    WITH open AS (
        SELECT line.id, line.partner_id, line.move_id, line.date_maturity, line.no_followup,
               line.balance
               - COALESCE((SELECT SUM(amount) FROM account_partial_reconcile
                            WHERE debit_move_id = line.id), 0)
               + COALESCE((SELECT SUM(amount) FROM account_partial_reconcile
                            WHERE credit_move_id = line.id), 0) AS residual
          FROM account_move_line line
          JOIN account_account account ON account.id = line.account_id
         WHERE line.company_id = %(company)s AND line.parent_state = 'posted'
           AND account.account_type = 'asset_receivable' AND line.partner_id IS NOT NULL
    )
    SELECT open.id, COALESCE(partner.dunning_payer_id, partner.id), move.id, move.name,
           move.invoice_date, open.date_maturity, ROUND(open.residual * 100)::int,
           COALESCE(open.no_followup, FALSE) OR move.payment_state = 'blocked'
      FROM open
      JOIN account_move move ON move.id = open.move_id
      JOIN res_partner partner ON partner.id = open.partner_id
     WHERE ROUND(open.residual * 100) != 0
"""

HOLDS = """
    SELECT hold.move_id, hold.move_line_id, hold.partner_id, reason.code,
           NULLIF(ROUND(COALESCE(hold.amount, 0) * 100)::int, 0)
      FROM recovery_hold hold
      JOIN recovery_hold_reason reason ON reason.id = hold.reason_id
     WHERE hold.company_id = %(company)s AND hold.date_from <= %(day)s
       AND (hold.date_to IS NULL OR hold.date_to >= %(day)s)
"""

RISING = """
    SELECT line.move_line_id, line.level_id
      FROM dunning_notice_line line
      JOIN dunning_notice notice ON notice.id = line.notice_id
     WHERE notice.company_id = %(company)s AND notice.state = %(state)s AND line.kind = 'rising'
"""

SENT = """
    SELECT id, partner_id, date, ROUND(amount_demanded * 100)::int
      FROM dunning_notice
     WHERE company_id = %(company)s AND state = 'sent' AND id NOT IN %(known)s
"""

LINES = """
    SELECT notice_id, kind, move_line_id, level_id, cycle, pay_by,
           ROUND(amount_residual * 100)::int, ROUND(amount_demanded * 100)::int
      FROM dunning_notice_line WHERE notice_id IN %(ids)s
"""

DELIVERED = """
    SELECT message_id, address FROM dunning_delivery
     WHERE notice_id IN %(ids)s AND channel = 'email' AND state = 'sent'
"""

DOCUMENTS = """
    SELECT name FROM account_move
     WHERE company_id = %(company)s AND move_type IN ('out_invoice', 'out_refund')
"""

COUNTRY = """
    SELECT country.code FROM res_partner partner
      JOIN res_country country ON country.id = partner.country_id
     WHERE partner.id = %(debtor)s
"""

ITEMS = """
    SELECT move_line_id, level_id, date, due_date, cycle FROM dunning_item
     WHERE company_id = %(company)s AND level_id IS NOT NULL
"""

OPEN_CASES = """
    SELECT partner_id FROM recovery_case
     WHERE company_id = %(company)s AND date_closed IS NULL
"""

PROPOSED_STATS = """
    SELECT stats FROM dunning_run WHERE company_id = %(company)s AND state = 'proposed'
"""

UNLOGGED = """
    SELECT delivery.id
      FROM dunning_delivery delivery
      JOIN dunning_notice notice ON notice.id = delivery.notice_id
     WHERE delivery.company_id = %(company)s AND delivery.state = 'sent'
       AND NOT EXISTS (SELECT 1 FROM recovery_interaction entry
                        WHERE entry.case_id = notice.case_id
                          AND entry.sequence = delivery.log_sequence)
"""

# Each returns what stands there more than once, whatever the unique indexes say.
DOUBLES = {
    "one notice per customer and run": """
        SELECT run_id, partner_id FROM dunning_notice
         WHERE company_id = %(company)s AND state NOT IN ('skipped', 'cancelled')
      GROUP BY 1, 2 HAVING COUNT(*) > 1
    """,
    "one delivery per channel and recipient": """
        SELECT notice_id, channel, recipient_id FROM dunning_delivery
         WHERE company_id = %(company)s AND state != 'cancelled'
      GROUP BY 1, 2, 3 HAVING COUNT(*) > 1
    """,
    "one Message-ID per delivery": """
        SELECT message_id FROM dunning_delivery
         WHERE company_id = %(company)s AND message_id IS NOT NULL
      GROUP BY 1 HAVING COUNT(*) > 1
    """,
    "each item each level once per cycle": """
        SELECT line.move_line_id, line.level_id, line.cycle
          FROM dunning_notice_line line
          JOIN dunning_notice notice ON notice.id = line.notice_id
         WHERE notice.company_id = %(company)s AND notice.state = 'sent' AND line.kind = 'rising'
      GROUP BY 1, 2, 3 HAVING COUNT(*) > 1
    """,
    "one proposed run": """
        SELECT company_id FROM dunning_run
         WHERE company_id = %(company)s AND state = 'proposed'
      GROUP BY 1 HAVING COUNT(*) > 1
    """,
}
