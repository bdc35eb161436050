from . import (
    agency_event,
    portal_base,
    portal_account,
    portal_pay,
    portal_act,
    portal_home,
    recovery_own_data,
)
