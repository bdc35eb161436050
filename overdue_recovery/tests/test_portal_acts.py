import json
import re
from datetime import datetime, time, timedelta

from odoo.tests import tagged
from odoo.tools import mute_logger

from .portal_acts import HOSTILE, PDF, PortalActs


@tagged("post_install", "-at_install")
class TestPortalActs(PortalActs):
    """What customers do by forms: what comes of it, and what of it is refused."""

    # -- I have paid -----------------------------------------------------------------------

    def test_who_says_that_it_is_paid_is_believed_for_some_days_once(self):
        for _tab in range(2):
            self._assert_done(self._act("paid", item=self.item.id, text="By bank on Monday"))
        self.assertEqual(self._codes(self.item), ["says_paid"])
        [entry] = self._incoming()
        self.assertEqual((entry.channel, entry.names), ("portal", self.contact.display_name))
        self.assertIn("By bank on Monday", entry.text)
        self.assertEqual(len(self.case.activity_ids), 1)
        with self.on(8):
            self.assertEqual(self._codes(self.item), [])
            self._login()
            self._assert_refused(self._act("paid", item=self.item.id), "file")
            self.assertEqual(self._codes(self.item), [])

    def test_a_proof_waits_for_a_person(self):
        files = {"file": ("../../etc/proof\n.pdf", PDF, "text/html")}
        answer = self._act("paid", item=self.item.id, text="See there", files=files)
        self._assert_done(answer, "no reminder goes out")
        request = self.case.request_ids
        self.assertRecordValues(
            request, [{"kind": "paid_proof", "state": "open", "author_id": self.contact.id}]
        )
        self.assertEqual(request.move_line_ids, self.item)
        self.assertEqual(request.attachment_ids.mimetype, "application/pdf")
        self.assertNotIn("/", request.attachment_ids.name)
        self.assertEqual(request.attachment_ids.res_id, request.id)
        with self.on(100):
            self.assertEqual(self._codes(self.item), ["reply_waiting"])

    def test_uploads_are_what_they_say_and_not_too_large(self):
        for content in (b"<html><script>1</script></html>", b"MZ\x90\x00", b"", b"hello"):
            with self.subTest(content=content):
                files = {"file": ("proof.pdf", content, "application/pdf")}
                self._assert_refused(self._act("paid", item=self.item.id, files=files), "file")
        files = {"file": ("proof.pdf", PDF + b"0" * 11 * 1024 * 1024, "application/pdf")}
        self._assert_refused(self._act("paid", item=self.item.id, files=files), "file")
        many = [("file", (f"{number}.pdf", PDF, "application/pdf")) for number in range(6)]
        self._assert_refused(self._act("paid", item=self.item.id, files=many), "file")
        self.assertFalse(self.case.request_ids)

    def test_a_form_of_fifty_megabytes_is_refused_before_it_is_read(self):
        files = {"file": ("proof.pdf", PDF + b"0" * 50 * 1024 * 1024, "application/pdf")}
        answer = self._act("paid", item=self.item.id, files=files)
        self.assertEqual(answer.status_code, 413)
        self.assertFalse(self.case.request_ids)

    # -- promises --------------------------------------------------------------------------

    def test_a_promise_is_noted_once_however_often_it_is_sent(self):
        for _tab in range(2):
            self._assert_done(self._act("promise", item=self.item.id, day=self._day(10)))
        promise = self.case.promise_ids
        self.assertRecordValues(
            promise,
            [
                {
                    "state": "open",
                    "origin": "portal",
                    "amount": 100.0,
                    "date_promised": self.today + timedelta(days=10),
                }
            ],
        )
        self.assertEqual(len(self._incoming()), 1)

    def test_a_promise_is_put_off_once_and_then_we_are_asked(self):
        for days in (5, 8):
            self._assert_done(self._act("promise", item=self.item.id, day=self._day(days)))
        self.assertEqual(sorted(self.case.promise_ids.mapped("state")), ["cancelled", "open"])
        self._assert_done(self._act("promise", item=self.item.id, day=self._day(9)))
        self.assertEqual(len(self.case.promise_ids), 2)
        self.assertEqual(self.case.request_ids.kind, "promise")
        self.assertEqual(self.case.request_ids.date_wanted, self.today + timedelta(days=9))

    def test_a_promise_beyond_the_days_of_the_company_is_a_request(self):
        self._assert_done(self._act("promise", item=self.item.id, day=self._day(15), amount="60"))
        self.assertFalse(self.case.promise_ids)
        self.assertRecordValues(
            self.case.request_ids, [{"kind": "promise", "amount": 60.0, "state": "open"}]
        )

    def test_nobody_promises_nothing_too_much_or_yesterday(self):
        for amount in ("-1", "0", "100.01", "1e5", "nan", "0.001", "12,3,4x"):
            with self.subTest(amount=amount):
                answer = self._act("promise", item=self.item.id, day=self._day(5), amount=amount)
                self._assert_refused(answer, "amount")
        for day in ("", "x", self._day(-1), self._day(4000), "9999-99-99"):
            with self.subTest(day=day):
                self._assert_refused(self._act("promise", item=self.item.id, day=day), "day")
        self.assertFalse(self.case.promise_ids)
        self.assertFalse(self._incoming())

    def test_other_customers_items_are_nobodys_to_choose(self):
        other = self._items(self.invoice_b)
        for ids in (other.id, 0, -5, "x", "9" * 30, ""):
            with self.subTest(ids=ids):
                for page in ("promise", "date", "paid"):
                    answer = self._act(page, item=ids, day=self._day(5))
                    self._assert_refused(answer, "item")
        for page in ("wrong", "received"):
            answer = self._act(page, move=self.invoice_b.id, reason=self.reason.id, text="x")
            self._assert_refused(answer, "move")
        mixed = self._act("promise", item=[self.item.id, other.id], day=self._day(5))
        self._assert_done(mixed)
        self.assertEqual(self.case.promise_ids.claim_ids.move_line_id, self.item)
        self.assertFalse(self.env["recovery.hold"].search([("move_line_id", "=", other.id)]))

    def test_items_of_two_currencies_are_two_promises(self):
        foreign = self.setup_other_currency("EUR")
        invoice = self._overdue_invoice(10, 50.0, currency_id=foreign.id)
        answer = self._act(
            "promise", item=[self.item.id, self._items(invoice).id], day=self._day(5)
        )
        self._assert_refused(answer, "item")
        self.assertFalse(self.case.promise_ids)

    # -- something is wrong ----------------------------------------------------------------

    def test_a_part_is_contested_and_only_that_rests(self):
        for _tab in range(2):
            answer = self._act(
                "wrong",
                move=self.invoice_a.id,
                amount="40,00",
                text="One was broken",
                reason=self.reason.id,
                files={"file": ("photo.pdf", PDF, "application/pdf")},
            )
            self._assert_done(answer, "40.00")
        dispute = self.case.dispute_ids
        self.assertRecordValues(
            dispute,
            [{"amount_disputed": 40.0, "description": "One was broken", "state": "open"}],
        )
        self.assertEqual(len(dispute.attachment_ids), 1)
        self.assertFalse(dispute.user_id.share, "one of us decides")
        self.assertEqual(len(self._incoming()), 1)

    def test_nobody_contests_more_than_is_open_or_without_words(self):
        values = {"move": self.invoice_a.id, "reason": self.reason.id, "text": "Wrong"}
        self._assert_refused(self._act("wrong", **{**values, "amount": "100.01"}), "amount")
        self._assert_refused(self._act("wrong", **{**values, "amount": "-5"}), "amount")
        self._assert_refused(self._act("wrong", **{**values, "text": " "}), "text")
        self._assert_refused(self._act("wrong", **{**values, "text": "x" * 4001}), "text")
        private = self.env.ref("overdue_recovery.late_reason_medical")
        self._assert_refused(self._act("wrong", **{**values, "reason": private.id}), "reason")
        self.assertFalse(self.case.dispute_ids)

    def test_an_invoice_that_never_came_is_sent_once_and_then_looked_into(self):
        for _tab in range(2):
            self._assert_done(self._act("received", move=self.invoice_a.id))
        self.assertEqual(self.item.dunning_item_ids.resent_on, self.today)
        self.assertEqual(len(self._incoming()), 1)
        with self.on(3):
            self._login()
            self._assert_done(self._act("received", move=self.invoice_a.id))
        self.assertEqual(self.case.request_ids.kind, "not_received")

    # -- help, offers ----------------------------------------------------------------------

    def test_help_is_asked_once_and_the_page_says_what_happens(self):
        for _tab in range(2):
            self._assert_done(self._act("help", text="I lost my job"), "no reminder goes out")
        self.assertEqual(len(self.case.request_ids), 1)
        page = self._get("/my/recovery").text
        self.assertIn("reminders are paused", page)
        self.assertEqual(len(self._incoming()), 1)

    def test_a_new_date_is_asked_for_with_the_reason_of_lateness(self):
        cash = self.env.ref("overdue_recovery.late_reason_cash_flow")
        answer = self._act("date", item=self.item.id, day=self._day(30), reason=cash.id)
        self._assert_done(answer)
        self.assertRecordValues(
            self.case.request_ids,
            [{"kind": "new_date", "late_reason_id": cash.id, "move_line_ids": self.item.ids}],
        )
        self.assertEqual(self.case.late_reason_id, cash)

    def test_who_would_rather_not_say_is_not_noted(self):
        self._assert_done(self._act("date", item=self.item.id, day=self._day(30), reason=""))
        self.assertFalse(self.case.late_reason_id)

    def test_an_offer_is_accepted_once(self):
        offer = self._settlement()
        for _tab in range(2):
            self._assert_done(self._act("offer", offer=offer.id, answer="accept"))
        self.assertEqual(offer.state, "accepted")
        self.assertEqual(len(self._incoming()), 1)

    def test_a_counter_offer_is_a_request(self):
        offer = self._settlement()
        for _tab in range(2):
            answer = self._act(
                "offer", offer=offer.id, answer="counter", amount="80", day=self._day(20)
            )
            self._assert_done(answer)
        counter = offer.child_ids
        self.assertEqual((offer.state, counter.author, counter.amount), ("countered", "debtor", 80))
        self.assertRecordValues(
            self.case.request_ids, [{"kind": "counter_offer", "offer_id": counter.id}]
        )
        self._assert_refused(self._act("offer", offer=counter.id, answer="accept"), "offer")
        self.assertEqual(counter.state, "proposed", "nobody accepts an own offer")

    def test_a_counter_offer_is_less_than_what_is_open(self):
        offer = self._settlement()
        for amount in ("-1", "100", "0"):
            answer = self._act(
                "offer", offer=offer.id, answer="counter", amount=amount, day=self._day(20)
            )
            self._assert_refused(answer, "amount")
        self.assertEqual(offer.state, "proposed")

    def test_offers_of_others_and_unapproved_ones_are_not_answered(self):
        foreign = self._offer(self.invoice_b, 249)
        waiting = self._offer(self.invoice_a, 1)
        for offer in (foreign, waiting):
            answer = self._act("offer", offer=offer.id, answer="accept")
            self._assert_refused(answer, "offer")
            self.assertEqual(offer.state, "proposed")

    def test_only_those_who_may_sign_do(self):
        self.contact.is_dunning_contact = False
        offer = self._settlement()
        self._assert_refused(self._act("offer", offer=offer.id, answer="accept"), "sign")
        self._assert_refused(self._act("wishes", what="stop"), "sign")
        self._assert_done(self._act("help", text="Please call"))
        self.assertEqual(offer.state, "proposed")

    # -- wishes ----------------------------------------------------------------------------

    def test_wishes_are_kept_and_logged_once(self):
        values = {"channel": "letter", "hours": "morning", "lang": "en_US", "sms_consent": "1"}
        for _tab in range(2):
            self._assert_done(self._act("wishes", what="keep", no_call="1", **values))
        self.assertRecordValues(
            self.contact.sudo(),
            [
                {
                    "recovery_hours": "morning",
                    "recovery_sms_consent": True,
                    "recovery_opt_out_call": True,
                    "recovery_opt_out_email": False,
                }
            ],
        )
        self.assertEqual(self.partner_a.recovery_channel, "letter")
        self.assertEqual(len(self._incoming()), 1)
        for wrong in ({"channel": "visit"}, {"hours": "night"}, {"lang": "xx_XX"}):
            self.assertEqual(self._act("wishes", what="keep", **wrong).status_code, 422)

    def test_a_language_that_is_chosen_is_spoken_on_the_next_page(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.assertIn('lang="en-US"', self._get("/my/recovery").text)
        self.assertEqual(self._act("wishes", what="keep", lang="fr_FR").status_code, 303)
        self.assertEqual(self.contact.sudo().lang, "fr_FR")
        page = self.url_open("/my/recovery").text
        self.assertIn('lang="fr-FR"', page)
        self.assertNotIn("Your preferences hold", page)
        self.assertEqual(self._act("wishes", what="keep", lang="xx_XX").status_code, 422)
        page = self.url_open("/my/recovery").text
        self.assertIn('lang="fr-FR"', page)

    def test_the_hours_that_somebody_wishes_are_kept_by_the_gate(self):
        gate = self.env["recovery.contact.gate"]
        self.contact.sudo().tz = "UTC"
        at = datetime.combine(self.today, time(13))
        self.assertEqual(gate._verdict(self.contact, "email", "demand", at).decision, "send")
        self.contact.sudo().recovery_hours = "morning"
        self.assertEqual(gate._verdict(self.contact, "email", "demand", at).decision, "hold")
        self.assertEqual(gate._verdict(self.contact, "email", "answer", at).decision, "send")

    def test_a_stop_ends_reminders_not_the_debt_and_can_be_taken_back(self):
        for _tab in range(2):
            self._assert_done(self._act("wishes", what="stop"), "What is open stays open")
        self.assertEqual(len(self._incoming()), 1)
        self.assertFalse(self._propose(partner_ids=self.partner_a.ids).notice_ids)
        self.assertIn("100.00", self._get("/my/recovery").text)
        self._assert_done(self._act("wishes", what="go_on"))
        self.assertEqual(self._codes(self.item), [])

    def test_automatic_payment_is_agreed_once_from_an_own_card_and_taken_back(self):
        own, foreign = self._saved_card(self.partner_a), self._saved_card(self.partner_b)
        values = {"company": self.company.id, "agreed": "1"}
        self._assert_refused(self._act("autopay", **values, card=foreign.id), "card")
        self._assert_refused(self._act("autopay", company=self.company.id, card=own.id), "agreed")
        for _tab in range(2):
            self._assert_done(self._act("autopay", **values, card=own.id))
        autopay = self.env["recovery.autopay"].search([("partner_id", "=", self.partner_a.id)])
        self.assertRecordValues(
            autopay, [{"state": "active", "origin": "portal", "payment_token_id": own.id}]
        )
        for _tab in range(2):
            self._assert_done(self._act("autopay", revoke=autopay.id))
        self.assertEqual(autopay.state, "revoked")
        self.assertEqual(len(self._incoming()), 2)

    def test_own_data_are_own(self):
        self._act("help", text="My own words")
        answer = self._post("/my/recovery/data")
        self.assertEqual(answer.headers["Content-Type"], "application/json; charset=utf-8")
        data = json.loads(answer.text)
        self.assertEqual(data["person"]["name"], self.partner_a.name)
        self.assertIn("My own words", answer.text)
        self.assertNotIn(self.partner_b.name, answer.text)
        self.assertEqual(data["requests"][0]["text"], "My own words")

    # -- by a link -------------------------------------------------------------------------

    def test_a_link_acts_on_its_own_matter_only(self):
        self.contact.is_dunning_contact = False
        token = self._links()[self.partner_a]
        self.logout()
        base = f"/recovery/l/{token}"
        later = self._overdue_invoice(2, 77.0)
        answer = self._act("promise", base, item=self._items(later).id, day=self._day(5))
        self._assert_refused(answer, "item")
        answer = self._act("promise", base, item=self.item.id, day=self._day(5))
        self.assertEqual(answer.status_code, 303)
        self.assertEqual(self.case.promise_ids.claim_ids.move_line_id, self.item)
        self.assertEqual(self._act("help", base, text="Help").status_code, 303)
        self.assertEqual(self.case.request_ids.origin, "link")
        self.assertEqual(self._post(f"{base}/data").status_code, 404)

    def test_signing_by_a_link_takes_the_code_and_wrong_tries_count(self):
        self.contact.is_dunning_contact = False
        token = self._links()[self.partner_a]
        offer = self._settlement()
        self.logout()
        base = f"/recovery/l/{token}"
        self._assert_refused(self._act("offer", base, offer=offer.id, answer="accept"), "code")
        self.assertEqual(self._act("code", base, page="offer").status_code, 200)
        code = self.env["recovery.link.code"].search([])
        self.assertEqual(len(code), 1)
        answer = self._act("offer", base, offer=offer.id, answer="accept", code="000")
        self._assert_refused(answer, "code")
        self.assertEqual(code.tries, 1)
        self.assertEqual(offer.state, "proposed")
        digest = self.env["recovery.link.code"]._digest(code.link_id, "424242")
        code.sudo().digest = digest
        answer = self._act("offer", base, offer=offer.id, answer="accept", code="424 242")
        self.assertEqual(answer.status_code, 303)
        self.assertEqual(offer.state, "accepted")
        self.assertFalse(code.exists())

    def test_a_bad_link_does_nothing(self):
        self.contact.is_dunning_contact = False
        for token in ("x" * 32, "0" * 31, self._links()[self.partner_a][:-1] + "~"):
            answer = self._act("promise", f"/recovery/l/{token}", item=self.item.id)
            self.assertEqual(answer.status_code, 404)
        self.assertFalse(self.case.promise_ids)

    # -- every form ------------------------------------------------------------------------

    PAGES = (
        "promise",
        "plan",
        "date",
        "paid",
        "wrong",
        "received",
        "help",
        "offer",
        "wishes",
        "autopay",
    )

    def test_opening_a_form_changes_nothing(self):
        self._settlement()
        self.env.flush_all()
        before = self.case.interaction_ids, self.case.request_ids, self.case.hold_ids
        for page in self.PAGES:
            with self.subTest(page=page):
                answer = self._get(f"/my/recovery/form/{page}")
                self.assertEqual(answer.status_code, 200)
                self.assertIn("csrf_token", answer.text)
                if page in ("promise", "date", "paid", "wrong", "received", "help"):
                    self.assertIn("<textarea", answer.text)
                self.assertIn("noindex", answer.headers["X-Robots-Tag"])
        self.assertEqual(self._get("/my/recovery/form/..%2Fx").status_code, 404)
        self.assertEqual(self._get("/my/recovery/form/evil").status_code, 303)
        self.env.invalidate_all()
        after = self.case.interaction_ids, self.case.request_ids, self.case.hold_ids
        self.assertEqual(before, after)

    def test_no_act_without_the_token_against_forgery(self):
        for page in (*self.PAGES, "code"):
            with self.subTest(page=page), mute_logger("odoo.http"):
                answer = self.url_open(
                    f"/my/recovery/act/{page}",
                    data={"item": self.item.id, "text": "x", "what": "stop"},
                    allow_redirects=False,
                )
                self.assertEqual(answer.status_code, 400)
        self.assertFalse(self.case.request_ids | self.case.interaction_ids.case_id.request_ids)

    def test_what_was_typed_is_never_run(self):
        self._act("help", text=HOSTILE)
        self._act("date", item=self.item.id, day=self._day(30), text=HOSTILE)
        self._act("wrong", move=self.invoice_a.id, reason=self.reason.id, text=HOSTILE, amount="10")
        page = self._get("/my/recovery").text
        self.assertNotIn("<script>alert('x')", page)
        again = self._act("promise", item=self.item.id, text=HOSTILE, amount=HOSTILE, day=HOSTILE)
        self.assertEqual(again.status_code, 422)
        for piece in ("<script>alert('x')", "<img src=x"):
            self.assertNotIn(piece, again.text)

    def test_a_refusal_is_said_in_the_form_that_was_sent_and_no_id_is_there_twice(self):
        francs = self.setup_other_currency("CHF")
        self._overdue_invoice(10, 60.0, currency_id=francs.id)
        forms = self._get("/my/recovery/form/promise").text
        dollars = re.search(r'name="form" value="([^"]+)"', forms)[1]
        refused = self._act(
            "promise", item=self.item.id, day=self._day(3), amount="0", form=dollars
        )
        self._assert_refused(refused, "amount")
        self.assertEqual(refused.text.count('class="o_recovery_error"'), 1)
        self.assertIn(f'aria-describedby="error_amount_{dollars}"', refused.text)
        self.assertEqual(refused.text.count(self._day(3)), 1, "what was typed stays in that form")
        ids = re.findall(r' id="([^"]+)"', refused.text)
        self.assertEqual(sorted(set(ids)), sorted(ids))

    def test_who_acts_too_often_waits(self):
        for _number in range(30):
            self._act("help", text="")
        self.assertEqual(self._act("help", text="Again").status_code, 429)
        self.assertFalse(self.case.request_ids)

    def test_a_visitor_from_nowhere_acts_on_nothing(self):
        self.logout()
        for page in self.PAGES:
            answer = self._act(page, item=self.item.id, text="x", day=self._day(3))
            self.assertEqual(answer.status_code, 303)
            self.assertIn("/web/login", answer.headers["Location"])
        self.assertFalse(self.case.request_ids)
