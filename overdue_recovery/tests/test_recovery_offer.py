from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import RecoveryCommon


@tagged("post_install", "-at_install")
class TestRecoveryOffer(RecoveryCommon):
    """An offer from the proposal to the end that the ledger decides."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls._person("manager", "account.group_account_manager")
        cls.other_manager = cls._person("other", "account.group_account_manager")
        cls.collector = cls._person("collector", "account.group_account_invoice")
        cls.company.recovery_offer_count = 2

    @classmethod
    def _person(cls, name, groups):
        return new_test_user(
            cls.env,
            f"offer_{name}",
            groups=groups,
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def setUp(self):
        super().setUp()
        self.invoice = self._overdue_invoice(100, 1000)
        self.item = self._items(self.invoice)

    def _accepted(self, amount=800, invoices=None, **values):
        offer = self._offer(invoices or self.invoice, amount, **values)
        offer.action_accept()
        return offer

    def _daily(self):
        with self.mock_mail_gateway():
            self.env["recovery.case"]._cron_daily()

    def _recompute(self):
        self.env["recovery.case"]._cron_recompute()

    # -- the main road ---------------------------------------------------------------------

    def test_accepted_the_items_rest_and_when_the_money_is_in_the_rest_is_written_off(self):
        offer = self._accepted()
        self.assertEqual(offer.state, "accepted")
        self.assertEqual(self._codes(self.item)[:1], ["promised"])
        self._recompute()
        self.assertEqual(offer.case_id.state, "promised")
        self.assertEqual(offer.case_id.live_offer_id, offer)
        self.assertFalse(offer.closing_move_ids)
        self._pay(self.invoice, 800)
        self.assertEqual(self.invoice.amount_residual, 200, "nothing is given before the job")
        self._recompute()
        self.assertRecordValues(
            offer, [{"state": "fulfilled", "date_fulfilled": self.today, "amount_received": 800}]
        )
        self.assertEqual((self.invoice.amount_residual, self.invoice.payment_state), (0, "paid"))
        loss = offer.closing_move_ids.line_ids.filtered("debit")
        self.assertEqual(loss.account_id, self.company.recovery_loss_account_id)
        self.assertEqual(loss.debit, 200)
        self.assertFalse(offer.claim_ids.live)
        self.assertFalse(self.env["recovery.hold"].search([("move_line_id", "=", self.item.id)]))

    def test_the_money_may_come_in_parts_until_the_last_day(self):
        offer = self._accepted(days=10)
        self._pay(self.invoice, 300)
        self._recompute()
        self.assertEqual((offer.state, offer.amount_received), ("accepted", 300))
        with self.on(10):
            self._daily()
            self.assertEqual(offer.state, "accepted", "the last day is included")
            self._pay(self.invoice, 500)
            self._recompute()
        self.assertEqual(offer.state, "fulfilled")
        self.assertEqual(self.invoice.amount_residual, 0)

    def test_short_on_the_day_after_it_is_void_and_dunning_goes_on_at_the_stored_level(self):
        self._run_dunning()
        level = self.invoice.dunning_level_id
        offer = self._accepted(days=14)
        with self.on(14):
            self._pay(self.invoice, 799.99)
            self._daily()
            self.assertEqual(offer.state, "accepted")
            self.assertFalse(self.env["dunning.notice"].search([("date", "=", "2025-03-17")]))
        with self.on(15):
            self._daily()
            self.assertEqual(offer.state, "voided")
            self.assertFalse(offer.claim_ids.live)
            self.assertEqual(self.invoice.amount_residual, 200.01)
            self.assertFalse(offer.closing_move_ids)
            notice = self.env["dunning.notice"].search([("state", "=", "proposed")])
            rising = notice.line_ids.filtered(lambda line: line.kind == "rising")
            self.assertEqual(rising.move_line_id, self.item, "judged before proposing")
            self.assertEqual((level, rising.level_id), (self.levels[0], self.levels[1]))
            self.assertEqual(rising.cycle, 1)

    def test_money_dated_after_the_last_day_comes_too_late(self):
        offer = self._accepted(days=10)
        with self.on(12):
            self._pay(self.invoice, 800)
            self._recompute()
            self.assertEqual(offer.state, "voided")
            self.assertEqual(self.invoice.amount_residual, 200)

    def test_money_of_the_last_day_that_is_booked_later_counts(self):
        offer = self._accepted(days=10)
        with self.on(11):
            day = fields.Date.today() - timedelta(days=1)
            self._register_payment(self.invoice, payment_date=day, amount=800)
            self._daily()
        self.assertEqual(offer.state, "fulfilled")

    def test_money_between_proposal_and_acceptance_counts(self):
        offer = self._offer(self.invoice, 800)
        self._pay(self.invoice, 300)
        offer.action_accept()
        self._pay(self.invoice, 500)
        self._recompute()
        self.assertEqual((offer.state, self.invoice.amount_residual), ("fulfilled", 0))
        self.assertEqual(offer.amount_total, 1000)

    def test_money_that_is_there_already_fulfils_at_once(self):
        offer = self._offer(self.invoice, 800)
        self._pay(self.invoice, 800)
        offer.action_accept()
        self.assertEqual(offer.state, "fulfilled")

    def test_a_credit_note_is_no_money_and_lowers_what_is_closed(self):
        offer = self._accepted()
        (self.item | self._items(self._credit_note(150))).reconcile()
        self._recompute()
        self.assertEqual((offer.state, offer.amount_received), ("accepted", 0))
        self._pay(self.invoice, 800)
        self._recompute()
        self.assertEqual(offer.state, "fulfilled")
        self.assertEqual(sum(offer.closing_move_ids.line_ids.mapped("debit")), 50)

    def test_over_payment_closes_less(self):
        offer = self._accepted()
        self._pay(self.invoice, 950)
        self._recompute()
        self.assertEqual(sum(offer.closing_move_ids.line_ids.mapped("debit")), 50)

    def test_all_paid_there_is_nothing_to_close(self):
        offer = self._accepted()
        self._pay(self.invoice)
        self._recompute()
        self.assertEqual(offer.state, "fulfilled")
        self.assertFalse(offer.closing_move_ids)

    def test_several_items_are_one_sum_wherever_the_money_goes(self):
        second = self._overdue_invoice(95, 500)
        offer = self._accepted(1200, self.invoice | second)
        self._pay(self.invoice, 1000)
        self._pay(second, 200)
        self._recompute()
        self.assertEqual(offer.state, "fulfilled")
        self.assertEqual(second.amount_residual, 0)
        self.assertEqual(len(offer.closing_move_ids), 1)

    # -- taken back ------------------------------------------------------------------------

    def test_a_payment_undone_takes_the_closing_back_and_the_offer_waits_again(self):
        offer = self._accepted(days=10)
        payment = self._pay(self.invoice, 800)
        self._recompute()
        entry = offer.closing_move_ids
        payment.move_id._recovery_lines().remove_move_reconcile()
        self._recompute()
        self.assertEqual((offer.state, self.invoice.amount_residual), ("accepted", 1000))
        self.assertTrue(entry.reversal_move_ids)
        self.assertFalse(offer.closing_move_ids)
        self.assertTrue(offer.claim_ids.live)
        self.assertEqual(self._codes(self.item)[:1], ["promised"])
        self._pay(self.invoice, 800)
        self._recompute()
        self.assertEqual((offer.state, self.invoice.amount_residual), ("fulfilled", 0))

    def test_a_payment_undone_after_the_last_day_voids_it_at_once(self):
        offer = self._accepted(days=10)
        payment = self._pay(self.invoice, 800)
        self._recompute()
        case = offer.case_id
        self.assertTrue(case.date_closed, "nobody looks at a closed case")
        with self.on(20):
            payment.action_draft()
            payment.action_cancel()
            self._recompute()
            self.assertEqual((offer.state, self.invoice.amount_residual), ("voided", 1000))
            self.assertFalse(offer.claim_ids.live)

    def test_a_payment_undone_and_matched_again_changes_nothing(self):
        offer = self._accepted()
        payment = self._pay(self.invoice, 800)
        self._recompute()
        entry = offer.closing_move_ids
        credit = payment.move_id._recovery_lines()
        credit.remove_move_reconcile()
        (credit | self.item).reconcile()
        self._recompute()
        self.assertEqual((offer.state, offer.closing_move_ids), ("fulfilled", entry))

    def test_an_older_payment_undone_is_not_given_up(self):
        older = self._pay(self.invoice, 300)
        offer = self._accepted(600)
        self._pay(self.invoice, 600)
        older.move_id._recovery_lines().remove_move_reconcile()
        self._recompute()
        self.assertEqual(offer.state, "fulfilled")
        self.assertEqual(self.invoice.amount_residual, 300)

    def test_the_closing_of_a_credit_note_is_taken_back(self):
        offer = self._accepted(close_by="credit_note")
        payment = self._pay(self.invoice, 800)
        self._recompute()
        self.assertEqual(offer.closing_move_ids.move_type, "out_refund")
        payment.move_id._recovery_lines().remove_move_reconcile()
        self._recompute()
        self.assertEqual((offer.state, self.invoice.amount_residual), ("accepted", 1000))

    # -- closing ---------------------------------------------------------------------------

    def _taxed_invoice(self, lines):
        """An overdue invoice of [(price, taxes)]."""
        due = self.today - timedelta(days=100)
        return self._create_invoice(
            invoice_line_ids=[
                self._prepare_invoice_line(price_unit=price, tax_ids=taxes)
                for price, taxes in lines
            ],
            partner_id=self.partner_a,
            invoice_date=due - timedelta(days=30),
            invoice_date_due=due,
            invoice_payment_term_id=False,
            post=True,
        )

    def test_a_credit_note_gives_the_taxes_back_in_the_invoices_proportions(self):
        high, low = self.percent_tax(21), self.percent_tax(6)
        invoice = self._taxed_invoice([(1000, high), (500, low), (100, self.env["account.tax"])])
        self.assertEqual(invoice.amount_total, 1840)
        offer = self._accepted(1840 * 0.8, invoice, kind="settlement", close_by="credit_note")
        self._pay(invoice, 1840 * 0.8)
        self._recompute()
        note = offer.closing_move_ids.filtered(lambda move: move.move_type == "out_refund")
        self.assertEqual(note.amount_total, 368)
        self.assertEqual(note.amount_tax, 48)
        taxes = {line.tax_line_id: line.debit for line in note.line_ids if line.tax_line_id}
        self.assertEqual(taxes, {high: 42, low: 6})
        self.assertEqual((invoice.amount_residual, note.amount_residual), (0, 0))
        self.assertEqual(note.reversed_entry_id, invoice)

    def test_every_cent_is_closed_whatever_the_taxes_round_to(self):
        tax = self.percent_tax(19)
        for amount in (333.33, 412.07, 777.01, 801.99):
            invoice = self._taxed_invoice([(700, tax), (19.99, tax)])
            offer = self._offer(invoice, amount, close_by="credit_note")
            offer.sudo()._accept()
            self._pay(invoice, amount)
            self._recompute()
            with self.subTest(amount=amount):
                self.assertEqual(offer.state, "fulfilled")
                self.assertEqual(invoice.amount_residual, 0)
                self.assertEqual(sum(offer.closing_move_ids.mapped("amount_residual")), 0)
                self.assertAlmostEqual(
                    sum(offer.closing_move_ids.mapped("amount_total")),
                    invoice.amount_total - amount,
                )

    def test_a_price_with_its_tax_included_is_credited_to_the_cent(self):
        tax = self.percent_tax(21, price_include_override="tax_included")
        invoice = self._taxed_invoice([(1210, tax)])
        offer = self._accepted(1000, invoice, close_by="credit_note")
        self._pay(invoice, 1000)
        self._recompute()
        self.assertRecordValues(
            offer.closing_move_ids, [{"amount_total": 210, "amount_untaxed": 173.55}]
        )

    def test_a_foreign_debt_is_closed_without_a_rest(self):
        euro = self.setup_other_currency("EUR", rates=[("2024-01-01", 2.0), ("2025-03-01", 4.0)])
        for close_by in ("write_off", "credit_note"):
            invoice = self._overdue_invoice(100, 1000, currency_id=euro.id)
            offer = self._offer(invoice, 800, close_by=close_by)
            self.assertEqual(offer.currency_id, euro)
            self.assertEqual(offer.amount_given_up_company, 50)
            offer.sudo()._accept()
            self._register_payment(
                invoice, payment_date=self.today, amount=800, currency_id=euro.id
            )
            self._recompute()
            with self.subTest(close_by=close_by):
                self.assertEqual(offer.state, "fulfilled")
                self.assertTrue(self._items(invoice).reconciled)
                self.assertEqual(self._items(invoice).amount_residual, 0)

    def test_a_closing_that_can_not_be_posted_is_told_and_tried_again(self):
        offer = self._accepted(days=1)
        self._pay(self.invoice, 800)
        closing = type(self.env["recovery.offer"])
        error = UserError("The period is closed.")
        with (
            patch.object(closing, "_close_rest", side_effect=error),
            mute_logger("odoo.addons.overdue_recovery.models.recovery_offer_judge"),
        ):
            self._recompute()
            self._daily()
        self.assertEqual(offer.state, "accepted")
        task = offer.case_id.activity_ids.filtered(lambda task: offer.name in task.summary)
        self.assertEqual(len(task), 1)
        self.assertIn("The period is closed.", task.note)
        with self.on(5):
            self._daily()
        self.assertEqual(offer.state, "fulfilled", "the money was in time")

    def test_offers_of_which_nothing_is_new_are_judged_together(self):
        offers = self.env["recovery.offer"]
        for _number in range(4):
            offers |= self._offer(self._overdue_invoice(100, 100), 80)
        for offer in offers:
            offer.sudo()._accept()
        self.env.flush_all()
        self.env.invalidate_all()
        counts = []
        for some in (offers[:1], offers):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some.sudo()._judge()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

    # -- proposals -------------------------------------------------------------------------

    def test_a_proposal_that_nobody_accepted_expires_on_the_day_after(self):
        offer = self._offer(self.invoice, 800, days=3)
        with self.on(3):
            self._daily()
            self.assertEqual(offer.state, "proposed")
        with self.on(4):
            with self.assertRaises(UserError):
                offer.action_accept()
            self._daily()
            self.assertEqual(offer.state, "expired")

    def test_counter_offers_are_a_thread(self):
        first = self._offer(self.invoice, 800)
        answer = first._counter("debtor", 700, self.today + timedelta(days=5))
        self.assertEqual(
            (first.state, answer.parent_id, answer.author),
            (
                "countered",
                first,
                "debtor",
            ),
        )
        final = answer._counter("us", 850, self.today + timedelta(days=7), note="Last word")
        with self.assertRaises(UserError):
            answer.action_accept()
        final.action_accept()
        self.assertEqual((final.state, final.note), ("accepted", "Last word"))
        self.assertEqual(final.claim_ids.move_line_id, self.item)

    def test_declined_and_withdrawn_offers_are_over(self):
        declined, withdrawn = self._offer(self.invoice, 800), self._offer(self.invoice, 850)
        declined.action_decline()
        withdrawn.action_withdraw()
        self.assertEqual((declined.state, withdrawn.state), ("declined", "withdrawn"))
        self.assertFalse(self.env["recovery.hold"].search([("move_line_id", "=", self.item.id)]))

    def test_an_offer_that_can_not_be_is_refused_in_words(self):
        paid = self._overdue_invoice(100, 100)
        self._pay(paid)
        euro = self._overdue_invoice(100, 100, currency_id=self.setup_other_currency("EUR").id)
        foreign = self._overdue_invoice(100, 100, partner=self.partner_b)
        for invoices, amount, days in (
            (self.invoice, 1000, 5),
            (self.invoice, -1, 5),
            (self.invoice, 800, -1),
            (paid, 50, 5),
            (self.invoice | euro, 800, 5),
            (self.invoice | foreign, 800, 5),
            (self.env["account.move"], 800, 5),
        ):
            with self.subTest(amount=amount, days=days), self.assertRaises(UserError):
                self._offer(invoices, amount, days=days)

    def test_terms_are_fixed_and_offers_are_kept(self):
        offer = self._offer(self.invoice, 800).with_user(self.manager)
        for values in (
            {"amount": 1},
            {"expiry_date": "2030-01-01"},
            {"approver_id": self.manager.id},
            {"guard_overridden": True},
            {"user_id": self.collector.id},
            {"closing_move_ids": [Command.clear()]},
            {"claim_ids": [Command.clear()]},
            {"state": "fulfilled"},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                offer.write(values)
        offer.note = "She lost her job"
        with self.assertRaises(UserError):
            offer.unlink()
        with self.assertRaises(UserError):
            offer.copy()

    def test_an_offer_begins_as_a_proposal_of_whoever_makes_it(self):
        offer = self._offer(
            self.invoice,
            800,
            user_id=self.collector.id,
            approver_id=self.manager.id,
            guard_overridden=True,
            amount_total=1,
        )
        self.assertRecordValues(
            offer,
            [
                {
                    "user_id": self.env.uid,
                    "approver_id": False,
                    "guard_overridden": False,
                    "amount_total": 1000,
                    "state": "proposed",
                }
            ],
        )

    # -- limits, guard, four eyes ----------------------------------------------------------

    def test_limits_go_by_role_and_age(self):
        young = self._overdue_invoice(20, 1000)
        middle = self._overdue_invoice(40, 1000)
        old = self._overdue_invoice(200, 1000)
        for user, invoice, amount, needs in (
            (self.collector, self.invoice, 900, False),
            (self.collector, self.invoice, 899, True),
            (self.collector, middle, 950, True),
            (self.manager, middle, 800, False),
            (self.manager, middle, 799, True),
            (self.manager, old, 600, False),
            (self.manager, old, 599, True),
            (self.manager, young, 990, True),
        ):
            offer = self._as(user, invoice, amount)
            with self.subTest(user=user.login, amount=amount):
                self.assertEqual(offer.needs_approval, needs)

    def _as(self, user, invoice, amount, **values):
        """An offer that ``user`` makes."""
        return (
            self.env["recovery.offer"]
            .with_user(user)
            .create(
                {
                    "amount": amount,
                    "expiry_date": self.today + timedelta(days=10),
                    "claim_ids": [
                        Command.create({"move_line_id": item.id}) for item in self._items(invoice)
                    ],
                    **values,
                }
            )
        )

    def test_the_youngest_item_decides_the_age(self):
        young = self._overdue_invoice(40, 1000)
        offer = self._as(self.collector, self.invoice | young, 1900)
        self.assertTrue(offer.needs_approval)

    def test_above_the_limit_another_manager_approves_and_nobody_an_own_one(self):
        offer = self._as(self.manager, self.invoice, 500)
        for act in (offer.action_accept, offer.action_send, offer.action_approve):
            with self.assertRaises(UserError):
                act()
        with self.assertRaises(UserError):
            offer.with_user(self.collector).action_approve()
        offer.with_user(self.other_manager).action_approve()
        self.assertEqual(offer.approver_id, self.other_manager)
        self.assertFalse(offer.guard_overridden, "a limit is no guard")
        with self.assertRaises(UserError):
            offer.with_user(self.other_manager).action_approve()
        offer.action_accept()
        self.assertEqual(offer.state, "accepted")

    def test_whoever_accepts_a_customers_offer_is_bound_by_the_own_limit(self):
        offer = self._as(self.collector, self.invoice, 850, author="debtor")
        with self.assertRaises(UserError):
            offer.with_user(self.collector).action_accept()
        offer.with_user(self.manager).action_accept()
        self.assertEqual(offer.state, "accepted")

    def test_a_discount_on_the_price_is_never_better_than_paying_on_time(self):
        offer = self._as(self.manager, self.invoice, 990, kind="discount")
        self.assertTrue(offer.needs_approval)
        self.assertIn("paying on time", offer.objections)
        offer.with_user(self.other_manager).action_approve()
        self.assertTrue(offer.guard_overridden)

    def test_a_discount_may_give_what_the_terms_of_payment_give(self):
        terms = self.env["account.payment.term"].create(
            {
                "name": "2/10 net 30",
                "early_discount": True,
                "discount_percentage": 2,
                "discount_days": 10,
                "line_ids": [Command.create({"value": "percent", "value_amount": 100})],
            }
        )
        self.invoice.button_draft()
        self.invoice.invoice_payment_term_id = terms
        self.invoice.action_post()
        self.assertFalse(self._as(self.manager, self.invoice, 980, kind="discount").needs_approval)
        self.assertTrue(self._as(self.manager, self.invoice, 979, kind="discount").needs_approval)

    def test_a_waiver_takes_charges_only(self):
        charge = self._overdue_invoice(5, 50)
        charge.sudo().is_recovery_charge = True
        both = self.invoice | charge
        self.assertFalse(self._as(self.manager, both, 1000, kind="waiver").needs_approval)
        self.assertTrue(self._as(self.manager, both, 990, kind="waiver").needs_approval)

    def test_a_young_debt_is_settled_by_approval_only_and_that_is_told(self):
        young = self._overdue_invoice(5, 1000)
        offer = self._as(self.manager, young, 990)
        offer.with_user(self.other_manager).action_approve()
        self.assertTrue(offer.guard_overridden)

    def test_so_many_offers_in_24_months(self):
        for _number in range(2):
            self._accepted(800, self._overdue_invoice(100, 1000))
        third = self._as(self.manager, self.invoice, 900)
        self.assertTrue(third.needs_approval)
        self.assertIn("24", third.objections)
        with self.on(24 * 31), self.assertRaises(UserError):
            third.action_accept()
        with self.on(24 * 31):
            invoice = self._overdue_invoice(100, 1000)
            offer = (
                self.env["recovery.offer"]
                .with_user(self.manager)
                .create(
                    {
                        "amount": 900,
                        "expiry_date": fields.Date.today(),
                        "claim_ids": [Command.create({"move_line_id": self._items(invoice).id})],
                    }
                )
            )
            self.assertFalse(offer.needs_approval, "the first two are long ago")

    def test_a_fee_waiver_credits_the_charge_when_the_rest_is_paid_and_charges_it_again(self):
        charge = self._overdue_invoice(5, 50)
        charge.sudo().is_recovery_charge = True
        offer = self._as(self.manager, self.invoice | charge, 1000, kind="waiver")
        offer.action_accept()
        payment = self._pay(self.invoice, 1000)
        self.assertEqual(charge.amount_residual, 50)
        self._recompute()
        self.assertEqual((offer.state, charge.amount_residual), ("fulfilled", 0))
        note = offer.closing_move_ids
        self.assertEqual((note.move_type, note.amount_total), ("out_refund", 50))
        self.assertTrue(note.is_recovery_charge, "it is no sale that is given back")
        payment.move_id._recovery_lines().remove_move_reconcile()
        self._recompute()
        self.assertEqual((offer.state, charge.amount_residual), ("accepted", 50))
        self.assertTrue(note.reversal_move_ids.is_recovery_charge)

    # -- messages and screens --------------------------------------------------------------

    def test_the_offer_and_its_confirmation_are_sent_and_logged_as_answers(self):
        offer = self._offer(self.invoice, 800)
        with self.mock_mail_gateway():
            offer.action_send()
            offer.action_accept()
            offer.action_send()
            mails = self._new_mails
        self.assertEqual(len(mails), 2)
        for mail in mails:
            self.assertEqual(mail.recipient_ids, self.partner_a)
            self.assertIn("800.00", mail.body_html)
            self.assertNotIn("800", mail.subject)
        sent = offer.case_id.interaction_ids.filtered(lambda entry: entry.direction == "out")
        self.assertEqual(set(sent.mapped("purpose")), {"answer"})
        self.assertEqual(set(sent.mapped("reference")), {offer.name})
        self.assertIn("800.00", sent[0].text)
        steps = offer.case_id.interaction_ids - sent
        self.assertEqual(sorted(steps.mapped("outcome")), ["accepted", "proposed"])

    def test_the_customer_reads_it_in_the_own_language(self):
        words = {
            "de_DE": ("Bitte sagen Sie uns", "vollständig erledigt", "800,00"),
            "fr_FR": ("Dites-nous", "entièrement réglé", "800,00"),
            "es_ES": ("Díganos", "totalmente saldado", "800,00"),
            "nl_NL": ("Laat ons weten", "volledig voldaan", "800,00"),
        }
        for code in words:
            self.env["res.lang"]._activate_lang(code)
        self.env["ir.module.module"]._load_module_terms(["overdue_recovery"], list(words))
        offer = self._offer(self.invoice, 800)
        for code, expected in words.items():
            self.partner_a.lang = code
            with self.mock_mail_gateway():
                offer.action_send()
                body = self._new_mails.body_html
            for word in expected:
                with self.subTest(lang=code, word=word):
                    self.assertIn(word, body)

    def test_nobody_to_write_to_is_said(self):
        self.partner_a.email = False
        with self.assertRaises(UserError):
            self._offer(self.invoice, 800).action_send()

    def test_the_dialog_proposes_what_is_overdue_and_makes_the_offer(self):
        self._overdue_invoice(-5, 70)
        case = self.partner_a._recovery_case(self.company)
        for action in (case.action_offer(), self.partner_a.action_recovery_offer()):
            wizard = self.env[action["res_model"]].browse(action["res_id"])
            self.assertEqual(wizard.move_line_ids, self.item)
        self.assertEqual((wizard.amount_total, wizard.amount), (1000, 900))
        wizard.percent = 20
        self.assertEqual(wizard.amount, 800)
        offer = self.env["recovery.offer"].browse(wizard.action_make()["res_id"])
        self.assertRecordValues(
            offer,
            [{"amount": 800, "case_id": case.id, "kind": "settlement", "close_by": "write_off"}],
        )
        action = offer.action_counter()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        wizard.amount = 700
        answer = self.env["recovery.offer"].browse(wizard.action_make()["res_id"])
        self.assertEqual((answer.author, answer.amount, offer.state), ("debtor", 700, "countered"))

    def test_the_dialog_of_a_waiver_gives_up_the_charges(self):
        charge = self._overdue_invoice(5, 50)
        charge.sudo().is_recovery_charge = True
        case = self.partner_a._recovery_case(self.company)
        wizard = self.env["recovery.offer.create"].browse(case.action_offer()["res_id"])
        wizard.kind = "waiver"
        self.assertEqual((wizard.amount, wizard.close_by), (1000, "credit_note"))

    def test_merged_customers_take_their_offers_along(self):
        offer = self._accepted()
        kept = self.partner_b._recovery_case(self.company)
        self.env["base.partner.merge.automatic.wizard"].sudo()._merge(
            (self.partner_a | self.partner_b).ids, self.partner_b
        )
        self.assertEqual((offer.case_id, offer.partner_id), (kept, self.partner_b))

    def test_another_company_does_not_see_it(self):
        offer = self._accepted()
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "offer_stranger",
            groups="account.group_account_manager",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        for record in (offer, offer.claim_ids):
            self.assertFalse(record.with_user(stranger).search([]) & record)
