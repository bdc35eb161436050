from . import (
    res_config_settings,
    res_partner,
    sms_template,
    sms_tracker,
    dunning_level,
    dunning_delivery,
    dunning_notice,
    recovery_case,
    recovery_contact_gate,
)
