from datetime import datetime, timedelta
from unittest.mock import patch

from odoo import Command
from odoo.addons.overdue_recovery.models.recovery_contact_facts import Request
from odoo.addons.overdue_recovery.models.recovery_contact_gate import REASONS
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .common import MONDAY, RecoveryCommon


def at(text):
    """Naive UTC from ``YYYY-MM-DD HH:MM``."""
    return datetime.fromisoformat(text)


@tagged("post_install", "-at_install")
class TestRecoveryContactGate(RecoveryCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gate = cls.env["recovery.contact.gate"]
        cls.person = cls._customer("Person", "DE")
        cls.american = cls._customer("American", "US", tz="America/New_York")
        cls.courtesy = cls.env.ref("overdue_recovery.recovery_law_courtesy")
        cls.us_law = cls.env.ref("overdue_recovery.recovery_law_us_contact")

    @classmethod
    def _customer(cls, name, country=None, **values):
        return cls.env["res.partner"].create(
            {
                "name": name,
                "email": f"{name.lower()}@customer.example",
                "country_id": country and cls.env.ref(f"base.{country.lower()}").id,
                **values,
            }
        )

    def _verdict(self, moment, partner=None, channel="email", purpose="demand"):
        return self.gate._verdict(partner or self.person, channel, purpose, at(moment))

    def _assert(self, verdict, decision, until=None, reasons=()):
        self.assertEqual(
            (verdict.decision, verdict.until, verdict.reasons),
            (decision, until and at(until), tuple(reasons)),
        )

    def _log(self, partner, moment, channel="call", outcome="done", **values):
        case = partner._recovery_case(self.company)
        entry = {
            "case": case,
            "direction": "out",
            "channel": channel,
            "kind": "call" if channel == "call" else "message",
            "purpose": "demand",
            "outcome": outcome,
            "date": at(moment),
            **values,
        }
        return self.env["recovery.interaction"]._log([entry])

    # -- the courtesy row ------------------------------------------------------------------

    def test_hours_days_and_holidays_are_those_of_the_recipient(self):
        # Germany: UTC+1 in winter, UTC+2 in summer; 21 April 2025 is Easter Monday
        table = (
            ("2025-03-03 06:59", "hold", "2025-03-03 07:00", ["hours"]),
            ("2025-03-03 07:00", "send", None, []),
            ("2025-03-03 17:59", "send", None, []),
            ("2025-03-03 18:00", "hold", "2025-03-04 07:00", ["hours"]),
            ("2025-03-08 12:00", "hold", "2025-03-10 07:00", ["weekday"]),
            ("2025-03-28 20:00", "hold", "2025-03-31 06:00", ["hours"]),
            ("2025-04-21 10:00", "hold", "2025-04-22 06:00", ["holiday"]),
            ("2025-04-18 22:30", "hold", "2025-04-22 06:00", ["weekday", "hours"]),
            ("2025-12-24 18:00", "hold", "2025-12-29 07:00", ["hours"]),
        )
        for moment, *expected in table:
            with self.subTest(moment=moment):
                self._assert(self._verdict(moment), *expected)

    def test_holidays_of_the_state_count(self):
        # Fronleichnam: a holiday in Bavaria, none in Berlin
        for state, until in (("state_de_by", "2025-06-20 06:00"), ("state_de_be", None)):
            self.person.state_id = self.env.ref(f"base.{state}")
            verdict = self._verdict("2025-06-19 10:00")
            self.assertEqual(verdict.until, until and at(until), state)

    def test_purposes_and_channels(self):
        sunday = "2025-03-09 03:00"
        table = (
            ("demand", "email", "hold"),
            ("demand", "call", "hold"),
            ("demand", "letter", "refuse"),
            ("reminder", "email", "hold"),
            ("legal", "email", "send"),
            ("answer", "email", "send"),
            ("answer", "call", "send"),
        )
        for purpose, channel, expected in table:
            with self.subTest(purpose=purpose, channel=channel):
                verdict = self._verdict(sunday, channel=channel, purpose=purpose)
                self.assertEqual(verdict.decision, expected)

    def test_the_hour_of_a_letter_does_not_matter_unless_a_rule_is_for_letters(self):
        request = Request(self.person, "letter", "demand", address="Main Street 1")
        sunday = at("2025-03-09 03:00")
        self.assertEqual(self.gate._verdicts([request], sunday)[0].decision, "send")
        self.courtesy.contact_rule_ids.copy({"channel": "letter"})
        self.assertEqual(self.gate._verdicts([request], sunday)[0].decision, "hold")

    def test_one_demand_in_seven_days_on_whatever_channel(self):
        self._log(self.person, "2025-03-03 09:00", "email", "sent")
        self._assert(self._verdict("2025-03-05 09:00"), "hold", "2025-03-10 09:00", ["limit"])
        self._assert(
            self._verdict("2025-03-05 09:00", channel="call"),
            "hold",
            "2025-03-10 09:00",
            ["limit"],
        )
        self._assert(self._verdict("2025-03-10 09:00"), "send")
        self._assert(self._verdict("2025-03-05 09:00", purpose="reminder"), "send")

    def test_a_reminder_gives_way_to_other_messages_of_its_day(self):
        self._log(self.person, "2025-03-03 09:00", "email", "sending", purpose="reminder")
        reminder = Request(self.person, "email", "reminder", key="N/1")
        demand = Request(self.person, "email", "demand", key="N/2")
        moment = at("2025-03-03 10:00")
        self._assert(
            self.gate._verdicts([reminder], moment)[0], "hold", "2025-03-04 09:00", ["limit"]
        )
        verdicts = self.gate._verdicts([demand, reminder], at("2025-03-05 10:00"))
        self.assertEqual([one.decision for one in verdicts], ["send", "hold"])
        self._assert(verdicts[1], "hold", "2025-03-06 10:00", ["limit"])

    def test_a_reminder_waits_for_a_demand_that_is_about_to_leave(self):
        self._overdue_invoice(partner=self.person)
        self._propose().action_issue()
        self._assert(
            self._verdict("2025-03-03 10:00", purpose="reminder"),
            "hold",
            "2025-03-04 10:00",
            ["limit"],
        )

    def test_what_does_not_count(self):
        self._log(self.person, "2025-03-03 09:00", "email", "sending", purpose="reminder")
        self._log(self.person, "2025-03-03 09:00", "email", "sent", purpose="answer")
        self._log(self.person, "2025-03-03 09:00", "email", "failed")
        first = self._log(self.person, "2025-03-03 10:00", "email", "sending")
        self._log(
            self.person,
            "2025-03-03 10:01",
            "email",
            "bounced",
            kind="outcome",
            refers_to=first.sequence,
        )
        self._log(self.person, "2025-03-03 09:00", "email", "received", direction="in")
        self._log(self.person, "2025-03-03 09:00", "call", direction="in")
        self._log(self.american, "2025-03-03 09:00", "email", "sent")
        self._assert(self._verdict("2025-03-05 09:00"), "send")

    def test_messages_of_one_notice_are_one_demand(self):
        for channel in ("email", "call"):
            self._log(
                self.person, "2025-03-03 09:00", channel, "sent", kind="notice", reference="N/1"
            )
        own = Request(self.person, "email", "demand", key="N/1")
        other = Request(self.person, "email", "demand", key="N/2")
        verdicts = self.gate._verdicts([own, other], at("2025-03-04 09:00"))
        self.assertEqual([one.decision for one in verdicts], ["send", "hold"])

    def test_two_notices_to_one_customer_do_not_leave_together(self):
        requests = [
            Request(self.person, "email", "demand", key="N/1"),
            Request(self.person, "email", "demand", key="N/2"),
            Request(self.american, "email", "demand", key="N/3"),
        ]
        verdicts = self.gate._verdicts(requests, at("2025-03-04 15:00"))
        self.assertEqual([one.decision for one in verdicts], ["send", "hold", "send"])

    def test_another_company_has_its_own_limits_and_its_own_cease(self):
        other = self.env["res.company"].create({"name": "Other"})
        self._log(self.person, "2025-03-03 09:00", "email", "sent")
        self._hold(self.person, "other", cease_contact=True)
        request = Request(self.person, "email", "demand", company=other)
        self.assertEqual(self.gate._verdicts([request], at("2025-03-05 09:00"))[0].decision, "send")

    def test_a_row_that_is_off_or_not_in_force_binds_nothing(self):
        self.courtesy.contact_active = False
        self._assert(self._verdict("2025-03-09 03:00"), "send")
        self.courtesy.write({"contact_active": True, "valid_from": "2025-03-10"})
        self._assert(self._verdict("2025-03-09 03:00"), "send")

    # -- Regulation F ----------------------------------------------------------------------

    def test_seven_calls_in_seven_days(self):
        self.courtesy.contact_active = False
        for day in range(3, 10):
            self._log(self.american, f"2025-03-{day:02} 15:00", outcome="no_answer")
        sunday = ("2025-03-09 20:00", self.american, "call")
        self._assert(self._verdict(*sunday), "send")
        self.us_law.contact_active = True
        # clocks change in New York on that Sunday: Monday 10:00 there is 14:00 UTC
        self._assert(self._verdict(*sunday), "hold", "2025-03-10 14:00", ["limit"])
        self._assert(self._verdict("2025-03-09 20:00", self.american), "send")
        self.american.recovery_debtor_type = "business"
        self._assert(self._verdict(*sunday), "send")

    def test_no_call_within_seven_days_after_a_conversation(self):
        self.courtesy.contact_active = False
        self.us_law.contact_active = True
        for direction, purpose in (("out", "demand"), ("in", "none")):
            customer = self._customer(direction, "US", tz="America/New_York")
            self._log(
                customer,
                "2025-02-03 15:00",
                outcome="conversation",
                direction=direction,
                purpose=purpose,
            )
            verdict = self._verdict("2025-02-05 15:00", customer, "call")
            self._assert(verdict, "hold", "2025-02-10 15:00", ["conversation"])
            self._assert(self._verdict("2025-02-05 15:00", customer), "send")

    def test_a_country_row_only_narrows(self):
        self.us_law.contact_active = True
        # Saturday noon: Regulation F allows it, courtesy does not; 20:00 on a Monday too
        for moment in ("2025-03-08 17:00", "2025-03-04 01:00"):
            self.assertEqual(self._verdict(moment, self.american).decision, "hold")

    def test_hours_of_regulation_f(self):
        self.courtesy.contact_active = False
        self.us_law.contact_active = True
        self._assert(
            self._verdict("2025-03-04 02:00", self.american),
            "hold",
            "2025-03-04 13:00",
            ["hours"],
        )
        self._assert(self._verdict("2025-03-08 17:00", self.american), "send")

    # -- where the recipient is ------------------------------------------------------------

    def test_a_country_with_many_zones_leaves_only_what_suits_in_all(self):
        somewhere = self._customer("Somewhere", "US", tz=False)
        # 8:00 in Honolulu is 18:00 UTC, 19:00 in New York is midnight UTC
        self._assert(
            self._verdict("2025-03-03 15:00", somewhere), "hold", "2025-03-03 18:00", ["hours"]
        )
        self._assert(self._verdict("2025-03-03 23:59", somewhere), "send")
        self._assert(
            self._verdict("2025-03-04 00:00", somewhere), "hold", "2025-03-04 18:00", ["hours"]
        )

    def test_the_state_narrows_the_zones(self):
        somewhere = self._customer("Somewhere", "US", tz=False)
        table = (("NY", "send"), ("KS", "send"), ("CA", "hold"), ("HI", "hold"))
        for code, decision in table:
            somewhere.state_id = self.env.ref("base.us").state_ids.filtered(
                lambda state, code=code: state.code == code
            )
            verdict = self._verdict("2025-03-03 15:00", somewhere)
            self.assertEqual(verdict.decision, decision, code)

    def test_the_own_zone_comes_first(self):
        traveller = self._customer("Traveller", "DE", tz="Asia/Tokyo")
        self._assert(
            self._verdict("2025-03-03 12:00", traveller), "hold", "2025-03-03 23:00", ["hours"]
        )

    def test_a_zone_that_odoo_filled_in_from_the_user_is_not_the_customers_own(self):
        self.env.user.tz = "Europe/Berlin"
        stamped = self._customer("Stamped", "US", tz="Europe/Berlin")
        self.assertEqual(self._verdict("2025-03-03 10:00", stamped).decision, "hold")
        self.assertEqual(self._verdict("2025-03-03 20:00", stamped).decision, "send")

    def test_without_a_country_it_is_the_companys_zone(self):
        nomad = self._customer("Nomad", tz=False)
        self.company.recovery_tz = "Asia/Tokyo"
        self._assert(
            self._verdict("2025-03-03 12:00", nomad), "hold", "2025-03-03 23:00", ["hours"]
        )

    def test_zones_too_far_apart_are_refused_with_advice(self):
        self.courtesy.contact_rule_ids.hour_to = 12
        somewhere = self._customer("Somewhere", "US", tz=False)
        verdict = self._verdict("2025-03-03 15:00", somewhere)
        self.assertEqual((verdict.decision, verdict.reasons[0]), ("refuse", "no_moment"))
        self.assertIn("time zone", self.gate._in_words(verdict))

    # -- refusals --------------------------------------------------------------------------

    def test_refusals_by_purpose(self):
        """What refuses which purposes; none of it waits for an hour."""
        cases = {
            "cease": (lambda: self._hold(self.person, "other", cease_contact=True), "demand"),
            "opt_out": (
                lambda: self.person.write({"recovery_opt_out_email": True}),
                "demand legal",
            ),
            "blacklist": (
                lambda: self.env["mail.blacklist"].sudo()._add(self.person.email),
                "demand legal",
            ),
            "no_address": (lambda: self.person.write({"email": False}), "demand legal answer"),
        }
        for code, (make, refused) in cases.items():
            with self.subTest(code=code), self.env.cr.savepoint() as savepoint:
                make()
                for purpose in ("demand", "legal", "answer"):
                    verdict = self._verdict("2025-03-04 10:00", purpose=purpose)
                    expected = ("refuse", (code,)) if purpose in refused else ("send", ())
                    self.assertEqual((verdict.decision, verdict.reasons), expected, purpose)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_what_a_customer_said_holds_for_its_contacts(self):
        company = self._customer("Firm", "DE", is_company=True)
        contact = self._customer("Employee", "DE", parent_id=company.id)
        company.recovery_opt_out_call = True
        self._hold(company, "other", cease_contact=True)
        verdict = self._verdict("2025-03-04 10:00", contact, "call")
        self._assert(verdict, "refuse", None, ["cease", "opt_out"])

    def test_a_cease_that_ended_binds_no_more(self):
        self._hold(self.person, "other", cease_contact=True, date_to=MONDAY)
        self.assertEqual(self._verdict("2025-03-03 10:00").decision, "refuse")
        self.assertEqual(self._verdict("2025-03-04 10:00").decision, "send")

    def test_where_a_rule_asks_for_it_text_messages_need_a_consent(self):
        request = Request(self.american, "sms", "demand", address="+1 212 555 0100")
        moment = at("2025-03-04 15:00")

        def reasons():
            return self.gate._verdicts([request], moment)[0].reasons

        self.assertEqual(reasons(), ())
        self.us_law.contact_active = True
        self.assertEqual(reasons(), ("no_consent",))
        self.american.recovery_sms_consent = True
        self.assertEqual(reasons(), ())
        self.american.write({"recovery_sms_consent": False, "recovery_debtor_type": "public"})
        self.assertEqual(reasons(), ())

    def test_every_code_has_its_sentence(self):
        self.assertEqual(set(self.gate._texts()), set(REASONS))

    def test_many_requests_cost_no_more_queries(self):
        partners = self.env["res.partner"].create(
            [
                {
                    "name": f"Customer {number}",
                    "email": f"c{number}@customer.example",
                    "country_id": self.env.ref("base.fr").id,
                }
                for number in range(25)
            ]
        )
        counts = []
        for chosen in (partners[:1], partners[:3], partners):
            requests = [Request(partner, "email", "demand") for partner in chosen]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.gate._verdicts(requests, at("2025-03-04 10:00"))
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])

    # -- deliveries ------------------------------------------------------------------------

    def _issued(self, day=5):
        """A notice that was issued on a Saturday."""
        with self.on(day):
            self._overdue_invoice()
            run = self._propose()
            run.action_issue()
            self._deliver()
        return run.notice_ids.sudo()

    def test_a_held_delivery_goes_by_itself_when_its_moment_comes(self):
        notice = self._issued()
        delivery = notice.delivery_ids
        self.assertEqual((notice.state, delivery.state), ("issued", "held"))
        self.assertEqual(delivery.hold_until, at("2025-03-10 08:00"))
        self.assertEqual(delivery.reason, "Not a day of the week for contacts.")
        triggers = self.env["ir.cron.trigger"].sudo()
        woken = triggers.search([("call_at", "=", delivery.hold_until)])
        self.assertEqual(woken.cron_id, self.env.ref("overdue_recovery.ir_cron_deliver"))
        with self.on(6):
            self._deliver()
        self.assertEqual(delivery.state, "held")
        with self.on(7, hour=8):
            self._deliver()
        self.assertEqual((notice.state, delivery.state), ("sent", "sent"))
        self.assertFalse(delivery.reason)

    def test_a_held_delivery_is_looked_at_again_before_it_goes(self):
        notice = self._issued()
        with self.on(6):
            self._pay(notice.line_ids.move_line_id.move_id)
        with self.on(7, hour=8):
            self._deliver()
        self.assertEqual((notice.state, notice.delivery_ids.state), ("cancelled", "cancelled"))

    def test_a_held_delivery_that_raises_fails_and_stops_nobody(self):
        delivery = self._issued().delivery_ids
        with (
            self.on(7, hour=8),
            patch.object(type(delivery), "_render", side_effect=ValueError("broken")),
        ):
            self._deliver()
        self.assertEqual((delivery.state, delivery.reason), ("failed", "broken"))

    def test_one_trigger_for_all_that_wait_for_one_moment(self):
        with self.on(5):
            for partner in (self.partner_a, self.partner_b):
                self._overdue_invoice(partner=partner)
            self._propose().action_issue()
            self._deliver()
        triggers = self.env["ir.cron.trigger"].sudo()
        self.assertEqual(triggers.search_count([("call_at", "=", at("2025-03-10 08:00"))]), 1)

    def test_the_notice_says_in_words_what_the_gate_says(self):
        with self.on(5):
            self._overdue_invoice()
            run = self._propose()
            notice = run.notice_ids
            self.assertIn("Waits until", notice.gate_text)
            self.assertIn("Not a day of the week", notice.gate_text)
        with self.on(7):
            notice.invalidate_recordset(["gate_text"])
            self.assertEqual(notice.gate_text, "May go now.")
            run.action_issue()
            self.partner_a.recovery_opt_out_email = True
            notice.invalidate_recordset(["gate_text"])
            self.assertIn("Must not go", notice.gate_text)

    def test_a_refused_delivery_fails_its_notice_with_the_reason(self):
        self._overdue_invoice()
        run = self._propose()
        run.action_issue()
        self.partner_a.recovery_opt_out_email = True
        self._deliver()
        notice = run.notice_ids
        self.assertEqual((notice.state, notice.delivery_ids.state), ("failed", "cancelled"))
        self.assertIn("does not want to be contacted", notice.reason)

    def test_a_reminder_before_the_due_date_starts_no_limit(self):
        self._create_policy((-3, 1), sequence=1)
        self.policy.active = False
        invoice = self._overdue_invoice(days=-2)
        self._run_dunning()
        entries = self.partner_a._recovery_case(self.company).interaction_ids
        self.assertEqual(set(entries.mapped("purpose")), {"reminder"})
        self.assertTrue(invoice.dunning_level_id)
        self._assert(self._verdict("2025-03-04 10:00", self.partner_a), "send")

    def test_a_cancelled_notice_bars_nothing(self):
        self._overdue_invoice()
        notice = self._run_dunning().notice_ids
        moment = "2025-03-04 10:00"
        self.assertEqual(self._verdict(moment, self.partner_a).decision, "hold")
        notice.action_cancel()
        self.assertEqual(self._verdict(moment, self.partner_a).decision, "send")

    def test_the_log_names_the_notice(self):
        self._overdue_invoice()
        run = self._run_dunning()
        entry = run.notice_ids.case_id.interaction_ids.filtered(lambda one: one.kind == "notice")
        self.assertEqual((entry.reference, entry.purpose), (run.notice_ids.name, "demand"))

    # -- a manager overrides ---------------------------------------------------------------

    def test_a_manager_overrides_a_hold_with_a_reason(self):
        notice = self._issued()
        delivery = notice.delivery_ids.with_env(self.env)
        with self.on(5, hour=10):
            for reason in (None, "", "  ", 7):
                with self.assertRaises(UserError):
                    delivery.action_override_hold(reason)
            wizard = self.env["dunning.hold.override"].with_context(active_ids=delivery.ids)
            wizard.create({"reason": "She asked for it"}).action_override()
            self.assertEqual(delivery.state, "queued")
            self._deliver()
        self.assertEqual((notice.state, delivery.state), ("sent", "sent"))
        entry = notice.case_id.interaction_ids.filtered(lambda one: one.kind == "hold_override")
        self.assertEqual((entry.text, entry.reference), ("She asked for it", notice.name))
        self.assertIn("Not a day of the week", entry.details)

    def test_an_override_is_for_one_hold_only(self):
        notice = self._issued()
        delivery = notice.delivery_ids.with_env(self.env)
        delivery.action_override_hold("Now")
        self.assertEqual(delivery.override_until, at("2025-03-10 08:00"))
        with self.on(7, hour=20):
            self._deliver()
        self.assertEqual(delivery.state, "held", "its time has passed")

    def test_nobody_overrides_a_refusal_or_what_is_not_held(self):
        notice = self._issued()
        delivery = notice.delivery_ids.with_env(self.env)
        self._hold(self.partner_a, "other", blocks="charge", cease_contact=True)
        with self.on(5), self.assertRaises(UserError):
            delivery.action_override_hold("Now")
        self.assertEqual(delivery.state, "held")
        with self.on(7):
            self._deliver()
            self.assertEqual(delivery.state, "cancelled")
            with self.assertRaises(UserError):
                delivery.action_override_hold("Now")

    def test_a_collector_overrides_nothing(self):
        notice = self._issued()
        collector = new_test_user(
            self.env,
            "gate_collector",
            groups="account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        with self.assertRaises(AccessError):
            notice.delivery_ids.with_user(collector).action_override_hold("Now")

    # -- contacts by a person --------------------------------------------------------------

    def test_a_person_is_told_why_a_contact_must_wait(self):
        case = self.person._recovery_case(self.company)
        with self.on(1):
            case._check_contact("call")
        with self.on(5), self.assertRaisesRegex(UserError, "Waits until .* Not a day of the week"):
            case._check_contact("call")
        with self.on(5):
            case._check_contact("call", "answer")

    def test_a_call_belongs_to_the_demand_of_its_notice(self):
        self._overdue_invoice()
        notice = self._run_dunning().notice_ids
        with self.on(1):
            notice.case_id._check_contact("call", notice=notice)
            with self.assertRaises(UserError):
                notice.case_id._check_contact("call")

    # -- rows ------------------------------------------------------------------------------

    def test_shipped_rows(self):
        rule = self.courtesy.contact_rule_ids
        self.assertRecordValues(
            rule,
            [
                {
                    "channel": False,
                    "friday": True,
                    "saturday": False,
                    "hour_from": 8.0,
                    "hour_to": 19.0,
                    "skip_holidays": True,
                    "max_contacts": 1,
                    "window_days": 7,
                }
            ],
        )
        self.assertRecordValues(
            self.us_law,
            [{"code": "US-CONTACT", "contact_active": False, "debtor_type": "consumer"}],
        )
        self.assertIn("1006.14(b)(2)", self.us_law.source)
        self.assertEqual(self.us_law.country_ids.code, "US")

    def test_rules_that_leave_no_moment_are_refused(self):
        rule = self.courtesy.contact_rule_ids
        days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
        for values in (
            dict.fromkeys(days, False),
            {"hour_from": 19},
            {"hour_to": 25},
            {"hour_from": -1},
            {"window_days": 0},
            {"max_contacts": -1},
            {"gap_days": -1},
            {"conversation_days": 400},
        ):
            with (
                self.subTest(values=values),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                rule.write(values)
                rule.flush_recordset()

    def test_a_copy_of_a_law_takes_its_rules_along(self):
        copy = self.us_law.copy({"valid_from": "2030-01-01", "active": False})
        self.assertEqual(len(copy.contact_rule_ids), len(self.us_law.contact_rule_ids))

    def test_a_gap_between_contacts(self):
        self.courtesy.contact_rule_ids.write({"max_contacts": 0, "gap_days": 2})
        self._log(self.person, "2025-03-03 09:00", "email", "sent")
        self._assert(self._verdict("2025-03-04 09:00"), "hold", "2025-03-05 09:00", ["gap"])
        self.assertEqual(
            self._verdict("2025-03-04 09:00").until - at("2025-03-03 09:00"), timedelta(days=2)
        )
