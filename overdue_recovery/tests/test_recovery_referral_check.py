from datetime import timedelta

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .common import MONDAY
from .referring import ReferringCommon


@tagged("post_install", "-at_install")
class TestRecoveryReferralCheck(ReferringCommon):
    def _refused(self, referral, *texts):
        """Checking is refused with all of these texts, which the screen shows too."""
        referral.invalidate_recordset(["reasons"])
        with self.assertRaises(UserError) as refusal:
            referral.action_check()
        for text in texts:
            self.assertIn(text, str(refusal.exception))
            self.assertIn(text, referral.reasons)
        self.assertEqual(referral.state, "draft")

    def test_a_notice_that_was_not_the_last_one_is_not_enough(self):
        invoice = self._overdue_invoice(60, 4000, self.debtor)
        self._items(invoice).action_start_at(self.levels[0])
        self._refused(self._referral(invoice), invoice.name, "last notice is not handed over")

    def test_a_level_from_which_a_referral_may_be_considered_is_enough(self):
        self.levels[1].refer = True
        invoice = self._ripe_invoice()
        self._items(invoice).action_start_at(self.levels[1])
        self._referral(invoice).action_check()

    def test_the_pay_by_date_of_the_last_notice_has_to_pass(self):
        invoice = self._ripe_invoice(days=31)
        self._items(invoice).action_start_at(self.levels[1])
        with self.on(14):
            self._run_dunning()
            item = self._items(invoice)
            self.assertEqual(item.dunning_level_id, self.levels[2])
            referral = self._referral(invoice)
            self._refused(referral, "pay-by date of the last notice has not passed")
            pay_by = item.dunning_due_date
        with self.on(pay_by):
            self._refused(referral, "pay-by date")
        with self.on(pay_by + timedelta(days=1)):
            referral.action_check()
        self.assertEqual(referral.state, "checked")

    def test_whatever_rests_is_not_placed(self):
        texts = {
            "disputed": "Disputed",
            "promised": "Promised",
            "in_plan": "plan",
            "hardship": "private reason",
        }
        for code, text in texts.items():
            invoice = self._ripe_invoice()
            self._hold(self._items(invoice), code)
            with self.subTest(code=code):
                self._refused(self._referral(invoice), text)

    def test_what_is_time_barred_is_not_placed(self):
        invoice = self._overdue_invoice(days=4 * 365, amount=4000, partner=self.debtor)
        self._refused(self._referral(invoice), "Time-barred")

    def test_all_reasons_come_at_once(self):
        self.agency.write(
            {
                "date_reviewed_until": MONDAY - timedelta(days=1),
                "amount_minimum": 5000,
                "country_ids": [Command.set(self.env.ref("base.fr").ids)],
            }
        )
        self.debtor.write({"street": False, "email": False, "phone": False})
        invoice = self._overdue_invoice(60, 4000, self.debtor)
        self._refused(
            self._referral(invoice),
            "last notice",
            "The review of",
            "may not collect in Belgium",
            "takes nothing below",
            "address is incomplete",
            "neither an e-mail address nor a phone",
            "was not asked why it is late",
        )

    def test_a_customer_who_was_asked_and_did_not_answer_was_asked(self):
        invoice = self._ripe_invoice()
        invoice.recovery_case_id.late_reason_id = False
        referral = self._referral(invoice)
        self._refused(referral, "was not asked")
        referral.late_reason_asked = True
        referral.action_check()

    def test_an_entry_without_its_document_is_not_placed(self):
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "line_ids": [
                    Command.create(
                        {
                            "account_id": self.debtor.property_account_receivable_id.id,
                            "partner_id": self.debtor.id,
                            "debit": 500,
                            "date_maturity": MONDAY - timedelta(days=60),
                        }
                    ),
                    Command.create(
                        {
                            "account_id": self.company_data["default_account_revenue"].id,
                            "credit": 500,
                        }
                    ),
                ],
            }
        )
        entry.action_post()
        self._items(entry).action_take_into_recovery()
        self._items(entry).action_start_at(self.levels[-1])
        self.debtor._recovery_case(self.company).late_reason_id = self.env.ref(
            "overdue_recovery.late_reason_cash_flow"
        )
        referral = self._referral(entry)
        self._refused(referral, "attach the document")
        self.agency.wants_invoices = False
        referral.action_check()

    def test_open_credits_lower_what_is_placed_oldest_item_first(self):
        old, new = self._ripe_invoice(1000, days=90), self._ripe_invoice(3000)
        self._credit_note(1200, self.debtor)
        referral = self._referral(old | new)
        placed = {line.name: line.amount for line in referral.line_ids}
        self.assertEqual(placed, {old.name: 0, new.name: 2800})
        self._refused(referral, "nothing is left to demand")
        referral.action_cancel()
        self._referral(new).action_check()

    def test_the_amount_is_taken_again_when_it_is_checked_and_sent(self):
        invoice = self._ripe_invoice()
        referral = self._referral(invoice)
        self._pay(invoice, 1000)
        referral.action_check()
        self.assertEqual(referral.amount, 3000)
        referral.action_approve()
        self._pay(invoice, 500)
        referral.action_send()
        self.assertEqual(referral.amount, 2500)

    def test_what_is_paid_meanwhile_is_not_sent(self):
        invoice = self._ripe_invoice()
        referral = self._referral(invoice)
        referral.action_check()
        referral.action_approve()
        self._pay(invoice)
        with self.assertRaisesRegex(UserError, "It is paid"):
            referral.action_send()
        self.assertEqual(referral.state, "approved")
        referral.action_cancel()

    def test_an_item_stands_in_one_referral_only(self):
        invoice = self._ripe_invoice()
        first = self._referral(invoice)
        self._refused(self._referral(invoice), f"stands in the referral {first.name} too")

    def test_another_agency_waits_for_the_end_of_the_exclusive_right(self):
        self.agency.exclusivity_months = 6
        invoice = self._ripe_invoice()
        referral = self._placed(invoice)
        referral.action_recall()
        referral._on_recalled()
        self.env["recovery.hold"].search([("origin_id", "=", referral.id)]).action_end()
        other = self._create_agency("Other Ltd")
        elsewhere = self._referral(invoice, agency_id=other.id)
        self._refused(elsewhere, "has the exclusive right until")
        with self.on(200):
            elsewhere.action_check()

    def test_it_is_checked_once(self):
        referral = self._referral(self._ripe_invoice())
        referral.action_check()
        with self.assertRaises(UserError):
            referral.action_check()

    # -- approval --------------------------------------------------------------------------

    def _manager(self, login):
        return new_test_user(self.env, login, groups="account.group_account_manager")

    def _checked(self, invoice):
        referral = self._referral(invoice)
        referral.action_check()
        return referral

    def test_nobody_approves_an_own_referral_above_the_limit(self):
        self.company.recovery_referral_limit = 3999.99
        referral = self._checked(self._ripe_invoice())
        with self.assertRaisesRegex(UserError, "another manager"):
            referral.action_approve()
        referral.with_user(self._manager("second")).action_approve()
        self.assertEqual(referral.state, "approved")

    def test_an_own_referral_up_to_the_limit_is_approved_alone(self):
        self.company.recovery_referral_limit = 4000
        referral = self._checked(self._ripe_invoice())
        referral.action_approve()
        self.assertEqual((referral.state, referral.approver_id), ("approved", self.env.user))

    def test_a_collector_approves_nothing(self):
        collector = new_test_user(
            self.env, "collects", groups="base.group_user,overdue_recovery.group_user"
        )
        referral = self._checked(self._ripe_invoice())
        with self.assertRaisesRegex(UserError, "manager"):
            referral.with_user(collector).action_approve()

    def test_a_key_account_needs_two_managers(self):
        self.debtor.is_key_account = True
        referral = self._checked(self._ripe_invoice())
        referral.action_approve()
        self.assertEqual(referral.state, "checked")
        with self.assertRaisesRegex(UserError, "second manager"):
            referral.action_approve()
        second = self._manager("second")
        referral.with_user(second).action_approve()
        self.assertEqual(
            (referral.state, referral.approver_id, referral.second_approver_id),
            ("approved", self.env.user, second),
        )

    def test_the_owner_of_the_case_is_told(self):
        referral = self._checked(self._ripe_invoice())
        referral.case_id.user_id = self._manager("owner")
        referral.action_approve()
        task = referral.case_id.activity_ids.filtered(lambda one: referral.name in one.summary)
        self.assertEqual(task.user_id.login, "owner")

    def test_what_came_up_since_the_check_stops_the_approval(self):
        invoice = self._ripe_invoice()
        referral = self._checked(invoice)
        self._hold(self._items(invoice), "disputed")
        with self.assertRaisesRegex(UserError, "isputed"):
            referral.action_approve()

    # -- making ----------------------------------------------------------------------------

    def test_nothing_but_its_items_and_its_agency_is_given_to_a_new_one(self):
        invoice = self._ripe_invoice()
        referral = self._referral(
            invoice,
            approver_id=self.env.uid,
            fee_percent=1,
            external_ref="X",
            idempotency_key="mine",
            date_sent=MONDAY,
        )
        self.assertFalse(referral.approver_id or referral.fee_percent or referral.external_ref)
        self.assertNotEqual(referral.idempotency_key, "mine")
        self.assertEqual(referral.case_id, self.debtor._recovery_case(self.company))
        forged = self.env["recovery.referral"].with_context(default_approver_id=self.env.uid)
        self.assertFalse(
            forged.create(
                {
                    "agency_id": self.agency.id,
                    "move_line_ids": [Command.set(self._items(invoice).ids)],
                }
            ).approver_id
        )

    def test_what_it_places_is_fixed_and_kept(self):
        referral = self._checked(self._ripe_invoice())
        for values in ({"agency_id": self.agency.id}, {"external_ref": "X"}, {"case_id": 1}):
            with self.subTest(values=values), self.assertRaises(UserError):
                referral.write(values)
        referral.note = "Speaks French"
        with self.assertRaises(UserError):
            referral.unlink()

    def test_items_of_two_customers_or_none_make_no_referral(self):
        first = self._ripe_invoice()
        second = self._ripe_invoice(partner=self._create_debtor("Other"))
        with self.assertRaises(UserError):
            self._referral(first | second)
        with self.assertRaises(UserError):
            self.env["recovery.referral"].create({"agency_id": self.agency.id})

    def test_without_items_it_takes_what_the_case_proposes(self):
        invoice = self._ripe_invoice()
        referral = self.env["recovery.referral"].create(
            {"agency_id": self.agency.id, "case_id": invoice.recovery_case_id.id}
        )
        self.assertEqual(referral.move_line_ids, self._items(invoice))
        found = self.env["recovery.referral"].search(
            [("move_line_ids", "in", self._items(invoice).ids)]
        )
        self.assertEqual(found, referral)

    def test_an_agency_of_another_company_is_refused(self):
        other = self.env["res.company"].sudo().create({"name": "Other"})
        agency = self.agency.sudo().copy({"company_id": other.id, "fee_ids": False})
        with self.assertRaises(UserError):
            self._referral(self._ripe_invoice(), agency_id=agency.id)

    # -- dialog ----------------------------------------------------------------------------

    def test_the_dialog_compares_agencies_and_proposes_the_best(self):
        cheap = self._create_agency("Cheap Ltd", 5, 25, {75: 10})
        self._create_agency("Over Ltd", 1, 0, date_reviewed_until=False)
        invoice = self._ripe_invoice()
        action = invoice.recovery_case_id.action_refer()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        rows = {row.agency_id.display_name: row for row in wizard.row_ids}
        self.assertEqual(wizard.agency_id, cheap)
        self.assertEqual(rows["Cheap Ltd"].amount_net, 3800)
        self.assertEqual(rows["Cheap Ltd"].cliff_text, "Before 18 Mar: 10 points cheaper.")
        self.assertEqual(rows["Collect Ltd"].amount_net, 3620)
        self.assertIn("review", rows["Over Ltd"].reasons)
        self.assertFalse(wizard.reasons)
        found = wizard.action_make()
        referral = self.env["recovery.referral"].browse(found["res_id"])
        self.assertEqual((referral.state, referral.agency_id), ("checked", cheap))

    def test_the_dialog_says_what_stays_ours_and_why_not_yet(self):
        ripe = self._ripe_invoice()
        fresh = self._overdue_invoice(3, 100, self.debtor)
        action = ripe.recovery_case_id.action_refer()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        self.assertIn("last notice", wizard.reasons)
        wizard.move_line_ids -= self._items(fresh)
        self.assertEqual(wizard.left_out, fresh.name)
        self.assertFalse(wizard.reasons)

    def test_the_dialog_makes_a_draft_of_what_is_not_ripe(self):
        fresh = self._overdue_invoice(3, 100, self.debtor)
        action = self.debtor._recovery_case(self.company).action_refer()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        found = wizard.action_make()
        referral = self.env["recovery.referral"].browse(found["res_id"])
        self.assertEqual((referral.state, referral.move_line_ids), ("draft", self._items(fresh)))
