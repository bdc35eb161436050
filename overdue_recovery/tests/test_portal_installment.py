from odoo.tests import JsonRpcException, tagged
from odoo.tools import mute_logger

from .portal import PortalCommon


@tagged("post_install", "-at_install")
class TestPortalInstallment(PortalCommon):
    """Paying the next installment of a plan, by login and by link."""

    def setUp(self):
        super().setUp()
        self.newer = self._overdue_invoice(5, 20.0)

    def _active_plan(self, *invoices, **values):
        plan = self._plan(sum(invoices, self.env["account.move"]), credits_aside=True, **values)
        plan.action_activate()
        self.env.flush_all()
        return plan

    def _pay_installment(self, installment, base="/my/recovery"):
        return self._transaction(base, f"installment-{installment.id}")

    def _assert_refused(self, installment, base="/my/recovery"):
        with self.assertRaises(JsonRpcException), mute_logger("odoo.http"):
            self._pay_installment(installment, base)

    def _done(self, tx):
        tx._set_done()
        tx._post_process()
        self.env.invalidate_all()

    def test_the_next_installment_is_paid_on_the_plans_items_oldest_first(self):
        older = self._overdue_invoice(30, 60.0)
        plan = self._active_plan(self.newer, self.invoice_a, count=4)
        first, second = plan.installment_ids[:2]
        self._login()
        self.assertIn(f'name="installment" value="{first.id}"', self._get("/my/recovery").text)
        tx = self._pay_installment(first)
        self.assertEqual((tx.amount, tx.invoice_ids), (30.0, self.invoice_a))
        self._done(tx)
        self.assertEqual((first.state, plan.progress), ("paid", 25.0))
        self.assertEqual(plan._next_installment(), second)
        self.assertEqual(older.payment_state, "not_paid")
        self.assertEqual(self.invoice_a.amount_residual, 70.0)

    def test_the_page_to_pay_shows_what_it_comes_to_and_a_way(self):
        plan = self._active_plan(self.invoice_a, count=4)
        self._login()
        query = f"company={self.company.id}&currency={self.company.currency_id.id}"
        query = f"{query}&what=installment&installment={plan.installment_ids[0].id}"
        page = self._get(f"/my/recovery/pay?{query}")
        self.assertEqual(page.status_code, 200)
        self.assertIn(f"/installment-{plan.installment_ids[0].id}", page.text)
        self.assertIn("25.00", page.text)

    def test_what_was_paid_of_it_and_what_is_sent_off_is_not_paid_again(self):
        plan = self._active_plan(self.invoice_a, self.newer, count=2)
        first = plan.installment_ids[0]
        self._pay(self.invoice_a, 10.0)
        self._login()
        self._transaction("/my/recovery", "amount-15")._set_pending()
        self.assertEqual(self._pay_installment(first).amount, 35.0)

    def test_a_pending_payment_is_on_its_way_and_has_no_second_button(self):
        plan = self._active_plan(self.invoice_a)
        self._login()
        self._pay_installment(plan.installment_ids[0])._set_pending()
        page = self._get("/my/recovery").text
        self.assertIn("Payment on its way", page)
        self.assertNotIn("Pay the next installment", page)
        self._assert_refused(plan.installment_ids[0])

    def test_a_second_tab_pays_neither_the_same_nor_the_following_one(self):
        plan = self._active_plan(self.invoice_a)
        first = plan.installment_ids[0]
        self._login()
        tx = self._pay_installment(first)
        self._assert_refused(first)
        self._done(tx)
        self._assert_refused(first)

    def test_only_the_next_one_of_an_active_plan_is_paid(self):
        plan = self._active_plan(self.invoice_a)
        self._login()
        self._assert_refused(plan.installment_ids[1])
        plan.action_cancel()
        self.env.flush_all()
        self._assert_refused(plan.installment_ids[0])
        self.assertNotIn("Pay the next installment", self._get("/my/recovery").text)

    def _default(self, plan, day):
        """Let a plan be judged on a day after nothing was paid."""
        with self.on(day):
            self.env["recovery.case"]._cron_daily()
        self.env.flush_all()
        self.assertEqual(plan.state, "defaulted")

    def test_all_that_is_missing_of_a_defaulted_plan_is_paid_and_the_plan_goes_on(self):
        plan = self._active_plan(self.invoice_a, count=4, cure_days=30)
        # two installments are due by then
        self._default(plan, 45)
        with self.on(46):
            self._login()
            page = self._get("/my/recovery").text
            self.assertIn("Pay what is missing", page)
            self.assertIn("The plan goes on if it arrives by", page)
            tx = self._pay_installment(plan.installment_ids[0])
            self.assertEqual(tx.amount, 50.0)
            self._done(tx)
            self.env["recovery.case"]._cron_recompute()
            self.assertEqual((plan.state, plan.progress), ("active", 50.0))

    def test_a_plan_that_can_no_longer_be_cured_is_not_paid_as_one(self):
        plan = self._active_plan(self.invoice_a, count=4, cure_days=2)
        self._default(plan, 20)
        with self.on(25):
            self.env["recovery.case"]._cron_daily()
            self.env.flush_all()
            self._login()
            self.assertNotIn("Pay what is missing", self._get("/my/recovery").text)
            self._assert_refused(plan.installment_ids[0])

    def test_another_customers_plan_is_refused(self):
        plan = self._active_plan(self.invoice_b)
        self._login()
        self._assert_refused(plan.installment_ids[0])

    def test_a_link_pays_the_plan_about_what_its_notice_names(self):
        base = f"/recovery/l/{self._links()[self.partner_a]}"
        plan = self._active_plan(self.invoice_a, self.newer, count=4)
        self.assertIn("Pay the next installment", self._get(base).text)
        self._done(self._pay_installment(plan.installment_ids[0], base))
        self.assertEqual(plan.progress, 25.0)

    def test_a_link_does_not_pay_a_plan_about_more_than_its_notice(self):
        base = f"/recovery/l/{self._links()[self.partner_a]}"
        plan = self._active_plan(self.invoice_a, self._overdue_invoice(3, 50.0))
        self.assertNotIn("Pay the next installment", self._get(base).text)
        self._assert_refused(plan.installment_ids[0], base)
