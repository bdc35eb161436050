from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger
from psycopg2 import errors

from .common import RecoveryCommon

REPLY = """\
Return-Path: <{return_path}>
From: {sender}
To: {to}
Subject: {subject}
Message-ID: {message_id}
Date: Mon, 03 Mar 2025 10:00:00 +0000
{extra}Content-Type: {content_type}; charset=utf-8

{body}
"""
REPORT = """\
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.customer.example>
To: {to}
Subject: Delivery status
Message-ID: <report-{number}@mx.customer.example>
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary="edge"

--edge
Content-Type: text/plain

{words}

--edge
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.customer.example

Final-Recipient: rfc822; {address}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {words}

--edge
Content-Type: text/rfc822-headers

From: accounts@company.example
To: {address}
Message-ID: {message_id}
Subject: Your account

--edge--
"""
IN_WORDS = """\
Return-Path: <>
From: MAILER-DAEMON@mx.customer.example
To: accounts@company.example
Subject: failure notice
Message-ID: <words@mx.customer.example>
Content-Type: text/plain

Hi. This is the mail program at mx.customer.example.
<a@customer.example>: Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Message-ID: {message_id}
"""


class ReplyCommon(RecoveryCommon):
    """A sent notice, and mail that comes in."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.alias_domain_id = cls.mail_alias_domain
        cls.alias = cls.env.ref("overdue_recovery.mail_alias_recovery").sudo()
        cls.alias.alias_domain_id = cls.mail_alias_domain
        cls.address = f"recovery@{cls.alias_domain}"
        cls.owner = new_test_user(
            cls.env,
            "recovery_owner",
            groups="account.group_account_invoice",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        cls.company.recovery_user_id = cls.owner

    def setUp(self):
        super().setUp()
        self.number = 0
        self.invoice = self._overdue_invoice()
        self.notice = self._run_dunning().notice_ids.sudo()
        self.delivery = self.notice.delivery_ids
        self.case = self.notice.case_id

    def _receive(self, text):
        """Let core's gateway have a raw message, as its job does."""
        with self.mock_mail_gateway():
            self.env["mail.thread"].with_user(self.user_root).message_process(None, text)

    def _reply(self, quoted=True, **values):
        """A mail of the customer to us; with the reference of our message unless not wanted."""
        self.number += 1
        reference = self.delivery.message_id
        extra = f"In-Reply-To: {reference}\nReferences: {reference}\n" if quoted else ""
        self._receive(
            REPLY.format(
                **{
                    "return_path": "a@customer.example",
                    "sender": '"Anna Accounts" <a@customer.example>',
                    "to": self.address,
                    "subject": "Re: Your account",
                    "message_id": f"<reply-{self.number}@customer.example>",
                    "body": "We pay on Friday.",
                    "content_type": "text/plain",
                    **values,
                    "extra": extra + values.get("extra", ""),
                }
            )
        )

    def _report(self, action="failed", status="5.1.1", words="550 No such user", **values):
        self.number += 1
        self._receive(
            REPORT.format(
                **{
                    "to": "accounts@company.example",
                    "number": self.number,
                    "address": "a@customer.example",
                    "message_id": self.delivery.message_id,
                    "action": action,
                    "status": status,
                    "words": words,
                    **values,
                }
            )
        )

    def _replies(self):
        return self.case.interaction_ids.filtered(lambda entry: entry.direction == "in")

    def _holds(self):
        return self.env["recovery.hold"].search(
            [
                ("partner_id", "=", self.partner_a.id),
                ("reason_id.code", "=", "reply_waiting"),
            ]
        )

    def _tasks(self):
        return self.case._reply_activities()


