from odoo.tests import tagged

from .common import RecoveryCommon


@tagged("post_install", "-at_install")
class TestDunningPayer(RecoveryCommon):
    """One message to the company that pays, with a section for each it pays for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        partners = cls.env["res.partner"]
        cls.north, cls.south = partners.create(
            [
                {"name": name, "is_company": True, "dunning_payer_id": cls.partner_a.id}
                for name in ("North & Sons", "South")
            ]
        )

    def test_each_customer_has_its_section_with_its_sum(self):
        self._overdue_invoice(10, 100)
        self._overdue_invoice(10, 40, partner=self.south)
        self._overdue_invoice(12, 50, partner=self.north)
        self._overdue_invoice(9, 7, partner=self.north)
        notice = self._propose().notice_ids
        self.assertEqual(notice.partner_id, self.partner_a)
        self.assertEqual(notice.amount_demanded, 197)
        table = notice.items_html
        titles = [self.partner_a.name, "North &amp; Sons", "South"]
        places = [table.index(title) for title in titles]
        self.assertEqual(places, sorted(places), "the recipient's own first, then by name")
        north = table[places[1] : places[2]]
        self.assertIn("57.00", north)
        self.assertIn("50.00", north)
        self.assertNotIn("40.00", north)

    def test_one_customer_needs_no_title(self):
        self._overdue_invoice(10, 40, partner=self.south)
        notice = self._propose().notice_ids
        self.assertEqual(notice.partner_id, self.partner_a)
        self.assertNotIn("South", notice.items_html)

    def test_private_mode_names_no_customer(self):
        self.policy.private_mode = True
        self._overdue_invoice(10, 40, partner=self.south)
        self._overdue_invoice(10, 40, partner=self.north)
        self.assertNotIn("South", self._propose().notice_ids.items_html)

    def test_an_item_moves_to_the_notice_of_whoever_pays_for_it_by_now(self):
        """Whichever of the two comes first when the run is refreshed."""
        self._overdue_invoice(10, 100)
        moved = self._items(self._overdue_invoice(10, 40, partner=self.partner_b))
        run = self._propose()
        before = {notice.partner_id: notice for notice in run.notice_ids}
        self.partner_b.dunning_payer_id = self.partner_a
        run.action_propose()
        self.assertEqual(before[self.partner_a].amount_demanded, 140)
        self.assertEqual(before[self.partner_b].state, "cancelled")
        live = run.notice_ids.line_ids.filtered(lambda line: line.live)
        own = live.filtered(lambda line: line.move_line_id == moved)
        self.assertEqual(own.notice_id, before[self.partner_a])
        self.partner_b.dunning_payer_id = False
        run.action_propose()
        self.assertEqual(before[self.partner_a].amount_demanded, 100)
        self.assertEqual(
            {
                notice.partner_id: notice.amount_demanded
                for notice in run.notice_ids
                if notice.state == "proposed"
            },
            {self.partner_a: 100, self.partner_b: 40},
        )
