from . import (
    base_partner_merge,
    dunning_forecast,
    dunning_skip,
    dunning_takeover,
    recovery_hold_create,
)