@tagged("post_install", "-at_install")
class TestRecoveryReply(ReplyCommon):
    def test_notice_asks_for_answers_to_the_alias(self):
        self._overdue_invoice(partner=self.partner_b)
        run = self._propose()
        run.action_issue()
        with self.mock_mail_gateway():
            self.env["dunning.delivery"]._cron_deliver()
        self.assertIn(self.address, self._mails[0]["reply_to"])
        link = f"mailto:{self.address}?subject={run.notice_ids.name}"
        self.assertIn(link, self._mails[0]["body"])

    def test_answers_go_to_the_catch_all_or_the_company_without_an_alias_of_its_domain(self):
        self.alias.alias_domain_id = self.mail_alias_domain_c2
        self.assertIn(f"catchall.test@{self.alias_domain}", self.company._recovery_reply_to())
        self.company.alias_domain_id = False
        self.assertEqual(self.company._recovery_reply_to(), self.company.email_formatted)
        self.assertFalse(self.company._recovery_reply_address())

    def test_reply_is_logged_shown_wakes_the_owner_and_holds_demands(self):
        self._reply()
        entry = self._replies()
        self.assertEqual((entry.channel, entry.kind, entry.outcome), ("email", "reply", "received"))
        self.assertEqual(entry.address, "a@customer.example")
        self.assertEqual(entry.reference, self.notice.name)
        self.assertEqual(entry.text, "We pay on Friday.")
        self.assertIn("We pay on Friday.", self.case.message_ids[0].body)
        task = self._tasks()
        self.assertEqual(task.user_id, self.owner)
        self.assertEqual(task.date_deadline, fields.Date.to_date("2025-03-06"))
        hold = self._holds()
        self.assertEqual(hold.date_to, fields.Date.to_date("2025-03-10"))
        self.assertEqual((hold.blocks, hold.origin_model), ("contact", "recovery.case"))
        self.assertIn("reply_waiting", self._codes(self._items(self.invoice)))
        self.assertIsNone(self.env["recovery.interaction"]._verify(self.case)[self.case.id])

    def test_days_come_from_the_company_and_count_working_days(self):
        self.company.write({"recovery_reply_days": 5, "recovery_reply_hold_days": 2})
        self._reply()
        self.assertEqual(self._tasks().date_deadline, fields.Date.to_date("2025-03-10"))
        self.assertEqual(self._holds().date_to, fields.Date.to_date("2025-03-05"))

    def test_zero_days_hold_nothing(self):
        self.company.recovery_reply_hold_days = 0
        self._reply()
        self.assertFalse(self._holds())
        self.assertTrue(self._tasks())

    def test_second_reply_is_logged_and_changes_nothing_else(self):
        self._reply()
        until = self._holds().date_to
        with self.on(2):
            self._reply(body="On Monday at the latest.")
        self.assertEqual(len(self._replies()), 2)
        self.assertEqual(len(self._tasks()), 1)
        self.assertEqual(self._holds().mapped("date_to"), [until])

    def test_same_mail_fetched_twice_counts_once(self):
        self._reply(message_id="<same@customer.example>")
        self._reply(message_id="<same@customer.example>")
        self.assertEqual(len(self._replies()), 1)

    def test_answering_ends_the_hold_and_leaves_those_of_persons(self):
        self._reply()
        own = self._hold(self.partner_a, "says_paid")
        with self.on(1):
            self._tasks().with_user(self.owner).action_feedback(feedback="Agreed on Friday")
            codes = self._codes(self._items(self.invoice))
        self.assertNotIn("reply_waiting", codes)
        self.assertTrue(own.exists())
        self.assertFalse(own.date_to)

    def test_next_reply_after_an_answer_holds_again(self):
        self._reply()
        self._tasks().with_user(self.owner).action_feedback()
        self._reply(body="One more question")
        self.assertEqual(len(self._tasks()), 1)
        self.assertTrue(self._holds().filtered(lambda hold: hold.date_to >= self.today))

    def test_owner_who_may_not_read_cases_gets_no_task(self):
        salesperson = new_test_user(self.env, "recovery_sales", groups="base.group_user")
        self.case.sudo().user_id = salesperson
        self._reply()
        self.assertEqual(self._tasks().user_id, self.owner)

    def test_reply_to_a_notice_of_a_closed_case_goes_to_the_open_one(self):
        self.case._write_derived({"date_closed": self.today})
        opened = self.partner_a._recovery_case(self.company).sudo()
        self._reply()
        self.assertFalse(self._replies())
        self.assertEqual(opened.interaction_ids.mapped("kind"), ["reply"])

    # -- automatic answers -----------------------------------------------------------------

    def test_automatic_answers_are_logged_and_do_nothing_else(self):
        before = self.case.message_ids
        for extra in (
            "Auto-Submitted: auto-replied\n",
            "X-Autoreply: yes\n",
            "Precedence: auto_reply\n",
            "X-Auto-Response-Suppress: All\n",
        ):
            self._reply(subject="Out of office", extra=extra)
        self._reply(subject="Out of office", return_path="")
        self.assertEqual(self._replies().mapped("outcome"), ["automatic"] * 5)
        self.assertFalse(self._tasks())
        self.assertFalse(self._holds())
        self.assertEqual(self.case.message_ids, before)
        self.assertEqual(self.delivery.state, "sent")

    def test_out_of_office_to_the_bounce_address_is_no_bounce(self):
        self._reply(to=f"bounce.test@{self.alias_domain}", extra="Auto-Submitted: auto-replied\n")
        self.assertEqual(self._replies().outcome, "automatic")
        self.assertEqual(self.delivery.state, "sent")

    def test_read_receipt_is_no_bounce(self):
        text = REPORT.replace("delivery-status", "disposition-notification")
        self._receive(
            text.format(
                to="accounts@company.example",
                number=1,
                address="a@customer.example",
                message_id=self.delivery.message_id,
                action="displayed",
                status="",
                words="",
            )
        )
        self.assertEqual((self.delivery.state, self._replies().outcome), ("sent", "automatic"))

    # -- who wrote -------------------------------------------------------------------------

    def test_somebody_else_who_has_our_message_is_marked(self):
        self._reply(sender="Tax Adviser <t@adviser.example>")
        self.assertEqual(self._replies().outcome, "received_other")
        self.assertTrue(self._tasks())
        self.assertTrue(self._holds())

    def test_known_sender_writes_to_the_alias_without_a_reference(self):
        self._reply(quoted=False, subject="A question")
        self.assertEqual(self._replies().outcome, "received")
        self.assertTrue(self._holds())

    def test_stranger_who_names_our_reference_is_heard_but_stops_nothing(self):
        self._reply(quoted=False, sender="x@stranger.example", subject=f"Re: {self.notice.name}")
        self.assertEqual(self._replies().outcome, "received_other")
        self.assertTrue(self._tasks())
        self.assertFalse(self._holds())

    def test_unknown_sender_without_a_reference_is_told_so(self):
        self._reply(quoted=False, sender="x@stranger.example")
        self.assertFalse(self._replies())
        self.assertEqual(self._mails[0]["email_to"], ["a@customer.example"])  # its Return-Path

    def test_program_and_our_own_address_get_no_answer(self):
        self._reply(quoted=False, sender="x@stranger.example", extra="Precedence: bulk\n")
        self.assertFalse(self._mails)
        self._reply(quoted=False, sender=self.address)
        self.assertFalse(self._mails)

    def test_catch_all_takes_the_reference_in_the_subject_from_the_customer_only(self):
        catchall = f"catchall.test@{self.alias_domain}"
        subject = f"About {self.notice.name}"
        self._reply(quoted=False, to=catchall, subject=subject, sender="x@stranger.example")
        self.assertFalse(self._replies())
        self._reply(quoted=False, to=catchall, subject=subject)
        self.assertEqual(self._replies().outcome, "received")

    def test_forged_references_lead_nowhere(self):
        forged = "In-Reply-To: <1.2.openerp@company.example>\nReferences: <a'; --@x> <b@x>\n"
        self._reply(quoted=False, sender="x@stranger.example", extra=forged)
        self.assertFalse(self._replies())

    def test_answer_to_a_colleagues_message_in_the_case_holds_demands(self):
        message = self.case.message_post(
            body="Could you pay half?", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        extra = f"In-Reply-To: {message.message_id}\n"
        self._reply(quoted=False, sender="t@adviser.example", extra=extra)
        self.assertEqual(self._replies().outcome, "received_other")
        self.assertTrue(self._holds())

    def test_forward_to_another_alias_goes_there(self):
        jobs = self.env["mail.alias"].create(
            {
                "alias_name": "partners",
                "alias_domain_id": self.mail_alias_domain.id,
                "alias_model_id": self.env["ir.model"]._get_id("res.partner"),
            }
        )
        self._reply(to=jobs.alias_full_name, subject="A forwarded notice")
        self.assertFalse(self._replies())
        self.assertTrue(self.env["res.partner"].search([("name", "=", "A forwarded notice")]))

    def test_colleague_who_answers_by_mail_is_no_customer(self):
        self._reply(sender=f"Owner <{self.owner.email}>")
        self.assertFalse(self._replies())
        self.assertEqual(self.case.message_ids[0].author_id, self.owner.partner_id)

    # -- hostile -----------------------------------------------------------------------------

    def test_scripts_long_bodies_and_line_breaks_are_made_harmless(self):
        body = f"<script>alert(1)</script><p onclick='x()'>Hello</p>{'<p>more</p>' * 40_000}"
        self._reply(
            body=body,
            content_type="text/html",
            subject="=?utf-8?q?Re=0D=0ABcc=3A_x=40stranger.example?=",
        )
        entry = self._replies()
        self.assertEqual(entry.subject, "Re Bcc: x@stranger.example")
        self.assertNotIn("\n", entry.names)
        self.assertTrue(entry.text.startswith("Hello"))
        self.assertNotIn("alert", entry.text)
        self.assertLessEqual(len(entry.text), 20_000)
        message = self.case.message_ids[0]
        self.assertNotIn("script", message.body)
        self.assertNotIn("onclick", message.body)
        self.assertNotIn("\n", message.subject)

    def test_mail_without_a_body_subject_or_sender_is_logged(self):
        self._reply(body="", subject="", sender="")
        self.assertEqual(self._replies().outcome, "received_other")

    def test_mail_is_not_lost_when_it_cannot_be_logged(self):
        broken = patch.object(
            self.env.registry["recovery.interaction"], "_log", side_effect=ValueError("broken")
        )
        with broken, mute_logger("odoo.addons.overdue_recovery.models.recovery_mail"):
            self._reply()
        self.assertIn("We pay on Friday.", self.case.message_ids[0].body)

    def test_log_that_is_busy_gets_its_entry_after_the_commit(self):
        busy = patch.object(
            self.env.registry["recovery.interaction"],
            "_log",
            side_effect=errors.SerializationFailure("busy"),
        )
        with busy:
            self._reply()
        self.assertFalse(self._replies())
        with self.enter_registry_test_mode():
            self.env.cr.postcommit.run()
        self.case.invalidate_recordset()
        self.assertEqual(self._replies().outcome, "received")
        self.assertTrue(self._holds())

    # -- reports of mail servers -----------------------------------------------------------

    def test_hard_bounce_takes_the_level_back_and_kills_the_address(self):
        self._report()
        self.assertEqual((self.delivery.state, self.notice.state), ("bounced", "failed"))
        self.assertIn("550 No such user", self.delivery.reason)
        self.assertFalse(self.invoice.dunning_level_id)
        self.assertFalse(self.partner_a._recovery_address("email"))
        with self.assertRaises(UserError):
            self.delivery.action_retry()
        self.partner_a.email = "new@customer.example"
        self.assertEqual(self.partner_a._recovery_address("email"), "new@customer.example")
        self.delivery.action_retry()
        self._deliver()
        self.assertEqual((self.delivery.state, self.notice.state), ("sent", "sent"))

    def test_next_run_leaves_a_dead_address_alone(self):
        self._report()
        with self.on(1):
            run = self._run_dunning()
        self.assertFalse(run.notice_ids.delivery_ids)
        self.assertIn("no_address", run.exception_ids.mapped("reason"))

    def test_second_report_changes_nothing(self):
        self._report()
        self._report()
        outcomes = self.case.interaction_ids.mapped("outcome")
        self.assertEqual(outcomes.count("bounced"), 1)

    def test_full_mailbox_bounces_and_leaves_the_address_alive(self):
        self._report(status="4.2.2", words="452 Mailbox full, giving up")
        self.assertEqual(self.delivery.state, "bounced")
        self.assertEqual(self.partner_a._recovery_address("email"), "a@customer.example")

    def test_delayed_is_no_bounce(self):
        self._report(action="delayed", status="4.4.1", words="still trying")
        self.assertEqual((self.delivery.state, self.notice.state), ("sent", "sent"))
        self.assertEqual(self.partner_a.message_bounce, 0)
        entry = self._replies()
        self.assertEqual((entry.kind, entry.outcome), ("outcome", "delayed"))
        self.assertEqual(entry.refers_to, self.delivery.log_sequence)

    def test_bounce_of_an_unknown_message_settles_it(self):
        self.delivery.with_context(active_test=False).flush_recordset()
        self.env.cr.execute(
            "UPDATE dunning_delivery SET state = 'unknown' WHERE id = %s", self.delivery.ids
        )
        self.delivery.invalidate_recordset()
        self._report()
        self.assertEqual(self.delivery.state, "failed")

    def test_bounce_in_words_only_is_understood(self):
        self._receive(IN_WORDS.format(message_id=self.delivery.message_id))
        self.assertEqual(self.delivery.state, "bounced")

    def test_mail_from_a_dead_address_brings_it_to_life(self):
        self._report()
        self._reply(quoted=False)
        self.assertEqual(self.partner_a._recovery_address("email"), "a@customer.example")

    def test_dead_address_costs_no_query_in_a_batch(self):
        partners = self.partner_a | self.partner_b

        def queries():
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            partners._recovery_recipients_by_channel()
            return self.env.cr.sql_log_count - before

        queries()
        alive = queries()
        for partner in partners:
            partner._recovery_address_died("email", partner.email)
        self.env.flush_all()
        self.assertEqual(queries(), alive)
        self.assertFalse(partners._recovery_recipients_by_channel()[self.partner_a]["email"])
