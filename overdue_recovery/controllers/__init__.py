from . import recovery_own_data
