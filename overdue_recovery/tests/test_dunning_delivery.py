from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import RecoveryCommon


@tagged("post_install", "-at_install")
class TestDunningDelivery(RecoveryCommon):
    def _issued(self):
        self.invoice = self._overdue_invoice()
        run = self._propose()
        run.action_issue()
        return run.notice_ids.sudo()

    def _deliver_without_server(self):
        with (
            self.mock_mail_gateway(),
            patch.object(
                type(self.env["ir.mail_server"]),
                "_connect__",
                side_effect=ConnectionRefusedError("refused"),
            ),
        ):
            self.env["dunning.delivery"]._cron_deliver()

    def test_server_that_is_down_is_tried_again_and_nothing_is_lost(self):
        notice = self._issued()
        self._deliver_without_server()
        delivery = notice.delivery_ids
        self.assertEqual((notice.state, delivery.state, delivery.attempts), ("issued", "queued", 1))
        self.assertEqual(delivery.next_try, fields.Datetime.now() + timedelta(minutes=5))
        self._deliver()
        self.assertEqual(delivery.state, "queued", "its time has not come")
        with self.on(0, hour=10):
            self._deliver()
        self.assertEqual((notice.state, delivery.state), ("sent", "sent"))
        self.assertEqual(self.invoice.dunning_level_id, self.levels[0])

    def test_server_that_stays_down_fails_the_notice_after_five_tries(self):
        notice = self._issued()
        for hour in range(9, 15):
            with self.on(0, hour=hour):
                notice.delivery_ids.next_try = False
                self._deliver_without_server()
        self.assertEqual(notice.delivery_ids.attempts, 5)
        self.assertEqual((notice.state, notice.delivery_ids.state), ("failed", "failed"))
        self.assertFalse(self.invoice.dunning_level_id)

    def test_no_mail_is_left_that_could_be_sent_twice(self):
        notice = self._issued()
        with self.mock_mail_gateway(mail_unlink_sent=True):
            self.env["dunning.delivery"]._cron_deliver()
        self.assertEqual(len(self._mails), 1)
        self.assertFalse(notice.delivery_ids.mail_mail_id)
        with self.mock_mail_gateway():
            self.env["dunning.delivery"]._cron_deliver()
            self.env["mail.mail"].sudo().process_email_queue()
        self.assertFalse(self._mails)

    def test_core_queue_does_not_send_what_a_dead_process_left(self):
        notice = self._issued()
        delivery = notice.delivery_ids
        delivery._set_state("sending", sending_since=fields.Datetime.now())
        delivery.write({"subject": "Left", "body": "<p>Left</p>"})
        mail = delivery._create_mails()
        with self.mock_mail_gateway():
            mail.send()
        self.assertFalse(self._mails)
        self.assertEqual(mail.state, "outgoing")

    def test_message_of_a_dead_process_becomes_unknown_and_waits_for_a_person(self):
        notice = self._issued()
        delivery = notice.delivery_ids
        message_id = delivery.message_id = "<same@company.example>"
        mail = self._left_by_a_dead_process(delivery, "begun")
        with self.on(0, hour=10):
            self._deliver()
        self.assertEqual(delivery.state, "unknown")
        self.assertFalse(self.invoice.dunning_level_id)
        self.assertFalse(mail.exists())
        with self.on(0, hour=11):
            delivery.action_retry()
            self._deliver()
        self.assertEqual((notice.state, delivery.state), ("sent", "sent"))
        self.assertEqual(self._mails[0]["message_id"], message_id)

    def _left_by_a_dead_process(self, delivery, handover):
        """A delivery whose process died after it had written ``handover``; its mail."""
        delivery._set_state("sending", sending_since=fields.Datetime.now())
        delivery.write({"subject": "Left", "body": "<p>Left</p>"})
        mail = delivery._create_mails()
        delivery.handover = handover
        return mail

    def test_message_whose_turn_had_not_come_is_sent_by_the_next_process(self):
        notice = self._issued()
        self._left_by_a_dead_process(notice.delivery_ids, False)
        with self.on(0, hour=10):
            self._deliver()
        self.assertFalse(self._mails, "it waits as after any failed try")
        self.assertEqual((notice.state, notice.delivery_ids.state), ("issued", "queued"))
        with self.on(0, hour=11):
            self._deliver()
        self.assertEqual(len(self._mails), 1)
        self.assertEqual((notice.state, notice.delivery_ids.state), ("sent", "sent"))

    def test_message_that_the_server_had_taken_counts_and_is_not_sent_again(self):
        notice = self._issued()
        self._left_by_a_dead_process(notice.delivery_ids, "taken")
        with self.on(0, hour=10):
            self._deliver()
        self.assertFalse(self._mails)
        self.assertEqual((notice.state, notice.delivery_ids.state), ("sent", "sent"))
        self.assertEqual(self.invoice.dunning_level_id, self.levels[0])

    def test_call_whose_process_died_is_planned_by_the_next_one(self):
        self.levels[0].call = True
        notice = self._issued()
        call = notice.delivery_ids.filtered(lambda delivery: delivery.channel == "call")
        call._set_state("sending", sending_since=fields.Datetime.now())
        with self.on(0, hour=10):
            self._deliver()
        self.assertEqual(call.state, "sent")
        self.assertEqual(len(notice.case_id.activity_ids), 1)

    def test_delivery_that_another_process_took_over_is_left_to_it(self):
        notice = self._issued()
        delivery = notice.delivery_ids
        deliveries = type(delivery)
        original = deliveries._build_messages

        def slow(this, mails):
            built = original(this, mails)
            # meanwhile it was given up for lost, and another process has tried again
            delivery.attempts += 1
            return built

        with patch.object(deliveries, "_build_messages", slow), self.mock_mail_gateway():
            self.env["dunning.delivery"]._cron_deliver()
            self.send_email_mocked.assert_not_called()
        self.assertEqual((notice.state, delivery.state), ("issued", "sending"))

    def _deliver_slowly(self, seconds, meanwhile):
        """Deliver with a server that needs ``seconds`` for a message; ``meanwhile`` happens
        during the first one."""
        now, calls = [0.0], []

        def slow(this, message, **_session):
            now[0] += seconds
            if not calls:
                meanwhile()
            calls.append(message["To"])
            return message["Message-Id"]

        clock = "odoo.addons.overdue_recovery.models.dunning_delivery_smtp.monotonic"
        with (
            self.mock_mail_gateway(mail_unlink_sent=True),
            patch.object(type(self.env["ir.mail_server"]), "send_email", slow),
            patch(clock, lambda: now[0]),
        ):
            self.env["dunning.delivery"]._cron_deliver()
        return calls

    def _two_issued(self):
        """The notices of two customers in the order in which they leave, and the last one's
        invoice."""
        invoices = self._overdue_invoice() | self._overdue_invoice(partner=self.partner_b)
        run = self._propose()
        run.action_issue()
        notices = run.notice_ids.sudo().sorted(lambda notice: notice.delivery_ids.id)
        return notices, invoices.filtered(lambda move: move.partner_id == notices[1].partner_id)

    def _assert_paid_meanwhile(self, amount, state):
        notices, invoice = self._two_issued()
        sent = self._deliver_slowly(2.0, lambda: self._pay(invoice, amount))
        self.assertEqual(len(sent), 1)
        self.assertEqual(notices[0].state, "sent")
        self.assertEqual(notices[1].delivery_ids.state, state)
        self.assertFalse(notices[1].delivery_ids.mail_mail_id)
        return notices[1]

    def test_message_that_waits_for_a_slow_server_does_not_leave_when_it_was_paid(self):
        notice = self._assert_paid_meanwhile(None, "cancelled")
        self.assertEqual(notice.state, "cancelled")

    def test_message_that_waits_for_a_slow_server_is_written_anew_when_a_part_was_paid(self):
        notice = self._assert_paid_meanwhile(40.0, "queued")
        self._deliver()
        self.assertEqual(notice.state, "sent")
        self.assertIn("60.00", self._mails[0]["body"])

    def test_message_that_waits_for_a_slow_server_leaves_if_nothing_changed(self):
        notices, _invoices = self._two_issued()
        sent = self._deliver_slowly(2.0, lambda: None)
        self.assertEqual(len(sent), 2)
        self.assertEqual(set(notices.mapped("state")), {"sent"})

    def test_hand_over_that_raises_for_one_stops_nobody_and_waits_for_a_person(self):
        notices, _invoice = self._two_issued()
        original = type(notices)._hand_over

        def raising(this):
            if notices[0] in this:
                raise ValueError("an extension broke")
            return original(this)

        logger = "odoo.addons.overdue_recovery.models.dunning_delivery_email"
        with patch.object(type(notices), "_hand_over", raising), mute_logger(logger):
            self._deliver()
        self.assertEqual(len(self._mails), 2)
        self.assertEqual(notices.delivery_ids.sorted("id").mapped("state"), ["unknown", "sent"])
        self.assertIn("an extension broke", notices[0].delivery_ids.reason)

    def test_retry_keeps_the_message_id(self):
        notice = self._issued()
        self._deliver_without_server()
        first = notice.delivery_ids.message_id
        with self.on(0, hour=10):
            self._deliver()
        self.assertTrue(first)
        self.assertEqual(notice.delivery_ids.message_id, first)

    def test_customer_who_asked_us_to_stop_gets_nothing(self):
        notice = self._issued()
        self._hold(self.partner_a, "other", blocks="charge", cease_contact=True)
        self._deliver()
        self.assertEqual(notice.delivery_ids.state, "cancelled")
        self.assertEqual(notice.state, "failed")

    def test_everything_said_is_logged_before_it_leaves_with_its_outcome_after(self):
        notice = self._issued()
        self._deliver()
        entries = notice.case_id.interaction_ids.sorted("sequence")
        self.assertEqual(entries.mapped("kind"), ["notice", "outcome"])
        self.assertEqual(entries.mapped("outcome"), ["sending", "sent"])
        self.assertEqual(entries[1].refers_to, entries[0].sequence)
        self.assertIsNone(
            self.env["recovery.interaction"]._verify(notice.case_id)[notice.case_id.id]
        )

    def test_each_dunning_contact_gets_its_own_delivery(self):
        contacts = self.env["res.partner"].create(
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
        self.assertEqual(notice.delivery_ids.recipient_id, contacts)
        self._deliver()
        self.assertEqual(set(notice.delivery_ids.mapped("state")), {"sent"})

    def test_call_is_planned_for_the_owner_of_the_case(self):
        self.levels[0].call = True
        self.partner_a.user_id = self.env.user
        notice = self._issued()
        self._deliver()
        activity = notice.case_id.activity_ids
        self.assertEqual(activity.user_id, self.env.user)
        self.assertEqual(sorted(notice.delivery_ids.mapped("channel")), ["call", "email"])

    def test_person_says_what_became_of_an_unknown_message(self):
        notice = self._issued()
        delivery = notice.delivery_ids
        with self.assertRaises(UserError):
            delivery.action_confirm_sent()
        delivery._set_state("sending", sending_since=fields.Datetime.now())
        delivery._set_state("unknown")
        delivery.action_confirm_sent()
        self.assertEqual((notice.state, delivery.state), ("sent", "sent"))
        self.assertEqual(self.invoice.dunning_level_id, self.levels[0])

    def test_dead_address_is_not_tried_again_until_it_changes(self):
        notice = self._issued()
        self._deliver()
        notice.delivery_ids._on_bounce("550 user unknown")
        with self.assertRaises(UserError):
            notice.action_retry()
        self.partner_a.email = "new@customer.example"
        notice.action_retry()
        self._deliver()
        self.assertEqual(notice.delivery_ids.address, "new@customer.example")
        self.assertEqual(notice.state, "sent")

    def test_next_step_of_a_case_is_never_in_the_past_and_waits_for_nobody(self):
        notice = self._issued()
        self._overdue_invoice(partner=self.partner_b)
        self._hold(self.partner_b, "hardship")
        self._deliver()
        held = self.partner_b._recovery_case(self.company)
        self.env["recovery.case"].sudo()._recompute(notice.case_id | held.sudo())
        self.assertEqual(str(notice.case_id.next_step_date), "2025-03-14")
        self.assertFalse(held.next_step_date)
