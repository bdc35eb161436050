"""What has become of a promise to pay."""

from datetime import date, timedelta


def outcome(
    promised: int, received: int, date_promised: date, today: date, tolerance_days: int = 0
) -> str:
    """``open``, ``kept``, ``partly_kept`` or ``broken``, as of ``today``.

    Amounts are in rounding units of one currency. It is kept as soon as all of it is in, and open
    until the last day of tolerance has passed, that day included:

    >>> due = date(2025, 3, 14)
    >>> outcome(10000, 10000, due, date(2025, 3, 1))
    'kept'
    >>> [outcome(10000, 0, due, date(2025, 3, day), tolerance_days=2) for day in (14, 16, 17)]
    ['open', 'open', 'broken']

    Part of the money is enough for no more than ``partly_kept``, and not before that day:

    >>> [outcome(10000, 9999, due, date(2025, 3, day)) for day in (14, 15)]
    ['open', 'partly_kept']

    Money that is late still keeps it (how late is another question); a payment that is undone opens
    it again or breaks it, for the same call with what is left.

    >>> outcome(10000, 12000, due, date(2025, 4, 1))
    'kept'

    >>> outcome(-1, 0, due, due)
    Traceback (most recent call last):
    ValueError: the amount promised must not be negative: -1
    >>> outcome(10000, 0, due, due, tolerance_days=-1)
    Traceback (most recent call last):
    ValueError: the days of tolerance must not be negative: -1
    """
    if promised < 0:
        raise ValueError(f"the amount promised must not be negative: {promised}")
    if tolerance_days < 0:
        raise ValueError(f"the days of tolerance must not be negative: {tolerance_days}")
    if received >= promised:
        return "kept"
    if today <= date_promised + timedelta(days=tolerance_days):
        return "open"
    return "partly_kept" if received > 0 else "broken"
