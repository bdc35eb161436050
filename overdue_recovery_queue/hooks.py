"""What happens once, when the addon goes."""


def uninstall_hook(env):
    """Cancel the jobs that wait: nobody could perform them, and what they were to send leaves by
    the delivery job again."""
    env["queue.job"].search(
        [("model_name", "=", "dunning.delivery"), ("method_name", "=", "_deliver_batch")]
    ).button_cancelled()
