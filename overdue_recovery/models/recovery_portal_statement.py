from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from odoo import api, fields, models

from .dunning_message_batch import MessageFigures

DAYS = 365
LONGEST_DAYS = 3660
# More lines than a person reads: the period is to be made shorter.
MOST_LINES = 2000


@dataclass
class Statement:
    """What was booked for a customer in one currency of one company, with its balance."""

    company: Any
    currency: Any
    #: balance before the first line, in the currency
    opening: float
    #: [{date, name, kind, date_due, amount, balance}], oldest first
    lines: list = field(default_factory=list)
    money: Any = None

    @property
    def closing(self):
        """Balance after the last line."""
        return self.lines[-1]["balance"] if self.lines else self.opening


class RecoveryPortalStatement(models.AbstractModel):
    """The statement of account: every posted receivable entry, with a running balance."""

    _name = "recovery.portal.statement"
    _description = "Portal: statement of account"

    @api.model
    def _period(self, since=None):
        """(first day, today) of a statement; a year unless a visitor asks for more or less."""
        today = fields.Date.context_today(self)
        try:
            day = fields.Date.to_date(since) or today - timedelta(days=DAYS)
        except (TypeError, ValueError):
            day = today - timedelta(days=DAYS)
        return min(max(day, today - timedelta(days=LONGEST_DAYS)), today), today

    @api.model
    def _statements(self, visitor, since):
        """[``Statement``] of the visitor since that day, one a company and currency.

        sudo: ``Visitor`` limits what is read (see ``recovery.portal``).
        """
        found = self._openings(visitor, since)
        domain = [*self._domain(visitor), ("date", ">=", since)]
        lines = self.env["account.move.line"].sudo()
        for line in lines.search(domain, order="date, move_id, id", limit=MOST_LINES):
            key = line.company_id, line.currency_id
            statement = found.get(key) or found.setdefault(key, self._statement(*key, 0.0))
            balance = line.currency_id.round(statement.closing + line.amount_currency)
            statement.lines.append(
                {
                    "date": line.date,
                    "name": line.move_id.name or line.name or "",
                    "kind": self._kind(line),
                    "date_due": line.date_maturity if line.amount_currency > 0 else False,
                    "amount": line.amount_currency,
                    "balance": balance,
                }
            )
        shown = (one for one in found.values() if one.lines or one.opening)
        return sorted(shown, key=lambda one: (one.company.name, one.currency.name))

    def _openings(self, visitor, since):
        groups = (
            self.env["account.move.line"]
            .sudo()
            ._read_group(
                [*self._domain(visitor), ("date", "<", since)],
                ["company_id", "currency_id"],
                ["amount_currency:sum"],
            )
        )
        return {
            (company, currency): self._statement(company, currency, currency.round(amount))
            for company, currency, amount in groups
        }

    def _domain(self, visitor):
        return [
            ("partner_id", "in", visitor.customers.ids),
            ("parent_state", "=", "posted"),
            ("account_type", "=", "asset_receivable"),
        ]

    def _statement(self, company, currency, opening):
        figures = MessageFigures(self.env)
        return Statement(
            company, currency, opening, money=lambda amount: figures.money(amount, currency)
        )

    def _kind(self, line):
        move = line.move_id
        if move.is_recovery_charge:
            return self.env._("Costs of late payment")
        if move.move_type == "out_refund":
            return self.env._("Credit note")
        if move.is_sale_document(include_receipts=True):
            return self.env._("Invoice")
        if move.origin_payment_id or move.statement_line_id:
            return self.env._("Payment")
        return self.env._("Entry")

    # -- PDF -------------------------------------------------------------------------------

    @api.model
    def _statement_pdf(self, visitor, since):
        """The statement as a PDF. Takes a second, and a process of its own.

        :raise UserError: the program that makes PDFs is missing, or refused
        """
        first, today = self._period(since)
        figures = MessageFigures(self.env)
        html = self.env["ir.qweb"]._render(
            "overdue_recovery.portal_statement_sheet",
            {
                "html_lang": (self.env.lang or "en_US").replace("_", "-"),
                "visitor": visitor,
                "statements": self._statements(visitor, first),
                "first": first,
                "today": today,
                "day": figures.day,
            },
            minimal_qcontext=True,
        )
        company = self._statement_company(visitor)
        return self.env["dunning.notice"].sudo().new({"company_id": company.id})._letter_pdf(html)

    def _statement_company(self, visitor):
        companies = self.env["recovery.portal"]._companies(visitor)
        return companies[:1] or self.env.company
