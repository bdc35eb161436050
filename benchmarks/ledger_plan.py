"""Draw the receivables of many customers: what was invoiced, what was paid of it, what is open.

Pure Python, seeded, one customer at a time, so that a million items need no memory. Money is in
cents. What is drawn here, ``ledger`` writes.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

COUNTRIES = ("DE", "FR", "NL", "BE", "AT", "ES", "IT", "PL")
# Kinds of documents with something open, and how often each is drawn.
OPEN_KINDS = {"invoice": 74, "partly_paid": 10, "installments": 8, "one_installment_paid": 8}
CONSUMERS = 0.2
FOREIGN = 0.1
CREDIT_NOTES = 0.15
LOOSE_MONEY = 0.05
OTHER_COMPANY = 0.1
TERMS = (14, 30, 30, 60)
INVOICES_PER_RECEIPT = 5


@dataclass(slots=True)
class Item:
    """One receivable item: ``rest`` of its ``cents`` is open."""

    due: date
    cents: int
    rest: int


@dataclass(slots=True)
class Document:
    """One posted document.

    :param kind: invoice, split (two installments), refund, or receipt (money that came in)
    :param pays: of a receipt, [(document, index of its item, cents)]
    """

    kind: str
    day: date
    items: list
    foreign: bool = False
    other_company: bool = False
    pays: list = field(default_factory=list)

    @property
    def cents(self):
        """What it comes to."""
        return sum(item.cents for item in self.items)

    @property
    def rest(self):
        """What is open of it."""
        return sum(item.rest for item in self.items)


@dataclass(slots=True)
class Customer:
    """One customer and its documents, each before the receipts that pay it."""

    number: int
    country: str
    is_company: bool
    documents: list = field(default_factory=list)


def quotas(random, open_items, customers):
    """How many open items each customer has: from one to twice the mean, ``open_items`` in all.

    >>> counts = list(quotas(Random(1), 100, 10))
    >>> len(counts), sum(counts), min(counts) > 0
    (10, 100, True)
    """
    if open_items < customers:
        raise ValueError(f"{open_items} items are not enough for {customers} customers")
    left = open_items
    for others in range(customers - 1, 0, -1):
        mean = left // (others + 1)
        count = min(random.randint(1, 2 * mean - 1), left - others)
        yield count
        left -= count
    yield left


def draw(seed, today, open_items, customers, history=1.0):
    """Yield each ``Customer`` of a ledger of ``open_items`` in the first company.

    :param history: paid invoices for each open item
    """
    random = Random(seed)
    for number, quota in enumerate(quotas(random, open_items, customers), 1):
        yield _Drawing(random, today, number).customer(quota, round(quota * history))


class _Drawing:
    """The dice for one customer."""

    def __init__(self, random, today, number):
        self.random = random
        self.today = today
        self.number = number
        self.documents = []

    def customer(self, open_items, paid):
        self._settled(paid)
        while open_items:
            open_items -= self._open_document(open_items)
        if self._chance(CREDIT_NOTES):
            self._open_credit("refund")
        if self._chance(LOOSE_MONEY):
            self._open_credit("receipt")
        if self._chance(OTHER_COMPANY):
            self._add("invoice", [self._item(self._maturity())], other_company=True)
        country = self.random.choice(COUNTRIES)
        is_company = not self._chance(CONSUMERS)
        return Customer(self.number, country, is_company, self.documents)

    # -- open ------------------------------------------------------------------------------

    def _open_document(self, at_most):
        """Draw a document with at most so many open items; return how many it has."""
        [kind] = self.random.choices(list(OPEN_KINDS), OPEN_KINDS.values())
        if kind == "installments" and at_most < 2:
            kind = "invoice"
        foreign = self._chance(FOREIGN)
        first = self._maturity()
        if kind in ("invoice", "partly_paid"):
            document = self._add("invoice", [self._item(first)], foreign)
        else:
            half = self._item(first)
            rest = Item(first + timedelta(days=30), half.cents, half.cents)
            document = self._add("split", [half, rest], foreign)
        if kind == "partly_paid":
            self._receive([(document, 0, document.cents // 4)])
        elif kind == "one_installment_paid":
            self._receive([(document, 0, document.items[0].cents)])
        return 2 if kind == "installments" else 1

    def _open_credit(self, kind):
        """A credit note that nobody allocated, or money."""
        item = self._item(self.today - timedelta(days=self.random.randint(1, 60)))
        item.cents = item.rest = item.cents // 4
        self._add(kind, [item])

    # -- paid ------------------------------------------------------------------------------

    def _settled(self, count):
        """Invoices of the past year and the receipts that paid them, some at a time."""
        while count:
            together = min(count, self.random.randint(1, INVOICES_PER_RECEIPT))
            foreign = self._chance(FOREIGN)
            due = self.today - timedelta(days=self.random.randint(60, 400))
            invoices = [
                self._add("invoice", [self._item(due)], foreign) for _each in range(together)
            ]
            self._receive([(invoice, 0, invoice.cents) for invoice in invoices])
            count -= together

    def _receive(self, pays):
        """Money that pays these items, some days after the first of them fell due."""
        document = pays[0][0]
        cents = sum(amount for _document, _index, amount in pays)
        earliest = document.items[0].due + timedelta(days=self.random.randint(-10, 40))
        day = max(document.day, min(earliest, self.today))
        for paid, index, amount in pays:
            paid.items[index].rest -= amount
        receipt = Document("receipt", day, [Item(day, cents, 0)], document.foreign, False, pays)
        self.documents.append(receipt)

    # -- dice ------------------------------------------------------------------------------

    def _add(self, kind, items, foreign=False, other_company=False):
        terms = self.random.choice(TERMS) if kind in ("invoice", "split") else 0
        day = min(items[0].due - timedelta(days=terms), self.today)
        document = Document(kind, day, items, foreign, other_company)
        self.documents.append(document)
        return document

    def _item(self, due):
        cents = 4 * self.random.randint(500, 125_000)
        return Item(due, cents, cents)

    def _maturity(self):
        return self.today - timedelta(days=self.random.randint(-30, 90))

    def _chance(self, share):
        return self.random.random() < share
