from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .common import MONDAY
from .referring import ReferringCommon


@tagged("post_install", "-at_install")
class TestRecoveryReferral(ReferringCommon):
    def test_a_case_without_an_agency_warns_of_nothing(self):
        self._overdue_invoice(10, 100, partner=self.partner_b)
        self.assertFalse(self.partner_b._recovery_case(self.company).referral_warning)

    def test_from_the_last_notice_to_the_money_in_the_bank(self):
        invoice = self._ripe_invoice()
        referral = self._referral(invoice)
        self.assertFalse(referral.reasons)
        referral.action_check()
        referral.action_approve()
        referral.action_send()
        self.assertEqual(referral.state, "sent")
        referral._on_accepted("A-77")
        referral._on_active()
        referral._on_payment(4000, "P-1", MONDAY)
        self.assertEqual(
            (referral.state, referral.external_ref, referral.amount_to_remit),
            ("partly_recovered", "A-77", 3525),
        )
        referral._book_remittance()
        self.assertTrue(self._items(invoice).reconciled)
        referral._on_closed("paid")
        self.assertEqual((referral.state, referral.outcome), ("closed", "paid"))
        self.env["recovery.case"]._cron_daily()
        self.assertEqual(referral.case_id.state, "resolved")

    # -- while it is placed ----------------------------------------------------------------

    def test_nothing_of_ours_goes_out_while_an_agency_collects(self):
        invoice = self._ripe_invoice()
        referral = self._placed(invoice)
        item = self._items(invoice)
        self.assertIn("referred", self._codes(item))
        self.assertFalse(self._propose().notice_ids)
        hold = self.env["recovery.hold"].search([("move_line_id", "=", item.id)])
        self.assertEqual(
            (hold.origin_model, hold.origin_id, hold.blocks),
            ("recovery.referral", referral.id, "both"),
        )
        self.env["recovery.case"]._recompute_dirty()
        self.assertEqual(referral.case_id.state, "referred")

    def test_offers_and_promises_name_the_referral_that_is_in_their_way(self):
        invoice = self._ripe_invoice()
        offer = self._offer(invoice, 3600)
        referral = self._placed(invoice)
        for act in (
            lambda: self._promise(invoice),
            lambda: self._offer(invoice, 3600),
            offer.action_accept,
        ):
            with self.assertRaisesRegex(UserError, referral.name):
                act()

    def test_the_invoice_and_the_customer_carry_the_flag(self):
        invoice, other = self._ripe_invoice(), self._ripe_invoice(partner=self.partner_a)
        referral = self._placed(invoice)
        invoice.invalidate_recordset(["recovery_referral_id"])
        self.assertEqual(invoice.recovery_referral_id, referral)
        moves = self.env["account.move"]
        both = [("id", "in", (invoice | other).ids)]
        self.assertEqual(moves.search([("recovery_referral_id", "!=", False), *both]), invoice)
        self.assertEqual(moves.search([("recovery_referral_id", "=", False), *both]), other)
        self.assertEqual(moves.search([("recovery_referral_id", "=", referral.id)]), invoice)
        self.assertTrue(self.debtor.is_referred)
        self.assertFalse(self.partner_a.is_referred)

    def test_later_invoices_stay_ours_with_a_warning(self):
        self._placed(self._ripe_invoice())
        later = self._overdue_invoice(10, 100, self.debtor)
        case = later.recovery_case_id
        self.assertIn(later.name, case.referral_warning)
        self.assertEqual(self._propose().notice_ids.line_ids.move_id & later, later)
        self.assertEqual(case._items_to_refer(), self._items(later))

    def test_the_portal_names_the_agency(self):
        referral = self._placed(self._ripe_invoice())
        note = referral._portal_note()
        for text in ("Collect Ltd", "+32 2 555 01 01", "A-1"):
            self.assertIn(text, note)

    def test_the_portal_asks_for_nothing_and_says_who_collects(self):
        invoice, other = self._ripe_invoice(), self._overdue_invoice(10, 100, self.debtor)
        self._placed(invoice)
        portal = self.env["recovery.portal"]
        self.assertIn("Collect Ltd", portal._agency_note(self._items(invoice).id))
        self.assertFalse(portal._agency_note(self._items(other).id))
        self.assertEqual(portal._words(("referred",)), "With a collection agency")

    def test_the_figures_of_today_tell_what_is_with_agencies(self):
        self._placed(self._ripe_invoice())
        figures = {row["key"]: row for row in self.env["recovery.today"].recovery_strip()}
        self.assertIn("4,000.00", figures["referred"]["amount"])

    def test_a_collector_does_everything_but_approve_and_write_off(self):
        collector = new_test_user(self.env, "collects", groups="account.group_account_invoice")
        invoice = self._ripe_invoice()
        referral = self._referral(invoice).with_user(collector)
        own = self.env["recovery.referral"].with_user(collector)
        referral = own.create(
            {"agency_id": self.agency.id, "move_line_ids": referral.move_line_ids.ids}
        )
        self.assertEqual(referral.user_id, collector)
        own.search([("id", "<", referral.id)]).action_cancel()
        referral.action_check()
        referral.with_user(self.env.user).action_approve()
        referral.action_send()
        referral._on_accepted("A-1")
        referral._on_payment(1000)
        dialog = self.env["recovery.referral.book"].with_user(collector)
        dialog.browse(referral.action_book()["res_id"]).action_book()
        self.assertEqual(self._items(invoice).amount_residual, 3000)
        referral.action_recall()
        referral._on_recalled()
        self.assertEqual(referral.state, "recalled")
        with self.assertRaises(UserError):
            referral.action_write_off_rest()

    def test_what_was_agreed_with_the_agency_is_fixed_when_it_is_sent(self):
        referral = self._placed(self._ripe_invoice())
        self.agency.fee_ids.percent = 50
        self.assertEqual((referral.fee_percent, referral.vat_percent), (9.5, 25))

    # -- what the agency tells -------------------------------------------------------------

    def test_news_that_comes_twice_counts_once(self):
        referral = self._placed(self._ripe_invoice())
        first = referral._on_payment(100, "P-1", MONDAY)
        second = referral._on_payment(100, "P-1", MONDAY)
        self.assertTrue(first)
        self.assertFalse(second)
        self.assertEqual(referral.amount_recovered, 100)

    def test_payments_before_the_acceptance_are_taken_in(self):
        referral = self._placed(self._ripe_invoice(), state="sent")
        referral._on_payment(100, "P-1")
        self.assertEqual(referral.state, "partly_recovered")
        referral._on_accepted("A-9")
        self.assertEqual((referral.state, referral.external_ref), ("partly_recovered", "A-9"))

    def test_a_question_waits_for_its_answer(self):
        referral = self._placed(self._ripe_invoice(), state="sent")
        referral._on_info_needed("Which order?", "E-1")
        self.assertEqual(referral.state, "needs_info")
        tasks = referral.case_id.activity_ids.mapped("summary")
        self.assertIn("Collect Ltd asks for information", tasks)
        referral.note = "Order 7"
        referral.action_answer()
        self.assertEqual(referral.state, "sent")
        self.assertEqual(
            referral.event_ids.filtered(lambda e: e.kind == "answered").text, "Order 7"
        )
        with self.assertRaises(UserError):
            referral.action_answer()

    def test_a_rejected_one_comes_back_from_a_question_too(self):
        referral = self._placed(self._ripe_invoice(), state="sent")
        referral._on_info_needed("Which order?")
        referral._on_rejected("Bankrupt")
        self.assertEqual(referral.state, "rejected")
        self.assertFalse(any(referral.line_ids.mapped("live")))

    def test_news_that_no_longer_fits_is_kept_and_shown(self):
        referral = self._placed(self._ripe_invoice())
        referral._on_closed("uncollectable")
        referral._on_payment(100, "P-9")
        referral._on_rejected("No")
        self.assertEqual(referral.state, "closed")
        self.assertEqual(referral.amount_recovered, 100)
        tasks = referral.case_id.activity_ids.mapped("summary")
        self.assertIn(f"{referral.name}: news that does not fit", tasks)

    def test_a_pause_ends_with_a_payment(self):
        referral = self._placed(self._ripe_invoice())
        referral._on_paused("Dispute")
        self.assertEqual(referral.state, "paused")
        referral._on_resumed()
        self.assertEqual(referral.state, "active")
        referral._on_paused()
        referral._on_payment(10)
        self.assertEqual(referral.state, "partly_recovered")

    def test_amounts_that_are_none_are_refused(self):
        referral = self._placed(self._ripe_invoice())
        for amount in (0, -5, 0.001):
            with self.subTest(amount=amount), self.assertRaises(UserError):
                referral._on_payment(amount)
        with self.assertRaises(UserError):
            referral._on_payment(5, date="yesterday")

    def test_events_are_only_added(self):
        event = self._placed(self._ripe_invoice()).event_ids[:1].sudo()
        with self.assertRaises(UserError):
            event.write({"amount": 1})
        with self.assertRaises(UserError):
            event.unlink()

    def test_the_dialog_takes_in_what_was_told_by_phone(self):
        referral = self._placed(self._ripe_invoice(), state="sent")

        def tell(**values):
            dialog = self.env["recovery.referral.report"].browse(referral.action_report()["res_id"])
            dialog.write(values)
            dialog.action_note()
            return referral.state

        self.assertEqual(tell(kind="accepted", external_ref="A-5"), "accepted")
        self.assertEqual(tell(kind="active"), "active")
        self.assertEqual(tell(kind="paused", text="Moved"), "paused")
        self.assertEqual(tell(kind="resumed"), "active")
        self.assertEqual(tell(kind="payment", amount=50), "partly_recovered")
        self.assertEqual(tell(kind="closed", outcome="uncollectable"), "closed")
        self.assertEqual((referral.external_ref, referral.outcome), ("A-5", "uncollectable"))
        with self.assertRaises(UserError):
            tell(kind="rejected")

    # -- recall ----------------------------------------------------------------------------

    def test_a_recall_shows_its_cost_and_the_item_waits_for_a_person_at_its_old_level(self):
        self.agency.write({"recall_fixed": 25, "recall_percent": 5, "exclusivity_months": 6})
        invoice = self._ripe_invoice()
        item = self._items(invoice)
        referral = self._placed(invoice)
        dialog = self.env["recovery.referral.take.back"].browse(
            referral.action_ask_recall()["res_id"]
        )
        self.assertEqual(dialog.recall_cost, 225)
        dialog.action_recall()
        self.assertEqual(referral.state, "recall_requested")
        self.assertIn("referred", self._codes(item))
        referral._on_recalled()
        self.assertEqual(referral.state, "recalled")
        self.assertEqual(item.dunning_level_id, self.levels[-1])
        self.assertEqual(self._codes(item)[0], "other")
        self.env["recovery.hold"]._ask_for_reviews()
        tasks = referral.case_id.activity_ids.mapped("summary")
        self.assertTrue([task for task in tasks if task.startswith("Review of a hold")])
        bill = self.env["account.move"].search([("invoice_origin", "=", referral.name)])
        self.assertEqual(
            (bill.state, bill.partner_id, bill.amount_untaxed),
            ("draft", self.agency.partner_id, 225),
        )

    def test_after_the_exclusive_right_only_the_fixed_sum_is_due(self):
        self.agency.write({"recall_fixed": 25, "recall_percent": 5, "exclusivity_months": 1})
        referral = self._placed(self._ripe_invoice())
        with self.on(60):
            referral.invalidate_recordset(["recall_cost"])
            self.assertEqual(referral.recall_cost, 25)

    def test_an_agency_that_refuses_a_recall_goes_on(self):
        referral = self._placed(self._ripe_invoice())
        referral.action_recall()
        referral._on_resumed("Court date is set")
        self.assertEqual(referral.state, "active")

    def test_only_what_the_agency_took_is_recalled(self):
        referral = self._placed(self._ripe_invoice(), state="sent")
        with self.assertRaises(UserError):
            referral.action_recall()
        referral._on_accepted()
        referral.action_recall()
        self.assertEqual(referral.state, "recall_requested")

    def test_the_board_has_columns_for_what_is_there_in_the_order_of_the_states(self):
        self._placed(self._ripe_invoice(amount=5000.0), state="sent")
        self._placed(self._ripe_invoice())
        referrals = self.env["recovery.referral"].with_context(read_group_expand=True)
        domain = [("company_id", "=", self.company.id)]
        groups = referrals.formatted_read_group(domain, ["state"], ["__count"])
        self.assertEqual([group["state"] for group in groups], ["sent", "active"])
