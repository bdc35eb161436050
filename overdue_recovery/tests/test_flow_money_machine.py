import contextlib
from collections import defaultdict
from datetime import timedelta

from freezegun import freeze_time
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import SQL

from ..calc import demand
from . import second_opinion
from .common import MONDAY
from .money import MoneyCommon

PICKS = st.integers(0, 10**6)
PERCENTS = st.integers(1, 100)
LIVE = ("draft", "posted", "waived")
JUDGED = ("recovery.promise", "recovery.plan", "recovery.offer")


class MoneyMachine(RuleBasedStateMachine):
    """What people and the daily run do to a ledger, in any order, on days that only go forward.

    ``case`` is the test it runs in. All of an example happens in one savepoint that is rolled
    back at its end. Amounts are compared in cents: both currencies have cents.
    """

    case = None

    def __init__(self):
        super().__init__()
        self.env = self.case.env
        self.savepoint = self.env.cr.savepoint()
        self.clock = None
        self.invoices = self.env["account.move"]
        self.holds = self.env["recovery.hold"]
        self._go_to(MONDAY)

    def teardown(self):
        try:
            self._look_at_the_end()
        finally:
            self.clock.stop()
            self.env.invalidate_all(flush=False)
            self.savepoint.close(rollback=True)
            self.env.invalidate_all(flush=False)

    def _look_at_the_end(self):
        """Seam: what is true when all is over."""

    def _go_to(self, day):
        """Let it be nine o'clock on ``day``, or on the Monday after it."""
        if self.clock:
            self.clock.stop()
        self.today = day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)
        self.clock = freeze_time(f"{self.today} 09:00:00")
        self.clock.start()

    def _one_of(self, records, pick):
        return records.sorted("id")[pick % len(records)]

    def _part(self, amount, percent, currency):
        return max(0.01, currency.round(amount * percent / 100))

    # -- what happens ----------------------------------------------------------------------

    @initialize(units=st.integers(5000, 500000), days=st.integers(6, 40), abroad=st.booleans())
    def two_customers_were_charged_before(self, units, days, abroad):
        self.invoice(0, units, days, abroad)
        self.invoice(1, units, 20, not abroad)
        self.notices_go_out()

    @rule(
        pick=PICKS,
        units=st.integers(2000, 500000),
        days=st.integers(0, 60),
        abroad=st.booleans(),
    )
    def invoice(self, pick, units, days, abroad):
        self.invoices += self.case._overdue_invoice(
            due=self.today - timedelta(days=days),
            amount=units / 100,
            partner=self.case.debtors[pick % 2],
            currency_id=self.case.gbp if abroad else self.case.eur,
        )

    @rule(days=st.integers(1, 25))
    def days_pass(self, days):
        """With what the daily job does before it proposes."""
        self._go_to(self.today + timedelta(days=days))
        for name in JUDGED:
            self.env[name]._judge_all()
        self._work_the_queue()
        self.env["recovery.charge"]._cron_charges()

    @rule()
    def notices_go_out(self):
        run = self.case._run_dunning()
        for notice in run.notice_ids.filtered(lambda notice: notice.state == "sent"):
            self._check_demand(notice)
            self._check_proofs(notice)
        self._go_to(self.today + timedelta(days=1))

    @rule(days=st.integers(9, 25))
    def the_pay_by_date_passes_and_notices_go_out(self, days):
        self.days_pass(days)
        self.notices_go_out()

    @precondition(lambda self: self._open_moves())
    @rule(pick=PICKS, percent=PERCENTS, days_back=st.integers(0, 40))
    def pay(self, pick, percent, days_back):
        """A payment that may be dated back as far as the document."""
        move = self._one_of(self._open_moves(), pick)
        day = max(move.invoice_date, self.today - timedelta(days=days_back))
        amount = self._part(move.amount_residual, percent, move.currency_id)
        self.case._register_payment(
            move, payment_date=day, amount=amount, currency_id=move.currency_id.id
        )
        self._work_the_queue()

    @precondition(lambda self: self._payments())
    @rule(pick=PICKS)
    def undo_a_payment(self, pick):
        payment = self._one_of(self._payments(), pick)
        payment.action_draft()
        payment.action_cancel()
        self._work_the_queue()

    @precondition(lambda self: self._charges("posted"))
    @rule(pick=PICKS, percent=PERCENTS)
    def waive(self, pick, percent):
        charge = self._one_of(self._charges("posted"), pick)
        waiting = charge.waiver_ids.filtered(lambda waiver: waiver.state == "requested")
        left = charge.amount_left - sum(waiting.mapped("amount"))
        if charge.currency_id.is_zero(left):
            return
        before = charge.amount_left
        amount = self._part(left, percent, charge.currency_id)
        waiver = charge.action_waive("Goodwill", amount)
        self.case.assertEqual(waiver.state, "approved")
        self.case.assertAlmostEqual(charge.amount_left, before - amount, 2)

    @precondition(lambda self: self._charges("posted"))
    @rule(pick=PICKS)
    def reverse(self, pick):
        """Only the last span can be taken back, and only whole."""
        charge = self._one_of(self._charges("posted"), pick)
        later = self._charges(*LIVE).filtered(
            lambda other: (
                other.kind == charge.kind == "interest"
                and other.item_key == charge.item_key
                and other.date_from >= charge.date_to
            )
        )
        waits = charge.waiver_ids.filtered(lambda waiver: waiver.state == "requested")
        if later or charge.amount_waived or waits:
            with self.case.assertRaises(UserError):
                charge.action_reverse("A mistake")
        else:
            charge.action_reverse("A mistake")
            self.case.assertEqual(charge.state, "reversed")

    @precondition(lambda self: self._waivers("requested"))
    @rule(pick=PICKS, agreed=st.booleans())
    def decide_on_a_proposed_credit(self, pick, agreed):
        """What the daily job proposes after a payment that was dated back."""
        waiver = self._one_of(self._waivers("requested"), pick)
        with contextlib.suppress(UserError):  # less may be left by now: then it is refused
            if agreed:
                waiver.action_approve()
                return
        waiver.action_refuse()

    @precondition(lambda self: self._open_invoices())
    @rule(pick=PICKS, percent=PERCENTS)
    def credit(self, pick, percent):
        """A credit note that is set off against an invoice."""
        invoice = self._one_of(self._open_invoices(), pick)
        refund = self.case._credit_note(
            self._part(invoice.amount_residual, percent, invoice.currency_id),
            partner=invoice.partner_id,
            currency_id=invoice.currency_id,
        )
        self.case._receivables(invoice | refund).reconcile()

    @precondition(lambda self: self._open_invoices())
    @rule(pick=PICKS, percent=st.none() | PERCENTS)
    def dispute(self, pick, percent):
        """An amount, or (none) the whole invoice."""
        invoice = self._one_of(self._open_invoices(), pick)
        values = {}
        if percent:
            values["amount"] = self._part(invoice.amount_residual, percent, invoice.currency_id)
        self.holds += self.case._hold(invoice, "disputed", **values)

    @precondition(lambda self: self.holds)
    @rule(pick=PICKS)
    def end_a_dispute(self, pick):
        hold = self._one_of(self.holds, pick)
        self.holds -= hold
        hold.action_end()

    @precondition(lambda self: self._open_moves())
    @rule(pick=PICKS, percent=st.integers(10, 95), days=st.integers(1, 30))
    def agree_on_less(self, pick, percent, days):
        """A settlement of an invoice, or of charges; refused where another one lives."""
        move = self._one_of(self._open_moves(), pick)
        items = self.case._receivables(move)
        claimed = self.env["recovery.claim"].search_count(
            [("move_line_id", "in", items.ids), ("live", "=", True)]
        )
        amount = self._part(move.amount_residual, percent, move.currency_id)
        if amount >= move.amount_residual:
            return
        if claimed:
            with self.case.assertRaises(UserError):
                self._offer(items, amount, days)
            return
        offer = self._offer(items, amount, days)
        offer.action_accept()
        self.case.assertEqual(offer.state, "accepted")
        self._work_the_queue()

    def _offer(self, items, amount, days):
        """An offer that another manager approved: limits are another test's."""
        offer = self.env["recovery.offer"].create(
            {
                "amount": amount,
                "expiry_date": self.today + timedelta(days=days),
                "claim_ids": [Command.create({"move_line_id": item.id}) for item in items],
            }
        )
        offer.sudo().approver_id = self.env.ref("base.user_admin")
        return offer

    @precondition(lambda self: self._payable_offers())
    @rule(pick=PICKS)
    def pay_what_was_agreed(self, pick):
        offer = self._one_of(self._payable_offers(), pick)
        move = offer.claim_ids.move_line_id.move_id
        missing = offer.currency_id.round(offer.amount - offer.amount_received)
        self.case._register_payment(
            move,
            payment_date=self.today,
            amount=min(missing, move.amount_residual),
            currency_id=move.currency_id.id,
        )
        self._work_the_queue()
        self.case.assertEqual(offer.state, "fulfilled")

    @precondition(lambda self: self._sent())
    @rule(pick=PICKS)
    def cancel_a_notice(self, pick):
        notice = self._one_of(self._sent(), pick)
        notice.action_cancel()
        self.case.assertFalse(notice.charge_ids.filtered(lambda c: c.state in ("draft", "posted")))

    # -- what there is ---------------------------------------------------------------------

    def _work_the_queue(self):
        """What the job does that every match and its undoing trigger."""
        self.env["recovery.case"]._recompute_dirty()

    def _open_moves(self):
        """Invoices and charge invoices with something left to pay."""
        return (self.invoices | self._charges("posted").move_id).filtered(
            lambda move: move.state == "posted" and move.amount_residual > 0
        )

    def _open_invoices(self):
        return self._open_moves() & self.invoices

    def _charges(self, *states):
        return self.env["recovery.charge"].search([("state", "in", states)])

    def _waivers(self, *states):
        return self.env["recovery.charge.waiver"].search([("state", "in", states)])

    def _payable_offers(self):
        """Accepted ones whose last day has not passed, of whose items something is open."""
        offers = self.env["recovery.offer"].search(
            [("state", "=", "accepted"), ("expiry_date", ">=", self.today)]
        )
        return offers.filtered(lambda offer: not offer._is_settled())

    def _sent(self):
        return self.env["dunning.notice"].search([("state", "=", "sent")])

    def _payments(self):
        return self.env["account.payment"].search(
            [("state", "in", ("in_process", "paid")), ("partner_id", "in", self.case.debtors.ids)]
        )

    # -- what is true after each step ------------------------------------------------------

    @invariant()
    def every_entry_is_balanced(self):
        unbalanced = self._query(
            """
            SELECT move_id FROM account_move_line WHERE company_id = %(company)s
          GROUP BY move_id HAVING ROUND(SUM(balance), 2) != 0
            """
        )
        self.case.assertFalse(unbalanced)

    @invariant()
    def a_residual_is_the_total_less_what_was_reconciled(self):
        wrong = self._query(
            """
            SELECT line.id, line.amount_currency, line.amount_residual_currency
              FROM account_move_line line
              JOIN account_account account ON account.id = line.account_id
             WHERE line.company_id = %(company)s AND line.parent_state = 'posted'
               AND account.account_type = 'asset_receivable'
               AND ROUND(line.amount_residual_currency, 2) != ROUND(line.amount_currency
                   - COALESCE((SELECT SUM(debit_amount_currency) FROM account_partial_reconcile
                                WHERE debit_move_id = line.id), 0)
                   + COALESCE((SELECT SUM(credit_amount_currency) FROM account_partial_reconcile
                                WHERE credit_move_id = line.id), 0), 2)
            """
        )
        self.case.assertFalse(wrong)

    @invariant()
    def no_day_bears_interest_twice(self):
        days = defaultdict(int)
        for charge in self._charges(*LIVE).filtered(lambda charge: charge.kind == "interest"):
            self.case.assertLess(charge.date_from, charge.date_to)
            day = charge.date_from
            while day < charge.date_to:
                day += timedelta(days=1)
                days[charge.item_key, day] += 1
        self.case.assertFalse([key for key, times in days.items() if times > 1])

    @invariant()
    def a_fixed_sum_is_claimed_once_for_an_item(self):
        sums = self._charges(*LIVE).filtered(lambda charge: charge.kind == "fixed_sum")
        items = sums.mapped("item_key")
        self.case.assertEqual(len(items), len(sums))
        self.case.assertEqual(len(items), len(set(items)))

    @invariant()
    def what_is_charged_is_what_is_booked(self):
        """A charge invoice comes to its charges, its credit notes to what was given up or taken
        back; drafts wait only for a notice that is under way."""
        self.case.assertFalse(
            self._charges("draft").filtered(lambda c: c.notice_id.state == "sent")
        )
        charges = self._charges("posted", "waived", "reversed")
        for move, own in charges.grouped("move_id").items():
            self.case.assertEqual(move.state, "posted")
            self.case.assertEqual(_cents(sum(own.mapped("amount"))), _cents(move.amount_total))
            given_up = sum(
                charge.amount if charge.state == "reversed" else charge.amount_waived
                for charge in own
            )
            refunds = move.reversal_move_ids.filtered(lambda r: not r.reversal_move_ids)
            self.case.assertEqual(set(refunds.mapped("state")) - {"posted"}, set())
            self.case.assertEqual(_cents(given_up), _cents(sum(refunds.mapped("amount_total"))))
            self.case.assertFalse(own.move_line_id.move_id.filtered("is_recovery_charge"))

    @invariant()
    def nothing_is_given_up_before_the_agreed_money_is_in(self):
        for offer in self.env["recovery.offer"].search([]):
            if offer.state == "fulfilled":
                enough = _cents(offer.amount_received) >= _cents(offer.amount)
                self.case.assertTrue(enough or offer._is_settled())
                self.case.assertFalse(offer.claim_ids.filtered("live"))
            else:
                self.case.assertFalse(offer.closing_move_ids)
        live = self.env["recovery.claim"].search([("live", "=", True)])
        self.case.assertEqual(len(live), len(live.move_line_id))
        self.case.assertLessEqual(set(live.offer_id.mapped("state")), {"accepted"})

    def _query(self, text):
        self.env.flush_all()
        return self.env.execute_query(SQL(text, company=self.case.company.id))

    # -- what is true of a notice that just went out ---------------------------------------

    def _check_demand(self, notice):
        """It demands of every open item that is overdue what may be demanded of it, charges that
        were posted before included, and its own charges come on top."""
        expected = self._demandable(notice)
        demanded = defaultdict(int)
        for line in notice.line_ids.filtered(lambda line: line.kind in ("rising", "listed")):
            demanded[line.move_line_id] += _cents(line.amount_demanded)
        self.case.assertEqual({item: cents for item, cents in demanded.items() if cents}, expected)
        totals = defaultdict(int)
        for item, cents in expected.items():
            totals[item.currency_id] += cents
        for line in notice.line_ids.filtered(lambda line: line.kind == "credit"):
            totals[line.currency_id] += _cents(line.amount_demanded)
        for charge in notice.charge_ids:
            totals[charge.currency_id] += _cents(charge.amount)
        self.case.assertEqual(
            {currency: _cents(amount) for currency, amount in notice._totals().items()},
            {currency: cents for currency, cents in totals.items() if cents},
        )

    def _demandable(self, notice):
        """{item: cents} of the customer's items that are overdue, less what is disputed."""
        charged = self._charges("posted", "waived", "reversed").move_id
        moves = self.invoices | (charged - notice.charge_ids.move_id)
        found = {}
        for item in self.case._receivables(moves.filtered(lambda move: move.state == "posted")):
            overdue = item.date_maturity < self.today and item.amount_residual_currency > 0
            if item.partner_id == notice.partner_id and overdue:
                residual = _cents(item.amount_residual_currency)
                found[item] = demand.demandable(residual, self._holds_of(item))
        return {item: cents for item, cents in found.items() if cents}

    def _holds_of(self, item):
        """Disputes and agreements in force on an item today, as facts."""
        holds = self.env["recovery.hold"].search(
            [
                ("date_from", "<=", self.today),
                "|",
                ("date_to", "=", False),
                ("date_to", ">=", self.today),
                "|",
                ("move_id", "=", item.move_id.id),
                ("move_line_id", "=", item.id),
            ]
        )
        return [
            demand.Hold(hold.reason_id.code, _cents(hold.amount) if hold.amount else None)
            for hold in holds
        ]

    def _check_proofs(self, notice):
        """Each charge is what an independent computation makes of its proof."""
        for charge in notice.charge_ids:
            self.case.assertEqual(
                second_opinion.audited(charge.proof), _cents(charge.amount), charge.proof
            )


