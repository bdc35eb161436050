import json
from contextlib import contextmanager
from datetime import datetime, timezone

import psycopg2
from odoo import Command
from odoo.addons.overdue_recovery.calc import chain
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import SQL, mute_logger
from psycopg2.errors import LockNotAvailable, SerializationFailure


class InteractionCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Interaction = cls.env["recovery.interaction"]
        cls.company = cls.env.company
        cls.case = cls._make_case("Ann Debtor")
        cls.other_case = cls._make_case("Bob Debtor")

    @classmethod
    def _make_case(cls, name, company=None):
        partner = cls.env["res.partner"].create({"name": name})
        return cls.env["recovery.case"].create(
            {"partner_id": partner.id, "company_id": (company or cls.company).id}
        )

    def _entry(self, case=None, **values):
        return {
            "case": case or self.case,
            "direction": "out",
            "channel": "email",
            "kind": "notice",
            "purpose": "demand",
            "outcome": "queued",
            "names": "Ann Debtor",
            "address": "ann@example.com",
            "subject": "Your account",
            "text": "Dear Ann, …",
            **values,
        }

    def _log(self, *entries):
        return self.Interaction._log(list(entries) or [self._entry()])

    @contextmanager
    def _triggers_off(self):
        """As a database administrator could: gone again with the test's transaction."""
        self.env.flush_all()
        self.env.cr.execute("ALTER TABLE recovery_interaction DISABLE TRIGGER USER")
        yield
        self.env.cr.execute("ALTER TABLE recovery_interaction ENABLE TRIGGER USER")
        self.env.invalidate_all()

    def _tamper(self, sql, *args):
        with self._triggers_off():
            self.env.cr.execute(SQL(sql, *args))

    def _first_broken(self, case=None):
        case = case or self.case
        return self.Interaction._verify(case)[case.id]


