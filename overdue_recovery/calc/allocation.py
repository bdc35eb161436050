"""Which debts a payment pays, where neither a person nor a bank match has said so."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Debt:
    """What is open of one thing: ``kind`` says which of the order's kinds it is.

    ``disputed`` is the part of ``amount`` that is contested, to which nothing is allocated. The
    same ``key`` may come once per kind (a document may hold costs and interest).

    >>> Debt('INV/1', 'principal', date(2025, 1, 1), 10000, disputed=2500).payable
    7500
    """

    key: Hashable
    kind: str
    date_due: date
    amount: int
    disputed: int = 0

    @property
    def payable(self) -> int:
        """What a payment may be put to: never negative."""
        return max(0, self.amount - max(0, self.disputed))


@dataclass(frozen=True, slots=True)
class Allocation:
    """The part of a payment that goes to the debt ``key``."""

    key: Hashable
    amount: int


def allocate(
    payment: int,
    debts: Sequence[Debt],
    order: Sequence[str] = ("costs", "interest", "principal"),
) -> list[Allocation]:
    """What ``payment`` pays, in the order in which it does; what is over is in no row.

    Kinds go by ``order`` (costs → interest → principal: e.g. § 367 BGB, art. 1343-1 Code civil,
    art. 6:44 BW), within a kind the oldest maturity first, of equal maturities the first one given.
    Debts that get nothing are left out.

    >>> debts = [Debt('loan', 'principal', date(2025, 1, 1), 1000000),
    ...          Debt('interest', 'interest', date(2025, 1, 31), 9863),
    ...          Debt('costs', 'costs', date(2025, 1, 31), 4000)]
    >>> for row in allocate(400000, debts):
    ...     print(row.key, row.amount)
    costs 4000
    interest 9863
    loan 386137

    A disputed part is left open even where money is left:

    >>> allocate(10000, [Debt('a', 'principal', date(2025, 1, 1), 8000, disputed=3000)])
    [Allocation(key='a', amount=5000)]

    The debtor's own choice comes first: allocate to the debts chosen, then what is over to the
    rest.

    >>> allocate(-1, debts)
    Traceback (most recent call last):
    ValueError: a payment must not be negative: -1
    >>> allocate(1, debts, order=('costs', 'principal'))
    Traceback (most recent call last):
    ValueError: the order ('costs', 'principal') does not say when 'interest' is paid
    >>> allocate(1, [Debt('a', 'costs', date(2025, 1, 1), -5)])
    Traceback (most recent call last):
    ValueError: debt 'a' is negative: -5
    """
    _check(payment, debts, order)
    ranks = {kind: rank for rank, kind in reversed(list(enumerate(order)))}
    allocations = []
    for debt in sorted(debts, key=lambda debt: (ranks[debt.kind], debt.date_due)):
        amount = min(payment, debt.payable)
        if amount:
            allocations.append(Allocation(debt.key, amount))
            payment -= amount
    return allocations


def _check(payment: int, debts: Sequence[Debt], order: Sequence[str]) -> None:
    if payment < 0:
        raise ValueError(f"a payment must not be negative: {payment}")
    for debt in debts:
        if debt.amount < 0:
            raise ValueError(f"debt {debt.key!r} is negative: {debt.amount}")
        if debt.kind not in order:
            raise ValueError(f"the order {tuple(order)} does not say when {debt.kind!r} is paid")
