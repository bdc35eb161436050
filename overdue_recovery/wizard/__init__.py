from . import (
    base_partner_merge,
    dunning_forecast,
    dunning_letter_print,
    dunning_hold_override,
    dunning_skip,
    dunning_switch,
    dunning_takeover,
    recovery_charge_waive,
    recovery_hold_create,
    recovery_rate_import,
    recovery_offer_create,
    recovery_promise_create,
)
