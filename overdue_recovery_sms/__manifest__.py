{
    "name": "Overdue Recovery: SMS",
    "summary": "Reminders by text message, to whom no e-mail can reach",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "author": "Overdue Recovery",
    "license": "LGPL-3",
    "depends": ["overdue_recovery", "sms"],
    "external_dependencies": {"python": ["phonenumbers"]},
    "auto_install": True,
    "data": [
        "data/mail_activity_type_data.xml",
        "data/sms_template_data.xml",
        "views/dunning_level_views.xml",
        "views/res_config_settings_views.xml",
        "views/res_partner_views.xml",
    ],
    "uninstall_hook": "uninstall_hook",
}
