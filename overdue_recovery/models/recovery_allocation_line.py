from typing import NamedTuple

from odoo import api, fields, models

from ..calc import allocation as calc


class Payable(NamedTuple):
    """The part of one kind of an open item; amounts in the item's currency.

    ``price``: what one unit of it takes of the credit.
    """

    id: int
    kind: str
    date_due: object
    open: float
    disputed: float
    price: float
    rounding: float

    @property
    def payable(self):
        return max(0.0, self.open - self.disputed)

    def fact(self, rounding):
        """``calc.allocation.Debt`` in rounding units of the credit's currency."""
        return calc.Debt(
            key=(self.id, self.kind),
            kind=self.kind,
            date_due=self.date_due,
            amount=round(self.payable * self.price / rounding),
        )

    def amount(self, units, rounding):
        """``units`` of the credit in the item's currency: all that is payable where it is all."""
        if not units:
            return 0.0
        if units == round(self.payable * self.price / rounding):
            return self.payable
        return round(units * rounding / self.price / self.rounding) * self.rounding

    def values(self):
        """Values of a ``recovery.allocation.line``."""
        return {
            "move_line_id": self.id,
            "kind": self.kind,
            "date_due": self.date_due,
            "amount_open": self.open,
            "amount_disputed": self.disputed,
            "price": self.price,
        }


class RecoveryAllocationLine(models.Model):
    """What an allocation pays of one item: its costs, its interest or its principal."""

    _name = "recovery.allocation.line"
    _description = "Allocated Amount"
    _order = "allocation_id, id"

    allocation_id = fields.Many2one(
        "recovery.allocation", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="allocation_id.company_id", store=True, index=True)
    state = fields.Selection(related="allocation_id.state")
    move_line_id = fields.Many2one(
        "account.move.line",
        string="Item",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    name = fields.Char(
        string="Document", compute="_compute_from_item", store=True, precompute=True, readonly=True
    )
    currency_id = fields.Many2one(
        "res.currency", compute="_compute_from_item", store=True, precompute=True, readonly=True
    )
    kind = fields.Selection(
        [("costs", "Costs"), ("interest", "Interest"), ("principal", "Principal")],
        required=True,
        readonly=True,
    )
    date_due = fields.Date(string="Due", readonly=True)
    amount_open = fields.Monetary(string="Open", readonly=True)
    amount_disputed = fields.Monetary(
        string="Disputed", readonly=True, help="Nothing is paid on it before it is settled."
    )
    amount = fields.Monetary(string="Pays")
    is_chosen = fields.Boolean(string="First", help="The customer wants this paid first.")
    price = fields.Float(
        digits=0, readonly=True, help="What one unit of the item's currency takes of the money."
    )
    partial_id = fields.Many2one(
        "account.partial.reconcile",
        string="Match",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )

    _amount_not_negative = models.Constraint(
        "CHECK(amount >= 0)", "An allocated amount can't be negative."
    )

    @api.depends("move_line_id")
    def _compute_from_item(self):
        """Frozen with the item: what was paid is told when the item is gone too."""
        for line in self.filtered("move_line_id"):
            line.name = line.move_line_id.move_id.name or line.move_line_id.display_name
            line.currency_id = line.move_line_id.currency_id

    @api.model
    def _debts_of(self, credit):
        """What may be paid by this open credit, as ``Payable``, oldest maturity first.

        Open items of its customer (and of those it pays for) on its account and in its company;
        what core has blocked is disputed as a whole.
        """
        company = credit._recovery_company()
        debtor = credit.partner_id._recovery_debtor()
        today = company._recovery_today()
        measure = self.env["dunning.measure"].sudo()
        found = []
        for facts in measure._debtors(company, today, [debtor.id]):
            for item in (*facts.items, *facts.costs):
                row = facts.rows[item.key]
                disputed = row.residual if item.blocked else _disputed(item)
                found.append((row, item.date_due, disputed * row.rounding))
            for key in facts.undated:
                found.append((facts.rows[key], None, 0.0))
        return self._payables_of(credit, found)

    @api.model
    def _payables_of(self, credit, found):
        items = self.env["account.move.line"].browse([row.id for row, _due, _part in found])
        payables = []
        for item, (row, date_due, disputed) in zip(items, found, strict=True):
            if item.account_id != credit.account_id or item.company_id != credit.company_id:
                continue
            price = item._recovery_price(credit)
            for kind, part in self._parts(item):
                taken = min(disputed, part)
                disputed -= taken
                due = date_due or item.date
                if price:
                    payables.append(Payable(row.id, kind, due, part, taken, price, row.rounding))
        return sorted(payables, key=lambda payable: payable.date_due)

    @api.model
    def _parts(self, item):
        """[(kind, open amount)] of an item: a charge invoice may hold costs and interest, all
        else is principal."""
        if not item.move_id.is_recovery_charge:
            return [("principal", item.amount_residual_currency)]
        rounding = item.currency_id.rounding
        parts = item.move_id._recovery_charge_parts()
        return [(kind, units * rounding) for kind, units in parts.items() if units]


def _disputed(item):
    """Units of an item that are contested."""
    amounts = [hold.amount for hold in item.holds if hold.reason == "disputed"]
    return item.residual if None in amounts else min(item.residual, sum(amounts))
