"""What happens once, when the addon goes."""


def uninstall_hook(env):
    """Delete the requests for credit, done ones too: core refuses to delete their type."""
    kind = env.ref("overdue_recovery_sms.mail_activity_type_credit", False)
    tasks = env["mail.activity"].with_context(active_test=False)
    tasks.search([("activity_type_id", "=", kind and kind.id)]).unlink()
