from . import portal_base, portal_account, portal_pay, portal_home, recovery_own_data
from . import recovery_own_data
from . import agency_event
from . import agency_event, recovery_own_data
