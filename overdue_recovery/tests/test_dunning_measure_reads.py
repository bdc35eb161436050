from contextlib import contextmanager
from unittest.mock import patch

from odoo.sql_db import db_connect
from odoo.tests import tagged

from ..models import dunning_measure
from .common import RecoveryCommon

CUSTOMERS = 12
# Two items and as many customers in each range: a large run in little.
IN_A_RANGE = 2


@tagged("post_install", "-at_install")
class TestDunningMeasureReads(RecoveryCommon):
    """What measuring reads of the lines of notices does not depend on a plan of PostgreSQL's: its
    figures on a table that one transaction fills are those of before, or none at all."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls.env["res.partner"].create(
            [
                {"name": f"Somebody {number}", "email": f"s{number}@customer.example"}
                for number in range(CUSTOMERS)
            ]
        )

    def setUp(self):
        super().setUp()
        for customer in self.customers:
            self._overdue_invoice(partner=customer)
        self.enterContext(patch.object(dunning_measure, "DEBTORS_PER_RANGE", IN_A_RANGE))
        runs = self.registry["dunning.run"]
        write = runs._write_notices

        def written(*args):
            write(*args)
            self._let_postgresql_look()

        self.enterContext(patch.object(runs, "_write_notices", written))

    def _let_postgresql_look(self):
        """Let it take its figures now, as it does by itself at any moment: by another transaction,
        to which the tables that this one fills are empty."""
        self.env.flush_all()
        with db_connect(self.env.cr.dbname).cursor() as beside:
            beside.execute("ANALYZE dunning_notice, dunning_notice_line")

    def _read_so_far(self):
        """How many rows of the lines of notices this transaction has read."""
        self.env.cr.execute(
            "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables"
            " WHERE relid = 'dunning_notice_line'::regclass"
        )
        return self.env.cr.fetchone()[0]

    @contextmanager
    def _reading_at_most(self, count):
        self.env.flush_all()
        before = self._read_so_far()
        yield
        self.env.flush_all()
        self.assertLessEqual(self._read_so_far() - before, count)

    def test_proposing_does_not_read_the_lines_that_it_writes(self):
        with self._reading_at_most(CUSTOMERS):
            run = self._propose()
        self.assertEqual(len(run.notice_ids), CUSTOMERS)

    def test_proposing_beside_notices_that_wait_reads_their_lines_once(self):
        waiting = self._propose()
        waiting.action_issue()
        self.env["recovery.case"]._cron_recompute()
        with self._reading_at_most(CUSTOMERS):
            run = self._propose()
        self.assertFalse(run.notice_ids, "all of it is under way")
        self.assertEqual(run.stats["left_out"], {"under_way": CUSTOMERS})
