from . import dunning_skip, dunning_takeover, recovery_hold_create
