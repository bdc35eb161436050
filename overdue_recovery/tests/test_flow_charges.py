from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .charging import ChargingCommon

POSTING = "odoo.addons.overdue_recovery.models.recovery_charge_posting"


@tagged("post_install", "-at_install")
class TestFlowCharges(ChargingCommon):
    """A charge from its draft to its invoice and its credit note."""

    def _sent(self, amount=1000.0, days=10, **values):
        """The notice of an overdue invoice, handed over today."""
        invoice = self._overdue_invoice(days, amount, **values)
        run = self._run_dunning(partner_ids=invoice.partner_id.ids)
        return run.notice_ids

    def _open(self, partner=None):
        """What the customer owes in the ledger."""
        lines = self.env["account.move.line"].search(
            [
                ("partner_id", "=", (partner or self.partner_a).id),
                ("account_id.account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
            ]
        )
        return self.company.currency_id.round(sum(lines.mapped("amount_residual")))

    # -- draft -----------------------------------------------------------------------------

    def test_drafted_with_the_proposal_and_part_of_what_is_demanded(self):
        self._overdue_invoice(10, 1000.0)
        notice = self._propose().notice_ids
        # 1,000.00 × 12 % × 10 / 365 = 3.2877
        self.assertEqual(self._charges(notice), {"fixed_sum": 40.0, "interest": 3.29})
        self.assertEqual(set(notice.charge_ids.mapped("state")), {"draft"})
        self.assertEqual(notice.amount_demanded, 1043.29)
        self.assertEqual(notice._totals(), {self.company.currency_id: 1043.29})
        self.assertFalse(notice.charge_ids.move_id)

    def test_nothing_is_charged_where_the_policy_or_the_law_is_off(self):
        self._overdue_invoice(10, 1000.0)
        self.policy.charges = False
        self.assertFalse(self._propose().notice_ids.charge_ids)
        self.policy.charges = True
        self.assertEqual(self.policy.charges_since, self.today, "it does not reach back")
        self.assertFalse(self._propose().notice_ids.charge_ids)
        self.policy.charges_since = self.law.charges_since
        self.assertTrue(self._propose().notice_ids.charge_ids)
        self.law.charges_active = False
        notice = self._propose().notice_ids
        self.assertFalse(notice.charge_ids)
        self.assertEqual(notice.amount_demanded, 1000.0)

    def test_switching_the_policy_off_lets_drafts_go(self):
        self._overdue_invoice(10, 1000.0)
        notice = self._propose().notice_ids
        self.policy.charges = False
        self.assertFalse(notice.charge_ids)
        self.assertEqual((notice.amount_demanded, notice.amount_charges), (1000.0, 0.0))

    def test_a_refresh_keeps_drafts_that_still_hold_and_replaces_the_others(self):
        invoice = self._overdue_invoice(10, 1000.0)
        run = self._propose()
        drafts = run.notice_ids.charge_ids
        run.action_propose()
        self.assertEqual(run.notice_ids.charge_ids, drafts)
        self._pay(invoice, 500)
        run.action_propose()
        # today's payment still bore interest today
        self.assertEqual(self._charges(run.notice_ids), {"fixed_sum": 40.0, "interest": 3.29})
        self.assertEqual(run.notice_ids.amount_demanded, 543.29)

    def test_computed_again_on_the_day_of_the_hand_over(self):
        self._overdue_invoice(10, 1000.0)
        run = self._propose()
        run.action_issue()
        with self.on(1):
            self._deliver()
        notice = run.notice_ids
        # 11 days: 3.6164
        self.assertEqual(self._charges(notice), {"fixed_sum": 40.0, "interest": 3.62})
        self.assertEqual(notice.amount_demanded, 1043.62)
        self.assertEqual(notice.charge_ids.move_id.amount_total, 43.62)
        self.assertIn("1,043.62", notice.delivery_ids.body)

    def test_a_hold_on_charges_lets_the_notice_go_without(self):
        invoice = self._overdue_invoice(10, 1000.0)
        run = self._propose()
        self._hold(invoice, "other", blocks="charge")
        run.action_issue()
        self._deliver()
        self.assertEqual(run.notice_ids.state, "sent")
        self.assertFalse(run.notice_ids.charge_ids)
        self.assertEqual(run.notice_ids.amount_demanded, 1000.0)

    def test_a_skipped_notice_charges_nothing(self):
        self._overdue_invoice(10, 1000.0)
        notice = self._propose().notice_ids
        notice.action_skip("Called")
        self.assertEqual(set(notice.charge_ids.mapped("state")), {"cancelled"})
        self.assertEqual(self._open(), 1000.0)

    # -- post ------------------------------------------------------------------------------

    def test_posted_when_handed_over_as_one_invoice(self):
        notice = self._sent()
        self.assertEqual(notice.state, "sent")
        self.assertEqual(set(notice.charge_ids.mapped("state")), {"posted"})
        move = notice.charge_ids.move_id
        self.assertRecordValues(
            move,
            [
                {
                    "move_type": "out_invoice",
                    "state": "posted",
                    "is_recovery_charge": True,
                    "amount_total": 43.29,
                    "amount_tax": 0.0,
                    "partner_id": self.partner_a.id,
                    "invoice_date": self.today,
                    "invoice_date_due": notice.date_due,
                    "journal_id": self.company.recovery_charge_journal_id.id,
                }
            ],
        )
        self.assertTrue(move.name.startswith(move.journal_id.code))
        self.assertEqual(notice.amount_demanded, 1043.29, "as the customer was told")
        self.assertEqual(notice._totals(), {self.company.currency_id: 1043.29})
        self.assertEqual(self._open(), 1043.29)
        self.assertEqual(move._recovery_charge_parts(), {"costs": 4000, "interest": 329})
        self._pay(move, 41)
        self.assertEqual(move._recovery_charge_parts(), {"costs": 0, "interest": 229})

    def test_one_invoice_for_each_currency(self):
        self._overdue_invoice(10, 1000.0)
        foreign = self.setup_other_currency("EUR")
        self._overdue_invoice(10, 1000.0, currency_id=foreign.id)
        notice = self._run_dunning().notice_ids
        moves = notice.charge_ids.move_id
        self.assertEqual(set(moves.currency_id), {self.company.currency_id, foreign})
        self.assertEqual(len(moves), 2)
        for charge in notice.charge_ids:
            self.assertEqual(charge.move_id.currency_id, charge.currency_id)
        self.assertEqual(
            notice._totals()[foreign],
            1000.0
            + sum(charge.amount for charge in notice.charge_ids if charge.currency_id == foreign),
        )

    def test_the_message_explains_every_charge(self):
        notice = self._sent()
        body = str(notice.delivery_ids.body)
        for text in (
            "Costs of late payment",
            "Fixed sum for late payment of",
            "12 % a year on",
            "for 10 days to 03/03/2025",
            "act/365",
            "Source: Test Act, s. 1.",
            "1,043.29",
        ):
            self.assertIn(text, body)
        names = notice.charge_ids.move_id.invoice_line_ids.mapped("name")
        self.assertIn("12 % a year", "".join(names))

    def test_what_cannot_be_posted_waits_and_the_level_counts(self):
        model = type(self.env["recovery.charge"])
        with (
            patch.object(model, "_invoice_values", side_effect=UserError("Locked")),
            mute_logger(POSTING),
        ):
            notice = self._sent()
        self.assertEqual(notice.state, "sent")
        self.assertEqual(set(notice.charge_ids.mapped("state")), {"draft"})
        self.assertIn("Locked", str(notice.activity_ids.note))
        self.assertEqual(self._items(notice.line_ids.move_id).dunning_level_id, self.levels[0])
        self.env["recovery.case"]._cron_daily()
        self.assertEqual(set(notice.charge_ids.mapped("state")), {"posted"})
        self.assertEqual(self._open(), 1043.29)

    def test_posted_once_by_whoever_learns_of_the_hand_over(self):
        self._overdue_invoice(10, 1000.0)
        run = self._propose()
        run.action_issue()
        deliveries = self.env["dunning.delivery"].sudo()
        # the process dies between the server's answer and our commit
        with patch.object(type(deliveries), "_save_outcomes", lambda *_args: None):
            self._deliver()
        notice = run.notice_ids
        self.assertEqual((notice.delivery_ids.state, notice.state), ("sending", "issued"))
        self.assertEqual(set(notice.charge_ids.mapped("state")), {"draft"})
        notice.delivery_ids.sudo().write(
            {"handover": "taken", "sending_since": self.today - timedelta(days=1)}
        )
        deliveries._give_up_lost()
        deliveries._give_up_lost()
        notice.sudo()._hand_over()
        self.assertEqual(notice.state, "sent")
        self.assertEqual(set(notice.charge_ids.mapped("state")), {"posted"})
        self.assertEqual(self._open(), 1043.29)

    def test_a_merged_customer_keeps_its_charges(self):
        notice = self._sent()
        other = self.partner_b
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.partner_a | other).ids, other)
        self.assertEqual(notice.charge_ids.partner_id, other)
        notice.action_cancel()
        self.assertEqual(set(notice.charge_ids.mapped("state")), {"reversed"})

    # -- the next notice -------------------------------------------------------------------

    def test_costs_are_listed_on_the_next_notice_and_never_cause_one(self):
        notice = self._sent()
        with self.on(21):
            later = self._run_dunning(partner_ids=self.partner_a.ids).notice_ids
            costs = later.line_ids.filtered(lambda line: line.move_id.is_recovery_charge)
            self.assertRecordValues(costs, [{"kind": "listed", "amount_demanded": 43.29}])
            # 21 more days of interest, and the fee of the second level; the sum only once
            self.assertEqual(self._charges(later), {"fee": 5.0, "interest": 6.9})
            self.assertEqual(later.amount_demanded, 1000.0 + 43.29 + 11.9)
            self.assertIn("Costs of late payment", str(later.delivery_ids.body))
        with self.on(22):
            self._pay(notice.line_ids.move_id)
        with self.on(60):
            self.assertFalse(self._propose(partner_ids=self.partner_a.ids).notice_ids)
            item = self._items(notice.charge_ids.move_id)
            self.assertEqual(self._codes(item), ["charge"])
        self.assertEqual(self._open(), 43.29 + 11.9, "it survives the principal")

    def test_days_are_claimed_once_also_in_a_new_cycle(self):
        notice = self._sent()
        self._items(notice.line_ids.move_id).dunning_item_ids.sudo()._restart_at()
        with self.on(21):
            again = self._run_dunning(partner_ids=self.partner_a.ids).notice_ids
            self.assertEqual(again.level_id, self.levels[0])
            self.assertEqual(self._charges(again), {"interest": 6.9})
            (span,) = again.charge_ids
            self.assertEqual((span.date_from, span.date_to), (self.today, again.date))

    # -- the notice ends -------------------------------------------------------------------

    def test_a_late_bounce_credits_what_was_charged(self):
        notice = self._sent()
        notice.delivery_ids._on_bounce("No such mailbox")
        self.assertEqual(notice.state, "failed")
        self.assertEqual(set(notice.charge_ids.mapped("state")), {"reversed"})
        self.assertEqual(notice.charge_ids.move_id.payment_state, "reversed")
        self.assertEqual(self._open(), 1000.0)
        self.partner_a.email = "new@customer.example"
        notice.action_retry()
        self._deliver()
        self.assertEqual(notice.state, "sent")
        self.assertEqual(self._charges(notice), {"fixed_sum": 40.0, "interest": 3.29})
        self.assertEqual(self._open(), 1043.29)
        self.assertEqual(notice.amount_demanded, 1043.29)

    def test_a_cancelled_notice_credits_what_was_paid_already(self):
        notice = self._sent()
        move = notice.charge_ids.move_id
        self._pay(move)
        notice.action_cancel()
        self.assertEqual(set(notice.charge_ids.mapped("state")), {"reversed"})
        self.assertEqual(self._open(), 1000.0 - 43.29, "the customer's credit")
        self.assertIn(move.payment_state, ("paid", "in_payment"), "its payment stays matched")

    def test_a_credit_that_cannot_be_posted_waits(self):
        notice = self._sent()
        model = type(self.env["recovery.charge"])
        with (
            patch.object(model, "_refund_values", side_effect=UserError("Locked")),
            mute_logger(POSTING),
        ):
            notice.action_cancel()
        self.assertEqual(notice.state, "cancelled")
        self.assertEqual(set(notice.charge_ids.mapped("state")), {"posted"})
        self.env["recovery.case"]._cron_daily()
        self.assertEqual(set(notice.charge_ids.mapped("state")), {"reversed"})

    def test_an_accountant_cancels_deletes_or_credits_the_invoice(self):
        for partner, act in (
            (self.partner_a, self._cancel_by_hand),
            (self.partner_b, self._credit_by_hand),
        ):
            notice = self._sent(partner=partner)
            act(notice.charge_ids.move_id)
            self.assertEqual(set(notice.charge_ids.mapped("state")), {"reversed"})
            self.assertEqual(self._open(partner), 1000.0)

    def _cancel_by_hand(self, move):
        move.button_draft()
        move.button_cancel()

    def _credit_by_hand(self, move):
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=move.ids)
            .create({"journal_id": move.journal_id.id, "date": self.today})
        )
        wizard.reverse_moves()
        refund = wizard.new_move_ids
        refund.action_post()
        self.assertTrue(refund.is_recovery_charge)

    def test_the_charged_invoice_may_vanish(self):
        notice = self._sent()
        invoice = notice.line_ids.move_id
        invoice.button_draft()
        invoice.unlink()
        self.assertFalse(notice.charge_ids.move_line_id)
        self.assertEqual(set(notice.charge_ids.mapped("state")), {"posted"})
        self.assertTrue(all(notice.charge_ids.mapped("explanation")))

    # -- payments dated back ---------------------------------------------------------------

    def test_a_payment_dated_back_proposes_a_credit(self):
        notice = self._sent()
        invoice = notice.line_ids.move_id
        day = self.today.replace(month=2, day=26)
        self._register_payment(invoice, payment_date=day)
        self.env["recovery.case"]._cron_daily()
        span = notice.charge_ids.filtered(lambda charge: charge.kind == "interest")
        # 5 of 10 days: 1.6438 is due of 3.29
        self.assertRecordValues(
            span.waiver_ids, [{"kind": "correct", "state": "requested", "amount": 1.65}]
        )
        self.assertEqual(span.state, "posted", "a person decides")
        self.env["recovery.case"]._cron_daily()
        self.assertEqual(len(span.waiver_ids), 1)
        span.waiver_ids.action_approve()
        self.assertEqual((span.amount_waived, span.state), (1.65, "posted"))
        self.assertEqual(self._open(), 43.29 - 1.65)
        self.env["recovery.case"]._cron_daily()
        self.assertEqual(len(span.waiver_ids), 1)

    def test_the_proposal_goes_when_the_payment_is_undone(self):
        notice = self._sent()
        invoice = notice.line_ids.move_id
        day = self.today.replace(month=2, day=26)
        self._register_payment(invoice, payment_date=day)
        self.env["recovery.case"]._cron_daily()
        self._items(invoice).remove_move_reconcile()
        self.env["recovery.case"]._cron_daily()
        self.assertEqual(notice.charge_ids.waiver_ids.mapped("state"), ["refused"])

    # -- what paying later costs -----------------------------------------------------------

    def test_the_message_says_what_paying_later_costs(self):
        notice = self._sent()
        # to the day after the pay-by date: 11 days at 12 % = 3.6164, and the fee of 5.00
        self.assertEqual(str(notice.date_due), "2025-03-13")
        self.assertEqual(
            notice.charge_preview, "If you pay after March 13, 2025: $\N{NO-BREAK SPACE}8.62 more."
        )
        self.assertIn("If you pay after", str(notice.delivery_ids.body))
        invoice = notice.line_ids.move_id
        self.assertIn("8.62 more", invoice.recovery_status()["text"])
        self.policy.charges = False
        notice.invalidate_recordset()
        self.assertFalse(notice.charge_preview)

    def test_the_preview_is_what_is_charged_then(self):
        notice = self._sent()
        (told,) = notice._charge_preview()[notice.id].values()
        with self.on(11):
            self.levels[1].delay_days = 11
            later = self._run_dunning(partner_ids=self.partner_a.ids).notice_ids
            self.assertEqual(round(sum(self._charges(later).values()), 2), told)
