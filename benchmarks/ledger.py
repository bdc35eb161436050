"""Write a large ledger as core would have left it: a million open items in minutes.

One document of each kind is posted by the ORM, as a person would; then its rows are copied by SQL,
with the customers, days, amounts, residuals and reconciliations that ``ledger_plan`` draws.
``ledger_check`` compares what came of it with what core computes.

`python -m benchmarks.ledger ITEMS CUSTOMERS HISTORY` fills the database that OR_DATABASE names.
"""

import os
import sys
import time
from collections import defaultdict
from datetime import date
from itertools import count, islice
from typing import NamedTuple

from odoo.fields import Command

from benchmarks import ledger_check, ledger_plan
from benchmarks.copying import Copier
from dev.demo import keep_at_home
from dev.shell import environment

AS_OF = date(2025, 3, 3)
SAMPLE = 300
CUSTOMERS_PER_WRITE = 5000
PROTOTYPE_CENTS = 10_000
FOREIGN_CURRENCY = "EUR"
# company currency per unit of the foreign one: every amount in cents can be converted exactly
FOREIGN_RATE = 2
CHART = "generic_coa"
# The first number of a copy in its journal: the prototypes have those below.
COPIES_FROM = 101


class Prototype(NamedTuple):
    """A posted document to be copied.

    :param items: ids of its receivable lines, which share its amount evenly
    :param other: id of the line that balances them
    """

    move: object
    prefix: str
    items: list
    other: int


class Ledger:
    """The books of two companies, of which the first one has ``open_items``.

    :param today: the day as which the books stand
    """

    def __init__(self, env, company, today, seed=1):
        self.env = env(context={**env.context, "tracking_disable": True})
        self.company = company.with_env(self.env)
        self.today = today
        self.seed = seed
        self.copier = Copier(self.env.cr)
        self._numbers = defaultdict(lambda: count(COPIES_FROM))

    def fill(self, open_items, customers, history=1.0):
        """Write the ledger of so many customers; see ``ledger_plan.draw``."""
        self._open_books()
        drawn = ledger_plan.draw(self.seed, self.today, open_items, customers, history)
        self.copier.begin()
        while some := list(islice(drawn, CUSTOMERS_PER_WRITE)):
            _Writer(self).write(some)
        self.copier.finish()
        self._forget_prototypes()
        self.env.invalidate_all()

    def next_number(self, prototype, day):
        """(prefix, number) of a further document of this kind in the year of ``day``."""
        prefix = prototype.prefix.replace(str(self.today.year), str(day.year))
        return prefix, next(self._numbers[prototype.move.journal_id.id, prefix])

    # -- what is copied --------------------------------------------------------------------

    def _open_books(self):
        """Two companies with a chart of accounts, the currencies, and a document of each kind."""
        other = self.env["res.company"].create({"name": "Our other company"})
        for company in self.company | other:
            if not company.chart_template:
                charts = self.env["account.chart.template"]
                charts.try_loading(CHART, company, install_demo=False)
        self.companies = (self.company, other)
        self.foreign = self._foreign_currency()
        self.customer = self.env["res.partner"].create(
            {"name": "Prototype", "email": "prototype@customer.example", "customer_rank": 1}
        )
        countries = self.env["res.country"].search([("code", "in", ledger_plan.COUNTRIES)])
        self.countries = {country.code: country.id for country in countries}
        self.prototypes = {
            (kind, foreign, company != self.company): self._prototype(kind, foreign, company)
            for kind in ("invoice", "split", "refund", "receipt")
            for foreign in (False, True)
            for company in self.companies
        }
        self.env.flush_all()

    def _foreign_currency(self):
        currency = self.env["res.currency"].with_context(active_test=False)
        currency = currency.search([("name", "=", FOREIGN_CURRENCY)])
        currency.active = True
        currency.rate_ids.unlink()
        self.env["res.currency.rate"].create(
            {
                "currency_id": currency.id,
                "name": "2010-01-01",
                "rate": 1 / FOREIGN_RATE,
                "company_id": False,
            }
        )
        return currency

    def _prototype(self, kind, foreign, company):
        currency = self.foreign if foreign else company.currency_id
        make = self._receipt if kind == "receipt" else self._invoice
        move = make(kind, currency, company)
        move.action_post()
        items = move.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        [other] = move.line_ids - items
        items = items.sorted("date_maturity").ids
        return Prototype(move, move.sequence_prefix, items, other.id)

    def _invoice(self, kind, currency, company):
        line = {"name": "Goods", "price_unit": PROTOTYPE_CENTS / 100, "tax_ids": [Command.clear()]}
        terms = self._two_installments() if kind == "split" else False
        return self._documents(company).create(
            {
                "move_type": "out_refund" if kind == "refund" else "out_invoice",
                "partner_id": self.customer.id,
                "currency_id": currency.id,
                "invoice_date": self.today,
                "invoice_payment_term_id": terms and terms.id,
                "invoice_line_ids": [Command.create(line)],
            }
        )

    def _receipt(self, _kind, currency, company):
        """Money in the bank, booked against the customer's account."""
        bank = self.env["account.journal"].search(
            [("company_id", "=", company.id), ("type", "=", "bank")], limit=1
        )
        customer = self.customer.with_company(company)
        amount = PROTOTYPE_CENTS / 100
        entry = {"partner_id": customer.id, "currency_id": currency.id}
        sides = (
            (bank.default_account_id, amount),
            (customer.property_account_receivable_id, -amount),
        )
        return self._documents(company).create(
            {
                "journal_id": bank.id,
                "date": self.today,
                "line_ids": [
                    Command.create({**entry, "account_id": account.id, "amount_currency": side})
                    for account, side in sides
                ],
            }
        )

    def _documents(self, company):
        return self.env["account.move"].with_company(company)

    def _two_installments(self):
        half = {"value": "percent", "value_amount": 50}
        return self.env["account.payment.term"].create(
            {
                "name": "Half now, half a month later",
                "line_ids": [
                    Command.create({**half, "nb_days": 30}),
                    Command.create({**half, "nb_days": 60}),
                ],
            }
        )

    def _forget_prototypes(self):
        moves = self.env["account.move"].union(*(one.move for one in self.prototypes.values()))
        moves.button_draft()
        moves.with_context(force_delete=True).unlink()
        # core still counts the prototypes to it when this is committed: it can only be archived
        self.customer.active = False


