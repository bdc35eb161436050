"""Our words for what an agency is told, put into the agency's own."""

import re
from collections.abc import Iterable, Mapping, Sequence

#: ``name``, ``outer.name``, or ``list[].name`` for what each item says.
TARGET = re.compile(r"[A-Za-z_]\w*(\[\])?(\.[A-Za-z_]\w*)*", re.ASCII)
LONGEST = 100


def is_target(target: str) -> bool:
    """Whether this names a place in the agency's message.

    >>> [is_target(text) for text in ("name", "debtor.name", "claims[].number")]
    [True, True, True]
    >>> [is_target(text) for text in ("", "a..b", "a b", "a[].b[].c", "claims[]", "x" * 101)]
    [False, False, False, False, False, False]
    """
    return bool(len(target) <= LONGEST and TARGET.fullmatch(target) and not target.endswith("[]"))


def fill(
    pairs: Iterable[tuple[str, str]],
    values: Mapping[str, object],
    items: Sequence[Mapping[str, object]] = (),
) -> dict:
    """The message: ``pairs`` say which of our words (source) stands where (target).

    >>> fill([("name", "debtor.name"), ("city", "debtor.address.city"), ("name", "title")],
    ...      {"name": "Ann", "city": "Bonn", "secret": "not asked for"})
    {'debtor': {'name': 'Ann', 'address': {'city': 'Bonn'}}, 'title': 'Ann'}

    What each item says comes from ``items``, in their order:

    >>> fill([("number", "claims[].no"), ("amount", "claims[].sum.value")], {},
    ...      [{"number": "INV/1", "amount": "10.00"}, {"number": "INV/2", "amount": "5.00"}])
    ... # doctest: +NORMALIZE_WHITESPACE
    {'claims': [{'no': 'INV/1', 'sum': {'value': '10.00'}},
                {'no': 'INV/2', 'sum': {'value': '5.00'}}]}

    Two of our words in one place, or a place that is a text and an object, is an error:

    >>> fill([("name", "a"), ("city", "a.b")], {"name": "Ann", "city": "Bonn"})
    Traceback (most recent call last):
    ValueError: two fields want the same place: a.b
    >>> fill([("name", "a b")], {"name": "Ann"})
    Traceback (most recent call last):
    ValueError: no place in a message: a b
    """
    message: dict = {}
    for source, target in pairs:
        if not is_target(target):
            raise ValueError(f"no place in a message: {target}")
        head, is_list, rest = target.partition("[].")
        if is_list:
            rows = _place(message, head, [{} for _item in items], target, list)
            for row, item in zip(rows, items, strict=True):
                _place(row, rest, item[source], target)
        else:
            _place(message, target, values[source], target)
    return message


def _place(message, path, value, target, shared=None):
    """Put ``value`` at a path. ``shared``: a value of this type that is there already is kept.

    :return: what stands there now
    """
    *outer, last = path.split(".")
    for name in outer:
        message = message.setdefault(name, {})
        if not isinstance(message, dict):
            raise ValueError(f"two fields want the same place: {target}")
    if last in message and not (shared and isinstance(message[last], shared)):
        raise ValueError(f"two fields want the same place: {target}")
    return message.setdefault(last, value)
