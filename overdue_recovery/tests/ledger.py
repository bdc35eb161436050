"""A random ledger of many small customers, made in seconds.

Posting thousands of invoices takes minutes, and the engine never looks at what takes them: taxes,
sequences, chatter, hashes. So one document of each kind is posted as usual, and its rows are
copied by SQL with other customers, days, amounts, residuals, payment states and switches. What
measure reads (and core writes when it posts and reconciles) is on the copies as core would have
left it: `RandomLedger.check` looks whether each document balances and its items add up.
"""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from odoo.tools import SQL

OPEN = ("asset_receivable", "liability_payable")
LOWERING = ("disputed", "promised", "in_plan", "in_transit", "credit_note_coming")


@dataclass
class RandomItem:
    """One receivable item as it was drawn: what a slow reference needs. Amounts in cents."""

    id: int
    move_id: int
    customer: "RandomCustomer" = field(repr=False)
    date_due: date | None
    total: int
    residual: int
    rate: float = 1.0
    no_followup: bool = False
    blocked: bool = False
    started: bool = False
    level_id: int | None = None
    pay_by: date | None = None
    under_way: bool = False
    #: (reason code, cents or None), those of its document and customer too
    holds: list = field(default_factory=list)


@dataclass
class RandomCustomer:
    """One customer's ledger."""

    id: int
    debtor_id: int
    policy_id: int | None
    items: list = field(default_factory=list)
    credits: int = 0


class Copies:
    """Copies rows of the database, with what differs."""

    def __init__(self, env):
        self.env = env

    def clone(self, table, template_id, rows):
        """Copy the row ``template_id`` of ``table``, once for each of ``rows`` {column: value}."""
        if not rows:
            return
        names = list(rows[0])
        types = self._columns(table)
        rest = [name for name in types if name not in names]
        given = [f'given."{name}"::{types[name]}' for name in names]
        copied = [f'template."{name}"' for name in rest]
        self.env.cr.execute_values(
            f'INSERT INTO "{table}" ({_list(names + rest)}) SELECT {", ".join(given + copied)}'
            f' FROM (VALUES %s) AS given ({_list(names)}), "{table}" AS template'
            f" WHERE template.id = {int(template_id)}",
            [tuple(row[name] for name in names) for row in rows],
            None,
            1000,
        )
        # uncommitted rows are unknown to the planner, whose plans for an empty table take minutes
        self.env.cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))

    def _columns(self, table):
        self.env.cr.execute(
            """SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
                WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
                  AND attgenerated = ''""",
            [table],
        )
        return dict(self.env.cr.fetchall())

    def ids(self, table, count):
        self.env.cr.execute(
            "SELECT nextval(%s) FROM generate_series(1, %s)", [f"{table}_id_seq", count]
        )
        return [row[0] for row in self.env.cr.fetchall()]

    def insert(self, model, rows):
        if not rows:
            return []
        columns = list(rows[0])
        ids = self.env["dunning.proposal"]._new_ids(model, len(rows))
        values = [
            (row_id, *(row[column] for column in columns))
            for row_id, row in zip(ids, rows, strict=True)
        ]
        self.env["dunning.proposal"]._insert(model, ["id", *columns], values)
        return ids


