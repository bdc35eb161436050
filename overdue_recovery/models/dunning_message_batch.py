"""What the messages of one batch share, so that each of it is worked out once."""

import ast
import re
from collections import defaultdict
from datetime import date
from itertools import count
from typing import Any, NamedTuple

from markupsafe import Markup, escape
from odoo import fields
from odoo.tools import float_round, format_amount, format_date
from odoo.tools.misc import get_lang

NBSP = "\N{NO-BREAK SPACE}"
HOLE = re.compile("\x02(\\d+)\x03")
# What HTML takes for its own.
SPECIAL = re.compile("[&<>'\"]")


class MessageLine(NamedTuple):
    """A line of a notice as a message needs it, without the records behind it."""

    notice_id: int
    id: int
    item_id: int | None
    kind: str
    name: str | None
    date_due: date | None
    level_id: int | None
    days_overdue: int
    amount_paid: float
    amount_residual: float
    amount_demanded: float
    currency_id: Any  # res.currency
    move_id: int | None
    payment_reference: str | None  # of an invoice
    bank_id: int | None
    invoice_user_id: int | None
    invoice_date: date | None
    customer_id: int | None
    customer: str | None
    is_charge: bool


class MessageBatch:
    """The memory of one batch of notices, for as long as their messages are being written."""

    def __init__(self, notices):
        self.notices = notices
        self.ids = frozenset(notices._ids)
        self._kept = {}

    def once(self, key, make):
        """``make()``, remembered under ``key`` for this batch."""
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]


class MessageFigures:
    """Amounts and days as text in one language, letter for letter as core formats them.

    Core looks up the language's rules for every figure, and a table of items is full of them.
    """

    def __init__(self, env):
        self._env = env
        self._lang = get_lang(env)
        self._moneys = {}
        self._days = {}

    def money(self, amount, currency):
        """``amount`` with the currency's symbol."""
        if currency not in self._moneys:
            self._moneys[currency] = self._money_of(currency)
        return self._moneys[currency](amount)

    def day(self, day, date_format=False):
        """A day in the language's own format, or in one of Babel's (``long``)."""
        key = day, date_format
        if key not in self._days:
            self._days[key] = format_date(self._env, day, date_format=date_format)
        return self._days[key]

    def _money_of(self, currency):
        """The function that writes amounts of one currency."""
        lang = self._lang
        if ast.literal_eval(lang.grouping) != [3, 0]:
            return lambda amount: self._by_core(amount, currency)
        signs = str.maketrans(
            {
                ",": (lang.thousands_sep or "").replace(" ", NBSP),
                ".": lang.decimal_point.replace(" ", NBSP),
            }
        )
        pattern = f"{{:,.{currency.decimal_places}f}}"
        before, after = self._symbol(currency)
        rounding = currency.rounding

        def money(amount):
            number = pattern.format(float_round(amount, precision_rounding=rounding))
            return f"{before}{number.translate(signs)}{after}"

        return money

    def _symbol(self, currency):
        symbol = currency.symbol or ""
        return (f"{symbol}{NBSP}", "") if currency.position == "before" else ("", f"{NBSP}{symbol}")

    def _by_core(self, amount, currency):
        # core joins minus and figure with an invisible character that plain text shows as a box
        return format_amount(self._env, amount, currency).replace("\ufeff", "")


class MessageForm:
    """A piece of HTML with numbered holes, to be filled with texts."""

    def __init__(self, page):
        pieces = HOLE.split(page)
        self._fixed, self._holes = pieces[::2], [int(number) for number in pieces[1::2]]

    def filled(self, values):
        """The HTML for ``values`` of the shape it was made for; their texts are escaped."""
        texts = [_escaped(text) for text in _texts(values)]
        pieces = [self._fixed[0]]
        for hole, fixed in zip(self._holes, self._fixed[1:], strict=True):
            pieces += texts[hole], fixed
        return Markup("".join(pieces))


def _escaped(text):
    """``markupsafe.escape(text)``; what needs none, as most texts, is left as it is."""
    return escape(text) if SPECIAL.search(text) and type(text) is not Markup else text


def shape_of(values):
    """What is left of the values of a template when their texts are taken out: a key."""
    if isinstance(values, str):
        return bool(values)
    if isinstance(values, dict):
        return (*values, *_shapes(values.values()))
    if isinstance(values, (list, tuple)):
        return tuple(_shapes(values))
    return type(values), values


def _shapes(values):
    # most are texts: no further call for each of them
    return [bool(value) if type(value) is str else shape_of(value) for value in values]


def with_holes(values):
    """The values of a template with a hole in place of each text that is there."""
    numbers = count()

    def dig(value):
        if isinstance(value, str):
            return value and f"\x02{next(numbers)}\x03"
        if isinstance(value, dict):
            return {name: dig(inner) for name, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [dig(inner) for inner in value]
        return value

    return dig(values)


def _texts(values):
    """The texts of values in the order of their holes."""
    if isinstance(values, str):
        return [values] if values else []
    if isinstance(values, dict):
        values = values.values()
    elif not isinstance(values, (list, tuple)):
        return []
    texts = []
    for value in values:
        if type(value) is not str:
            texts += _texts(value)
        elif value:
            texts.append(value)
    return texts


def demanded_by_currency(lines, charges=()):
    """{currency: net sum demanded} over lines of notices and what they charge, without what is
    nothing."""
    totals = defaultdict(float)
    for line in lines:
        totals[line.currency_id] += line.amount_demanded
    for charge in charges:
        totals[charge.currency_id] += charge.amount
    return {currency: currency.round(amount) for currency, amount in totals.items() if amount}


def oldest_first(lines):
    """Lines by the day they fall due."""
    return sorted(lines, key=lambda line: (line.date_due or fields.Date.today(), line.id))


def grouped(lines, key):
    """{key: [line, …]} in the order of the lines."""
    found = {}
    for line in lines:
        found.setdefault(key(line), []).append(line)
    return found
