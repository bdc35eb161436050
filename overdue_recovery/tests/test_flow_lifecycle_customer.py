from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .test_flow_lifecycle import STAGES, LifecycleCommon

DEAD = ("skipped", "cancelled")


@tagged("post_install", "-at_install")
class TestFlowLifecycleCustomer(LifecycleCommon):
    # -- merge -----------------------------------------------------------------------------

    def _merge(self, kept, *others):
        """Merge as the contacts screen does it."""
        partners = kept.union(*others)
        wizard = self.env["base.partner.merge.automatic.wizard"].create(
            {
                "state": "selection",
                "partner_ids": [Command.set(partners.ids)],
                "dst_partner_id": kept.id,
            }
        )
        wizard.sudo().action_merge()
        self.assertFalse(partners.exists() - kept)

    def _log(self, case, text):
        self.env["recovery.interaction"]._log(
            [{"case": case, "direction": "note", "channel": "system", "kind": "note", "text": text}]
        )

    def _assert_logs_whole(self, cases):
        self.assertEqual(set(self.env["recovery.interaction"]._verify(cases).values()), {None})

    def test_two_customers_with_everything_become_one(self):
        for stage in STAGES:
            with self._stage(stage):
                first = self._overdue_invoice(amount=100)
                second = self._overdue_invoice(amount=50, partner=self.partner_b)
                run = self._bring_to(stage)
                notices = run.notice_ids
                cases = notices.case_id
                self.assertEqual(len(cases), 2)
                for case in cases:
                    self._log(case, f"Said before the merge to {case.partner_id.name}.")
                entries = cases.interaction_ids
                self._merge(self.partner_a, self.partner_b)
                self._check_merged(run, notices, cases, stage)
                self.assertEqual(cases.interaction_ids, entries)
                self._assert_logs_whole(cases)
                self._finish(run)
                self._check_told_once(run, first | second, stage)

    def _check_merged(self, run, notices, cases, stage):
        open_cases = cases.filtered(lambda case: not case.date_closed)
        self.assertEqual(len(open_cases), 1)
        self.assertEqual(cases.partner_id, self.partner_a)
        self.assertEqual((cases - open_cases).outcome, "merged")
        self.assertEqual(notices.case_id, open_cases)
        self.assertEqual(notices.partner_id, self.partner_a)
        live = notices.filtered(lambda notice: notice.state not in DEAD)
        self.assertEqual(len(live), 2 if stage == "sent" else 1)
        self.assertEqual(self.partner_a._recovery_case(self.company), open_cases)

    def _check_told_once(self, run, invoices, stage):
        if stage == "sent":
            self.assertEqual(invoices.mapped("dunning_level_id"), self.levels[0])
        else:
            self.assertEqual(len(run.notice_ids.filtered(lambda n: n.state == "sent")), 1)
            self.assertEqual(len(self._new_mails), 1)
        with self.on(21):
            again = self._run_dunning()
            self.assertEqual(len(again.notice_ids), 1)
            self.assertEqual(again.notice_ids.state, "sent")
            self.assertEqual(again.notice_ids.amount_demanded, 150)
            self.assertLessEqual(invoices, again.notice_ids.line_ids.move_id)

    def test_refresh_after_a_merge_proposes_the_customer_once_with_all_items(self):
        self._overdue_invoice(amount=100)
        self._overdue_invoice(amount=50, partner=self.partner_b)
        run = self._bring_to("proposed")
        self._merge(self.partner_b, self.partner_a)
        run.action_propose()
        live = run.notice_ids.filtered(lambda notice: notice.state == "proposed")
        self.assertEqual(live.partner_id, self.partner_b)
        self.assertEqual(live.amount_demanded, 150)

    def test_sent_run_of_merged_customers_can_be_cancelled(self):
        first = self._overdue_invoice()
        second = self._overdue_invoice(partner=self.partner_b)
        run = self._bring_to("sent")
        self._merge(self.partner_a, self.partner_b)
        run.action_cancel()
        self.assertEqual(set(run.notice_ids.mapped("state")), {"cancelled"})
        self.assertFalse((first | second).mapped("dunning_level_id"))

    def test_two_contacts_that_get_the_same_notice_become_one(self):
        for stage in STAGES:
            with self._stage(stage):
                contacts = self.env["res.partner"].create(
                    [
                        {
                            "name": name,
                            "email": f"{name}@customer.example",
                            "parent_id": self.partner_a.id,
                            "is_dunning_contact": True,
                        }
                        for name in ("ann", "bob")
                    ]
                )
                self._overdue_invoice()
                run = self._bring_to(stage)
                self._merge(*contacts)
                deliveries = run.notice_ids.delivery_ids
                self.assertLessEqual(deliveries.recipient_id, contacts[0])
                self._finish(run)
                self.assertEqual(run.notice_ids.state, "sent")
                if stage == "sent":
                    self.assertEqual(deliveries.mapped("state"), ["sent", "sent"])
                    self.assertEqual(sum(deliveries.mapped("is_merged")), 1)
                else:
                    self.assertEqual(len(self._new_mails), 1, "one person gets one message")
                self._assert_logs_whole(run.notice_ids.case_id)

    def test_merge_of_a_customer_with_the_one_that_pays_for_it(self):
        for kept_pays in (True, False):
            with self._stage(f"kept pays: {kept_pays}"):
                kept, other = self.partner_a, self.partner_b
                payer, child = (kept, other) if kept_pays else (other, kept)
                child.dunning_payer_id = payer
                third = self.env["res.partner"].create(
                    {"name": "Third", "dunning_payer_id": other.id}
                )
                invoice = self._overdue_invoice(partner=child)
                run = self._bring_to("proposed")
                self.assertEqual(run.notice_ids.partner_id, payer)
                self._merge(kept, other)
                self.assertFalse(kept.dunning_payer_id)
                self.assertEqual(third.dunning_payer_id, kept)
                run.action_propose()
                run.action_issue()
                self._deliver()
                self.assertEqual(invoice.dunning_level_id, self.levels[0])

    def test_merge_of_three_customers_two_of_them_with_open_cases(self):
        third = self.env["res.partner"].create({"name": "Third", "email": "t@customer.example"})
        self._overdue_invoice()
        self._overdue_invoice(partner=self.partner_b)
        cases = self._bring_to("sent").notice_ids.case_id
        self._merge(third, self.partner_a, self.partner_b)
        self.assertEqual(cases.partner_id, third)
        self.assertEqual(len(cases.filtered(lambda case: not case.date_closed)), 1)

    def test_merge_keeps_holds_and_closed_cases(self):
        self._overdue_invoice()
        self._overdue_invoice(partner=self.partner_b)
        hold = self._hold(self.partner_b, "hardship")
        old = self.partner_b._recovery_case(self.company)
        self._merge(self.partner_a, self.partner_b)
        self.assertEqual((hold | hold).partner_id, self.partner_a)
        self.assertEqual(old.partner_id, self.partner_a)
        self.assertFalse(self._propose().notice_ids, "the hold is on all of the merged customer")

    def test_somebody_who_may_merge_contacts_need_not_be_a_collector(self):
        self._overdue_invoice()
        self._overdue_invoice(partner=self.partner_b)
        self._bring_to("issued")
        self.partner_b.email = self.partner_a.email
        user = new_test_user(
            self.env,
            "merger",
            groups="base.group_user,base.group_partner_manager",
            company_id=self.company.id,
        )
        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(user)
        partners = self.partner_a | self.partner_b
        wizard._merge(partners.ids, self.partner_a.with_user(user))
        self.assertFalse(self.partner_b.exists())

    # -- archive, delete -------------------------------------------------------------------

    def test_archived_customer_is_left_out_with_a_text(self):
        for stage in STAGES:
            with self._stage(stage):
                invoice = self._overdue_invoice()
                run = self._bring_to(stage)
                self.partner_a.active = False
                self._finish(run)
                self.assertEqual(run.notice_ids.state, "sent" if stage == "sent" else "failed")
                if stage != "sent":
                    self.assertIn("archived", run.notice_ids.reason)
                with self.on(21):
                    later = self._propose()
                    self.assertFalse(later.notice_ids)
                    self.assertEqual(later.exception_ids.reason, "no_address")
                    self.assertIn("archived", later.exception_ids.text)
                    self.assertEqual(self._codes(self._items(invoice)), ["no_address"])
                    self.assertIn("archived", invoice.dunning_status)

    def test_archived_contact_gives_way_to_the_customer(self):
        contact = self.env["res.partner"].create(
            {
                "name": "Ann",
                "email": "ann@customer.example",
                "parent_id": self.partner_a.id,
                "is_dunning_contact": True,
            }
        )
        self._overdue_invoice()
        run = self._bring_to("proposed")
        contact.active = False
        self._finish(run)
        self.assertEqual(run.notice_ids.delivery_ids.recipient_id, self.partner_a)

    def test_customer_of_a_notice_is_not_deleted(self):
        for stage in STAGES:
            with self._stage(stage):
                customer = self.env["res.partner"].create(
                    {"name": "Gone", "email": "g@customer.example"}
                )
                invoice = self._overdue_invoice(partner=customer)
                self._bring_to(stage)
                invoice.button_draft()
                invoice.with_context(force_delete=True).unlink()
                with self.assertRaises(UserError) as refusal:
                    customer.unlink()
                self.assertIn("Gone", str(refusal.exception))
                self.assertIn("rchive", str(refusal.exception))

    def test_contact_that_was_written_to_is_not_deleted(self):
        contact = self.env["res.partner"].create(
            {
                "name": "Ann",
                "email": "ann@customer.example",
                "parent_id": self.partner_a.id,
                "is_dunning_contact": True,
            }
        )
        self._overdue_invoice()
        self._bring_to("issued")
        with self.assertRaises(UserError) as refusal:
            contact.unlink()
        self.assertIn("Ann", str(refusal.exception))

    def test_customer_that_was_never_dunned_is_deleted(self):
        partner = self.env["res.partner"].create({"name": "Nobody"})
        partner.unlink()
        self.assertFalse(partner.exists())

    # -- company, policy -------------------------------------------------------------------

    def test_customer_moved_to_another_company_still_owes_the_old_one(self):
        other = self.setup_other_company()["company"]
        for stage in STAGES:
            with self._stage(stage):
                self._overdue_invoice()
                run = self._bring_to(stage)
                # core lets it be changed; what is owed stays owed to the company of the invoice
                self.partner_a.sudo().company_id = other
                self._finish(run)
                self.assertEqual(run.notice_ids.state, "sent")
                with self.on(21):
                    again = self._run_dunning()
                    self.assertEqual(again.notice_ids.company_id, self.company)
                    self.assertEqual(again.notice_ids.level_id, self.levels[1])

    def test_customer_with_another_policy_goes_on_at_the_level_of_the_same_delay(self):
        other = self._create_policy(delays=(10, 20, 40), partner_domain="[('id', '=', 0)]")
        for stage in STAGES:
            with self._stage(stage):
                invoice = self._overdue_invoice(16)
                run = self._bring_to(stage)
                self.partner_a.dunning_policy_id = other
                self._finish(run)
                self.assertEqual(run.notice_ids.state, "sent")
                with self.on(21):
                    again = self._run_dunning()
                    # day 5 of the old policy is before day 10, the first of the new one
                    self.assertEqual(again.notice_ids.level_id, other.level_ids[0])
                with self.on(42):
                    again = self._run_dunning()
                    self.assertEqual(again.notice_ids.level_id, other.level_ids[1])
                    self.assertEqual(invoice.dunning_level_id, other.level_ids[1])

    def test_archived_level_counts_as_the_highest_before_it(self):
        for stage in STAGES:
            with self._stage(stage):
                invoice = self._overdue_invoice(10)
                run = self._bring_to(stage)
                self.levels[0].active = False
                self._finish(run)
                expected = "sent" if stage == "sent" else "cancelled"
                self.assertEqual(run.notice_ids.state, expected)
                if stage == "sent":
                    self.assertEqual(invoice.dunning_level_id, self.levels[0])
                else:
                    self.assertIn("not due", run.notice_ids.reason)
                with self.on(21):
                    again = self._run_dunning()
                    self.assertEqual(again.notice_ids.level_id, self.levels[1])

    def test_archived_middle_level_does_not_repeat_a_step(self):
        invoice = self._overdue_invoice(16)
        self._run_dunning()
        with self.on(21):
            self._run_dunning()
        self.assertEqual(invoice.dunning_level_id, self.levels[1])
        self.levels[1].active = False
        with self.on(42):
            again = self._run_dunning()
            self.assertEqual(again.notice_ids.level_id, self.levels[2])

    def test_archived_policy_ends_what_is_under_way_with_its_reason(self):
        for stage in STAGES:
            with self._stage(stage):
                invoice = self._overdue_invoice()
                run = self._bring_to(stage)
                self.policy.active = False
                self._finish(run)
                if stage == "sent":
                    self.assertEqual(run.notice_ids.state, "sent")
                else:
                    self.assertEqual(run.notice_ids.state, "cancelled")
                    self.assertIn("policy", run.notice_ids.reason)
                self.assertEqual(self._codes(self._items(invoice)), ["no_policy"])

    # -- deletion of what is in use ----------------------------------------------------------

    def test_what_is_in_use_is_not_deleted(self):
        for stage in ("issued", "sent"):
            with self._stage(stage):
                self._overdue_invoice()
                run = self._bring_to(stage)
                self._log(run.notice_ids.case_id, "Said.")
                records = {
                    "policy": self.policy,
                    "level": self.levels[0],
                    "run": run,
                    "notice": run.notice_ids,
                    "delivery": run.notice_ids.delivery_ids,
                    "case": run.notice_ids.case_id,
                }
                for name, record in records.items():
                    with self.subTest(record=name), self._undone():
                        with self.assertRaises(UserError) as refusal, self.env.cr.savepoint():
                            record.sudo().unlink()
                        self.assertIn(record.display_name, str(refusal.exception))
                        self.assertTrue(record.exists())

    def test_policy_with_a_proposed_notice_is_not_deleted(self):
        self._overdue_invoice()
        self._bring_to("proposed")
        for record in (self.policy, self.levels[0]):
            with self.assertRaises(UserError):
                record.unlink()

    def test_level_at_which_an_item_was_started_is_not_deleted(self):
        invoice = self._overdue_invoice(100)
        self._items(invoice).action_start_at(self.levels[1])
        with self.assertRaises(UserError):
            self.levels[1].unlink()

    def test_level_and_currency_that_only_a_line_names_are_not_deleted(self):
        # the line has no foreign key to either
        currency = self.env["res.currency"].create({"name": "XTS", "symbol": "X"})
        self._overdue_invoice()
        line = self._bring_to("proposed").notice_ids.line_ids.sudo()
        for name, record in (("level_id", self.levels[2]), ("currency_id", currency)):
            with self.subTest(name=name), self._undone():
                line[name] = record
                with self.assertRaises(UserError) as refusal:
                    record.unlink()
                self.assertIn(record.name, str(refusal.exception))
                self.assertTrue(record.exists())

    def test_what_lines_name_is_locked_until_they_stand(self):
        currency = self.env["res.currency"].create({"name": "XTS", "symbol": "X"})
        locks = "SELECT xmax::text FROM res_currency WHERE id = %s"
        self.env.cr.execute(locks, [currency.id])
        self.assertEqual(self.env.cr.fetchone(), ("0",))
        proposal = self.env["dunning.proposal"]
        proposal._lock_named("dunning.notice.line", "level_id", set())
        proposal._lock_named("dunning.notice.line", "currency_id", {currency.id})
        self.env.cr.execute(locks, [currency.id])
        self.assertNotEqual(self.env.cr.fetchone(), ("0",))

    def test_what_is_not_in_use_is_deleted(self):
        policy = self._create_policy(partner_domain="[('id', '=', 0)]")
        level = policy.level_ids[1]
        level.unlink()
        self.partner_b.dunning_policy_id = policy
        policy.unlink()
        self.assertFalse(policy.exists() or level.exists())
        self.assertFalse(self.partner_b.dunning_policy_id)

    def test_proposed_run_is_deleted_and_bars_nothing(self):
        invoice = self._overdue_invoice()
        run = self._bring_to("proposed")
        notices = run.notice_ids
        run.unlink()
        self.assertFalse(notices.exists())
        self._run_dunning()
        self.assertEqual(invoice.dunning_level_id, self.levels[0])

    def test_case_without_a_log_is_deleted(self):
        self._overdue_invoice()
        run = self._bring_to("proposed")
        case = run.notice_ids.case_id
        with self.assertRaises(UserError):
            case.unlink()
        run.action_cancel()
        case.unlink()
        self.assertFalse(run.notice_ids.case_id)
        self._run_dunning()
        self.assertTrue(self.partner_a._recovery_case(self.company).interaction_ids)
