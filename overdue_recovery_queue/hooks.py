"""What happens once, when the addon goes."""

from odoo.addons.queue_job.job import CANCELLED, DONE, Job


def uninstall_hook(env):
    """Cancel the jobs that did not come to an end, those of dead processes too: nobody could
    perform them, and what they were to send leaves by the delivery job again."""
    ours = [("model_name", "=", "dunning.delivery"), ("method_name", "=", "_deliver_batch")]
    for record in env["queue.job"].search([*ours, ("state", "not in", (DONE, CANCELLED))]):
        job = Job.load(env, record.uuid)
        job.set_cancelled(result=env._("The addon was uninstalled."))
        job.store()
