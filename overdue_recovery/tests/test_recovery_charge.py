from datetime import date, timedelta

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from ..calc import interest
from ..models.recovery_charge_interest import accrue
from .charging import ChargingCommon


@tagged("post_install", "-at_install")
class TestRecoveryCharge(ChargingCommon):
    """What is charged, and how much."""

    def _proposed(self, *invoices, **values):
        """{kind: amount} of what a notice of today charges."""
        partners = self.env["res.partner"].union(*(i.partner_id for i in invoices))
        run = self._propose(partner_ids=partners.ids, origin="single", **values)
        self.notice = run.notice_ids
        return self._charges(self.notice)

    # -- interest --------------------------------------------------------------------------

    def test_the_principal_steps_down_on_each_payment_date(self):
        invoice = self._overdue_invoice(30, 1000.0)
        self._register_payment(invoice, amount=400.0, payment_date=self.today - timedelta(days=20))
        # 1,000.00 for 10 days and 600.00 for 20: 3.2877 + 3.9452
        self.assertEqual(self._proposed(invoice)["interest"], 7.23)
        (span,) = self.notice.charge_ids.filtered(lambda c: c.kind == "interest")
        self.assertEqual(
            [(s["days"], s["principal"]) for s in span.proof["segments"]],
            [(10, 100000), (20, 60000)],
        )

    def test_days_under_a_hold_on_charges_bear_nothing(self):
        invoice = self._overdue_invoice(30, 1000.0)
        first = self.today - timedelta(days=20)
        self._hold(
            invoice,
            "other",
            blocks="charge",
            date_from=first,
            date_to=first + timedelta(days=4),
        )
        # 25 of 30 days: 8.2192
        self.assertEqual(self._proposed(invoice)["interest"], 8.22)

    def test_a_disputed_part_bears_nothing_and_the_rest_does(self):
        invoice = self._overdue_invoice(10, 1000.0)
        self._hold(invoice, "disputed", amount=400.0)
        # 600.00 for 10 days
        self.assertEqual(self._proposed(invoice), {"fixed_sum": 40.0, "interest": 1.97})

    def test_rates_that_change_and_their_proof(self):
        rate = (
            self.env["recovery.reference.rate"]
            .sudo()
            .create(
                {
                    "code": "TEST",
                    "name": "Test rate",
                    "source": "Test bank",
                    "value_ids": [
                        Command.create({"valid_from": date(2024, 1, 1), "rate": 0.0450}),
                        Command.create({"valid_from": date(2024, 7, 1), "rate": 0.0425}),
                    ],
                }
            )
        )
        self.law.write(
            {
                "interest_kind": "reference",
                "reference_rate_id": rate.id,
                "reference_points": 0.08,
                "rate_mode": "floating",
            }
        )
        with self.on(date(2024, 9, 30)):
            invoice = self._overdue_invoice(due=date(2024, 3, 31), amount=1000.0)
            self.assertEqual(self._proposed(invoice)["interest"], 62.04)
        (span,) = self.notice.charge_ids.filtered(lambda c: c.kind == "interest")
        self.assertEqual(
            [(s["days"], s["rate"]) for s in span.proof["segments"]],
            [(91, "0.125"), (92, "0.1225")],
        )
        self._assert_proof_is_enough(span)

    def _assert_proof_is_enough(self, span):
        """An auditor with nothing but the proof comes to the same amount."""
        proof = span.proof
        segments, unrounded = accrue(proof, proof["payments"])
        self.assertEqual(segments, proof["segments"])
        self.assertEqual(interest.half_up(unrounded), proof["amount"])
        self.assertEqual(proof["amount"], span._units())
        self.assertEqual(sum(s["days"] for s in segments), proof["days"])
        self.assertEqual(proof["law"]["source"], "Test Act, s. 1")

    def test_compound_interest_where_the_row_says_so(self):
        self.law.write({"compound_periods": 1, "day_count": "act/act"})
        with self.on(date(2024, 1, 1)):
            invoice = self._overdue_invoice(due=date(2022, 1, 1), amount=10000.0)
            self.assertEqual(self._proposed(invoice)["interest"], 2544.00)

    def test_interest_on_invoices_paid_late_comes_with_the_next_notice(self):
        paid = self._overdue_invoice(30, 1000.0)
        self._register_payment(paid, payment_date=self.today - timedelta(days=10))
        self._overdue_invoice(40, 1000.0, partner=self.partner_b)
        invoice = self._overdue_invoice(10, 100.0)
        self.assertEqual(self._proposed(invoice), {"fixed_sum": 40.0, "interest": 0.33})
        self.company.recovery_charge_late_paid = True
        self._proposed(invoice)
        spans = self.notice.charge_ids.filtered(lambda charge: charge.kind == "interest")
        (span,) = spans.filtered(lambda charge: charge.move_line_id.move_id == paid)
        # 20 days late
        self.assertEqual((span.amount, span.proof["days"]), (6.58, 20))

    # -- fixed sums and fees ---------------------------------------------------------------

    def test_the_fixed_sum_is_for_each_item_or_for_each_notice(self):
        self.levels.charge_interest = False
        first, second = self._overdue_invoice(10, 100.0), self._overdue_invoice(11, 200.0)
        self._proposed(first, second)
        self.assertEqual(self.notice.charge_ids.mapped("amount"), [40.0, 40.0])
        self.law.fixed_sum_per = "notice"
        self._proposed(first, second)
        self.assertEqual(self.notice.charge_ids.mapped("amount"), [40.0])
        ids = [item["id"] for item in self.notice.charge_ids.proof["items"]]
        self.assertEqual(set(ids), set(self._items(first | second).ids))

    def test_the_fee_of_a_level(self):
        self.law.band_ids.unlink()
        self.levels.charge_interest = False
        level = self.levels[0]
        invoice = self._overdue_invoice(10, 1500.0)
        bands = [(0, 5.0, 0.02), (1000.0, 10.0, 0.01)]
        level.fee_band_ids = [
            Command.create({"amount_from": start, "fixed": fixed, "percent": percent})
            for start, fixed, percent in bands
        ]
        for values, fee in (
            ({"fee_type": "fixed", "fee_amount": 7.5}, 7.5),
            ({"fee_type": "percent", "fee_percent": 0.015}, 22.5),
            ({"fee_type": "percent", "fee_percent": 0.001, "fee_minimum": 3.0}, 3.0),
            ({"fee_type": "percent", "fee_percent": 0.5, "fee_maximum": 30.0}, 30.0),
            ({"fee_type": "tiered", "fee_minimum": 0, "fee_maximum": 0}, 25.0),
            ({"fee_type": "tiered", "fee_accumulated": True}, 40.0),
        ):
            with self.subTest(values=values):
                level.write(values)
                self.assertEqual(self._proposed(invoice), {"fee": fee})

    def test_a_taxed_sum_contains_its_tax_and_interest_bears_none(self):
        tax = self.env["account.tax"].create({"name": "21 %", "amount": 21, "type_tax_use": "sale"})
        self.company.account_sale_tax_id = tax
        self.law.is_taxable = True
        for amount, net in ((40.0, 33.06), (10.03, 8.29), (45.5, 37.6)):
            with self.subTest(amount=amount):
                self.law.band_ids.amount = amount
                self._proposed(self._overdue_invoice(30, 1000.0, partner=self.partner_b))
                charges = self.notice.charge_ids
                charges._post_or_wait()
                lines = charges.move_id.invoice_line_ids
                interest_line = lines.filtered(lambda line: not line.tax_ids)
                self.assertEqual((lines - interest_line).price_total, amount)
                self.assertEqual((lines - interest_line).price_subtotal, net)
                self.assertEqual(interest_line.price_total, 9.86)
                self.assertEqual(charges.move_id.amount_total, round(amount + 9.86, 2))
                charges.action_waive("goodwill")
                self.assertEqual(charges.move_id.amount_residual, 0)
                self.notice._cancel("next")

    def test_the_limits_of_the_law_lower_a_fee(self):
        self.levels.charge_interest = False
        self.law.write({"fee_max_amount": 4.0})
        self.levels[0].write({"fee_type": "fixed", "fee_amount": 7.5})
        invoice = self._overdue_invoice(10, 1500.0)
        self.assertEqual(self._proposed(invoice), {"fee": 4.0})
        self.assertIn("Lowered from $\N{NO-BREAK SPACE}7.50", self.notice.charge_ids.explanation)

    # -- conditions ------------------------------------------------------------------------

    def test_the_first_reminder_may_be_free_and_must_wait(self):
        self.law.write({"first_reminder_free": True, "waiting_days": 14})
        invoice = self._overdue_invoice(10, 1000.0)
        self.assertFalse(self._run_dunning().notice_ids.charge_ids)
        for day, charged in ((14, False), (15, True)):
            with self.on(day):
                self.assertEqual(bool(self._proposed(invoice)), charged, f"day {day}")
                self.notice.run_id.action_cancel()

    def test_agreement_grace_and_dates(self):
        invoice = self._overdue_invoice(10, 1000.0)
        self.law.needs_agreement = True
        self.assertFalse(self._proposed(invoice))
        self.partner_a.charges_agreed_on = invoice.invoice_date + timedelta(days=1)
        self.assertFalse(self._proposed(invoice), "the invoice is older")
        self.partner_a.charges_agreed_on = invoice.invoice_date
        self.assertTrue(self._proposed(invoice))
        self.policy.grace_charge_days = 10
        self.assertFalse(self._proposed(invoice))
        self.policy.grace_charge_days = 9
        self.assertTrue(self._proposed(invoice))
        self.policy.charges_since = invoice.invoice_date_due + timedelta(days=1)
        self.assertFalse(self._proposed(invoice))
        self.policy.charges_since = invoice.invoice_date_due
        self.law.charges_since = invoice.invoice_date_due + timedelta(days=1)
        self.assertFalse(self._proposed(invoice))

    def test_a_consumer_is_charged_by_a_row_for_consumers_only(self):
        invoice = self._overdue_invoice(10, 1000.0)
        self.law.debtor_type = "business"
        self.assertTrue(self._proposed(invoice))
        self.partner_a.recovery_debtor_type = False
        self.assertFalse(self._proposed(invoice))

    # -- the record ------------------------------------------------------------------------

    def test_the_database_refuses_to_claim_twice(self):
        notice = self._run_dunning_of(self._overdue_invoice(10, 1000.0))
        for charge in notice.charge_ids.sudo():
            with (
                self.subTest(kind=charge.kind),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                charge.copy()

    def _run_dunning_of(self, invoice):
        return self._run_dunning(partner_ids=invoice.partner_id.ids).notice_ids

    def test_what_was_charged_stays_as_a_record(self):
        notice = self._run_dunning_of(self._overdue_invoice(10, 1000.0))
        with self.assertRaises(UserError):
            notice.charge_ids.sudo().unlink()

    def test_screens_appear_with_the_first_policy_that_charges(self):
        shown = self.env.ref("overdue_recovery.group_charges")
        self.assertIn(shown, self.env.ref("overdue_recovery.group_user").sudo().implied_ids)
