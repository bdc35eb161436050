import json
import os
from unittest import skipUnless
from unittest.mock import patch

from freezegun import freeze_time
from odoo import fields
from odoo.addons.overdue_recovery.models.recovery_outbox_job import MOST_TRIES
from odoo.exceptions import UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import config

from .agency import CALLS_KEY, NEWS_KEY, Agency, AgencyCommon

COMPLAINT = {"errors": {"debtor.vat": "is missing", "amount": ["too small"]}}


@tagged("post_install", "-at_install")
@skipUnless(Agency, "needs the folder dev/ of the project")
class TestRecoveryOutbox(AgencyCommon):
    """Calls over real HTTP to a machine that misbehaves."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(
            patch.object(type(cls.env["recovery.outbox"]), "_dice", lambda _model: 1.0)
        )

    def _script(self, *plans, **every):
        """Let the first tries of each call meet these plans, or all of them ``every``."""

        def script(_key, times):
            return plans[times - 1] if times <= len(plans) else every

        self.desk.script = script

    # -- once ------------------------------------------------------------------------------

    def test_a_referral_is_called_once_it_is_sent_and_gets_the_agencys_number(self):
        referral = self._referral()
        call = self._calls(referral)
        self.assertEqual((call.state, call.kind), ("queued", "submit"))
        self.assertFalse(self.desk.calls, "nothing leaves before the transaction is over")
        self._send()
        self.assertEqual((call.state, call.status_code, call.attempts), ("done", 201, 1))
        [entry] = self._at_desk(referral)
        self.assertEqual(entry["key"], referral.idempotency_key)
        self.assertEqual(referral.external_ref, entry["reference"])
        self.assertEqual(entry["payload"]["amount"], "400.00")
        self.assertEqual(entry["payload"]["items"][0]["amount"], "400.00")
        self._send()
        self.assertEqual(len(self.desk.calls), 1)

    def test_the_same_key_twice_is_the_same_row(self):
        referral = self._referral()
        call = self._calls(referral)
        again = self.env["recovery.outbox"]._enqueue(
            self.agency, referral, "submit", {"other": 1}, call.idempotency_key
        )
        self.assertEqual(again, call)
        self.assertNotIn("other", call.payload)

    def test_a_broken_agency_is_called_again_with_the_same_key_and_bytes(self):
        self._script({"status": 500}, {"drop": "before"}, {"drop": "after"})
        referral = self._referral()
        call = self._calls(referral)
        for pause in (60, 120, 240):
            self._send()
            self.assertEqual(call.state, "queued")
            waiting = call.next_try - fields.Datetime.now()
            self.assertEqual(waiting.total_seconds(), pause)
            tries = len(self.desk.calls)
            self._send()
            self.assertEqual(len(self.desk.calls), tries, "not before its time")
            call.sudo().next_try = False
        self._send()
        self.assertEqual((call.state, call.attempts), ("done", 4))
        self.assertEqual(len(self._at_desk(referral)), 1)
        self.assertEqual({key for _path, key, *_rest in self.desk.calls}, {call.idempotency_key})
        bodies = [payload for _path, _key, _headers, payload in self.desk.calls]
        self.assertTrue(all(body == bodies[0] for body in bodies))

    def test_it_waits_as_long_as_the_agency_asks(self):
        self._script({"status": 429, "headers": {"Retry-After": "5000"}})
        call = self._calls(self._referral())
        self._send()
        self.assertEqual((call.next_try - fields.Datetime.now()).total_seconds(), 5000)
        with freeze_time(call.next_try):
            self._send()
        self.assertEqual(call.state, "done")

    def test_after_a_day_of_tries_a_person_has_to_look(self):
        self._script(status=503)
        referral = self._referral()
        call = self._calls(referral)
        for _time in range(MOST_TRIES):
            call.sudo().next_try = False
            self._send()
        self.assertEqual((call.state, call.attempts), ("failed", MOST_TRIES))
        self.assertIn("could not be told", referral.case_id.activity_ids[-1:].summary)
        self.desk.script = lambda _key, _times: {}
        call.action_retry()
        self._send()
        self.assertEqual(call.state, "done")
        self.assertEqual(len(self._at_desk(referral)), 1)

    def test_nobody_listens_and_it_is_tried_later(self):
        self.agency.rest_url = "http://127.0.0.1:9"
        call = self._calls(self._referral())
        self._send()
        self.assertEqual((call.state, call.status_code), ("queued", 0))
        self.assertIn("could not be reached", call.reason)

    # -- refused ---------------------------------------------------------------------------

    def test_what_the_agency_complains_of_is_shown_on_the_referral_and_answered_anew(self):
        self._script({"status": 422, "body": COMPLAINT})
        referral = self._referral()
        call = self._calls(referral)
        self._send()
        self.assertEqual(call.state, "failed")
        self.assertEqual(call.complaints, "debtor.vat: is missing\namount: too small")
        self.assertEqual(referral.state, "needs_info")
        self.assertIn(call.complaints, referral.event_ids.mapped("text"))
        self._send()
        self.assertEqual(len(self.desk.calls), 1, "it is not tried again by itself")
        self.partner_a.vat = "US12345671"
        referral.note = "Here it is"
        self.desk.script = lambda _key, _times: {}
        referral.action_answer()
        self._send()
        [entry] = self._at_desk(referral)
        self.assertEqual(referral.state, "sent")
        self.assertNotEqual(entry["key"], call.idempotency_key)
        self.assertEqual(entry["payload"]["debtor_vat"], "US12345671")

    def test_nothing_of_an_answer_is_shown_but_its_complaints(self):
        self._script({"status": 400, "body": b"<html>stack trace: password=hunter2</html>"})
        call = self._calls(self._referral())
        self._send()
        self.assertEqual((call.state, call.complaints), ("failed", ""))
        self.assertNotIn("hunter2", call.reason)

    def test_a_redirection_is_not_followed(self):
        elsewhere = Agency()
        self.addCleanup(elsewhere.close)
        self._script({"status": 307, "headers": {"Location": f"{elsewhere.url}/referrals"}})
        call = self._calls(self._referral())
        self._send()
        self.assertEqual((call.state, call.status_code), ("failed", 307))
        self.assertFalse(elsewhere.calls)

    def test_an_endless_answer_is_not_read(self):
        self._script({"status": 201, "body": b"x" * 10**6})
        call = self._calls(self._referral())
        self._send()
        self.assertEqual(call.state, "done")
        self.assertIn("too long", call.reason)

    # -- an agency that doesn't know a call again ------------------------------------------

    def test_what_may_have_arrived_is_not_called_twice_where_keys_mean_nothing(self):
        self.agency.knows_keys = False
        for plan in ({"drop": "after"}, {"status": 500}):
            with self.subTest(plan=plan):
                self._script(plan)
                referral = self._referral(self._overdue_invoice(60))
                call = self._calls(referral)
                self._send()
                self.assertEqual(call.state, "unknown")
                self._send()
                self.assertEqual(self.desk.times[call.idempotency_key], 1)
                call.action_confirm_done()
                self.assertEqual(call.state, "done")

    def test_what_was_refused_for_the_moment_is_called_again_there_too(self):
        self.agency.knows_keys = False
        self._script({"status": 503})
        call = self._calls(self._referral())
        self._send()
        self.assertEqual(call.state, "queued")

    # -- processes that die ----------------------------------------------------------------

    def test_a_call_whose_process_died_is_made_again_or_asked_about(self):
        for knows_keys, state in ((True, "queued"), (False, "unknown")):
            with self.subTest(knows_keys=knows_keys):
                self.agency.knows_keys = knows_keys
                call = self._calls(self._referral(self._overdue_invoice(60))).sudo()
                call._set_state("sending", attempts=1, sending_since=fields.Datetime.now())
                self.env["recovery.outbox"].sudo()._give_up_lost()
                self.assertEqual(call.state, "sending", "it may still be at it")
                with self.on(0, hour=10):
                    self.env["recovery.outbox"].sudo()._give_up_lost()
                self.assertEqual(call.state, state)

    def test_who_was_too_slow_has_no_say_any_more(self):
        referral = self._referral()
        call = self._calls(referral).sudo()

        def take_over(*_args):
            call.attempts += 1
            return {}

        self.desk.script = lambda _key, _times: {}
        with patch.object(type(self.agency), "_rest_submit", take_over):
            call._call()
        self.assertEqual(call.state, "sending")

    # -- one bad record, and order ---------------------------------------------------------

    def test_one_call_that_raises_stops_no_other(self):
        calls = self.env["recovery.outbox"]
        for _number in range(3):
            calls |= self._calls(self._referral(self._overdue_invoice(60)))
        bad, made = calls[1], []

        def submit(agency, call):
            made.append(call)
            if call == bad:
                raise ValueError(f"with the {CALLS_KEY}")
            return agency._rest_post(call)

        with patch.object(type(self.agency), "_rest_submit", submit):
            self._send()
            self._send()
        self.assertEqual(calls.mapped("state"), ["done", "failed", "done"])
        self.assertEqual(len(made), 3, "the bad one is not tried again")
        self.assertNotIn(CALLS_KEY, bad.reason)

    def test_an_agency_hears_of_a_referral_before_it_hears_about_it(self):
        referral = self._referral()
        busy = {"status": 503}
        self.desk.script = lambda key, times: (
            busy if (key, times) == (referral.idempotency_key, 1) else {}
        )
        referral._tell_agency("direct_payment", {"text": "100.00 was paid to us."})
        first, second = self._calls(referral)
        self._send()
        self.assertEqual((first.state, second.state), ("queued", "queued"))
        self.assertFalse(self.desk.times[second.idempotency_key])
        self.assertEqual(second.next_try, first.next_try)
        with freeze_time(first.next_try):
            self._send()
        self.assertEqual((first.state, second.state), ("done", "done"))
        self.assertEqual(
            [path for path, *_rest in self.desk.calls][-2:], ["/referrals", "/reports"]
        )

    def test_two_reports_in_one_go_are_two_calls(self):
        referral = self._referral()
        for text in ("100.00 was paid to us.", "50.00 was credited by us."):
            referral._tell_agency("direct_payment", {"text": text})
        self._send()
        reports = [payload for path, _key, _h, payload in self.desk.calls if path == "/reports"]
        texts = [payload["text"] for payload in reports]
        self.assertEqual(texts, ["100.00 was paid to us.", "50.00 was credited by us."])

    def test_a_record_that_can_not_follow_leaves_the_call_done(self):
        referral = self._referral()
        call = self._calls(referral)
        with patch.object(type(referral), "_outbox_done", side_effect=ValueError("broken")):
            self._send()
        self.assertEqual(call.state, "done")
        self.assertIn("broken", call.reason)

    # -- secrets ---------------------------------------------------------------------------

    def test_a_secret_stands_in_the_header_and_nowhere_else(self):
        self._script({"status": 401, "body": {"message": "no"}})
        referral = self._referral()
        with self.assertLogs(level="DEBUG") as logs:
            self._send()
        call = self._calls(referral)
        [(_path, _key, headers, _payload)] = self.desk.calls
        self.assertEqual(headers["Authorization"], f"Bearer {CALLS_KEY}")
        self.env.flush_all()
        for table in ("recovery_outbox", "recovery_agency", "recovery_referral", "mail_message"):
            self.env.cr.execute(
                f'SELECT COUNT(*) FROM "{table}" row WHERE strpos(row::text, %s) > 0', [CALLS_KEY]
            )
            self.assertEqual(self.env.cr.fetchone(), (0,), table)
        told = "\n".join(logs.output)
        for secret in (CALLS_KEY, NEWS_KEY):
            self.assertNotIn(secret, told)
            self.assertNotIn(secret, str(call.read()) + str(self.agency.sudo().read()))

    def test_a_secret_that_nobody_set_is_said_so_and_nothing_leaves(self):
        self.agency.secret_name = "nobody_set_this"
        self.assertFalse(self.agency.is_secret_set)
        call = self._calls(self._referral())
        self._send()
        self.assertEqual(call.state, "failed")
        self.assertIn("not set", call.reason)
        self.assertFalse(self.desk.calls)

    def test_a_secret_that_breaks_a_header_fails_without_being_told(self):
        with patch.dict(os.environ, {"RECOVERY_SECRET_TEST_CALLS": "two\r\nlines: of it"}):
            call = self._calls(self._referral())
            self._send()
        self.assertEqual(call.state, "failed")
        self.assertNotIn("two", call.reason)

    def test_a_name_reaches_no_other_setting(self):
        for name in ("admin_passwd", "../x", "PATH", "a b", "the secret itself!"):
            self.assertFalse(self.agency._secret(name), name)
        for name in ("PATH", "a b", "Sup3r-S3cret"):
            with self.assertRaises(ValidationError) as refused:
                self.agency.secret_name = name
            self.assertNotIn(name, str(refused.exception))

    def test_the_configuration_file_holds_secrets_too(self):
        with patch.dict(config.options, {"recovery_secret_from_file": "s3cret"}):
            self.assertEqual(self.agency._secret("from_file"), "s3cret")

    # -- settings and rights ---------------------------------------------------------------

    def test_only_https_or_this_machine_is_called(self):
        for url in (
            "http://agency.example",
            "ftp://agency.example",
            "https://user:pw@agency.example",
            "http://127.0.0.1.agency.example",
            "https://agency.example/?a=1",
        ):
            with self.subTest(url=url), self.assertRaises(ValidationError):
                self.agency.rest_url = url
        self.agency.rest_url = "https://agency.example/api/v1"

    def test_a_header_that_is_not_ours_to_set_is_refused(self):
        for values in (
            {"rest_header": "Host"},
            {"rest_header": "X: y"},
            {"rest_header": "Idempotency-Key"},
            {"rest_scheme": "two words"},
        ):
            with self.subTest(values), self.assertRaises(ValidationError):
                self.agency.write(values)

    def test_what_is_told_is_what_the_agencys_fields_name(self):
        rows = (
            ("reference", "reference"),
            ("debtor_name", "debtor.name"),
            ("item_document", "claims[].number"),
            ("item_amount", "claims[].open"),
        )
        self.agency.field_ids = [
            (0, 0, {"source": source, "target": target}) for source, target in rows
        ]
        invoice = self._overdue_invoice(60, 400)
        call = self._calls(self._referral(invoice))
        self.assertEqual(
            json.loads(call.payload),
            {
                "reference": call._record().name,
                "debtor": {"name": self.partner_a.name},
                "claims": [{"number": invoice.name, "open": "400.00"}],
            },
        )

    def test_fields_that_do_not_fit_are_refused(self):
        for source, target in (
            ("debtor_name", "a b"),
            ("debtor_name", "claims[].name"),
            ("item_amount", "amount"),
        ):
            with self.subTest(target=target), self.assertRaises(ValidationError):
                self.agency.field_ids = [(0, 0, {"source": source, "target": target})]
        with self.assertRaises(ValidationError):
            self.agency.field_ids = [
                (0, 0, {"source": "debtor_name", "target": "debtor"}),
                (0, 0, {"source": "debtor_city", "target": "debtor.city"}),
            ]

    def test_only_a_manager_decides_about_calls_and_nobody_writes_on_them(self):
        self._script({"status": 400})
        call = self._calls(self._referral())
        self._send()
        collector = new_test_user(
            self.env,
            "calls_collector",
            groups="account.group_account_invoice",
            company_id=self.company.id,
        )
        with self.assertRaises(UserError):
            call.with_user(collector).action_retry()
        with self.assertRaises(UserError):
            call.with_user(collector).write({"payload": "{}"})
        with self.assertRaises(UserError):
            call.write({"payload": "{}"})
        call.action_retry()
        self.assertEqual(call.state, "queued")
        with self.assertRaises(UserError):
            call.action_retry()
        with self.assertRaises(UserError):
            call.sudo().unlink()

    def test_a_connector_that_nobody_wrote_is_said_so(self):
        with self.assertRaisesRegex(UserError, "not able"):
            self.agency._connector("dance")
