from contextlib import contextmanager

from odoo import models, modules
from psycopg2 import OperationalError


class IrCron(models.Model):
    _inherit = "ir.cron"

    def _recovery_commit(self, processed=0, remaining=None):
        """Commit a batch of ours and tell the job's progress.

        :return: seconds left of the job's slice (infinite outside a job, 0.0: stop)
        """
        if self._is_test_transaction():
            self.env.flush_all()
            return float("inf")
        return self._commit_progress(processed, remaining=remaining)

    def _recovery_begin(self):
        """Begin a batch: what is kept in memory of rows that other processes have changed by now,
        such as the rules of laws, is read again, as with a request. Call it first in a
        transaction: its picture of the database is the one that the batch works by.

        :return: False: modules were changed too; stop, the job's next turn runs the new ones
        """
        registry = self.env.registry
        return registry.check_signaling(self.env.cr) is registry

    def _is_test_transaction(self):
        """A test owns its transaction and rolls it back: nothing may be committed."""
        return bool(modules.module.current_test and not self.env.context.get("cron_id"))

    @contextmanager
    def _recovery_aside(self):
        """Yield ``execute(query) -> rows``: statements that stand at once, beside the transaction
        of ``self``, which has to be committed before and after. A statement that collides with
        somebody else's changes nothing and returns no row."""
        if self._is_test_transaction():
            yield self.env.execute_query
            return
        with self.env.registry.cursor() as cr:

            def execute(query):
                try:
                    cr.execute(query)
                    rows = cr.fetchall()
                    # this cursor has nothing but the one statement
                    cr.commit()  # pylint: disable=invalid-commit
                except OperationalError:
                    cr.rollback()
                    return []
                return rows

            yield execute
