from odoo import Command
from odoo.tests import new_test_user, tagged

from .charging import ChargingCommon


@tagged("post_install", "-at_install")
class TestRecoveryConcessionReport(ChargingCommon):
    """What was given up, against the entries that booked it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first, cls.second = (
            new_test_user(
                cls.env,
                f"concession_{login}",
                groups="account.group_account_manager",
                company_id=cls.company.id,
                company_ids=[Command.set(cls.company.ids)],
            )
            for login in ("first", "second")
        )

    def _rows(self, **domain):
        self.env.invalidate_all()
        return self.env["recovery.concession.report"].search(
            [("company_id", "=", self.company.id)]
            + [(name, "=", value) for name, value in domain.items()]
        )

    def _charge(self, kind="fixed_sum"):
        """A charge on 1,000.00 that was told and posted."""
        self._overdue_invoice(10, 1000)
        charges = self._run_dunning().notice_ids.charge_ids
        return charges.filtered(lambda charge: charge.kind == kind)

    def test_a_waived_charge_is_given_up_by_whoever_waived_it(self):
        charge = self._charge()
        before = self.partner_a.credit
        waiver = charge.with_user(self.first).action_waive("A good customer", 30.0)
        row = self._rows(waiver_id=waiver.id)
        self.assertEqual(
            (row.kind, row.user_id, row.partner_id), ("waive", self.first, self.partner_a)
        )
        self.assertEqual((row.amount, row.amount_waiting, row.reason), (30, 0, "A good customer"))
        self.assertEqual(before - self.partner_a.credit, row.amount)

    def test_a_waiver_that_waits_gives_nothing_up_yet_and_a_refused_one_never(self):
        self.company.recovery_waiver_limit = 10.0
        waiver = self._charge().with_user(self.first).action_waive("A good customer", 30.0)
        row = self._rows(waiver_id=waiver.id)
        self.assertEqual((row.amount, row.amount_waiting), (0, 30))
        other = self._charge("interest")
        waiver.with_user(self.second).action_refuse()
        self.assertFalse(self._rows(waiver_id=waiver.id))
        self.assertFalse(other.waiver_ids)

    def test_the_second_manager_stands_beside_the_first(self):
        self.company.recovery_waiver_limit = 10.0
        waiver = self._charge().with_user(self.first).action_waive("A good customer", 30.0)
        waiver.with_user(self.second).action_approve()
        row = self._rows(waiver_id=waiver.id)
        self.assertEqual((row.user_id, row.approver_id, row.amount), (self.first, self.second, 30))

    def test_a_settlement_is_given_up_when_the_money_is_in_and_not_before(self):
        invoice = self._overdue_invoice(100, 1000)
        offer = self._offer(invoice, 800)
        offer.action_accept()
        row = self._rows(offer_id=offer.id)
        self.assertEqual((row.kind, row.amount, row.amount_waiting), ("settlement", 0, 200))
        with self.on(2):
            self._pay(invoice, 800)
            offer.sudo()._judge()
        row = self._rows(offer_id=offer.id)
        self.assertEqual((offer.state, row.amount, row.amount_waiting), ("fulfilled", 200, 0))
        self.assertFalse(self._rows(kind="loss"), "the offer's own entry is no second loss")

    def test_a_discount_counts_with_the_taxes_that_it_gives_back(self):
        invoice = self._create_invoice_one_line(
            price_unit=1000,
            tax_ids=self.company_data["default_tax_sale"],
            partner_id=self.partner_a,
            invoice_date=self.today,
            invoice_payment_term_id=False,
            post=True,
        )
        total = invoice.amount_total
        offer = self._offer(invoice, total - 115, kind="discount")
        offer.with_user(self.second).action_approve()
        offer.action_accept()
        self._pay(invoice, total - 115)
        offer.sudo()._judge()
        row = self._rows(offer_id=offer.id)
        self.assertEqual((offer.state, row.kind, row.amount), ("fulfilled", "discount", 115))
        self.assertEqual(offer.closing_move_ids.mapped("move_type"), ["out_refund"])

    def test_an_undone_settlement_gives_nothing_up(self):
        invoice = self._overdue_invoice(100, 1000)
        offer = self._offer(invoice, 800)
        offer.action_accept()
        payment = self._pay(invoice, 800)
        offer.sudo()._judge()
        self.assertEqual(self._rows(offer_id=offer.id).amount, 200)
        payment.move_id.line_ids.remove_move_reconcile()
        offer.sudo()._judge()
        row = self._rows(offer_id=offer.id)
        self.assertEqual((offer.state, row.amount, row.amount_waiting), ("accepted", 0, 200))

    def _book_off(self, invoices):
        takeover = self.env["dunning.takeover"].create(
            {
                "move_line_ids": [Command.set(self._items(invoices).ids)],
                "action": "write_off",
                "journal_id": self.company._recovery_loss_journal().id,
                "account_id": self.company._recovery_loss_account().id,
                "date": self.today,
                "label": "Too old",
            }
        )
        takeover.action_apply()

    def test_a_loss_is_of_each_customer_and_its_reversal_takes_it_back(self):
        self._overdue_invoice(3, 10)
        invoices = self._overdue_invoice(400, 100) | self._overdue_invoice(
            400, 60, partner=self.partner_b
        )
        self._book_off(invoices)
        rows = self._rows(kind="loss")
        amounts = {row.partner_id: row.amount for row in rows}
        self.assertEqual(amounts, {self.partner_a: 100, self.partner_b: 60})
        self.assertEqual(rows.mapped("reason"), ["Too old", "Too old"])
        rows.move_id._reverse_moves(cancel=True)
        self.assertEqual(sum(self._rows(kind="loss").mapped("amount")), 0)

    def test_the_report_is_all_that_left_the_receivable_account_without_money(self):
        invoice = self._overdue_invoice(100, 1000)
        self._book_off(self._overdue_invoice(400, 100))
        offer = self._offer(invoice, 800)
        offer.action_accept()
        self._pay(invoice, 800)
        offer.sudo()._judge()
        charge = self._charge()
        charge.with_user(self.first).action_waive("A good customer")
        lines = self.env["account.move.line"].search(
            [
                ("company_id", "=", self.company.id),
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("balance", "<", 0),
                ("move_id.origin_payment_id", "=", False),
            ]
        )
        self.assertEqual(-sum(lines.mapped("balance")), sum(self._rows().mapped("amount")))

    def test_a_row_opens_what_it_is_about(self):
        charge = self._charge()
        waiver = charge.with_user(self.first).action_waive("A good customer")
        offer = self._offer(self._overdue_invoice(100, 1000), 800)
        offer.action_accept()
        self._book_off(self._overdue_invoice(400, 100))
        loss = self._rows(kind="loss")
        for row, record in (
            (self._rows(waiver_id=waiver.id), charge),
            (self._rows(offer_id=offer.id), offer),
            (loss, loss.move_id),
        ):
            action = row.action_open_concession()
            self.assertEqual((action["res_model"], action["res_id"]), (record._name, record.id))
