import doctest
from datetime import timedelta

from odoo import fields
from odoo.addons.overdue_recovery.models.recovery_link import PATH, PLACE
from odoo.addons.overdue_recovery.tests.common import RecoveryCommon
from odoo.addons.overdue_recovery_sms.models import res_partner
from odoo.addons.sms.tests.common import SMSCase
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

NUMBER = "+32470123456"
OTHER = "+32470654321"


@tagged("post_install", "-at_install")
class TestDunningDeliverySms(RecoveryCommon, SMSCase):
    """A level that sends a text to whom it can't send an e-mail."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.levels.send_sms = True
        belgium = cls.env.ref("base.be")
        cls.partner_a.write({"email": False, "phone": "0470 12 34 56", "country_id": belgium.id})
        cls.partner_b.write({"email": False, "phone": "0470 65 43 21", "country_id": belgium.id})
        (cls.partner_a | cls.partner_b).recovery_sms_consent = True
        cls.company.phone = "+32 2 000 00 00"

    def _issue(self, *partners):
        """Notices of these customers, ready to leave."""
        for partner in partners or (self.partner_a,):
            self._overdue_invoice(partner=partner, amount=123.45)
        run = self._propose()
        run.action_issue()
        return run.notice_ids.sudo().sorted(lambda notice: notice.partner_id.name)

    def _send(self, **answers):
        with self.mockSMSGateway(sms_allow_unlink=True, **answers), self.mock_mail_gateway():
            self.env["dunning.delivery"]._cron_deliver()

    def _answer(self, notice, **answers):
        """State of the one delivery after the provider's answer."""
        self._send(**answers)
        return notice.delivery_ids.state

    # -- channel -----------------------------------------------------------------------------

    def test_customer_without_an_email_gets_a_text(self):
        notice = self._issue()
        delivery = notice.delivery_ids
        self.assertEqual((delivery.channel, delivery.address), ("sms", NUMBER))
        self._send()
        self.assertEqual((delivery.state, notice.state), ("sent", "sent"))
        self.assertEqual([text["number"] for text in self._sms], [NUMBER])
        words, _space, address = self._sms[0]["body"].rpartition(" ")
        self.assertEqual(delivery.sms_text.rpartition(" ")[0], words)
        self.assertNotIn(address, delivery.sms_text, "nobody reads the secret from the record")
        self.assertEqual(notice.line_ids.move_id.dunning_level_id, self.levels[0])
        self.assertFalse(self.env["sms.sms"].sudo().search([("uuid", "=", delivery.message_id)]))

    def test_the_notice_shows_the_text_as_it_goes_out(self):
        notice = self._issue()
        before = notice.text_preview
        self.assertIn(notice.name, before)
        self._send()
        (body,) = [text["body"] for text in self._sms]
        secret = body.rpartition(PATH)[2]
        self.assertTrue(secret)
        self.assertEqual(body, before.replace(f"{PATH}{PLACE}", f"{PATH}{secret}"))
        notice.invalidate_recordset()
        self.assertEqual(notice.text_preview, before)

    def test_a_notice_without_a_text_shows_none(self):
        self.levels.send_sms = False
        self.partner_a.email = "a@customer.example"
        self.assertFalse(self._issue().text_preview)

    def test_customer_with_an_email_gets_no_text(self):
        self.partner_a.email = "a@customer.example"
        self.assertEqual(self._issue().delivery_ids.channel, "email")

    def test_after_a_bounce_the_next_run_sends_a_text(self):
        self.partner_a.email = "a@customer.example"
        notice = self._issue()
        self._send()
        notice.delivery_ids._on_bounce("550 No such user")
        with self.on(1):
            later = self._propose()
            later.action_issue()
            self._send()
        delivery = later.notice_ids.delivery_ids
        self.assertEqual((delivery.channel, delivery.state), ("sms", "sent"))
        self.assertEqual(later.notice_ids.level_id, self.levels[0])

    def test_only_numbers_that_take_texts_are_addresses(self):
        for phone, address in (
            ("0470 12 34 56", NUMBER),
            ("+49 1512 3456789", "+4915123456789"),
            ("02 234 56 78", False),
            ("12", False),
            ("call me", False),
            (False, False),
        ):
            with self.subTest(phone=phone):
                self.partner_a.phone = phone
                self.assertEqual(self.partner_a._recovery_address("sms"), address)
        result = doctest.testmod(res_partner)
        self.assertGreater(result.attempted, 0)
        self.assertFalse(result.failed)

    def test_numbers_are_not_looked_at_where_no_level_sends_texts(self):
        self.assertEqual(self.partner_a._recovery_recipients("sms"), self.partner_a)
        self.env["dunning.level"].sudo().search([]).send_sms = False
        self.assertFalse(self.partner_a._recovery_recipients("sms"))

    def test_level_without_any_channel_is_refused(self):
        level = self.levels[0]
        with self.assertRaises(ValidationError):
            level.write({"send_email": False, "send_sms": False})
        level.send_email = False
        self.assertEqual(level._channels(), ["sms"])
        with self.assertRaises(ValidationError):
            level.sms_template_id = False

    # -- words -------------------------------------------------------------------------------

    def test_message_switched_to_sms_at_a_level_without_a_text_gets_the_shipped_one(self):
        self.levels.write({"send_sms": False, "sms_template_id": False})
        self.partner_a.write({"email": "a@customer.example", "recovery_debtor_type": "business"})
        notice = self._issue()
        text = self.env.ref("overdue_recovery_sms.sms_template_reminder")
        self.assertEqual(notice.level_id._text_for(self.partner_a), text)

    def test_shipped_text_has_no_amount_and_a_reference(self):
        notice = self._issue()
        self._send()
        text = notice.delivery_ids.sms_text
        self.assertIn(notice.name, text)
        self.assertIn(self.company.name, text)
        self.assertNotIn("123", text)
        self.assertLessEqual(len(text), 306, "two text messages at most")

    def test_shipped_text_with_its_link_fits_into_one_message(self):
        self.company.name = "Bright Spark Lighting"
        self.env["ir.config_parameter"].sudo().set_param(
            "web.base.url", "https://odoo.spark.example"
        )
        for name in ("predue", "reminder"):
            self.levels.sms_template_id = self.env.ref(f"overdue_recovery_sms.sms_template_{name}")
            self._issue(self.partner_a if name == "predue" else self.partner_b)
            self._send()
            self.assertLessEqual(len(self._sms[-1]["body"]), 160, self._sms[-1]["body"])

    # -- link --------------------------------------------------------------------------------

    def _opened(self):
        """The link that the secret in the last text opens."""
        return self.env["recovery.link"]._find(self._sms[-1]["body"].rpartition("/")[2])

    def test_link_opens_for_thirty_days_and_never_once_the_text_is_known_not_to_have_arrived(self):
        delivery = self._issue().delivery_ids
        self._send()
        self.assertEqual(self._opened().delivery_id, delivery)
        with self.on(30):
            self.assertTrue(self._opened())
        with self.on(31):
            self.assertFalse(self._opened())
        delivery._on_bounce("Not delivered")
        self.assertFalse(self._opened())

    def test_text_that_is_tried_again_has_a_link_that_opens(self):
        delivery = self._issue().delivery_ids
        self._send(sim_error="server_error")
        self.assertEqual(delivery.state, "queued")
        delivery.next_try = False
        self._send()
        self.assertEqual(self._opened().delivery_id, delivery)

    def _telling_text(self):
        return self.env["sms.template"].create(
            {
                "name": "Telling",
                "model_id": self.env["ir.model"]._get_id("dunning.notice"),
                "body": "{{ object.opening }} Ref. {{ object.reference }}",
            }
        )

    def test_text_with_an_amount_goes_to_companies_only(self):
        self.levels.sms_template_id = self._telling_text()
        self.partner_a.recovery_debtor_type = "business"
        self.partner_b.recovery_debtor_type = "consumer"
        first, second = self._issue(self.partner_a, self.partner_b)
        self._send()
        self.assertIn("123.45", first.delivery_ids.sms_text)
        self.assertNotIn("123.45", second.delivery_ids.sms_text)
        self.assertIn(second.name, second.delivery_ids.sms_text)

    def test_text_to_whom_we_do_not_know_has_no_amount(self):
        self.levels.sms_template_id = self._telling_text()
        self.partner_a.recovery_debtor_type = False
        notice = self._issue()
        self._send()
        self.assertNotIn("123.45", notice.delivery_ids.sms_text)

    def test_text_is_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.partner_a.lang = "fr_FR"
        template = self.levels[0].sms_template_id
        template.with_context(lang="fr_FR").body = "Bonjour, réf. {{ object.reference }}"
        notice = self._issue()
        self._send()
        text = notice.delivery_ids.sms_text
        self.assertTrue(text.startswith(f"Bonjour, réf. {notice.name} http"), text)

    def test_threats_and_wrong_placeholders_can_not_be_saved(self):
        template = self._telling_text()
        with self.assertRaises(ValidationError):
            template.body = "We will take you to court"
        with (
            self.assertRaises(ValidationError),
            mute_logger("odoo.addons.mail.models.mail_render_mixin"),
        ):
            template.body = "{{ object.no_such_field }}"

    def test_text_that_can_not_be_written_fails_alone(self):
        template = self._telling_text()
        self.levels.sms_template_id = template
        self.partner_a.recovery_debtor_type = self.partner_b.recovery_debtor_type = "business"
        first, second = self._issue(self.partner_a, self.partner_b)
        # as if the template had been changed below the checks
        broken = "{{ 1 / (object.name != '" + first.name + "') }} {{ object.opening }}"
        self.env.cr.execute(
            "UPDATE sms_template SET body = jsonb_build_object('en_US', %s) WHERE id = %s",
            (broken, template.id),
        )
        template.invalidate_recordset()
        with mute_logger("odoo.addons.mail.models.mail_render_mixin"):
            self._send()
        self.assertEqual((first.state, second.state), ("failed", "sent"))
        self.assertEqual(len(self._sms), 1)

    # -- what became of it -------------------------------------------------------------------

    def test_two_customers_with_one_number_both_get_theirs(self):
        self.partner_b.phone = self.partner_a.phone
        notices = self._issue(self.partner_a, self.partner_b)
        self._send()
        self.assertEqual([text["number"] for text in self._sms], [NUMBER, NUMBER])
        self.assertEqual(notices.mapped("state"), ["sent", "sent"])
        uuids = {text["uuid"] for text in self._sms}
        self.assertEqual(uuids, set(notices.delivery_ids.mapped("message_id")))

    def test_no_credit_waits_for_one_manager(self):
        notices = self._issue(self.partner_a, self.partner_b)
        self._send(sim_error="credit")
        self.assertEqual(notices.delivery_ids.mapped("state"), ["queued", "queued"])
        self.assertEqual(notices.mapped("state"), ["issued", "issued"])
        kind = self.env.ref("overdue_recovery_sms.mail_activity_type_credit")
        tasks = self.env["mail.activity"].sudo().search([("activity_type_id", "=", kind.id)])
        self.assertEqual(len(tasks), 1)
        self.assertTrue(tasks.user_id.has_group("overdue_recovery.group_manager"))
        for _more_often_than_a_server_is_tried in range(6):
            notices.delivery_ids.next_try = False
            self._send(sim_error="credit")
        self.assertEqual(notices.delivery_ids.mapped("state"), ["queued", "queued"])
        notices.delivery_ids.next_try = False
        self._send()
        self.assertEqual(notices.delivery_ids.mapped("state"), ["sent", "sent"])
        self.assertEqual(len(self._sms), 2)

    def test_wrong_number_fails_and_says_so(self):
        notice = self._issue()
        self.assertEqual(self._answer(notice, sim_error="wrong_number_format"), "failed")
        self.assertIn("Wrong Number Format", notice.reason)
        self.assertFalse(notice.line_ids.move_id.dunning_level_id)
        with self.assertRaises(UserError):
            notice.delivery_ids.action_retry()
        self.partner_a.phone = "0470 65 43 21"
        notice.delivery_ids.action_retry()
        self.assertEqual(self._answer(notice), "sent")
        self.assertEqual([text["number"] for text in self._sms], [OTHER])

    def test_provider_in_trouble_is_tried_again_with_the_same_identifier(self):
        notice = self._issue()
        self.assertEqual(self._answer(notice, sim_error="server_error"), "queued")
        uuid = notice.delivery_ids.message_id
        self.assertGreater(notice.delivery_ids.next_try, fields.Datetime.now())
        with self.on(0, hour=10):
            self.assertEqual(self._answer(notice), "sent")
        self.assertEqual(self._sms[0]["uuid"], uuid)

    def test_no_answer_is_unknown_and_not_sent_again_by_itself(self):
        notice = self._issue()
        self.assertEqual(self._answer(notice, sim_error="jsonrpc_exception"), "unknown")
        with self.on(1):
            self._send()
            self.env["sms.sms"].sudo()._process_queue()
        self.assertFalse(self._sms)
        self.assertEqual(notice.delivery_ids.state, "unknown")
        notice.delivery_ids.action_retry()
        self.assertEqual(self._answer(notice), "sent")

    def test_core_queue_does_not_send_what_a_dead_process_left(self):
        notice = self._issue()
        delivery = notice.delivery_ids
        delivery._set_state("sending", sending_since=fields.Datetime.now())
        delivery.sms_text = "Left"
        delivery._create_texts()
        with self.mockSMSGateway(sms_allow_unlink=True):
            self.env["sms.sms"].sudo()._process_queue()
        self.assertFalse(self._sms)
        with self.on(0, hour=10):
            self._send()
        self.assertEqual(delivery.state, "unknown")

    def test_one_wrong_number_leaves_the_others_of_a_batch_alone(self):
        first, second = self._issue(self.partner_a, self.partner_b)
        self._send(nbr_t_error={NUMBER: "wrong_number_format"})
        self.assertEqual((first.state, second.state), ("failed", "sent"))
        self.assertEqual([text["number"] for text in self._sms], [OTHER])

    # -- later reports -----------------------------------------------------------------------

    def _provider_reports(self, delivery, error):
        trackers = self.env["sms.tracker"].sudo()
        tracker = trackers.search([("sms_uuid", "=", delivery.message_id)])
        self.assertTrue(tracker)
        tracker._action_update_from_provider_error(error)

    def test_number_that_does_not_exist_bounces_and_is_dead_until_it_changes(self):
        notice = self._issue()
        self._send()
        delivery = notice.delivery_ids
        self._provider_reports(delivery, "invalid_destination")
        self.assertEqual((delivery.state, notice.state), ("bounced", "failed"))
        self.assertFalse(notice.line_ids.move_id.dunning_level_id)
        self.assertFalse(self.partner_a._recovery_address("sms"))
        with self.assertRaises(UserError):
            delivery.action_retry()
        self.partner_a.phone = "0470 65 43 21"
        self.assertEqual(self.partner_a._recovery_address("sms"), OTHER)

    def test_text_that_expired_bounces_and_leaves_the_number_alive(self):
        notice = self._issue()
        self._send()
        self._provider_reports(notice.delivery_ids, "expired")
        self.assertEqual(notice.delivery_ids.state, "bounced")
        self.assertEqual(self.partner_a._recovery_address("sms"), NUMBER)

    def test_report_that_it_arrived_settles_an_unknown_text(self):
        notice = self._issue()
        self._send(sim_error="jsonrpc_exception")
        delivery = notice.delivery_ids
        trackers = self.env["sms.tracker"].sudo()
        trackers.search([("sms_uuid", "=", delivery.message_id)])._action_update_from_sms_state(
            "sent"
        )
        self.assertEqual((delivery.state, notice.state), ("sent", "sent"))

    # -- replies -----------------------------------------------------------------------------

    def test_text_that_comes_in_is_a_reply(self):
        notice = self._issue()
        self._send()
        case = self.env["recovery.case"]._receive_text("0032 470 12 34 56", "I pay on Friday")
        self.assertEqual(case, notice.case_id)
        entry = case.interaction_ids.filtered(lambda entry: entry.direction == "in")
        self.assertEqual((entry.channel, entry.text), ("sms", "I pay on Friday"))
        self.assertTrue(case._reply_activities())
        self.assertTrue(case._reply_holds())
        self.assertFalse(self.env["recovery.case"]._receive_text("+32499999999", "Who is this?"))

    def test_number_that_says_stop_gets_no_text_again(self):
        notice = self._issue()
        self._send()
        self.env["recovery.case"]._receive_text(NUMBER, " Stop ")
        verdict = self.env["recovery.contact.gate"]._verdict(
            self.partner_a, "sms", "demand", fields.Datetime.now()
        )
        self.assertEqual(verdict.decision, "refuse")
        self.assertIn("blacklist", verdict.reasons)
        self.assertEqual(len(notice.case_id._reply_activities()), 1)
        other = self.env["recovery.contact.gate"]._verdict(
            self.partner_b, "sms", "demand", fields.Datetime.now()
        )
        self.assertNotIn("blacklist", other.reasons)

    def test_everything_said_is_logged(self):
        notice = self._issue()
        self._send()
        entries = notice.case_id.interaction_ids.sorted("sequence")
        self.assertEqual(entries.mapped("channel"), ["sms", "sms"])
        self.assertEqual(entries.mapped("outcome"), ["sending", "sent"])
        self.assertIn(notice.name, entries[0].text)

    def test_held_text_that_lost_its_credit_keeps_its_time(self):
        notice = self._issue()
        self._send(sim_error="credit")
        pause = notice.delivery_ids.next_try - fields.Datetime.now()
        self.assertEqual(pause, timedelta(hours=4))
