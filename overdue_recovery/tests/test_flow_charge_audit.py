import json
from datetime import date

from odoo.tests import tagged

from . import second_opinion
from .money import MoneyCommon

DUE = date(2025, 3, 10)
FIRST_PAYMENT, FIRST_NOTICE = date(2025, 3, 25), date(2025, 4, 9)
SECOND_PAYMENT, SECOND_NOTICE = date(2025, 4, 24), date(2025, 5, 9)


@tagged("post_install", "-at_install")
class TestFlowChargeAudit(MoneyCommon):
    """An auditor gets the proof of each charge as JSON and nothing else."""

    def _paid_twice_and_charged_twice(self, day_count="act/365"):
        """An invoice of 10,000.00, paid in part before each of its two notices."""
        self._switch_on("EU-B2B").day_count = day_count
        for level in self.levels:
            level.write({"fee_type": "law", "charge_interest": True})
        debtor = self._debtor("it")
        invoice = self._overdue_invoice(due=DUE, amount=10000, partner=debtor)
        notices = self.env["dunning.notice"]
        for paid, amount, notified in (
            (FIRST_PAYMENT, 4000, FIRST_NOTICE),
            (SECOND_PAYMENT, 2500.5, SECOND_NOTICE),
        ):
            with self.on(paid):
                self._pay(invoice, amount)
            notices += self._notify(notified)[debtor]
        return invoice, notices.charge_ids.sorted(lambda charge: (charge.date, charge.kind))

    def _proofs(self, charges):
        """The proofs as a file would carry them."""
        return json.loads(json.dumps([charge.proof for charge in charges]))

    def test_an_invoice_its_charges_and_both_payments_are_audited_from_the_proof(self):
        self._audit(*self._paid_twice_and_charged_twice())

    def test_the_same_by_months_of_30_days(self):
        self._audit(*self._paid_twice_and_charged_twice("30E/360"))

    def _audit(self, invoice, charges):
        proofs = self._proofs(charges)
        self.assertEqual([proof["rule"] for proof in proofs], ["fixed_sum", "interest", "interest"])
        # every amount is what an independent computation makes of its proof, and is posted so
        recomputed = [second_opinion.audited(proof) for proof in proofs]
        self.assertEqual(recomputed, [proof["amount"] for proof in proofs])
        posted = [
            round(100 * line.price_total)
            for move in charges.move_id.sorted("invoice_date")
            for line in move.invoice_line_ids.sorted(lambda line: -line.price_total)
        ]
        self.assertEqual(sorted(posted), sorted(recomputed))
        # the spans follow one another from the due date on
        first, second = proofs[1:]
        self.assertEqual(first["date_from"], DUE.isoformat())
        self.assertEqual(first["date_to"], second["date_from"])
        self.assertEqual(second["date_to"], SECOND_NOTICE.isoformat())
        # the payments, their value dates and what they left are in the proof too
        payments = [[FIRST_PAYMENT.isoformat(), 400000], [SECOND_PAYMENT.isoformat(), 250050]]
        self.assertEqual(first["payments"], payments[:1])
        self.assertEqual(second["payments"], payments)
        self.assertEqual(first["base"], round(100 * invoice.amount_total))
        left = second["base"] - sum(units for _day, units in second["payments"])
        self.assertEqual(left, round(100 * invoice.amount_residual))
        # and each says by which rule
        for proof in proofs:
            self.assertIn("2011/7/EU", proof["law"]["source"])

    def test_a_proof_that_was_changed_no_longer_gives_the_amount(self):
        _invoice, charges = self._paid_twice_and_charged_twice()
        for changed in (
            {"base": 999000},
            {"payments": []},
            {"date_from": "2025-03-20"},
            {"rates": [["2025-01-01", "0.2"]]},
            {"pauses": [["2025-03-20", "2025-04-20", None]]},
            {"day_count": "act/360"},
        ):
            for proof in self._proofs(charges)[1:]:
                with self.subTest(changed=changed):
                    forged = {**proof, **changed}
                    self.assertNotEqual(second_opinion.audited(forged), proof["amount"])
