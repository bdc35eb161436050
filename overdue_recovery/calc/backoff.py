"""How long to wait before a call that failed for the moment is made again."""


def wait(attempt: int, chance: float, base: int = 60, longest: int = 6 * 3600) -> int:
    """Seconds to wait after the ``attempt``-th try, counted from 1: half of a pause to all of it.

    The pause doubles with every try until it is ``longest``. ``chance`` (0 to 1, the caller's
    dice) spreads the calls, so that a thousand of them don't come back in the same second:

    >>> [wait(attempt, 0) for attempt in (1, 2, 3)]
    [30, 60, 120]
    >>> [wait(attempt, 1) for attempt in (1, 2, 3)]
    [60, 120, 240]
    >>> wait(1000, 1) == 6 * 3600
    True

    >>> wait(0, 0.5)
    Traceback (most recent call last):
    ValueError: tries are counted from 1: 0
    >>> wait(1, 1.5)
    Traceback (most recent call last):
    ValueError: a chance is between 0 and 1: 1.5
    """
    if attempt < 1:
        raise ValueError(f"tries are counted from 1: {attempt}")
    if not 0 <= chance <= 1:
        raise ValueError(f"a chance is between 0 and 1: {chance}")
    # beyond any pause anybody would set, and no number with a thousand digits
    pause = min(base * 2 ** min(attempt - 1, 30), longest)
    return round(pause / 2 + pause / 2 * chance)
