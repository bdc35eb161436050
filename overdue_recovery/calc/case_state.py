"""The state of a case, derived from what is true of the customer and never set by hand."""

from collections.abc import Mapping

#: All states, the one that outranks the others first; the last is the state of a case of which
#: nothing else holds.
STATES = (
    "written_off",
    "legal",
    "referred",
    "hardship",
    "dunning",
    "dispute",
    "plan",
    "promised",
    "watch",
    "resolved",
)


def derive(facts: Mapping[str, bool]) -> str:
    """The first of ``STATES`` that holds, by ``facts``: a mapping of state to whether it holds.

    ``dunning`` says that something demandable is overdue. A state that is missing does not hold;
    what is no state (``resolved`` included: it is what is left) is not looked at.

    >>> derive({'dunning': True, 'dispute': True})
    'dunning'
    >>> derive({'dunning': False, 'dispute': True, 'promised': True})
    'dispute'
    >>> derive({'watch': True, 'written_off': True})
    'written_off'
    >>> derive({})
    'resolved'
    """
    return next((state for state in STATES[:-1] if facts.get(state)), STATES[-1])