def _cents(amount):
    return round(amount * 100)


class MoneyMachineCommon(MoneyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # hours and holidays are another test's: here every notice goes out on its day
        cls.env["recovery.law"].search([("contact_active", "=", True)]).contact_active = False
        cls.company.recovery_waiver_limit = 10**6
        cls.company.recovery_offer_count = 10**6
        cls.policy.min_interval_days = 0
        law = cls._own_law(
            interest_kind="reference",
            reference_rate_id=cls.env.ref("overdue_recovery.reference_rate_ecb_mro").id,
            reference_points=0.08,
        )
        cls.env["recovery.law.band"].create(
            {"law_id": law.id, "kind": "fixed_sum", "amount_from": 0, "amount": 40}
        )
        cls.levels[0].write({"fee_type": "law", "charge_interest": True})
        cls.levels[1].write({"fee_type": "percent", "fee_percent": 0.015, "charge_interest": True})
        for country in ("it", "es"):
            cls._debtor(country)

    def _play(self, machine=MoneyMachine, **bounds):
        machine = type("Machine", (machine,), {"case": self})
        run_state_machine_as_test(
            machine,
            settings=settings(
                deadline=None,
                suppress_health_check=list(HealthCheck),
                database=None,
                **bounds,
            ),
        )


@tagged("post_install", "-at_install")
class TestFlowMoneyMachine(MoneyMachineCommon):
    def test_the_books_hold_whatever_is_done_to_them(self):
        self._play(
            max_examples=6,
            stateful_step_count=12,
            derandomize=True,
            phases=(Phase.generate,),
        )


@tagged("post_install", "-at_install", "long")
class TestFlowMoneyMachineLong(MoneyMachineCommon):
    def test_the_books_hold_after_thousands_of_steps(self):
        self._play(max_examples=60, stateful_step_count=50, phases=(Phase.generate,))
