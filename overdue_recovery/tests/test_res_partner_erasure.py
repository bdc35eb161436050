from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL

from .common import RecoveryCommon

#: What must not be found anywhere any more.
WORDS = ("Xanthippe Quellenfrau", "xanthippe@quellen.example", "Nirgendweg 77", "+49 30 7654321")


@tagged("post_install", "-at_install")
class TestResPartnerErasure(RecoveryCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.person = cls.env["res.partner"].create(
            {
                "name": WORDS[0],
                "email": WORDS[1],
                "street": WORDS[2],
                "phone": WORDS[3],
                "zip": "12345",
                "city": "Northam",
                "country_id": cls.env.ref("base.de").id,
                "lang": "en_US",
                "comment": "Knows Xanthippe Quellenfrau well",
            }
        )
        cls.levels.write({"call": True, "call_script": "<p>Be kind.</p>"})
        cls.case = cls.person._recovery_case(cls.company)

    def _invoice(self, days=10, **values):
        return self._overdue_invoice(days, partner=self.person, **values)

    def _story(self):
        """All that leaves words about a person behind; in the end nothing is owed any more."""
        invoices = self._invoice(10)
        notice = self._run_dunning().notice_ids
        notice.sudo().personal_note = "Dear Xanthippe Quellenfrau"
        notice.message_post(body="Xanthippe Quellenfrau called")
        wizard = self.env["recovery.call.log"].browse(notice.action_log_call()["res_id"])
        outcome = self.env.ref("overdue_recovery.call_outcome_help")
        wizard.write({"outcome_id": outcome.id, "note": "Xanthippe Quellenfrau is ill"})
        wizard.action_log()
        promised = self._invoice(20)
        self._promise(promised, 50, note="Xanthippe Quellenfrau said so").action_send()
        file = self.env["ir.attachment"].create(
            {"name": "Xanthippe Quellenfrau.txt", "raw": b"Xanthippe Quellenfrau"}
        )
        contested = self._invoice(30)
        dispute = self.env["recovery.dispute"].create(
            {
                "move_id": contested.id,
                "amount_disputed": 10,
                "reason_id": self.env.ref("overdue_recovery.late_reason_our_error").id,
                "description": "Xanthippe Quellenfrau is not content",
                "attachment_ids": [Command.link(file.id)],
            }
        )
        dispute.action_reject()
        self._hold(self.person, "other", note="Xanthippe Quellenfrau")
        self.env["recovery.request"]._ask(self.case, "help", "I, Xanthippe Quellenfrau, am ill")
        self._hold(contested, "other", note="Xanthippe Quellenfrau")
        self.case._reply_received(
            {
                "direction": "in",
                "channel": "email",
                "kind": "reply",
                "names": WORDS[0],
                "address": WORDS[1],
                "text": "I am Xanthippe Quellenfrau",
            }
        )
        self.case.message_post(body="Xanthippe Quellenfrau", subject="Xanthippe Quellenfrau")
        self._credit_all(invoices | promised | contested)

    def _credit_all(self, invoices):
        """Nothing of them is owed any more, without a payment that would name the payer."""
        invoices._reverse_moves(cancel=True)

    def _found(self):
        """{(table, word)} of every row of every table that holds one of the words."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
        )
        tables = [table for (table,) in self.env.cr.fetchall()]
        found = set()
        for table in tables:
            for word in WORDS:
                self.env.cr.execute(
                    SQL(
                        "SELECT 1 FROM %s t WHERE t::text ILIKE %s LIMIT 1",
                        SQL.identifier(table),
                        f"%{word}%",
                    )
                )
                if self.env.cr.fetchone():
                    found.add((table, word))
        return found

    def test_after_erasure_the_person_is_nowhere_in_the_database(self):
        self._story()
        before = self._found()
        self.assertLessEqual(
            {
                ("dunning_delivery", WORDS[0]),
                ("mail_message", WORDS[0]),
                ("recovery_dispute", WORDS[0]),
                ("recovery_hold", WORDS[0]),
                ("recovery_interaction_content", WORDS[0]),
                ("recovery_interaction_content", WORDS[1]),
                ("res_partner", WORDS[2]),
            },
            before,
        )
        self.person._recovery_erase("request of 14 March", make_nameless=True)
        self.assertEqual(self._found(), set())
        self.assertIsNone(self.env["recovery.interaction"]._verify(self.case)[self.case.id])

    def test_without_making_the_contact_nameless_only_core_knows_the_name(self):
        self._story()
        self.person._recovery_erase("request of 14 March")
        tables = {table for table, _word in self._found()}
        self.assertFalse({table for table in tables if table.startswith(("recovery", "dunning"))})
        self.assertEqual(self.person.name, WORDS[0])

    def test_the_log_says_that_it_was_erased_and_nothing_more(self):
        self._story()
        count = len(self.case.interaction_ids)
        self.person._recovery_erase("request of 14 March")
        entries = self.case.interaction_ids.sorted("sequence")
        self.assertEqual(len(entries), 2 * count)
        self.assertFalse(any(entries[:count].mapped("text")))
        self.assertEqual(set(entries[count:].mapped("kind")), {"erasure"})

    def test_documents_of_accounting_stay(self):
        self._story()
        moves = self.env["account.move"].search([("partner_id", "=", self.person.id)])
        self.person._recovery_erase("request of 14 March", make_nameless=True)
        self.assertEqual(moves.exists(), moves)
        self.assertEqual(set(moves.mapped("state")), {"posted"})

    def test_nothing_is_erased_while_something_is_owed(self):
        self._invoice(10)
        with self.assertRaisesRegex(UserError, "1 items are open .* article 17"):
            self.person._recovery_erase("request")
        wizard = self.env["recovery.erasure"].browse(self.case.action_erase()["res_id"])
        self.assertIn("1 items are open", wizard.obstacles)
        self.assertIn("tax and commercial law", wizard.kept)

    def test_the_dialog_erases(self):
        self._story()
        wizard = self.env["recovery.erasure"].browse(self.person.action_recovery_erase()["res_id"])
        self.assertFalse(wizard.obstacles)
        wizard.reason = "request of 14 March"
        wizard.action_erase()
        self.assertFalse(self.person._recovery_own_data()["disputes"][0]["description"])

    def test_a_reason_is_needed_and_names_nobody(self):
        for reason in (False, " ", "Request of xanthippe quellenfrau", WORDS[1]):
            with self.assertRaises(UserError):
                self.person._recovery_erase(reason)

    def test_who_has_a_login_keeps_the_name(self):
        new_test_user(self.env, "erased_login", "base.group_portal", partner_id=self.person.id)
        with self.assertRaisesRegex(UserError, "login"):
            self.person._recovery_erase("request", make_nameless=True)

    def test_another_companys_data_stay(self):
        self._story()
        other = self.env["res.company"].create({"name": "Elsewhere"})
        elsewhere = self.person._recovery_case(other).sudo()
        self.env["recovery.interaction"]._log(
            [
                {
                    "case": elsewhere,
                    "direction": "note",
                    "channel": "system",
                    "kind": "note",
                    "text": "Theirs",
                }
            ]
        )
        here = self.person.with_context(allowed_company_ids=self.company.ids)
        here._recovery_erase("request of 14 March")
        self.assertEqual(elsewhere.interaction_ids.text, "Theirs")

    def test_only_managers_erase(self):
        collector = new_test_user(
            self.env,
            "erasure_collector",
            groups="account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        with self.assertRaises(AccessError):
            self.person.with_user(collector)._recovery_erase("request")
        with self.assertRaises(AccessError):
            self.person.with_user(collector).action_recovery_erase()