class _Writer:
    """Turns drawn customers into rows."""

    def __init__(self, ledger):
        self.ledger = ledger
        self.copier = ledger.copier

    def write(self, customers):
        """Write these customers and their documents."""
        for customer in customers:
            self._customer(customer)
        self.copier.write()

    def _customer(self, customer):
        partner_id = self.copier.next_id("res_partner")
        self.copier.add(
            "res_partner",
            partner_id,
            self.ledger.customer.id,
            f"Customer {customer.number:07}",
            f"c{customer.number}@customer.example",
            self.ledger.countries[customer.country],
            customer.is_company,
            "business" if customer.is_company else "consumer",
        )
        item_ids = {
            id(document): [self.copier.next_id("account_move_line") for _item in document.items]
            for document in customer.documents
        }
        matched = {}
        for document in customer.documents:
            if document.pays:
                matched.update(self._reconcile(document, item_ids))
        for document in customer.documents:
            self._document(document, partner_id, item_ids[id(document)], matched)

    # -- what was paid ---------------------------------------------------------------------

    def _reconcile(self, receipt, item_ids):
        """Write what a receipt pays; return {item id: (full reconciliation or None, number)}."""
        prototype = self._prototype(receipt)
        company, currency = prototype.move.company_id, prototype.move.currency_id
        rate = FOREIGN_RATE if receipt.foreign else 1
        settled = all(document.items[index].rest == 0 for document, index, _cents in receipt.pays)
        full_id = self._full_reconciliation() if settled else None
        [credit_id] = item_ids[id(receipt)]
        number = None
        paid_ids = [credit_id]
        for document, index, cents in receipt.pays:
            partial_id = self.copier.next_id("account_partial_reconcile")
            debit_id = item_ids[id(document)][index]
            # core names a reconciliation in part after the first of its partials
            number = number or f"P{partial_id}"
            paid_ids.append(debit_id)
            self.copier.add(
                "account_partial_reconcile",
                partial_id,
                debit_id,
                credit_id,
                full_id,
                company.id,
                currency.id,
                currency.id,
                _money(cents * rate),
                _money(cents),
                _money(cents),
                receipt.day,
            )
        return dict.fromkeys(paid_ids, (full_id, str(full_id) if full_id else number))

    def _full_reconciliation(self):
        full_id = self.copier.next_id("account_full_reconcile")
        self.copier.add("account_full_reconcile", full_id)
        return full_id

    # -- documents -------------------------------------------------------------------------

    def _prototype(self, document):
        return self.ledger.prototypes[document.kind, document.foreign, document.other_company]

    def _document(self, document, partner_id, item_ids, matched):
        prototype = self._prototype(document)
        move_id = self.copier.next_id("account_move")
        prefix, number = self.ledger.next_number(prototype, document.day)
        name = f"{prefix}{number:05}"
        self.copier.add(
            "account_move",
            move_id,
            prototype.move.id,
            partner_id,
            prefix,
            number,
            name,
            document.day,
            document.items[-1].due,
            _share(document.cents),
            _share(document.rest),
            _payment_state(document),
        )
        self._line(prototype.other, move_id, partner_id, name, document)
        share = len(document.items)
        for template_id, item_id, item in zip(
            prototype.items, item_ids, document.items, strict=True
        ):
            self.copier.add(
                "account_move_line",
                item_id,
                template_id,
                move_id,
                partner_id,
                name,
                document.day,
                item.due,
                _share(item.cents * share),
                _share(item.rest * share),
                item.rest == 0,
                *matched.get(item_id, (None, None)),
            )

    def _line(self, template_id, move_id, partner_id, name, document):
        """The line that balances a document."""
        self.copier.add(
            "account_move_line",
            self.copier.next_id("account_move_line"),
            template_id,
            move_id,
            partner_id,
            name,
            document.day,
            None,
            _share(document.cents),
            # core keeps a residual on the bank's side too
            _share(document.cents),
            False,
            None,
            None,
        )