@tagged("post_install", "-at_install")
class TestRecoveryInteraction(InteractionCase):
    # The chain

    def test_numbers_and_digests_run_on_over_several_batches_and_cases(self):
        self._log(self._entry(), self._entry(self.other_case), self._entry(text="Second"))
        self._log(self._entry(self.other_case, text="Second"), self._entry(text="Third"))
        for case, count in ((self.case, 3), (self.other_case, 2)):
            entries = case.interaction_ids.sorted("sequence")
            self.assertEqual(entries.mapped("sequence"), list(range(1, count + 1)))
            previous = [chain.GENESIS, *entries.mapped("digest")[:-1]]
            self.assertEqual(entries.mapped("previous_digest"), previous)
        cases = self.case + self.other_case
        self.assertEqual(self.Interaction._verify(cases), dict.fromkeys(cases.ids))

    def test_entries_come_back_in_the_order_given(self):
        entries = self._log(
            self._entry(self.other_case, text="1"), self._entry(text="2"), self._entry(text="3")
        )
        self.assertEqual(entries.mapped("text"), ["1", "2", "3"])
        self.assertEqual(entries.case_id, self.other_case + self.case)

    def test_a_case_may_be_given_by_its_id(self):
        self.assertEqual(self._log(self._entry(self.case.id)).case_id, self.case)

    def test_an_entry_holds_what_was_given(self):
        first, outcome = self._log(
            self._entry(
                date=datetime.fromisoformat("2026-03-14 09:26:53.589793"), reference="DN/2026/00012"
            ),
            self._entry(kind="outcome", outcome="sent", refers_to=1, details={"seconds": 12}),
        )
        self.assertRecordValues(
            first,
            [
                {
                    "case_id": self.case.id,
                    "date": datetime.fromisoformat("2026-03-14 09:26:53"),
                    "direction": "out",
                    "channel": "email",
                    "kind": "notice",
                    "purpose": "demand",
                    "outcome": "queued",
                    "refers_to": 0,
                    "reference": "DN/2026/00012",
                    "names": "Ann Debtor",
                    "address": "ann@example.com",
                    "subject": "Your account",
                    "text": "Dear Ann, …",
                    "company_id": self.company.id,
                    "partner_id": self.case.partner_id.id,
                }
            ],
        )
        self.assertEqual(outcome.refers_to, first.sequence)
        self.assertEqual(json.loads(outcome.details), {"seconds": 12})

    def test_an_entry_without_content_is_possible(self):
        entry = self._log({"case": self.case, "direction": "in", "channel": "x", "kind": "y"})
        self.assertEqual((entry.purpose, entry.outcome, entry.text), ("none", "", ""))
        self.assertIsNone(self._first_broken())

    def test_nothing_to_log_is_nothing(self):
        self.assertFalse(self.Interaction._log([]))
        self.assertEqual(self.Interaction._verify(self.case), {self.case.id: None})
        self.assertEqual(self.Interaction._verify(self.case.browse()), {})

    def test_the_digests_can_be_recomputed_by_anybody(self):
        entry = self._log(self._entry(text="Größe 12 – “quoted”"))
        content = entry.content_ids
        covered = {name: content[name] or "" for name in chain.CONTENT}
        self.assertEqual(entry.payload_digest, chain.payload_digest(content.salt, covered))
        columns = {
            "case_id": entry.case_id.id,
            "sequence": 1,
            "date": entry.date.isoformat(),
            "direction": "out",
            "channel": "email",
            "kind": "notice",
            "purpose": "demand",
            "outcome": "queued",
            "refers_to": 0,
            "reference": "",
            "payload_digest": entry.payload_digest,
        }
        self.assertEqual(entry.digest, chain.link_digest(chain.GENESIS, columns))

    def test_characters_that_the_database_refuses_are_dropped(self):
        entry = self._log(self._entry(text="a\0b\ud800c", address="x\0@example.com"))
        self.assertEqual((entry.text, entry.address), ("ab?c", "x@example.com"))
        self.assertIsNone(self._first_broken())

    def test_mistakes_of_the_program_are_named(self):
        wrong = (
            {"kind": ""},
            {"direction": "sideways"},
            {"purpose": "threat"},
            {"partner_id": 1},
            {"refers_to": 7},
            {"date": datetime(2026, 1, 1, tzinfo=timezone.utc)},
        )
        for values in wrong:
            with self.subTest(values=values), self.assertRaises(ValueError):
                self._log(self._entry(**values))
        self.assertFalse(self.case.interaction_ids)

    def test_a_deleted_case_is_said(self):
        gone = self._make_case("Gone")
        gone_id = gone.id
        gone.unlink()
        with self.assertRaises(MissingError):
            self._log(self._entry(gone_id))

    def test_no_key_and_no_stamp_leads_to_a_person(self):
        self.env.cr.execute(
            """
            SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint
             WHERE contype = 'f' AND conrelid::regclass::text LIKE 'recovery_interaction%'
            """
        )
        self.assertEqual(
            set(self.env.cr.fetchall()),
            {
                ("recovery_interaction", "recovery_case"),
                ("recovery_interaction_content", "recovery_interaction"),
            },
        )
        for name in ("create_uid", "write_uid"):
            self.assertNotIn(name, self.Interaction._fields)
            self.assertNotIn(name, self.Interaction.content_ids._fields)

    def test_the_number_of_statements_does_not_depend_on_the_number_of_cases(self):
        cases = [self._make_case(f"Debtor {number}") for number in range(130)]
        self.env.flush_all()
        with self.assertQueryCount(4):
            self._log(*(self._entry(case) for case in cases for _twice in range(2)))
        with self.assertQueryCount(4):
            self._log(*(self._entry(case) for case in cases[:2]))
        with self.assertQueryCount(1):
            broken = self.Interaction._verify(self.env["recovery.case"].concat(*cases))
        self.assertEqual(set(broken.values()), {None})

    # Finding what was changed

    def test_verify_names_the_entry_that_was_changed(self):
        _first, second, *_rest = self._log(*(self._entry(text=str(n)) for n in range(4)))
        changes = {
            "date": datetime.fromisoformat("2020-01-01"),
            "direction": "in",
            "channel": "call",
            "kind": "offer",
            "purpose": "legal",
            "outcome": "failed",
            "refers_to": 1,
            "reference": "DN/1",
            "case_id": self.other_case.id,
            "payload_digest": "f" * 64,
            "previous_digest": "f" * 64,
            "digest": "f" * 64,
        }
        for name, value in changes.items():
            with self.subTest(column=name), self._undone():
                self._tamper(
                    "UPDATE recovery_interaction SET %s = %s WHERE id = %s",
                    SQL.identifier(name),
                    value,
                    second.id,
                )
                self.assertEqual(self._first_broken(), 2)
        self.assertIsNone(self._first_broken())

    @contextmanager
    def _undone(self):
        """What is done inside is rolled back."""
        savepoint = self.env.cr.savepoint()
        try:
            yield
        finally:
            savepoint.rollback()
            savepoint.close()
            self.env.invalidate_all()

    def test_verify_names_the_entry_that_is_missing(self):
        entries = self._log(*(self._entry(text=str(n)) for n in range(4)))
        for entry in entries[:-1]:
            with self.subTest(sequence=entry.sequence), self._undone():
                number = entry.sequence
                self._tamper(
                    "DELETE FROM recovery_interaction_content WHERE interaction_id = %s", entry.id
                )
                self._tamper("DELETE FROM recovery_interaction WHERE id = %s", entry.id)
                self.assertEqual(self._first_broken(), number)

    def test_verify_finds_changed_content(self):
        entries = self._log(*(self._entry(text=str(n)) for n in range(3)))
        for name in (*chain.CONTENT, "salt"):
            with self.subTest(column=name), self._undone():
                self._tamper(
                    "UPDATE recovery_interaction_content SET %s = 'x' WHERE interaction_id = %s",
                    SQL.identifier(name),
                    entries[2].id,
                )
                self.assertEqual(self._first_broken(), 3)

    def test_content_that_is_only_called_erased_is_not(self):
        entry = self._log()
        self._tamper(
            "UPDATE recovery_interaction_content SET erased_on = now(), text = 'x'"
            " WHERE interaction_id = %s",
            entry.id,
        )
        self.assertEqual(self._first_broken(), 1)

    def test_emptied_content_without_a_date_is_broken(self):
        entry = self._log()
        self._tamper(
            "UPDATE recovery_interaction_content SET text = NULL WHERE interaction_id = %s",
            entry.id,
        )
        self.assertEqual(self._first_broken(), 1)

    def test_one_broken_case_leaves_the_others_whole(self):
        entry, _other = self._log(self._entry(), self._entry(self.other_case))
        self._tamper("UPDATE recovery_interaction SET kind = 'x' WHERE id = %s", entry.id)
        self.assertEqual(
            self.Interaction._verify(self.case + self.other_case),
            {self.case.id: 1, self.other_case.id: None},
        )

    def test_the_button_says_what_it_found(self):
        entry = self._log()
        action = entry.action_verify_log()
        self.assertEqual(action["params"]["type"], "success")
        self.assertIn("whole", action["params"]["message"])
        self._tamper("UPDATE recovery_interaction SET kind = 'x' WHERE id = %s", entry.id)
        action = entry.action_verify_log()
        self.assertEqual(action["params"]["type"], "danger")
        self.assertIn("entry 1", self.Interaction._verify_case(self.case))

    # Only ever added to

    def test_the_database_refuses_to_change_the_log(self):
        entry = self._log()
        statements = (
            SQL("UPDATE recovery_interaction SET kind = 'x' WHERE id = %s", entry.id),
            SQL("UPDATE recovery_interaction SET kind = kind WHERE id = %s", entry.id),
            SQL("DELETE FROM recovery_interaction WHERE id = %s", entry.id),
            SQL("TRUNCATE recovery_interaction CASCADE"),
        )
        for statement in statements:
            with (
                self.subTest(statement=statement.code),
                mute_logger("odoo.sql_db"),
                self.assertRaisesRegex(psycopg2.IntegrityError, "can only be added to"),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(statement)
        self.assertIsNone(self._first_broken())

    def test_setting_the_triggers_again_changes_nothing(self):
        query = "SELECT oid, tgname FROM pg_trigger WHERE tgname LIKE 'recovery_interaction%'"
        self.env.cr.execute(query)
        before = set(self.env.cr.fetchall())
        self.Interaction.init()
        self.env.cr.execute(query)
        self.assertEqual(set(self.env.cr.fetchall()), before)
        self.assertEqual(len(before), 2)

    def test_triggers_that_were_taken_away_or_switched_off_come_back(self):
        for damage in (
            "ALTER TABLE recovery_interaction DISABLE TRIGGER USER",
            "DROP TRIGGER recovery_interaction_keep_rows ON recovery_interaction",
            "DROP FUNCTION recovery_interaction_refuse_change() CASCADE",
        ):
            self.env.cr.execute(damage)
            self.Interaction.init()
            self.test_the_database_refuses_to_change_the_log()

    def test_without_its_triggers_the_log_lets_go(self):
        entry = self._log()
        self.Interaction._drop_triggers()
        self.env.cr.execute(
            SQL("UPDATE recovery_interaction SET kind = 'x' WHERE id = %s", entry.id)
        )
        self.assertEqual(self._first_broken(), 1)

    def test_nobody_changes_the_log_by_hand_not_even_the_superuser(self):
        entry = self._log().sudo()
        content = entry.content_ids
        attempts = (
            lambda: entry.write({"kind": "x"}),
            lambda: entry.unlink(),
            lambda: entry.copy(),
            lambda: entry.create({"case_id": self.case.id, "kind": "x"}),
            lambda: content.write({"text": "x"}),
            lambda: content.unlink(),
            lambda: content.create({"interaction_id": entry.id}),
        )
        for attempt in attempts:
            with self.assertRaises(UserError):
                attempt()
        self.assertIsNone(self._first_broken())

    def test_a_case_with_a_log_can_not_be_deleted(self):
        self._log()
        with self.assertRaisesRegex(UserError, "kept as evidence"):
            self.Interaction._refuse_deletion(self.case + self.other_case)
        self.Interaction._refuse_deletion(self.other_case)
        with self.assertRaises(UserError):
            self.case.unlink()

    # Erasing

    def test_erased_content_is_gone_and_the_chain_is_whole(self):
        first, _second = self._log(self._entry(), self._entry(text="Second"))
        (erasure,) = first.content_ids._erase("request of 14 March")
        self.assertIsNone(self._first_broken())
        self.assertIn("of 1 of them was erased", self.Interaction._verify_case(self.case))
        self.env.cr.execute(
            SQL("SELECT * FROM recovery_interaction_content WHERE interaction_id = %s", first.id)
        )
        (row,) = self.env.cr.dictfetchall()
        self.assertFalse(any(row[name] for name in (*chain.CONTENT, "salt")))
        self.assertTrue(first.erased_on)
        self.assertRecordValues(
            erasure,
            [{"kind": "erasure", "refers_to": 1, "sequence": 3, "text": "request of 14 March"}],
        )

    def test_a_content_row_that_is_gone_breaks_nothing(self):
        first, _second = self._log(self._entry(), self._entry(text="Second"))
        self._tamper("DELETE FROM recovery_interaction_content WHERE interaction_id = %s", first.id)
        self.assertIsNone(self._first_broken())
        self.assertFalse(first.text)

    def test_erasing_again_adds_nothing(self):
        content = self._log().content_ids
        content._erase("request")
        self.assertFalse(content._erase("request"))

    def test_erasing_needs_a_reason(self):
        content = self._log().content_ids
        for reason in (None, "", "  "):
            with self.assertRaises(UserError):
                content._erase(reason)

    # Rights

    def _user(self, login, group, **values):
        return new_test_user(self.env, login, groups=group, **values)

    def test_a_collector_reads_and_may_not_erase(self):
        entry = self._log()
        collector = self._user("collector", "overdue_recovery.group_user")
        self.assertEqual(entry.with_user(collector).text, "Dear Ann, …")
        with self.assertRaises(AccessError):
            entry.with_user(collector).content_ids._erase("request")
        for name in ("create", "write", "unlink"):
            self.assertFalse(entry.with_user(collector).has_access(name))

    def test_a_manager_may_erase(self):
        entry = self._log()
        manager = self._user("manager", "overdue_recovery.group_manager")
        entry.with_user(manager).content_ids._erase("request")
        self.assertFalse(entry.text)

    def test_an_auditor_reads(self):
        entry = self._log()
        auditor = self._user("auditor", "overdue_recovery.group_auditor")
        self.assertEqual(entry.with_user(auditor).address, "ann@example.com")

    def test_who_may_write_nothing_still_leaves_an_entry(self):
        portal = self._user("customer", "base.group_portal")
        entry = self.Interaction.with_user(portal)._log([self._entry(direction="in")])
        with self.assertRaises(AccessError):
            entry.read(["kind"])
        self.assertEqual(entry.sudo().kind, "notice")

    def test_another_company_sees_nothing(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        entry = self._log()
        stranger = self._user(
            "stranger",
            "overdue_recovery.group_manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        self.assertFalse(self.Interaction.with_user(stranger).search([("id", "=", entry.id)]))
        with self.assertRaises(AccessError):
            entry.content_ids.with_user(stranger)._erase("request")
        with self.assertRaises(AccessError):
            self.Interaction.with_user(stranger)._verify_case(self.case.with_user(stranger))

    # What a person reads

    def test_codes_have_words_and_unknown_ones_are_shown_as_they_are(self):
        entry = self._log(self._entry(channel="carrier_pigeon"))
        self.assertEqual(entry.channel_name, "carrier pigeon")
        self.assertEqual((entry.kind_name, entry.outcome_name), ("Notice", "Queued"))

    def test_the_log_is_found_by_what_was_said(self):
        entry = self._log(self._entry(text="the blue lorry"))
        domain = [("text", "ilike", "blue lorry"), ("names", "ilike", "ann")]
        self.assertEqual(self.Interaction.search(domain), entry)
        self.assertEqual(
            self.Interaction.search([("partner_id", "=", self.case.partner_id.id)]), entry
        )


@tagged("post_install", "-at_install")
class TestTwoProcesses(TransactionCase):
    """Real cursors side by side: one case is committed, and taken away again at the end."""

    def setUp(self):
        super().setUp()
        with self.registry.cursor() as cr:
            env = self.env(cr=cr)
            partner = env["res.partner"].create({"name": "Shared debtor"})
            case = env["recovery.case"].create(
                {"partner_id": partner.id, "company_id": env.company.id}
            )
            self.case_id, self.partner_id = case.id, partner.id
        self.addCleanup(self._take_away)

    def _take_away(self):
        with self.registry.cursor() as cr:
            cr.execute("SET LOCAL lock_timeout = '20s'")
            cr.execute("ALTER TABLE recovery_interaction DISABLE TRIGGER USER")
            cr.execute(
                "DELETE FROM recovery_interaction_content WHERE interaction_id IN"
                " (SELECT id FROM recovery_interaction WHERE case_id = %s)",
                [self.case_id],
            )
            cr.execute("DELETE FROM recovery_interaction WHERE case_id = %s", [self.case_id])
            cr.execute("ALTER TABLE recovery_interaction ENABLE TRIGGER USER")
            env = self.env(cr=cr)
            env["recovery.case"].browse(self.case_id).unlink()
            env["res.partner"].browse(self.partner_id).unlink()

    def _log(self, cr, text):
        entry = {"case": self.case_id, "direction": "out", "channel": "sms", "kind": "notice"}
        return self.env(cr=cr)["recovery.interaction"]._log([{**entry, "text": text}])

    def _whole_and_long(self, count):
        with self.registry.cursor() as cr:
            env = self.env(cr=cr)
            case = env["recovery.case"].browse(self.case_id)
            self.assertEqual(env["recovery.interaction"]._verify(case), {case.id: None})
            self.assertEqual(len(env["recovery.interaction"]._stored(case)), count)

    def test_the_second_waits_for_the_first(self):
        with self.registry.cursor() as first, self.registry.cursor() as second:
            self._log(first, "first")
            second.execute("SET LOCAL lock_timeout = '100ms'")
            with mute_logger("odoo.sql_db"), self.assertRaises(LockNotAvailable):
                self._log(second, "second")
            second.rollback()
            with mute_logger("odoo.sql_db"), self.assertRaises(LockNotAvailable):
                second.execute(
                    "SELECT 1 FROM recovery_case WHERE id = %s FOR NO KEY UPDATE NOWAIT",
                    [self.case_id],
                )
            second.rollback()
            first.commit()
            self._log(second, "second")
        self._whole_and_long(2)

    def test_who_started_earlier_can_not_fork_the_chain_and_tries_again(self):
        with self.registry.cursor() as first, self.registry.cursor() as second:
            second.execute("SELECT 1 FROM recovery_case LIMIT 1")  # takes its picture
            self._log(first, "first")
            first.commit()
            with mute_logger("odoo.sql_db"), self.assertRaises(SerializationFailure):
                self._log(second, "second")
            second.rollback()
            self._log(second, "second")
        self._whole_and_long(2)

    def test_who_only_points_to_the_case_does_not_wait(self):
        with self.registry.cursor() as first, self.registry.cursor() as second:
            self._log(first, "first")
            second.execute("SET LOCAL lock_timeout = '100ms'")
            second.execute(
                "SELECT 1 FROM recovery_case WHERE id = %s FOR KEY SHARE", [self.case_id]
            )
            self.assertEqual(second.rowcount, 1)
            second.rollback()
            first.rollback()
