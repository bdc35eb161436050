import random
from datetime import timedelta

from odoo.tests import tagged

from .charging import ChargingCommon
from .common import MONDAY, RecoveryCommon

PAID = ("paid_7", "paid_14", "paid_30", "paid")


@tagged("post_install", "-at_install")
class TestDunningNoticeReport(RecoveryCommon):
    """What each notice brought, against what was posted."""

    def _row(self, notice):
        self.env.invalidate_all()
        return self.env["dunning.notice.report"].browse(notice.id)

    def _paid(self, notice):
        return self._row(notice).read(PAID)[0]

    def _assert_paid(self, notice, *amounts):
        found = self._paid(notice)
        self.assertEqual(tuple(found[name] for name in PAID), amounts)

    def _notice(self, day=0):
        """The notice that a run of this day makes."""
        with self.on(day):
            return self._run_dunning().notice_ids

    def _pay_on(self, day, invoice, amount=None, online=False):
        with self.on(day):
            payment = self._pay(invoice, amount)
            if online:
                payment.payment_transaction_id = self._transaction(payment)
        return payment

    def _transaction(self, payment):
        method = self.env.ref("payment.payment_method_unknown").sudo()
        return (
            self.env["payment.transaction"]
            .sudo()
            .create(
                {
                    "provider_id": self._payment_provider(method).id,
                    "payment_method_id": method.id,
                    "reference": f"online-{payment.id}",
                    "amount": payment.amount,
                    "currency_id": payment.currency_id.id,
                    "partner_id": payment.partner_id.id,
                }
            )
        )

    def _log(self, day, notice, **entry):
        values = {"case": notice.case_id, "direction": "in", "channel": "email", "kind": "reply"}
        with self.on(day, hour=15):
            self.env["recovery.interaction"].sudo()._log([{**values, **entry}])

    # -- money -----------------------------------------------------------------------------

    def test_money_belongs_to_the_last_notice_before_it(self):
        invoice = self._overdue_invoice(5, 1000)
        first = self._notice()
        self._pay_on(3, invoice, 30)
        second = self._notice(11)
        self._pay_on(13, invoice, 20)
        self._pay_on(35, invoice, 40)
        self._pay_on(60, invoice, 5)
        self._assert_paid(first, 30, 30, 30, 30)
        self._assert_paid(second, 20, 20, 60, 65)
        self.assertEqual(self._row(second).amount_demanded, 970)

    def test_the_last_day_of_a_span_counts_and_the_next_does_not(self):
        invoice = self._overdue_invoice(5, 1000)
        notice = self._notice()
        for day in (1, 7, 8, 14, 15, 30, 31):
            self._pay_on(day, invoice, 10)
        self._assert_paid(notice, 20, 40, 60, 70)

    def test_credit_notes_and_write_offs_are_no_money(self):
        invoice = self._overdue_invoice(5, 1000)
        notice = self._notice()
        with self.on(2):
            credit = self._credit_note(300)
            (self._items(credit) | self._items(invoice)).reconcile()
            self.env["recovery.write.off"]._write_off(
                {self._items(invoice): 50.0},
                self.company._recovery_loss_journal(),
                self.company._recovery_loss_account(),
                self.company._recovery_today(),
                "Given up",
            )
        self._assert_paid(notice, 0, 0, 0, 0)
        self._pay_on(3, invoice, 10)
        self._assert_paid(notice, 10, 10, 10, 10)

    def test_a_transfer_of_the_same_day_was_on_its_way_and_an_online_payment_was_not(self):
        invoice = self._overdue_invoice(5, 1000)
        notice = self._notice()
        self._pay_on(0, invoice, 30)
        self._assert_paid(notice, 0, 0, 0, 0)
        self._pay_on(0, invoice, 20, online=True)
        self._assert_paid(notice, 20, 20, 20, 20)

    def test_money_before_the_notice_and_for_other_items_is_not_counted(self):
        invoice = self._overdue_invoice(5, 1000)
        with self.on(-2):
            self._pay(invoice, 100)
        notice = self._notice()
        with self.on(3):
            self._pay(self._overdue_invoice(1, 70))
        self._assert_paid(notice, 0, 0, 0, 0)

    def test_an_undone_payment_is_no_money(self):
        invoice = self._overdue_invoice(5, 1000)
        notice = self._notice()
        payment = self._pay_on(2, invoice, 30)
        self._assert_paid(notice, 30, 30, 30, 30)
        with self.on(3):
            payment.action_draft()
            self._assert_paid(notice, 0, 0, 0, 0)

    def test_a_recalled_notice_brings_nothing_and_its_money_goes_to_the_one_before(self):
        invoice = self._overdue_invoice(5, 1000)
        first = self._notice()
        second = self._notice(11)
        self._pay_on(13, invoice, 20)
        self._assert_paid(second, 20, 20, 20, 20)
        second.action_cancel()
        self.assertEqual(self._row(second).status, "recalled")
        self._assert_paid(second, 0, 0, 0, 0)
        self._assert_paid(first, 0, 20, 20, 20)

    def test_foreign_money_counts_as_the_item_was_booked(self):
        euro = self.setup_other_currency("EUR", rates=[("2025-01-01", 2.0), ("2025-03-04", 4.0)])
        invoice = self._overdue_invoice(5, 1000, currency_id=euro.id)
        notice = self._notice()
        self.assertEqual(self._row(notice).amount_demanded, 500)
        self._pay_on(3, invoice)
        self.assertEqual(self._items(invoice).amount_residual, 0)
        self._assert_paid(notice, 500, 500, 500, 500)

    def test_every_payment_after_a_notice_is_counted_once(self):
        chance = random.Random(7)
        partners = self.partner_a | self.partner_b
        invoices = [
            self._overdue_invoice(chance.randint(1, 40), 500, partner=chance.choice(partners))
            for _ in range(8)
        ]
        expected = 0
        for day in range(0, 60, 2):
            with self.on(day):
                if not day % 6:
                    self._run_dunning()
                invoice = chance.choice(invoices)
                asked = self.env["dunning.notice.line"].search(
                    [
                        ("move_line_id", "in", self._items(invoice).ids),
                        ("kind", "in", ("rising", "listed")),
                        ("notice_id.state", "=", "sent"),
                        ("notice_id.date", "<", MONDAY + timedelta(days=day)),
                    ]
                )
                amount = chance.randint(1, 20)
                self._pay(invoice, amount)
                expected += amount if asked else 0
        rows = self.env["dunning.notice.report"].search([("company_id", "=", self.company.id)])
        self.assertGreater(len(rows), 5)
        self.assertGreater(expected, 100)
        self.assertAlmostEqual(sum(rows.mapped("paid")), expected, 2)

    # -- answers ---------------------------------------------------------------------------

    def test_an_answer_belongs_to_the_last_notice_before_it(self):
        self._overdue_invoice(5, 1000)
        first = self._notice()
        second = self._notice(11)
        self._log(13, first, outcome="received")
        self.assertEqual(self._row(first).answered, "never")
        self.assertEqual(self._row(second).read(["answered", "days_to_answer"])[0]["answered"], "7")
        self.assertEqual(self._row(second).days_to_answer, 2)
        self.assertEqual((self._row(first).answer_rate, self._row(second).answer_rate), (0, 100))

    def test_answers_are_parted_by_days(self):
        self._overdue_invoice(5, 1000)
        notice = self._notice()
        for day, answered in ((40, "later"), (30, "30"), (14, "14"), (7, "7"), (0, "7")):
            self._log(day, notice, outcome="received")
            self.assertEqual(self._row(notice).answered, answered, day)

    def test_an_automatic_answer_and_a_call_that_nobody_took_are_none(self):
        self._overdue_invoice(5, 1000)
        notice = self._notice()
        self._log(1, notice, outcome="automatic")
        self._log(2, notice, direction="out", channel="call", kind="call", outcome="no_answer")
        self.assertEqual(self._row(notice).answered, "never")
        self._log(3, notice, direction="out", channel="call", kind="call", outcome="conversation")
        self.assertEqual(self._row(notice).days_to_answer, 3)

    def test_a_promise_belongs_to_the_last_notice_that_asked_for_its_item(self):
        invoice = self._overdue_invoice(5, 1000)
        first = self._notice()
        second = self._notice(11)
        with self.on(13):
            self._promise(invoice, 100)
        self.assertEqual(
            (self._row(first).has_promise, self._row(second).has_promise), (False, True)
        )
        self.assertEqual((self._row(first).promise_rate, self._row(second).promise_rate), (0, 100))

    # -- rows ------------------------------------------------------------------------------

    def test_a_notice_that_nobody_got_or_that_waits_says_so(self):
        self._overdue_invoice(5, 1000)
        proposed = self._propose()
        self.assertFalse(self._row(proposed.notice_ids).exists())
        proposed.action_issue()
        self.assertEqual(self._row(proposed.notice_ids).status, "waiting")
        with self.mail_server_fails(ValueError("550 no such user")):
            self.env["dunning.delivery"]._cron_deliver()
        row = self._row(proposed.notice_ids)
        self.assertEqual((row.status, row.answered, row.paid), ("failed", False, 0))

    def test_a_notice_that_the_gate_holds_says_so(self):
        self._overdue_invoice(9, 1000)
        with self.on(MONDAY - timedelta(days=1)):
            notice = self._run_dunning().notice_ids
        self.assertEqual(notice.delivery_ids.mapped("state"), ["held"])
        self.assertEqual(self._row(notice).status, "held")

    def test_rows_carry_what_they_are_grouped_by(self):
        self.partner_a.country_id = self.env.ref("base.be")
        self._overdue_invoice(5, 1000)
        notice = self._notice()
        row = self._row(notice)
        self.assertEqual(row.level_id, self.levels[0])
        self.assertEqual(row.policy_id, self.policy)
        self.assertEqual(row.country_id, self.env.ref("base.be"))
        self.assertEqual(row.user_id, notice.case_id.user_id)
        self.assertEqual((row.channel, row.date), ("email", MONDAY))

    def test_figures_add_up_by_level(self):
        invoice = self._overdue_invoice(5, 1000)
        self._notice()
        self._pay_on(3, invoice, 30)
        self._notice(11)
        self._pay_on(13, invoice, 20)
        found = self.env["dunning.notice.report"]._read_group(
            [("company_id", "=", self.company.id)], ["level_id"], ["paid_30:sum", "answer_rate:avg"]
        )
        self.assertEqual(found, [(self.levels[0], 30, 0), (self.levels[1], 20, 0)])

    def test_a_row_opens_its_notice(self):
        self._overdue_invoice(5, 1000)
        notice = self._notice()
        action = self._row(notice).action_open_notice()
        self.assertEqual((action["res_model"], action["res_id"]), ("dunning.notice", notice.id))


@tagged("post_install", "-at_install")
class TestDunningNoticeReportCharges(ChargingCommon):
    """What a notice charges itself is a part of what it demands, and of what is paid to it."""

    def test_what_a_notice_charges_is_paid_to_it_too(self):
        invoice = self._overdue_invoice(10, 1000)
        notice = self._run_dunning().notice_ids
        charges = notice.charge_ids.move_id
        with self.on(3):
            self._pay(invoice)
            self._pay(charges)
        row = self.env["dunning.notice.report"].browse(notice.id)
        self.assertGreater(len(notice.charge_ids), 1)
        self.assertEqual(row.amount_demanded, 1000 + sum(charges.mapped("amount_total")))
        self.assertEqual((row.paid_7, row.paid), (row.amount_demanded, row.amount_demanded))
