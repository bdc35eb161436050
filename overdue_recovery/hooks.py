"""What happens once, when the addon comes and when it goes."""


def post_init_hook(env):
    """Give every company its first policy."""
    companies = env["res.company"]
    if hasattr(companies, "_recovery_create_default_policies"):
        companies._recovery_create_default_policies()


def uninstall_hook(env):
    """Let go of the log, so that its tables can leave with the addon."""
    env["recovery.interaction"]._drop_triggers()
