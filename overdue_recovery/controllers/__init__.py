from . import (
    portal_base,
    portal_account,
    portal_pay,
    portal_act,
    portal_home,
    recovery_own_data,
)
from . import portal_base, portal_account, portal_pay, portal_home
from . import agency_event, recovery_own_data
