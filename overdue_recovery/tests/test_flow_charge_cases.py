from datetime import date, timedelta
from decimal import Decimal

from odoo import Command
from odoo.tests import tagged

from ..calc import allocation
from .money import MoneyCommon


@tagged("post_install", "-at_install")
class TestFlowChargeCases(MoneyCommon):
    """The worked examples again, as money: each is proposed, handed over on its day, posted to
    the cent and told in the message."""

    def test_uk1_a_british_business_pays_interest_and_the_fixed_sum(self):
        self._switch_on("UK-B2B")
        self.levels[0].write({"fee_type": "law", "charge_interest": True})
        debtor = self._debtor("uk")
        due = date(2025, 7, 11)
        self._overdue_invoice(due=due, amount=5000, partner=debtor, currency_id=self.gbp)
        notice = self._notify(due + timedelta(days=101))[debtor]
        self._assert_charged(notice, interest=[169.49], fixed_sum=[70.00])
        self.assertEqual(notice.charge_ids.move_id.currency_id, self.gbp)
        self.assertEqual(notice.charge_ids.move_id.amount_total, 239.49)
        self.assertEqual(notice._totals(), {self.gbp: 5239.49})

    def test_uk3_the_fixed_sum_goes_by_the_debt(self):
        self._switch_on("UK-B2B")
        self.levels[0].fee_type = "law"
        debtor = self._debtor("uk")
        for amount in (999.99, 1000.00, 9999.99, 10000.00):
            self._overdue_invoice(10, amount=amount, partner=debtor, currency_id=self.gbp)
        notice = self._notify(0)[debtor]
        self._assert_charged(notice, fixed_sum=[40.00, 70.00, 70.00, 100.00])
        by_debt = {
            charge.move_line_id.amount_currency: charge.amount for charge in notice.charge_ids
        }
        self.assertEqual(by_debt, {999.99: 40.0, 1000.0: 70.0, 9999.99: 70.0, 10000.0: 100.0})

    def test_eu1_half_a_year_at_two_rates_by_four_day_counts(self):
        shipped = self._switch_on("EU-B2B")
        self.levels[0].charge_interest = True
        expected = {
            "it": ("act/365", 62.04),
            "es": ("act/act", 61.87),
            "pt": ("30E/360", 61.88),
            "fi": ("act/360", 62.90),
        }
        debtors = {}
        for country, (day_count, amount) in expected.items():
            if day_count != shipped.day_count:
                self._own_day_count(shipped, country, day_count)
            debtors[self._debtor(country)] = amount
        for debtor in debtors:
            self._overdue_invoice(due=date(2024, 3, 31), amount=1000, partner=debtor)
        notices = self._notify(date(2024, 9, 30))
        for debtor, amount in debtors.items():
            with self.subTest(country=debtor.country_id.code):
                self._assert_charged(notices[debtor], interest=[amount])

    def _own_day_count(self, law, country, day_count):
        return law.copy(
            {
                "code": f"TEST-{country}",
                "country_ids": [Command.set([self.env.ref(f"base.{country}").id])],
                "charges_active": True,
                "charges_since": law.charges_since,
                "day_count": day_count,
                "band_ids": False,
            }
        )

    def test_eu2_the_tax_on_an_invoice_bears_interest_too(self):
        self._switch_on("EU-B2B")
        self.levels[0].charge_interest = True
        debtor = self._debtor("it")
        tax = self.env["account.tax"].create(
            {"name": "21 %", "amount": 21.0, "type_tax_use": "sale"}
        )
        due = date(2025, 7, 4)
        invoice = self._create_invoice_one_line(
            price_unit=1000,
            tax_ids=tax,
            partner_id=debtor,
            invoice_date=due - timedelta(days=30),
            invoice_date_due=due,
            invoice_payment_term_id=False,
            post=True,
        )
        self.assertEqual(invoice.amount_total, 1210.00)
        notice = self._notify(due + timedelta(days=60))[debtor]
        self._assert_charged(notice, interest=[20.19])
        self.assertEqual(notice.charge_ids.move_id.amount_tax, 0.0, "damages bear no tax")

    def test_de3_five_points_over_a_base_rate_of_1_14(self):
        base = self.env.ref("overdue_recovery.reference_rate_de_base")
        base.value_ids = [Command.create({"valid_from": date(2027, 1, 1), "rate": 0.0114})]
        law = self._own_law(
            "de",
            interest_kind="reference",
            reference_rate_id=base.id,
            reference_points=0.05,
            reference_day="first_day",
        )
        self.levels[0].charge_interest = True
        debtor = self._debtor("de")
        due = date(2027, 3, 1)
        self.assertEqual(law._rates(due, due), [(due, Decimal("0.0614"))])
        self._overdue_invoice(due=due, amount=10000, partner=debtor)
        notice = self._notify(due + timedelta(days=73))[debtor]
        self._assert_charged(notice, interest=[122.80])

    def test_be1_a_belgian_consumers_costs_are_capped(self):
        self._switch_on("BE-B2C")
        self.levels[1].fee_type = "law"
        expected = {100: 20.00, 150: 20.00, 400: 55.00, 1000: 90.00}
        notices = self._reminded_then_charged("be", expected, charges_agreed_on=date(2024, 1, 1))
        for amount, notice in notices.items():
            with self.subTest(amount=amount):
                self._assert_charged(notice, fee=[expected[amount]])

    def test_nl1_the_dutch_scale(self):
        self._switch_on("NL-WIK")
        self.levels[1].fee_type = "law"
        expected = {125: 40.00, 1000: 150.00, 5000: 625.00, 23000: 1005.00}
        notices = self._reminded_then_charged("nl", expected)
        for amount, notice in notices.items():
            with self.subTest(amount=amount):
                self._assert_charged(notice, fixed_sum=[expected[amount]])

    def _reminded_then_charged(self, country, amounts, **values):
        """{amount: second notice} of consumers, the first one being free."""
        debtors = {amount: self._debtor(country, "consumer", **values) for amount in amounts}
        for amount, debtor in debtors.items():
            self._overdue_invoice(6, amount=amount, partner=debtor)
        first = self._notify(0)
        for debtor in debtors.values():
            self.assertFalse(first[debtor].charge_ids, "the first reminder is free")
            self.assertNotIn("Costs of late payment", self._text(first[debtor]))
        second = self._notify(15)
        return {amount: second[debtor] for amount, debtor in debtors.items()}

    def test_sc1_two_years_simple_yearly_and_monthly(self):
        self.levels[0].charge_interest = True
        expected = {"it": (0, 2400.00), "es": (1, 2544.00), "pt": (12, 2697.35)}
        debtors = {}
        for country, (periods, amount) in expected.items():
            self._fixed_rate(0.12, country, compound_periods=periods, day_count="act/act")
            debtors[self._debtor(country)] = amount
        for debtor in debtors:
            self._overdue_invoice(due=date(2023, 3, 3), amount=10000, partner=debtor)
        notices = self._notify(date(2025, 3, 3))
        for debtor, amount in debtors.items():
            with self.subTest(country=debtor.country_id.code):
                self._assert_charged(notices[debtor], interest=[amount])

    def test_dc3_a_leap_year_by_four_day_counts(self):
        # nobody is written to on New Year's Day but here, where the days are what counts
        self.env["recovery.law"].search([("contact_active", "=", True)]).contact_active = False
        self.levels[0].charge_interest = True
        expected = {
            "it": ("act/365", 1002.74),
            "es": ("act/act", 1000.00),
            "pt": ("act/360", 1016.67),
            "fi": ("30E/360", 1000.00),
        }
        debtors = {}
        for country, (day_count, amount) in expected.items():
            self._fixed_rate(0.10, country, day_count=day_count)
            debtors[self._debtor(country)] = amount
        for debtor in debtors:
            self._overdue_invoice(due=date(2024, 1, 1), amount=10000, partner=debtor)
        notices = self._notify(date(2025, 1, 1))
        for debtor, amount in debtors.items():
            with self.subTest(country=debtor.country_id.code):
                self._assert_charged(notices[debtor], interest=[amount])

    def test_pp1_a_part_payment_pays_costs_interest_and_then_principal(self):
        self._fixed_rate(0.12, "it")
        self.levels[0].write({"fee_type": "fixed", "fee_amount": 40.0, "charge_interest": True})
        self.levels[1].charge_interest = True
        debtor = self._debtor("it")
        invoice = self._overdue_invoice(due=date(2025, 3, 10), amount=10000, partner=debtor)
        first = self._notify(date(2025, 4, 9))[debtor]
        self._assert_charged(first, fee=[40.00], interest=[98.63])
        with self.on(date(2025, 4, 9)):
            self._pay_by_the_order_of_the_law(4000, invoice, first.charge_ids)
        self.assertEqual(invoice.amount_residual, 6138.63)
        self.assertEqual(first.charge_ids.move_id.payment_state, "paid")
        second = self._notify(date(2025, 5, 9))[debtor]
        self._assert_charged(second, interest=[60.55])
        self.assertEqual(second._totals(), {self.eur: 6199.18})

    def _pay_by_the_order_of_the_law(self, amount, invoice, charges):
        """Receive ``amount`` and reconcile it: costs, then interest, then principal."""
        debts = [
            allocation.Debt(
                charge.move_id,
                "interest" if charge.kind == "interest" else "costs",
                charge.date,
                charge._units(),
            )
            for charge in charges
        ]
        principal = round(100 * invoice.amount_residual)
        debts.append(allocation.Debt(invoice, "principal", invoice.invoice_date_due, principal))
        rows = allocation.allocate(amount * 100, debts)
        self.assertEqual([row.amount for row in rows], [4000, 9863, 386137])
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": invoice.partner_id.id,
                "amount": amount,
                "currency_id": self.eur.id,
            }
        )
        payment.action_post()
        money = self._receivables(payment.move_id)
        for move in (charges.move_id, invoice):
            (money + self._receivables(move)).reconcile()

    def test_bc1_a_tiered_fee_single_and_accumulated(self):
        self._own_law("it")
        bands = [(0, 5, 0.02), (1000, 10, 0.01)]
        level = self.levels[0]
        level.write(
            {
                "fee_type": "tiered",
                "fee_band_ids": [
                    Command.create({"amount_from": start, "fixed": fixed, "percent": percent})
                    for start, fixed, percent in bands
                ],
            }
        )
        single = self._debtor("it")
        self._overdue_invoice(6, amount=1500, partner=single)
        self._assert_charged(self._notify(0)[single], fee=[25.00])
        level.fee_accumulated = True
        accumulated = self._debtor("it")
        self._overdue_invoice(7, amount=1500, partner=accumulated)
        self._assert_charged(self._notify(1)[accumulated], fee=[40.00])
