"""What a page of the portal shows, as plain facts; amounts in rounding units of a currency."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from ..calc import ageing, demand

# Holds and marks that end what is asked of an item altogether.
NOT_ASKED = frozenset({"blocked", "no_followup", "time_barred", "referred"})
BUCKETS = 5
MOST_ITEMS = 500


@dataclass(frozen=True)
class PortalItem:
    """One open item."""

    id: int
    move_id: int
    partner_id: int
    name: str
    date_due: Any
    #: days overdue, 0 when due today or later
    days: int
    #: what is open of it
    residual: int
    #: what of it may be demanded, due or not (``calc.demand``)
    demandable: int
    #: what of it has not been sent off yet
    payable: int
    #: reason codes of the decision, most serious first
    codes: tuple = ()
    is_charge: bool = False

    @property
    def is_asked(self):
        """Whether it is asked for now: overdue, and nothing against it."""
        return self.days > 0 and NOT_ASKED.isdisjoint(self.codes)


@dataclass
class PortalAccount:
    """What is open in one currency of one company."""

    currency: Any
    #: function(units) -> text
    money: Any
    items: list = field(default_factory=list)
    #: [(name of the document, units > 0)]
    credits: list = field(default_factory=list)

    @property
    def credit(self):
        """Open credits."""
        return sum(units for _name, units in self.credits)

    @property
    def owed(self):
        """All that is open, due or not, after credits; negative: we owe them."""
        return sum(item.residual for item in self.items) - self.credit

    @property
    def overdue(self):
        """All that is overdue, before credits."""
        return sum(item.residual for item in self.items if item.days)

    @property
    def since(self):
        """Since when something is overdue; None: nothing is."""
        return min((item.date_due for item in self.items if item.days), default=None)

    @property
    def parts(self):
        """{item id: what is asked of it now}: overdue and demandable, credits taken from the
        oldest maturity on (``calc.demand.net``)."""
        due = [(one.id, one.date_due, one.demandable) for one in self.items if one.is_asked]
        return {key: units for key, units in demand.net(due, self.credit).items() if units}

    @property
    def asked(self):
        """What the page asks for now."""
        return sum(self.parts.values())

    @property
    def payable(self):
        """The most that can be paid: what is open and not on its way, after credits."""
        return max(0, sum(item.payable for item in self.items) - self.credit)

    @property
    def on_its_way(self):
        """What has been sent off."""
        return sum(item.residual - item.payable for item in self.items)

    @property
    def buckets(self):
        """What is open by age: not due, 1–30, 31–60, 61–90, over 90 days overdue."""
        found = Counter({ageing.bucket(one.days): 0 for one in self.items})
        for item in self.items:
            found[ageing.bucket(item.days)] += item.residual
        return [found[number] for number in range(BUCKETS)]

    def amount(self, units):
        """Units as a float in this currency."""
        return round(units * self.currency.rounding, 6)


@dataclass
class PortalCompany:
    """What one company shows a visitor."""

    company: Any
    accounts: dict = field(default_factory=dict)
    #: when the next reminder goes out if nothing is paid; None: none is planned
    next_day: Any = None
    #: codes of the holds that are in the way of all that is overdue
    paused: tuple = ()
    #: last day of the pause, where all of it has one
    paused_until: Any = None


class Choice(NamedTuple):
    """What a visitor wants to pay, as it stands in an address: ``overdue``, ``items-3-8``,
    ``installment-7``, ``amount-12.50``. Nothing but numbers and names: amounts are looked up, or
    bounded.

    >>> Choice.parse('items-3-8')
    Choice(kind='items', ids=(3, 8), amount=None)
    >>> Choice.parse('amount-12,50').text
    'amount-12.50'
    """

    kind: str
    ids: tuple = ()
    amount: Decimal | None = None

    @classmethod
    def parse(cls, text):
        """:raise ValueError: it is no choice"""
        kind, _dash, rest = str(text or "").partition("-")
        if kind == "overdue" and not rest:
            return cls("overdue")
        if kind == "items" and len(rest) < 11 * MOST_ITEMS:
            ids = tuple(dict.fromkeys(int(word) for word in rest.split("-") if word.isdecimal()))
            if ids and len(ids) <= MOST_ITEMS:
                return cls("items", ids)
        if kind == "installment" and rest.isdecimal() and len(rest) < 11:
            return cls("installment", (int(rest),))
        if kind == "amount":
            return cls("amount", amount=decimal_of(rest))
        raise ValueError(text)

    @property
    def text(self):
        """As ``parse`` reads it."""
        words = [self.kind, *map(str, self.ids)]
        return "-".join(words if self.amount is None else [*words, str(self.amount)])


def decimal_of(text):
    """A person's amount: the last point or comma is the decimal sign.

    >>> decimal_of('1.234,50'), decimal_of(' 12.5 '), decimal_of('1 000')
    (Decimal('1234.50'), Decimal('12.5'), Decimal('1000'))
    >>> decimal_of('1e5')
    Traceback (most recent call last):
    ValueError: 1e5
    """
    text = "".join(str(text or "").split())
    whole, sign, cents = text.replace(",", ".").rpartition(".")
    number = f"{whole.replace('.', '')}{sign}{cents}"
    if len(number) > 16 or not number.replace(".", "", 1).isdecimal():
        raise ValueError(text)
    try:
        return Decimal(number)
    except InvalidOperation as error:
        raise ValueError(text) from error
