"""What a company may switch on in Settings: the XML ids of the groups of features."""

FEATURES = tuple(
    f"overdue_recovery.group_{name}"
    for name in ("lists", "policies", "law", "charges", "offers", "agencies", "sms")
)


def switch_on(env, *groups):
    """Show these features to all collectors, as Settings does; without names all of them."""
    for group in groups or FEATURES:
        env["res.groups"]._recovery_show(group.partition(".")[2])


def switch_off(env):
    """As in a company that has just begun: no collector has a feature."""
    collectors = env.ref("overdue_recovery.group_user").sudo()
    for group in FEATURES:
        collectors._remove_group(env.ref(group).sudo())
