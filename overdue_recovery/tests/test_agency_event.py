import json
import time
from unittest import skipUnless
from unittest.mock import patch

from odoo.addons.overdue_recovery.controllers import agency_event
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .agency import NEWS_KEY, Agency, AgencyCommon, sign

LARGE = 64 * 1024


@tagged("post_install", "-at_install")
@skipUnless(Agency, "needs the folder dev/ of the project")
class TestAgencyEvent(AgencyCommon, HttpCase):
    """What a machine on the internet may say, and what nobody may."""

    def setUp(self):
        super().setUp()
        self.referral = self._referral()
        self.event = {
            "id": "E-1",
            "type": "accepted",
            "reference": self.referral.name,
            "agency_reference": "FA-7",
            "sequence": 1,
        }
        self.env.flush_all()

    def _post(self, event=None, agency=None, **how):
        """Send an event as the agency would, or otherwise as ``how`` says."""
        body = how.get("body", json.dumps(event or self.event).encode())
        stamp = how.get("stamp", str(int(time.time()) - how.get("age", 0)))
        signature = how.get("signature", sign(how.get("secret", NEWS_KEY), stamp, body))
        headers = {
            "Content-Type": how.get("kind", "application/json"),
            "X-Recovery-Timestamp": stamp,
            "X-Recovery-Signature": signature,
        }
        number = self.agency.id if agency is None else agency
        url = f"/recovery/agency/{number}/event"
        response = self.url_open(url, data=body, headers=headers, method=how.get("method", "POST"))
        self.env.invalidate_all()
        return response

    def _told(self):
        return self.env["recovery.inbox"].search([])

    def _assert_refused(self, response):
        """401 without a word, the same for everybody, and nothing is kept."""
        self.assertEqual(response.status_code, 401)
        self.assertEqual(response.json(), {})
        self.assertFalse(response.cookies)
        self.assertFalse(self._told())
        self.assertEqual(self.referral.state, "sent")

    def test_what_the_agency_signed_is_done(self):
        response = self._post()
        self.assertEqual((response.status_code, response.json()), (200, {"id": "E-1"}))
        self.assertEqual((self.referral.state, self.referral.external_ref), ("accepted", "FA-7"))
        self.assertEqual(self._told().state, "applied")
        self.assertFalse(response.cookies, "no session for a machine")

    def test_it_is_refused_whoever_else_signed_it(self):
        self._assert_refused(self._post(secret="guessed"))
        self._assert_refused(self._post(secret=""))
        self._assert_refused(self._post(signature=""))
        self._assert_refused(self._post(signature="é"))

    def test_a_signature_of_another_body_or_time_is_none(self):
        stamp = str(int(time.time()))
        genuine = sign(NEWS_KEY, stamp, json.dumps(self.event).encode())
        other = json.dumps({**self.event, "type": "rejected"}).encode()
        self._assert_refused(self._post(body=other, stamp=stamp, signature=genuine))
        self._assert_refused(self._post(stamp=str(int(stamp) + 1), signature=genuine))

    def test_it_is_refused_after_five_minutes_and_before_its_time(self):
        for age in (301, 10**6, -301):
            self._assert_refused(self._post(age=age))
        for stamp in ("", "soon", "-1", "9" * 13, "1e9"):
            self._assert_refused(self._post(stamp=stamp))
        self.assertEqual(self._post(age=299).status_code, 200)

    def test_the_same_message_again_changes_nothing(self):
        payment = {**self.event, "id": "E-2", "type": "payment", "amount": "100.00"}
        stamp = str(int(time.time()))
        for _time in range(3):
            self.assertEqual(self._post(payment, stamp=stamp).status_code, 200)
        self.assertEqual(len(self._told()), 1)
        self.assertEqual(self.referral.event_ids.mapped("kind").count("payment"), 1)

    def test_an_agency_that_does_not_exist_or_has_no_secret_looks_like_a_wrong_signature(self):
        silent = self._create_agency(event_secret_name=False, connector="manual")
        unset = self._create_agency(event_secret_name="nobody_set_this")
        self.env.flush_all()
        for number in (silent.id, unset.id, 2**31 - 1, 0):
            for secret in (NEWS_KEY, "", "nobody"):
                self._assert_refused(self._post(agency=number, secret=secret))

    def test_an_agency_speaks_of_its_own_referrals_only(self):
        other = self._create_agency()
        self.env.flush_all()
        self.assertEqual(self._post(agency=other.id).status_code, 200)
        self.assertEqual(self.referral.state, "sent")
        self.assertEqual(self._told().state, "waiting")
        self.assertFalse(self._told().referral_id)

    def test_what_is_too_large_is_refused_unread(self):
        body = json.dumps({**self.event, "text": "x" * LARGE}).encode()
        for kind in ("application/json", "application/x-www-form-urlencoded"):
            self.assertEqual(self._post(body=body, kind=kind).status_code, 413)
        self.assertFalse(self._told())

    def test_what_is_no_json_is_refused_however_well_signed(self):
        for body in (b"", b"{", b"[]", b"7", b"null", b'"text"', b"\xff\xfe", b"[" * 5000):
            self._assert_refused(self._post(body=body))

    def test_what_is_no_event_is_refused_however_well_signed(self):
        for broken in (
            {"id": ""},
            {"id": 7},
            {"id": "x" * 201},
            {"id": "E\x001"},
            {"id": "E\ud8001"},
            {"type": None},
            {"type": ["accepted"]},
            {"type": "x" * 65},
        ):
            self._assert_refused(self._post({**self.event, **broken}))

    def test_only_a_post_of_json_is_read(self):
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
            self._assert_refused(self._post(kind=kind))
        for method in ("GET", "PUT", "DELETE"):
            self._assert_refused(self._post(method=method))

    def test_a_machine_that_only_guesses_is_no_longer_listened_to(self):
        with patch.object(agency_event, "MOST_MISTAKES", 3):
            for _time in range(4):
                self._assert_refused(self._post(secret="guessed"))
            self._assert_refused(self._post())
            with self.on(0, hour=11):
                self.assertEqual(self._post().status_code, 200)

    def test_a_poisonous_event_is_kept_with_its_error_and_stops_no_other(self):
        with mute_logger("odoo.addons.overdue_recovery.models.recovery_inbox"):
            for number, amount in enumerate(("NaN", "-5", "much", None, True, [], {}, 10**400)):
                event = {**self.event, "id": f"P-{number}", "type": "payment", "amount": amount}
                self.assertEqual(self._post(event).status_code, 200, amount)
        self.assertEqual(set(self._told().mapped("state")), {"failed"})
        self.assertTrue(all(event.reason for event in self._told()))
        self.assertEqual(self._post().status_code, 200)
        self.assertEqual(self.referral.state, "accepted")

    def test_characters_that_no_database_keeps_do_no_harm(self):
        strange = "a\x00b\ud800c"
        for number, values in enumerate(
            (
                {"type": "info_needed", "text": strange},
                {"agency_reference": strange},
                {"reference": strange},
                {strange: strange},
            )
        ):
            event = {**self.event, "id": f"S-{number}", **values}
            self.assertEqual(self._post(event).status_code, 200, values)
        self.assertIn("ab?c", self.referral.event_ids.mapped("text"))

    def test_a_whole_story_told_twice_in_the_wrong_order_ends_as_it_should(self):
        self._send()
        self._desk_tells({"bad signature"}, "rejected")
        self.assertFalse(self._told())
        muddled = {"duplicates", "out of order"}
        self._desk_tells(muddled, "accepted", agency_reference="FA-7")
        self._desk_tells(muddled, "payment", amount="100.00", currency="USD")
        self._desk_tells(muddled, "payment", amount="50.00")
        self._desk_tells(muddled, "closed", outcome="uncollectable")
        self.assertEqual(set(self._told().mapped("state")), {"applied"})
        self.assertEqual((self.referral.state, self.referral.outcome), ("closed", "uncollectable"))
        payments = self.referral.event_ids.filtered(lambda event: event.kind == "payment")
        self.assertEqual(sorted(payments.mapped("amount")), [50, 100])

    def _desk_tells(self, switches, kind, **values):
        """The fake agency itself tells something, in its own way."""
        self.desk.event_url = f"{self.base_url()}/recovery/agency/{self.agency.id}/event"
        self.desk.switches = switches
        with self.allow_requests(all_requests=True):
            self.desk.tell(self.referral.name, kind, **values)
        self.env.invalidate_all()

    def test_an_event_of_an_unknown_kind_is_kept_without_effect(self):
        response = self._post({**self.event, "type": "horoscope"})
        self.assertEqual(response.status_code, 200)
        self.assertEqual(self._told().state, "ignored")
        self.assertEqual(self.referral.state, "sent")
        self.assertIn("unknown", self.referral.event_ids.mapped("kind"))
