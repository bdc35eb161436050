"""Where clocks show the same: the time zones of a country or state, as far as they differ.

Countries are those of the tz database (by ``pytz``, which Odoo brings along). It does not know
states, so three countries with many zones have a table of theirs here; a state that lies in
several has them all, and whoever is asked about it gets all of them.
"""

from datetime import datetime, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytz

_UTC = timezone.utc
_EASTERN, _CENTRAL = "America/New_York", "America/Chicago"
_MOUNTAIN, _PACIFIC = "America/Denver", "America/Los_Angeles"
_ATLANTIC = "America/Halifax"

#: {country: {zones: codes of the states that lie in them}}
_STATES = {
    "US": {
        (_EASTERN,): "CT DE DC GA ME MD MA NH NJ NY NC OH PA RI SC VT VA WV",
        (_EASTERN, _CENTRAL): "FL IN KY MI TN",
        (_CENTRAL,): "AL AR IL IA LA MN MS MO OK WI",
        (_CENTRAL, _MOUNTAIN): "KS NE ND SD TX",
        (_MOUNTAIN,): "CO MT NM UT WY",
        (_MOUNTAIN, "America/Phoenix"): "AZ",
        (_MOUNTAIN, _PACIFIC): "ID NV OR",
        (_PACIFIC,): "CA WA",
        ("America/Anchorage", "America/Adak"): "AK",
        ("Pacific/Honolulu",): "HI",
        ("America/Puerto_Rico",): "PR VI",
        ("Pacific/Guam",): "GU MP",
        ("Pacific/Pago_Pago",): "AS",
    },
    "CA": {
        ("America/St_Johns", _ATLANTIC): "NL",
        (_ATLANTIC,): "NB NS PE",
        ("America/Toronto", _ATLANTIC, "America/Puerto_Rico"): "QC",
        ("America/Toronto", "America/Winnipeg", "America/Panama"): "ON",
        ("America/Winnipeg",): "MB",
        ("America/Regina", "America/Edmonton"): "SK",
        ("America/Edmonton",): "AB NT",
        ("America/Vancouver", "America/Edmonton", "America/Phoenix"): "BC",
        ("America/Whitehorse",): "YT",
        ("America/Toronto", "America/Winnipeg", "America/Edmonton", "America/Panama"): "NU",
    },
    "AU": {
        ("Australia/Sydney",): "ACT VIC TAS",
        ("Australia/Sydney", "Australia/Adelaide"): "NSW",
        ("Australia/Brisbane",): "QLD",
        ("Australia/Adelaide",): "SA",
        ("Australia/Darwin",): "NT",
        ("Australia/Perth", "Australia/Eucla"): "WA",
    },
}


@lru_cache(maxsize=1024)
def zones_of(country: str, state: str, year: int) -> tuple[ZoneInfo, ...]:
    """The zones of a state, or of a country when the state is unknown or has no table: one for
    each time that clocks show there in ``year``. Empty for a country that nobody knows.

    >>> [zone.key for zone in zones_of("DE", "", 2025)]
    ['Europe/Berlin']
    >>> [zone.key for zone in zones_of("US", "NY", 2025)]
    ['America/New_York']
    >>> [zone.key for zone in zones_of("US", "KS", 2025)]
    ['America/Chicago', 'America/Denver']
    >>> len(zones_of("US", "", 2025)), len(pytz.country_timezones["US"])
    (8, 29)
    >>> zones_of("", "", 2025), zones_of("XX", "", 2025)
    ((), ())
    """
    found = {}
    for name in _names(country, state):
        zone = zone_of(name)
        if zone:
            found.setdefault(_clocks(zone, year), zone)
    return tuple(found.values())


def shows_same_time(zone: ZoneInfo, zones: tuple[ZoneInfo, ...], year: int) -> bool:
    """Whether clocks in ``zone`` go with those of one of ``zones`` in that year.

    >>> shows_same_time(ZoneInfo("Europe/Paris"), zones_of("DE", "", 2025), 2025)
    True
    >>> shows_same_time(ZoneInfo("Europe/Paris"), zones_of("US", "", 2025), 2025)
    False
    """
    return _clocks(zone, year) in {_clocks(other, year) for other in zones}


def zone_of(name: str | None) -> ZoneInfo | None:
    """The zone of that name, None when there is none.

    >>> zone_of("Europe/Berlin"), zone_of("Europe/Nowhere"), zone_of(None)
    (zoneinfo.ZoneInfo(key='Europe/Berlin'), None, None)
    """
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None


def _names(country, state):
    for names, states in _STATES.get(country, {}).items():
        if state in states.split():
            return names
    return pytz.country_timezones.get(country) or ()


@lru_cache(maxsize=1024)
def _clocks(zone, year):
    """What tells zones apart: their offsets twice a month."""
    days = [datetime(year, month, day, tzinfo=_UTC) for month in range(1, 13) for day in (1, 15)]
    return tuple(moment.astimezone(zone).utcoffset() for moment in days)
