from unittest import skipUnless

from odoo import SUPERUSER_ID
from odoo.tests import tagged

from .common import MONDAY, RecoveryCommon

try:
    from benchmarks import ledger_check
    from benchmarks.ledger import Ledger
    from benchmarks.run import Bench, Size, prepare_company
except ImportError:  # the addon stands alone, without the project around it
    Bench = None

ITEMS, CUSTOMERS = 60, 6


@tagged("post_install", "-at_install")
@skipUnless(Bench, "needs the folder benchmarks/ of the project")
class TestBenchmarks(RecoveryCommon):
    """The made-up ledger is one that core could have made, and the scenarios run over it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.books = cls.company.with_user(SUPERUSER_ID)
        Ledger(cls.books.env, cls.books, MONDAY).fill(ITEMS, CUSTOMERS)

    def test_the_ledger_has_the_open_items_that_were_asked_for(self):
        domain = self.env["account.move.line"]._recovery_open_domain()
        lines = self.books.env["account.move.line"].search(
            [*domain, ("company_id", "=", self.books.id)]
        )
        self.assertEqual(len(lines), ITEMS)
        self.assertEqual(len(lines.partner_id), CUSTOMERS)
        self.assertEqual(len(lines.currency_id), 2)

    def test_every_rule_of_a_ledger_holds_and_core_computes_the_same(self):
        self.assertFalse(ledger_check.broken_rules(self.books.env))
        self.assertFalse(ledger_check.differences(self.books.env, 100))

    def test_the_checks_see_what_is_wrong(self):
        self.env.cr.execute(
            "UPDATE account_move_line SET amount_residual = 1 WHERE id ="
            " (SELECT MAX(id) FROM account_move_line WHERE reconciled AND company_id = %s)",
            [self.books.id],
        )
        self.env.invalidate_all()
        self.assertTrue(ledger_check.broken_rules(self.books.env))
        found = ledger_check.differences(self.books.env, 10_000)
        self.assertTrue([text for text in found if "amount_residual" in text])

    def test_the_scenarios_run_and_tell_their_figures(self):
        company = prepare_company(self.books.env(context={"allowed_company_ids": self.books.ids}))
        bench = Bench(company, Size(ITEMS, CUSTOMERS, 1.0, 1), self.env.flush_all)
        bench.mails_of_floor = 5
        figures = bench.play()
        wanted = [
            "propose_s",
            "issue_ms_per_customer",
            "queries_per_customer",
            "ratio_to_floor",
            "rss_mb",
        ]
        self.assertEqual(list(figures)[: len(wanted)], wanted)
        self.assertGreater(figures["notices"], 1)
        # the clock stands still in tests, so no seconds
        counted = ("queries_per_customer", "ratio_to_floor", "rss_mb", "floor_ms")
        self.assertFalse([name for name in counted if not figures[name]])
        self.assertLessEqual(figures["propose_queries_tenth"], figures["propose_queries"])
        self.assertIn("deliver", "\n".join(bench.lines()))