class RandomLedger(Copies):
    """Draws customers and what is open for them; writes it with few statements.

    :param templates: {kind: posted move} of kinds invoice, foreign, refund, entry, bill
    :param policies: policies by number drawn; None is a customer of no policy
    """

    def __init__(self, env, company, today, templates, policies, seed=1, rate=2.0):
        super().__init__(env)
        self.company = company
        self.today = today
        self.templates = templates
        self.policies = policies
        self.rate = rate
        self.random = random.Random(seed)
        self.customers = []
        self.items = {}
        self._rows = defaultdict(list)
        self._names = 0

    # -- drawing ---------------------------------------------------------------------------

    def draw(self, template_partner, count):
        """``count`` customers with everything that may be open or in the way."""
        ids = self.ids("res_partner", count)
        partners = [self._partner(partner_id, ids) for partner_id in ids]
        self.clone("res_partner", template_partner.id, partners)
        for customer in self.customers:
            for _number in range(self.random.choice((1, 1, 1, 2, 2, 3))):
                self._document(customer)
        self._write()
        self._draw_history()
        self._draw_holds()
        self.env.invalidate_all()

    def _partner(self, partner_id, ids):
        draw = self.random.random
        # a payer pays for itself: no chains
        has_payer = draw() < 0.05 and partner_id != ids[0]
        payer_id = ids[0] if has_payer else None
        number = self.random.randrange(len(self.policies))
        policy = self.policies[number]
        archived = draw() < 0.03
        email = None if draw() < 0.1 else f"c{partner_id}@customer.example"
        self.customers.append(
            RandomCustomer(partner_id, payer_id or partner_id, policy.id if policy else None)
        )
        return {
            "id": partner_id,
            "name": f"Customer {partner_id}",
            "complete_name": f"Customer {partner_id}",
            "commercial_partner_id": partner_id,
            "parent_id": None,
            "ref": f"P{number}",
            "active": not archived,
            "email": email,
            "email_normalized": email,
            "dunning_payer_id": payer_id,
        }

    def _document(self, customer):
        kind = self.random.choices(
            ("invoice", "foreign", "entry", "refund", "bill"), (60, 15, 8, 12, 5)
        )[0]
        shares = 2 if kind == "invoice" and self.random.random() < 0.2 else 1
        [move_id] = self.ids("account_move", 1)
        dues = sorted(self._maturity() for _share in range(shares))
        totals = [self.random.choice((150, 400, 5000, 12345, 99999)) for _share in dues]
        lines = [
            self._open_line(kind, customer, move_id, due, total)
            for due, total in zip(dues, totals, strict=True)
        ]
        self._move_row(kind, customer, move_id, dues, lines)

    def _maturity(self):
        days = self.random.choice((-40, -20, -4, -2, -1, 0, 1, 3, 4, 5, 6, 9, 14, 16, 29, 40, 90))
        return self.today - timedelta(days=days)

    def _open_line(self, kind, customer, move_id, due, total):
        """Draw one open item and queue its row; returns (total, residual) signed, in cents."""
        sign = -1 if kind in ("refund", "bill") else 1
        paid = 0
        if kind in ("invoice", "foreign") and self.random.random() < 0.2:
            paid = self.random.choice((total // 2, max(1, total - total // 60), total // 10))
        residual = total - paid
        rate = self.rate if kind == "foreign" else 1.0
        [line_id] = self.ids("account_move_line", 1)
        undated = kind == "entry" and self.random.random() < 0.3
        no_followup = kind == "entry" and self.random.random() < 0.6
        item = RandomItem(
            line_id, move_id, customer, None if undated else due, total, residual, rate
        )
        item.no_followup = no_followup
        if sign > 0:
            customer.items.append(item)
            self.items[line_id] = item
        self._rows[kind, "open"].append(
            {
                "id": line_id,
                "move_id": move_id,
                "partner_id": customer.id,
                "date_maturity": item.date_due,
                **amounts(sign * total, rate),
                "amount_residual_currency": sign * residual / 100,
                "amount_residual": round(sign * residual / rate) / 100,
                "no_followup": no_followup,
                "reconciled": False,
            }
        )
        return sign * total, sign * residual

    def _move_row(self, kind, customer, move_id, dues, lines):
        total, residual = (sum(column) for column in zip(*lines, strict=True))
        rate = self.rate if kind == "foreign" else 1.0
        blocked = kind in ("invoice", "foreign") and self.random.random() < 0.04
        state = "blocked" if blocked else "not_paid" if total == residual else "partial"
        for item in customer.items:
            item.blocked = item.blocked or (item.move_id == move_id and blocked)
        self._names += 1
        terms = self.random.choice((7, 30, 30, 60))
        self._rows[kind, "move"].append(
            {
                "id": move_id,
                "name": f"RANDOM/{self._names:05}",
                "partner_id": customer.id,
                "commercial_partner_id": customer.id,
                "invoice_date": None if kind == "entry" else dues[0] - timedelta(days=terms),
                "invoice_date_due": dues[-1],
                "amount_total": abs(total) / 100,
                "amount_residual": abs(residual) / 100,
                "payment_state": state,
            }
        )
        [line_id] = self.ids("account_move_line", 1)
        balance = sum(round(amount / rate) for amount, _residual in lines)
        self._rows[kind, "other"].append(
            {
                "id": line_id,
                "move_id": move_id,
                "partner_id": customer.id,
                **amounts(-total, rate, -balance),
            }
        )

    # -- what recovery knows of it -----------------------------------------------------------

    def _draw_history(self):
        """Levels with days and pay-by dates, notices on their way, handed over, and failed."""
        levels = self.policies[0].level_ids | self.policies[1].level_ids
        runs = self.env["dunning.run"].create(
            {"company_id": self.company.id, "date": self.today, "origin": "single"}
        )
        known, notices = [], []
        for item in self.items.values():
            if self.random.random() < 0.35:
                known.append(self._known(item, levels))
        self.insert("dunning.item", known)
        for customer in self.customers:
            if self.random.random() < 0.15 and customer.debtor_id == customer.id:
                notices.append(self._notice(customer, runs, levels))
        ids = self.insert("dunning.notice", [notice for notice, _lines in notices])
        lines = [
            {"notice_id": notice_id, **line}
            for notice_id, (_notice, own) in zip(ids, notices, strict=True)
            for line in own
        ]
        self.insert("dunning.notice.line", lines)

    def _known(self, item, levels):
        item.started = True
        if self.random.random() < 0.8:
            item.level_id = self.random.choice(levels.ids)
            item.pay_by = self.today + timedelta(days=self.random.choice((-20, -1, 0, 1, 9)))
        day = self.today - timedelta(days=self.random.choice((3, 10, 20)))
        return {
            "move_line_id": item.id,
            "company_id": self.company.id,
            "partner_id": item.customer.id,
            "level_id": item.level_id,
            "date": day if item.level_id else None,
            "due_date": item.pay_by,
            "cycle": 1,
        }

    def _notice(self, customer, run, levels):
        state = self.random.choice(("issued", "sent", "sent", "proposed", "failed"))
        level_id = self.random.choice(levels.ids)
        notice = {
            "run_id": run.id,
            "company_id": self.company.id,
            "partner_id": customer.id,
            "level_id": level_id,
            "date": self.today - timedelta(days=self.random.choice((1, 6, 7, 30))),
            "state": state,
            "amount_demanded": 1.0,
            "is_merged": False,
        }
        lines = [
            {
                "kind": "rising",
                "move_line_id": item.id,
                "level_id": level_id,
                "cycle": 99,
                "currency_id": self.company.currency_id.id,
                "live": True,
            }
            for item in customer.items[:1]
        ]
        if state in ("issued", "proposed"):
            for item in customer.items[:1]:
                item.under_way = True
        return notice, lines

    def _draw_holds(self):
        reasons = self.env["recovery.hold.reason"].search([])
        rows = []
        for customer in self.customers:
            if customer.items and self.random.random() < 0.2:
                rows.append(self._hold(customer, self.random.choice(reasons)))
        self.insert("recovery.hold", rows)

    def _hold(self, customer, reason):
        item = self.random.choice(customer.items)
        target = self.random.choice(("partner_id", "move_id", "move_line_id"))
        values = {"partner_id": customer.id, "move_id": item.move_id, "move_line_id": item.id}
        cents = None
        if target != "partner_id" and self.random.random() < 0.6:
            cents = self.random.choice((100, item.residual, 10 * item.residual))
        blocks = self.random.choice(("contact", "contact", "both", "charge"))
        since, until = self.random.choice(((-5, None), (0, 0), (-9, -1), (1, None), (-5, 3)))
        in_force = since <= 0 and (until is None or until >= 0)
        touches = blocks != "charge" or reason.code in LOWERING
        if in_force and touches:
            self._apply_hold(customer, item, target, reason.code, cents)
        return {
            **dict.fromkeys(values),
            target: values[target],
            "company_id": self.company.id,
            "reason_id": reason.id,
            "amount": None if cents is None else cents / 100,
            "blocks": blocks,
            "date_from": self.today + timedelta(days=since),
            "date_to": None if until is None else self.today + timedelta(days=until),
        }

    def _apply_hold(self, customer, item, target, code, cents):
        if target == "move_line_id":
            touched = [item]
        elif target == "move_id":
            touched = [own for own in customer.items if own.move_id == item.move_id]
        else:
            # a hold on a payer is on everything it pays for
            touched = [own for own in self.items.values() if own.customer.id == customer.id]
            touched += [
                own
                for own in self.items.values()
                if own.customer.debtor_id == customer.id and own.customer.id != customer.id
            ]
        left = cents
        for own in sorted(
            touched, key=lambda own: (own.date_due or date.max, own.id), reverse=True
        ):
            if cents is None:
                own.holds.append((code, None))
                continue
            part = min(left, own.residual) if target == "move_id" else left
            if target == "move_id":
                left -= part
            if part:
                own.holds.append((code, part))

    # -- writing ---------------------------------------------------------------------------

    def _write(self):
        for kind, template in self.templates.items():
            opened = template.line_ids.filtered(lambda line: line.account_type in OPEN)
            self.clone("account_move", template.id, self._rows[kind, "move"])
            self.clone("account_move_line", opened.id, self._rows[kind, "open"])
            other = (template.line_ids - opened)[:1]
            self.clone("account_move_line", other.id, self._rows[kind, "other"])


def amounts(cents, rate=1.0, balance=None):
    """Amounts of a journal item, from cents of its currency."""
    balance = round(cents / rate) if balance is None else balance
    return {
        "amount_currency": cents / 100,
        "balance": balance / 100,
        "debit": max(balance, 0) / 100,
        "credit": max(-balance, 0) / 100,
    }


def _list(names):
    return ", ".join(f'"{name}"' for name in names)
