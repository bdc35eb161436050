from datetime import timedelta
from smtplib import SMTPRecipientsRefused
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import RecoveryCommon

POSTAL = {"street": "Long Road 1", "zip": "12345", "city": "Northam"}


@tagged("post_install", "-at_install")
class TestDunningChannels(RecoveryCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner_a.write(POSTAL)
        cls.levels.print_letter = True

    def _issued(self, **partner):
        self.partner_a.write(partner)
        self.invoice = self._overdue_invoice()
        run = self._propose()
        run.action_issue()
        return run.notice_ids.sudo()

    def _deliver_to_nobody(self, answer=b"5.7.1 not from you"):
        """A mail server that refuses every recipient for good."""
        refusal = SMTPRecipientsRefused({"a@customer.example": (550, answer)})
        with (
            mute_logger("odoo.addons.mail.models.mail_mail"),
            self.mail_server_fails(refusal),
        ):
            self.env["dunning.delivery"]._cron_deliver()

    def _refuse(self, *channels):
        """A gate that refuses these channels and lets the others pass."""
        gate = type(self.env["recovery.contact.gate"])
        refusals = gate._refusals

        def refuse(gate_self, request, facts):
            found = refusals(gate_self, request, facts)
            return found | {"opt_out"} if request.channel in channels else found

        return patch.object(gate, "_refusals", refuse)

    # -- choice ----------------------------------------------------------------------------

    def test_channels_of_a_level_stand_in_one_order_with_the_call_on_top(self):
        level = self.levels[0]
        self.assertEqual(level._channels(), ["email", "letter"])
        level.call = True
        self.assertEqual(level._channels(), ["email", "letter", "call"])
        self.assertEqual(level._alternatives("letter"), ["letter", "email"])
        self.assertEqual(level._alternatives("sms"), ["email", "letter"])
        level.is_internal = True
        self.assertEqual(level._channels(), [])

    def test_first_channel_with_an_address_is_used_alone(self):
        self.assertEqual(self._issued().delivery_ids.mapped("channel"), ["email"])

    def test_preferred_channel_comes_first(self):
        notice = self._issued(recovery_channel="letter")
        self.assertEqual(notice.delivery_ids.mapped("channel"), ["letter"])
        self.assertEqual(notice.delivery_ids.address, "Long Road 1, 12345 Northam")

    def test_missing_address_falls_to_the_next_channel(self):
        notice = self._issued(email=False)
        self.assertEqual(notice.delivery_ids.mapped("channel"), ["letter"])

    def test_incomplete_postal_address_is_none(self):
        for missing in ("street", "zip", "city"):
            with self.subTest(missing=missing):
                self.partner_a.write({**POSTAL, missing: False})
                self.assertFalse(self.partner_a._recovery_address("letter"))

    def test_call_is_on_top_and_no_alternative(self):
        self.levels[0].call = True
        notice = self._issued(email=False)
        self.assertEqual(set(notice.delivery_ids.mapped("channel")), {"letter", "call"})

    def test_nobody_reachable_fails_the_notice_and_asks_the_owner_once(self):
        self.partner_a.user_id = self.env.user
        self._overdue_invoice()
        run = self._propose()
        self.partner_a.write({"email": False, "street": False})
        run.action_issue()
        notice = run.notice_ids.sudo()
        self.assertEqual(notice.state, "failed")
        self.assertIn("address", notice.reason)
        activity = notice.case_id.activity_ids
        self.assertEqual(activity.user_id, self.env.user)
        self.env["dunning.delivery"].sudo()._ask_for_address(notice)
        self.assertEqual(notice.case_id.activity_ids, activity)

    # -- dead addresses ----------------------------------------------------------------------

    def test_bounce_leaves_the_old_notice_alone_and_the_next_run_takes_the_next_channel(self):
        notice = self._issued()
        self._deliver()
        notice.delivery_ids._on_bounce("550 user unknown")
        self.assertEqual(notice.state, "failed")
        self.assertEqual(notice.delivery_ids.mapped("channel"), ["email"])
        with self.on(1):
            run = self._propose()
            run.action_issue()
        again = run.notice_ids.sudo()
        self.assertEqual(again.level_id, notice.level_id, "the same level is repeated")
        self.assertEqual(again.delivery_ids.mapped("channel"), ["letter"])
        self.assertEqual(notice.state, "cancelled", "superseded")

    def test_refused_address_gives_way_to_another_channel_of_the_next_run(self):
        notice = self._issued()
        self._deliver_to_nobody()
        self.assertEqual((notice.state, notice.delivery_ids.state), ("failed", "failed"))
        with self.on(1):
            run = self._propose()
            run.action_issue()
        self.assertEqual(run.notice_ids.level_id, self.levels[0])
        self.assertEqual(run.notice_ids.sudo().delivery_ids.mapped("channel"), ["letter"])

    def test_refused_address_is_tried_again_where_there_is_no_other_way(self):
        self._issued(street=False)
        self._deliver_to_nobody()
        with self.on(1):
            run = self._run_dunning()
        self.assertEqual(run.notice_ids.sudo().delivery_ids.mapped("channel"), ["email"])
        self.assertEqual(run.notice_ids.state, "sent")

    def test_address_that_its_server_does_not_know_is_dead_as_after_a_bounce(self):
        self._issued(street=False)
        self._deliver_to_nobody(b"5.1.1 user unknown")
        self.assertEqual(self.partner_a.recovery_dead_email, self.partner_a.email)
        self.partner_a.street = POSTAL["street"]
        with self.on(1):
            run = self._propose()
            run.action_issue()
        self.assertEqual(run.notice_ids.level_id, self.levels[0])
        self.assertEqual(run.notice_ids.sudo().delivery_ids.mapped("channel"), ["letter"])

    def test_refused_message_says_nothing_against_the_address(self):
        self._issued()
        self._deliver_to_nobody(b"5.7.1 looks like spam")
        self.assertFalse(self.partner_a.recovery_dead_email)

    def test_refused_address_that_changed_is_used(self):
        self._issued()
        self._deliver_to_nobody()
        self.partner_a.email = "new@customer.example"
        with self.on(1):
            run = self._run_dunning()
        self.assertEqual(run.notice_ids.sudo().delivery_ids.mapped("channel"), ["email"])

    def test_retry_of_a_bounced_notice_takes_the_next_channel_at_the_same_level(self):
        notice = self._issued()
        self._deliver()
        notice.delivery_ids._on_bounce("550 user unknown")
        notice.action_retry()
        states = {d.channel: d.state for d in notice.delivery_ids}
        self.assertEqual(states, {"email": "cancelled", "letter": "queued"})
        self.assertEqual(notice.state, "issued")

    def test_retry_without_any_way_left_is_refused_and_changes_nothing(self):
        notice = self._issued(street=False)
        self._deliver()
        notice.delivery_ids._on_bounce("550 user unknown")
        with self.assertRaises(UserError):
            notice.action_retry()
        self.assertEqual((notice.state, notice.delivery_ids.state), ("failed", "bounced"))

    # -- refused by the gate -----------------------------------------------------------------

    def test_channel_that_the_gate_refuses_is_not_chosen(self):
        notice = self._issued(recovery_opt_out_email=True)
        self.assertEqual(notice.delivery_ids.mapped("channel"), ["letter"])

    def test_blacklisted_address_is_not_chosen(self):
        self.env["mail.blacklist"]._add(self.partner_a.email)
        self.assertEqual(self._issued().delivery_ids.mapped("channel"), ["letter"])

    def test_proposed_notice_shows_the_way_that_it_will_take(self):
        self.partner_a.recovery_opt_out_email = True
        self._overdue_invoice()
        requests = self._propose().notice_ids.sudo()._coming_requests()
        self.assertEqual([request.channel for request in requests], ["letter"])

    def test_contact_who_opted_out_gets_nothing_where_another_one_does(self):
        contacts = self.env["res.partner"].create(
            [
                {
                    "name": name,
                    "parent_id": self.partner_a.id,
                    "email": f"{name}@customer.example",
                    "is_dunning_contact": True,
                    "recovery_opt_out_email": name == "one",
                }
                for name in ("one", "two")
            ]
        )
        # with a letter as the other way: only where there is a choice the gate is asked
        contacts[1].write(POSTAL)
        self.assertEqual(self._issued().delivery_ids.recipient_id, contacts[1])

    def test_refused_on_the_only_channel_fails_with_the_reason(self):
        notice = self._issued(street=False, recovery_opt_out_email=True)
        self._deliver()
        self.assertEqual(notice.state, "failed")
        self.assertIn("does not want to be contacted", notice.reason)

    def test_refused_channel_gives_way_to_the_next_one_of_the_same_notice(self):
        notice = self._issued()
        with self._refuse("email"):
            self._deliver()
        states = {d.channel: d.state for d in notice.delivery_ids}
        self.assertEqual(states, {"email": "cancelled", "letter": "sending"})
        self.assertEqual(notice.state, "issued")

    def test_refused_on_every_channel_fails_with_the_reason(self):
        notice = self._issued()
        with self._refuse("email", "letter"):
            self._deliver()
        self.assertEqual(set(notice.delivery_ids.mapped("state")), {"cancelled"})
        self.assertEqual(notice.state, "failed")
        self.assertIn("does not want to be contacted", notice.reason)

    def test_notice_refused_everywhere_can_be_retried_when_that_is_over(self):
        notice = self._issued()
        with self._refuse("email", "letter"):
            self._deliver()
        notice.action_retry()
        self._deliver()
        self.assertEqual(notice.state, "sent")

    def test_one_of_two_contacts_refused_needs_no_other_channel(self):
        self.env["res.partner"].create(
            [
                {
                    "name": name,
                    "parent_id": self.partner_a.id,
                    "email": f"{name}@customer.example",
                    "is_dunning_contact": True,
                }
                for name in ("one", "two")
            ]
        )
        notice = self._issued()
        notice.delivery_ids[0]._set_state("cancelled")
        notice.delivery_ids[0]._next_channel("opt_out")
        self.assertEqual(set(notice.delivery_ids.mapped("channel")), {"email"})

    # -- switch --------------------------------------------------------------------------------

    def test_switch_cancels_the_failed_message_and_queues_one_on_the_other_channel(self):
        notice = self._issued()
        self._deliver_to_nobody()
        self.assertEqual(notice.state, "failed")
        notice.delivery_ids.action_switch_channel("letter")
        states = {d.channel: d.state for d in notice.delivery_ids}
        self.assertEqual(states, {"email": "cancelled", "letter": "queued"})
        self.assertEqual(notice.state, "issued")

    def test_switch_to_a_call_plans_it_and_counts(self):
        notice = self._issued()
        notice.action_switch_channel("call")
        self._deliver()
        self.assertEqual(notice.state, "sent")
        self.assertTrue(notice.case_id.activity_ids)

    def test_switch_of_many_is_all_or_nothing_and_says_who_has_no_address(self):
        self._overdue_invoice(partner=self.partner_b)
        self.partner_b.write({"street": False})
        first = self._issued()
        notices = first.run_id.notice_ids.sudo()
        self.assertEqual(len(notices), 2)
        with self.assertRaises(UserError) as refusal:
            notices.action_switch_channel("letter")
        self.assertIn(self.partner_b.display_name, str(refusal.exception))
        self.assertEqual(notices.delivery_ids.mapped("state"), ["queued", "queued"])
        self.partner_b.write(POSTAL)
        notices.action_switch_channel("letter")
        self.assertEqual(
            sorted(notices.delivery_ids.mapped("state")),
            ["cancelled", "cancelled", "queued", "queued"],
        )

    def test_switch_is_refused_where_it_is_senseless(self):
        notice = self._issued()
        for channel in ("email", "pigeon", "sms"):
            with self.subTest(channel=channel), self.assertRaises(UserError):
                notice.delivery_ids.action_switch_channel(channel)
        self._deliver()
        with self.assertRaises(UserError):
            notice.delivery_ids.action_switch_channel("letter")
        with self.assertRaises(UserError):
            notice.action_switch_channel("letter")

    def test_dialog_offers_the_channels_that_reach_all(self):
        notice = self._issued()
        action = notice.action_switch_channel()
        dialog = self.env[action["res_model"]].with_context(**action["context"])
        self.assertEqual(
            [code for code, _label in dialog._selection_channels()], ["letter", "call"]
        )
        wizard = dialog.create({"channel": "letter"})
        wizard.action_switch()
        self.assertIn("letter", notice.delivery_ids.mapped("channel"))

    # -- call ----------------------------------------------------------------------------------

    def test_call_shows_the_script_under_the_figures(self):
        self.levels[0].write({"call": True, "call_script": "<p>Ask for the date.</p>"})
        notice = self._issued(phone="+1 555 0100")
        self._deliver()
        note = notice.delivery_ids.filtered(lambda d: d.channel == "call").activity_id.note
        self.assertIn("Ask for the date.", note)
        self.assertIn("+1 555 0100", note)
        self.assertIn(self.invoice.name, note)
        self.assertIn("100.00", note)

    # -- a run's figures and acts --------------------------------------------------------------

    def test_run_counts_its_messages_and_retries_all_failed_at_once(self):
        self._overdue_invoice(partner=self.partner_b)
        notice = self._issued()
        run = notice.run_id
        self.assertEqual((run.waiting_count, run.progress), (2, 0))
        self._deliver_to_nobody()
        self.assertEqual((run.failed_count, run.unsent_count, run.progress), (2, 2, 100))
        self.partner_b.email = "new@customer.example"
        run.action_retry_failed()
        self._deliver()
        self.assertEqual((run.failed_count, run.sent_count), (0, 2))
        with self.assertRaises(UserError):
            run.action_retry_failed()

    def test_skipped_and_held_are_shown_too(self):
        self._overdue_invoice(partner=self.partner_b)
        first, other = self._issued()
        run = first.run_id
        first.action_skip("Called")
        other.delivery_ids._set_state("held", hold_until=fields.Datetime.now())
        self.assertEqual((run.skipped_count, run.held_count, run.waiting_count), (1, 1, 0))

    # -- spread --------------------------------------------------------------------------------

    def test_spread_lets_so_many_leave_in_a_quarter_of_an_hour(self):
        self.company.recovery_pace = 2
        partners = self.env["res.partner"].create(
            [{"name": f"P{i}", "email": f"p{i}@customer.example"} for i in range(5)]
        )
        for partner in partners:
            self._overdue_invoice(partner=partner)
        run = self._propose()
        run.action_issue()
        sent = []
        for minute in (0, 10, 16, 32):
            with patch.object(
                fields.Datetime, "now", lambda m=minute: self._start() + timedelta(minutes=m)
            ):
                self._deliver()
            sent.append(run.sent_count)
        self.assertEqual(sent, [2, 2, 4, 5])

    def _start(self):
        return fields.Datetime.to_datetime(f"{self.today} 09:00:00")

    def test_spread_of_one_company_does_not_slow_letters_and_calls(self):
        self.company.recovery_pace = 1
        self.levels[0].call = True
        notice = self._issued()
        self._deliver()
        self.assertEqual(set(notice.delivery_ids.mapped("state")), {"sent"})

    def test_level_that_only_prints_letters_has_words_too(self):
        policy = self._create_policy(delays=())
        policy.level_ids = [
            Command.create(
                {"name": "L", "delay_days": 5, "send_email": False, "print_letter": True}
            )
        ]
        self.assertTrue(policy.level_ids.mail_template_id)
        self.assertEqual(policy.level_ids._channels(), ["letter"])
