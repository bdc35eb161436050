from unittest.mock import patch

from odoo import Command
from odoo.addons.account_payment.tests.common import AccountPaymentCommon
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import RecoveryCommon


@tagged("post_install", "-at_install")
class TestRecoveryAllocation(RecoveryCommon, AccountPaymentCommon):
    """What money pays: shown, confirmed to the cent, undone, and nothing else touched."""

    def _credit(self, amount, **values):
        return self._payment(amount, **values)._recovery_open_credits()

    def _charge_invoice(self, costs, interest, days=1):
        """A charge invoice of a row of costs and one of interest."""
        invoice = self._overdue_invoice(days, amount=costs + interest)
        invoice.sudo().is_recovery_charge = True
        units = {"costs": round(costs * 100), "interest": round(interest * 100)}
        moves = type(self.env["account.move"])
        self.startPatcher(
            patch.object(moves, "_recovery_charge_parts", lambda move: dict(units), create=True)
        )
        return invoice

    def _proposed(self, credit, choice=None):
        return self.env["recovery.allocation"]._propose(credit, choice)

    def _amounts(self, allocation):
        return {(line.move_line_id.move_id, line.kind): line.amount for line in allocation.line_ids}

    # -- order -----------------------------------------------------------------------------

    def test_oldest_first_and_the_rest_of_the_money_stays_open(self):
        new, old = self._overdue_invoice(5, 100), self._overdue_invoice(50, 200)
        credit = self._credit(350)
        allocation = self._proposed(credit)
        self.assertEqual(allocation.line_ids.move_line_id.move_id, new | old)
        self.assertEqual(allocation.line_ids[0].move_line_id.move_id, old)
        self.assertEqual(allocation.line_ids.mapped("amount"), [200, 100])
        self.assertEqual((allocation.amount, allocation.amount_rest), (300, 50))
        allocation.action_confirm()
        self.assertEqual((new | old).mapped("payment_state"), ["paid", "paid"])
        self.assertEqual(credit.amount_residual_currency, -50)
        self.assertEqual(allocation.state, "done")

    def test_part_of_the_debt_is_paid_to_the_cent(self):
        old, new = self._overdue_invoice(50, 100.01), self._overdue_invoice(5, 100)
        allocation = self._proposed(self._credit(133.34))
        allocation.action_confirm()
        self.assertEqual(old.amount_residual, 0)
        self.assertAlmostEqual(new.amount_residual, 66.67)

    def test_costs_and_interest_of_a_charge_go_before_the_principal(self):
        invoice = self._overdue_invoice(50, 1000)
        charge = self._charge_invoice(costs=40, interest=98.63)
        allocation = self._proposed(self._credit(400))
        self.assertEqual(
            self._amounts(allocation),
            {(charge, "costs"): 40, (charge, "interest"): 98.63, (invoice, "principal"): 261.37},
        )
        allocation.action_confirm()
        self.assertEqual(charge.amount_residual, 0)
        self.assertAlmostEqual(invoice.amount_residual, 738.63)
        self.assertEqual(len(charge.line_ids.matched_credit_ids), 1, "one match for one item")

    def test_the_order_is_the_one_of_the_debtors_law(self):
        law = self.env.ref("overdue_recovery.recovery_law_de_b2b", False) or self.env[
            "recovery.law"
        ].search([("charges_active", "=", False)], limit=1)
        law.sudo().write(
            {
                "charges_active": True,
                "charges_since": "2020-01-01",
                "country_ids": [Command.clear()],
                "debtor_type": "any",
                "allocation_order": "principal,interest,costs",
                "valid_from": "2020-01-01",
                "valid_to": False,
            }
        )
        invoice = self._overdue_invoice(50, 1000)
        charge = self._charge_invoice(costs=40, interest=98.63)
        amounts = self._amounts(self._proposed(self._credit(400)))
        self.assertEqual(amounts[invoice, "principal"], 400)
        self.assertEqual(amounts[charge, "costs"], 0)

    def test_the_debtors_own_choice_comes_first(self):
        old, new = self._overdue_invoice(50, 100), self._overdue_invoice(5, 100)
        allocation = self._proposed(self._credit(120), choice=self._items(new))
        self.assertEqual(
            self._amounts(allocation), {(new, "principal"): 100, (old, "principal"): 20}
        )

    def test_ticked_items_are_proposed_first(self):
        old, new = self._overdue_invoice(50, 100), self._overdue_invoice(5, 100)
        allocation = self._proposed(self._credit(100))
        self.assertEqual(self._amounts(allocation)[old, "principal"], 100)
        allocation.line_ids.filtered(lambda line: line.move_line_id.move_id == new).is_chosen = True
        allocation.action_propose()
        self.assertEqual(self._amounts(allocation)[new, "principal"], 100)
        self.assertEqual(self._amounts(allocation)[old, "principal"], 0)

    def test_nothing_goes_to_what_is_disputed(self):
        disputed, other = self._overdue_invoice(50, 100), self._overdue_invoice(5, 100)
        whole = self._overdue_invoice(60, 100)
        self._hold(disputed, "disputed", amount=30)
        self._hold(self._items(whole), "disputed")
        allocation = self._proposed(self._credit(500))
        self.assertEqual(
            self._amounts(allocation),
            {(whole, "principal"): 0, (disputed, "principal"): 70, (other, "principal"): 100},
        )
        line = allocation.line_ids.filtered(lambda line: line.move_line_id.move_id == disputed)
        line.amount = 70.01
        with self.assertRaises(UserError) as refusal:
            allocation.action_confirm()
        self.assertIn(disputed.name, str(refusal.exception))
        line.amount = 70
        allocation.action_confirm()
        self.assertEqual(disputed.amount_residual, 30)
        self.assertEqual(whole.amount_residual, 100)

    def test_what_is_promised_may_be_paid(self):
        invoice = self._overdue_invoice(50, 100)
        self._hold(invoice, "promised")
        allocation = self._proposed(self._credit(60))
        self.assertEqual(allocation.line_ids.amount, 60)

    # -- a person changes the amounts ------------------------------------------------------

    def test_a_person_may_change_amounts_up_to_what_is_open_and_what_there_is(self):
        old, new = self._overdue_invoice(50, 100), self._overdue_invoice(5, 100)
        credit = self._credit(120)
        allocation = self._proposed(credit)
        first, second = allocation.line_ids
        first.amount, second.amount = 30, 90.01
        with self.assertRaises(UserError):
            allocation.action_confirm()
        second.amount = 80
        allocation.action_confirm()
        self.assertEqual((old.amount_residual, new.amount_residual), (70, 20))
        self.assertEqual(credit.amount_residual, -10)

    def test_an_item_paid_meanwhile_is_not_paid_twice(self):
        invoice = self._overdue_invoice(50, 100)
        allocation = self._proposed(self._credit(100))
        self._pay(invoice)
        with self.assertRaises(UserError):
            allocation.action_confirm()
        self.assertEqual(allocation.state, "draft")

    def test_nothing_is_confirmed_twice_and_nothing_without_an_amount(self):
        self._overdue_invoice(50, 100)
        allocation = self._proposed(self._credit(100))
        allocation.line_ids.amount = 0
        with self.assertRaises(UserError):
            allocation.action_confirm()
        allocation.line_ids.amount = 100
        allocation.action_confirm()
        for act in (allocation.action_confirm, allocation.action_propose, allocation.unlink):
            with self.assertRaises(UserError):
                act()

    def test_only_an_open_credit_of_a_customer_is_allocated(self):
        invoice = self._overdue_invoice(50, 100)
        payment = self._pay(invoice)
        lines = self.env["account.move.line"]
        for line in (self._items(invoice), payment.move_id._recovery_lines(), lines):
            with self.assertRaises(UserError):
                self._proposed(line)
        with self.assertRaises(UserError):
            payment.action_recovery_allocate()

    # -- matches of others -----------------------------------------------------------------

    def test_matches_made_before_stay_and_undo_takes_back_exactly_its_own(self):
        first, second = self._overdue_invoice(50, 100), self._overdue_invoice(40, 100)
        credit = self._credit(150)
        self._pay(first, 25)
        by_hand = first.line_ids.matched_credit_ids
        allocation = self._proposed(credit)
        allocation.action_confirm()
        self.assertEqual((first | second).mapped("amount_residual"), [0, 25])
        self.assertTrue(by_hand.exists())
        allocation.action_undo()
        self.assertEqual((first | second).mapped("amount_residual"), [75, 100])
        self.assertEqual(credit.amount_residual, -150)
        self.assertEqual(first.line_ids.matched_credit_ids, by_hand)
        self.assertEqual(allocation.state, "undone")
        with self.assertRaises(UserError):
            allocation.action_undo()

    def test_a_credit_note_is_allocated_like_money(self):
        invoice = self._overdue_invoice(50, 100)
        note = self._credit_note(40)
        credit = self._items(note)
        self.env["account.move.line"]._recovery_allocate(credit)
        self.assertEqual((invoice.amount_residual, note.amount_residual), (60, 0))

    def test_the_service_leaves_nothing_behind_when_nothing_is_owed(self):
        credit = self._credit(100)
        self.assertFalse(self.env["account.move.line"]._recovery_allocate(credit))
        domain = [("credit_line_id", "=", credit.id)]
        self.assertFalse(self.env["recovery.allocation"].search(domain))

    def test_it_is_said_on_the_document_and_in_the_contact_log(self):
        self._overdue_invoice(50, 100)
        case = self.partner_a._recovery_case(self.company)
        credit = self._credit(60)
        allocation = self.env["account.move.line"]._recovery_allocate(credit)
        allocation.action_undo()
        said = case.interaction_ids.filtered(lambda entry: entry.kind == "allocation")
        self.assertEqual(len(said), 2)
        self.assertIn("60.00", said[0].text)
        self.assertIn("60.00", credit.move_id.message_ids[0].body)

    # -- currencies ------------------------------------------------------------------------

    def _euro(self, rates):
        """Euros with their rates: {day: euros for one unit of the company's currency}."""
        return self.setup_other_currency("EUR", rates=list(rates.items()))

    def test_foreign_money_pays_a_foreign_item_in_part_with_its_exchange_difference(self):
        euro = self._euro({"2025-01-01": 2.0, "2025-03-01": 4.0})
        invoice = self._overdue_invoice(20, 100, currency_id=euro.id)
        other = self._overdue_invoice(10, 100, currency_id=euro.id)
        items = self._items(invoice | other)
        credit = self._credit(100, currency_id=euro.id)
        allocation = self._proposed(credit)
        allocation.line_ids[0].amount = 40
        allocation.line_ids[1].amount = 60
        allocation.action_confirm()
        self.assertEqual(items.mapped("amount_residual_currency"), [60, 40])
        self.assertEqual(items.mapped("amount_residual"), [30, 20])
        self.assertTrue(credit.reconciled)
        self.assertTrue(allocation.line_ids.partial_id.exchange_move_id)
        allocation.action_undo()
        self.assertEqual(items.mapped("amount_residual_currency"), [100, 100])
        self.assertEqual(items.mapped("amount_residual"), [50, 50])
        self.assertEqual(credit.amount_residual_currency, -100)

    def test_foreign_money_pays_an_item_in_the_companys_currency(self):
        euro = self._euro({"2025-01-01": 2.0})
        old, new = self._overdue_invoice(20, 30), self._overdue_invoice(10, 100)
        credit = self._credit(100, currency_id=euro.id)
        allocation = self._proposed(credit)
        self.assertEqual(allocation.line_ids.mapped("amount"), [30, 20])
        self.assertEqual((allocation.amount, allocation.amount_rest), (100, 0))
        allocation.action_confirm()
        self.assertEqual((old | new).mapped("amount_residual"), [0, 80])
        self.assertTrue(credit.reconciled)

    def test_the_companys_money_pays_a_foreign_item(self):
        euro = self._euro({"2025-01-01": 2.0})
        invoice = self._overdue_invoice(20, 100, currency_id=euro.id)
        other = self._overdue_invoice(10, 100, currency_id=euro.id)
        credit = self._credit(60)
        allocation = self._proposed(credit)
        self.assertEqual(allocation.line_ids.mapped("amount"), [100, 20])
        allocation.action_confirm()
        self.assertEqual((invoice | other).mapped("amount_residual"), [0, 80])
        self.assertTrue(credit.reconciled)

    # -- portal ----------------------------------------------------------------------------

    def _online(self, amount, choice=None, invoices=None):
        """A payment on the portal that is done and booked."""
        tx = self._create_transaction(
            "redirect",
            reference=f"Portal {amount}",
            amount=amount,
            currency_id=self.company.currency_id.id,
            partner_id=self.partner_a.id,
            invoice_ids=[Command.set(invoices.ids if invoices else [])],
        )
        if choice is not None:
            tx.write({"recovery_allocates": True, "recovery_choice": choice})
        tx._set_done()
        tx._post_process()
        return tx

    def test_a_payment_on_the_portal_goes_by_the_customers_choice_then_by_the_law(self):
        old, new = self._overdue_invoice(50, 100), self._overdue_invoice(5, 100)
        self._online(120, choice=self._items(new).ids)
        self.assertEqual((old.amount_residual, new.amount_residual), (80, 0))
        self._online(50, choice=[])
        self.assertEqual(old.amount_residual, 30)

    def test_what_a_payment_of_one_invoice_leaves_over_pays_the_others(self):
        old, new = self._overdue_invoice(50, 100), self._overdue_invoice(5, 100)
        self._online(130, choice=[], invoices=new)
        self.assertEqual((old.amount_residual, new.amount_residual), (70, 0))

    def test_a_payment_that_recovery_does_not_allocate_stays_cores(self):
        old, new = self._overdue_invoice(50, 100), self._overdue_invoice(5, 100)
        tx = self._online(130, invoices=new)
        self.assertEqual((old.amount_residual, new.amount_residual), (100, 0))
        self.assertEqual(tx.payment_id._recovery_open_credits().amount_residual, -30)

    # -- what follows ----------------------------------------------------------------------

    def test_an_undone_allocation_begins_the_items_next_cycle(self):
        invoice = self._overdue_invoice(20, 100)
        self._run_dunning()
        self.assertEqual(invoice.dunning_level_id, self.levels[0])
        allocation = self.env["account.move.line"]._recovery_allocate(self._credit(100))
        self.assertEqual(invoice.payment_state, "paid")
        allocation.action_undo()
        self.env["recovery.case"]._cron_recompute()
        self.assertEqual(self._items(invoice).dunning_cycle, 2)
        self.assertFalse(invoice.dunning_level_id)

    def test_buttons_of_payment_and_case_open_the_proposal(self):
        self._overdue_invoice(20, 100)
        payment = self._payment(40)
        case = self.partner_a._recovery_case(self.company)
        for action in (payment.action_recovery_allocate(), case.action_allocate()):
            allocation = self.env[action["res_model"]].browse(action["res_id"])
            self.assertEqual(allocation.credit_line_id, payment._recovery_open_credits())
            self.assertEqual(allocation.line_ids.amount, 40)