def _payment_state(document):
    """As core computes it: entries have none to speak of.

    >>> from benchmarks.ledger_plan import Document, Item
    >>> day = date(2025, 3, 3)
    >>> [_payment_state(Document("invoice", day, [Item(day, 100, rest)])) for rest in (100, 40, 0)]
    ['not_paid', 'partial', 'paid']
    """
    if document.kind == "receipt" or document.rest == document.cents:
        return "not_paid"
    return "partial" if document.rest else "paid"


def _money(cents):
    return f"{cents / 100:.2f}"


def _share(cents):
    """Cents as a multiple of the prototype."""
    return cents / PROTOTYPE_CENTS


def main(arguments):
    """Fill the database that OR_DATABASE names; return 1 when the ledger does not hold."""
    open_items, customers, history = int(arguments[0]), int(arguments[1]), float(arguments[2])
    with environment(os.environ["OR_DATABASE"]) as env:
        keep_at_home(env)
        started = time.perf_counter()
        Ledger(env, env.company, AS_OF).fill(open_items, customers, history)
        env.cr.commit()
        seconds = time.perf_counter() - started
        env.cr.execute("SELECT COUNT(*) FROM account_move_line")
        [lines] = env.cr.fetchone()
        print(f"{open_items} open items in {lines} journal items, made in {seconds:.0f} s")
        broken = ledger_check.broken_rules(env) + ledger_check.differences(env, SAMPLE)
        print("\n".join(broken) or f"The ledger holds; core agrees on {SAMPLE} documents")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
