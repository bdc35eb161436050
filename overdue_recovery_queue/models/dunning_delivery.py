from odoo import api, models
from odoo.addons.queue_job.jobrunner.runner import PG_ADVISORY_LOCK_ID
from odoo.fields import Domain
from odoo.tools import SQL

# Deliveries with consecutive ids are a batch: few enough that one job is done within a minute or
# two, as processes that serve requests are allowed no more.
BATCH = 100


class DunningDelivery(models.Model):
    """The delivery job gives batches to the job queue, whose processes send them side by side.

    A batch is no list of messages but a range of ids: its job sends what of it is due when the job
    is performed. So a second job for a batch, or the same job again after its process died, does
    no harm: each message is locked, looked at again and committed as "sending" before it leaves.
    """

    _inherit = "dunning.delivery"

    @api.model
    def _share_out(self, domain):
        """Make a job of each batch in which something is due, unless one waits already. Without a
        job runner, and for companies that send at a limited pace, the delivery job sends itself:
        only one process at a time can count what has left."""
        if not self._has_job_runner():
            return super()._share_out(domain)
        alone = self._domain_alone()
        found = self._search(domain & ~alone)
        for batch in sorted({delivery_id // BATCH for delivery_id in found}):
            self._delay_batch(batch)
        return super()._share_out(domain & alone)

    @api.model
    def _domain_alone(self):
        """What one process sends alone."""
        return Domain("company_id.recovery_pace", ">", 0)

    @api.model
    def _delay_batch(self, batch):
        self.with_delay(
            description=self.env._("Send reminders, batch %s", batch),
            identity_key=f"overdue_recovery_queue.deliver.{batch}",
        )._deliver_batch(batch)

    @api.model
    def _has_job_runner(self):
        """Whether a job runner works for this database: a living one holds its lock."""
        query = SQL(
            """
            SELECT 1 FROM pg_locks
             WHERE locktype = 'advisory' AND granted AND objsubid = 1
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
               AND classid = %s AND objid = %s
            """,
            PG_ADVISORY_LOCK_ID >> 32,
            PG_ADVISORY_LOCK_ID & 0xFFFFFFFF,
        )
        return bool(self.env.execute_query(query))

    # -- in the job ----------------------------------------------------------------------------

    @api.model
    def _deliver_batch(self, batch):
        """Send what is due of a batch, in chunks with a commit after each, as the delivery job
        does; that makes the letters' PDFs afterwards.

        sudo: deliveries belong to the engine, whoever wakes it.
        """
        self = self.sudo()
        self._deliver_due(self._due_domain() & self._domain_of_batch(batch) & ~self._domain_alone())
        if self.search_count(self._unmade_domain(), limit=1):
            self._trigger_delivery()

    @api.model
    def _domain_of_batch(self, batch):
        return Domain("id", ">=", batch * BATCH) & Domain("id", "<", (batch + 1) * BATCH)
