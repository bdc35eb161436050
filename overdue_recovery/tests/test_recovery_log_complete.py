import ast
from pathlib import Path

from odoo import Command
from odoo.addons import overdue_recovery
from odoo.tests import tagged

from .charging import ChargingCommon

ROOT = Path(overdue_recovery.__file__).parent
#: Calls by which words reach a customer.
SENDING = {
    "send_mail",
    "send_mail_batch",
    "_generate_and_send_invoices",
    "message_mail_with_source",
    "message_notify",
    "_message_sms",
}
#: The functions that make them, and the one that writes the entry.
DOORS = {
    ("account_move.py", "_recovery_make_pdf"): "nothing is sent: it makes the document only",
    ("account_move_resend.py", "_resend_invoice"): "_log_resent",
    ("recovery_case_message.py", "_write_answer"): "itself",
    ("recovery_interaction_heads.py", "_send_heads"): "goes to the company's own archive",
    ("recovery_link_code.py", "_mail_code"): "_log_code, without the code",
    ("recovery_start.py", "_mail_to_me"): "goes to the user who tries the mail server",
    ("dunning_delivery_email.py", "_create_mails"): "_announce, before it",
}
#: The arrangements whose steps are walked below.
WALKED = {"recovery.promise", "recovery.plan"}


def _functions(path):
    """(name, node) of every function of a source file."""
    tree = ast.parse(path.read_text())
    return [(n.name, n) for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]


def _called(node):
    """The names of the methods that a function calls."""
    calls = [n.func for n in ast.walk(node) if isinstance(n, ast.Call)]
    return {call.attr for call in calls if isinstance(call, ast.Attribute)}


def _sends(node):
    """Whether a function sends something, or makes a mail itself."""
    called = _called(node)
    words = {n.value for n in ast.walk(node) if isinstance(n, ast.Constant)}
    return bool(SENDING & called) or ("create" in called and "mail.mail" in words)


@tagged("post_install", "-at_install")
class TestLogDoors(ChargingCommon):
    """Whatever is sent goes out by a door that logs. A new one has to be named here."""

    def test_nothing_is_sent_past_the_log(self):
        found = set()
        for folder in ("models", "wizard", "controllers"):
            for path in sorted((ROOT / folder).glob("*.py")):
                for name, node in _functions(path):
                    if _sends(node):
                        found.add((path.name, name))
        self.assertEqual(found, DOORS.keys())

    def test_every_template_is_sent_by_a_door_that_logs(self):
        """Those of notices go through deliveries; each other one is named where a door is
        called."""
        names = self.env["ir.model.data"].search(
            [("module", "=", "overdue_recovery"), ("model", "=", "mail.template")]
        )
        sources = {
            path: path.read_text()
            for folder in ("models", "wizard")
            for path in (ROOT / folder).glob("*.py")
        }
        doors = ("_write_answer", "_write_to_debtor", "_write_or_tell", "send_mail")
        for name in names:
            template = self.env["mail.template"].browse(name.res_id)
            if template.model == "dunning.notice":
                continue
            xmlid = f"overdue_recovery.{name.name}"
            users = [text for text in sources.values() if xmlid in text]
            self.assertTrue(users, f"{xmlid} is sent by nobody")
            for text in users:
                self.assertTrue(any(door in text for door in doors), f"{xmlid} is not logged")

    def test_every_part_of_a_case_has_a_kind_of_its_own_with_a_word(self):
        words = self.env["recovery.interaction"]._labels()["kind"]
        models = {
            name: model
            for name, model in self.env.registry.items()
            if hasattr(model, "_log_kind") and not model._abstract
        }
        arrangement = self.env.registry["recovery.arrangement.mixin"]
        arrangements = {name for name, model in models.items() if issubclass(model, arrangement)}
        self.assertEqual(arrangements, WALKED, "walk the new arrangement below")
        kinds = {name: model._log_kind for name, model in models.items()}
        self.assertEqual(len(set(kinds.values())), len(kinds))
        for name, kind in kinds.items():
            self.assertNotEqual(kind, "note", name)
            self.assertIn(kind, words, name)


@tagged("post_install", "-at_install")
class TestLogComplete(ChargingCommon):
    """Each act leaves exactly the entries it should: no contact is missing, none counts twice."""

    def setUp(self):
        super().setUp()
        self.partner = self.partner_a
        self.case = self.partner._recovery_case(self.company)

    def _entries(self, act):
        """[(direction, channel, kind, outcome)] of what ``act`` leaves in the log."""
        before = self.case.interaction_ids
        act()
        self.case.invalidate_recordset(["interaction_ids"])
        new = (self.case.interaction_ids - before).sorted("sequence")
        return [(one.direction, one.channel, one.kind, one.outcome or "") for one in new]

    def _walk(self, *steps):
        """Each step is (act, the entries expected)."""
        for number, (act, expected) in enumerate(steps, start=1):
            with self.subTest(step=number):
                self.assertEqual(self._entries(act), expected)
        self.assertIsNone(self.env["recovery.interaction"]._verify(self.case)[self.case.id])

    def _notice(self, **values):
        self._overdue_invoice(10, **values)
        run = self._propose()
        run.action_issue()
        return run.notice_ids

    def test_a_notice_by_mail_that_comes_back(self):
        self.policy.charges = False
        notice = self._notice()
        self._walk(
            (
                self._deliver,
                [("out", "email", "notice", "sending"), ("out", "email", "outcome", "sent")],
            ),
            (
                lambda: notice.delivery_ids._on_bounce("550 No such user"),
                [("out", "email", "outcome", "bounced")],
            ),
        )

    def test_a_notice_that_the_server_refuses(self):
        self.policy.charges = False
        self._notice()

        def deliver():
            with self.mail_server_fails(ConnectionRefusedError("gone")):
                self.env["dunning.delivery"]._cron_deliver()

        (first, *rest) = self._entries(deliver)
        self.assertEqual(first, ("out", "email", "notice", "sending"))
        self.assertEqual(len(rest), 1)
        self.assertIn(rest[0][3], ("queued", "failed", "unknown"))

    def test_a_letter(self):
        self.policy.charges = False
        self.partner.write({"street": "Long Road 1", "zip": "12345", "city": "Northam"})
        self.partner.country_id = self.company.country_id
        self.levels.write({"send_email": False, "print_letter": True})
        notice = self._notice()
        self._walk(
            (self._deliver, []),
            (
                lambda: notice.sudo().delivery_ids.action_mark_printed(),
                [("out", "letter", "notice", "sending"), ("out", "letter", "outcome", "sent")],
            ),
        )

    def test_a_call_that_a_notice_plans(self):
        self.policy.charges = False
        self.levels.write({"send_email": False, "call": True})
        self._notice()
        self._walk(
            (
                self._deliver,
                [("out", "call", "notice", "sending"), ("out", "call", "outcome", "sent")],
            )
        )

    def test_a_call(self):
        outcome = self.env.ref("overdue_recovery.call_outcome_refuses")
        wizard = self.env["recovery.call.log"].browse(self.case.action_log_call()["res_id"])
        wizard.outcome_id = outcome
        self._walk((wizard.action_log, [("out", "call", "call", "conversation")]))

    def test_a_reply(self):
        entry = {"direction": "in", "channel": "email", "kind": "reply", "outcome": "received"}
        self._walk(
            (
                lambda: self.case._reply_received(entry),
                [("in", "email", "reply", "received")],
            )
        )

    def test_a_hold_that_a_manager_overrides(self):
        self.policy.charges = False
        with self.on(0, hour=22):
            notice = self._notice()
            self._deliver()
            delivery = notice.sudo().delivery_ids
            self.assertEqual(delivery.state, "held")
            self._walk(
                (
                    lambda: delivery.with_env(self.env).action_override_hold("She asked for it"),
                    [("note", "email", "hold_override", "")],
                )
            )

    def test_a_promise(self):
        invoice = self._overdue_invoice(10)
        made = []
        self._walk(
            (
                lambda: made.append(self._promise(invoice)),
                [("note", "system", "promise", "promised")],
            ),
            (lambda: made[0].action_send(), [("out", "email", "promise", "queued")]),
            (lambda: made[0].action_cancel(), [("note", "system", "promise", "cancelled")]),
        )

    def test_a_promise_that_is_judged(self):
        kept = self._overdue_invoice(10)
        self._promise(kept)
        self._pay(kept)
        broken = self._overdue_invoice(20)
        self._promise(broken, days=1)
        judge = self.env["recovery.promise"]._judge_all
        self.assertIn("kept", [entry[3] for entry in self._entries(judge)])
        with self.on(9):
            self.assertEqual(self._entries(judge), [("note", "system", "promise", "broken")])

    def test_a_plan(self):
        plan = self._plan(self._overdue_invoice(10))
        for act, outcome in ((plan.action_activate, "active"), (plan.action_cancel, "cancelled")):
            entries = self._entries(act)
            self.assertEqual(entries.count(("note", "system", "plan", outcome)), 1, entries)

    def test_an_offer(self):
        invoice = self._overdue_invoice(10)
        made = []
        self._walk(
            (
                lambda: made.append(self._offer(invoice, 70, close_by="write_off")),
                [("note", "system", "offer", "proposed")],
            ),
            (
                lambda: made[0]._write_to_debtor("overdue_recovery.mail_template_offer"),
                [("out", "email", "offer", "queued")],
            ),
            (lambda: made[0].action_withdraw(), [("note", "system", "offer", "withdrawn")]),
        )

    def test_a_dispute(self):
        invoice = self._overdue_invoice(10)
        reason = self.env.ref("overdue_recovery.late_reason_our_error")
        values = {"move_id": invoice.id, "amount_disputed": 10, "reason_id": reason.id}
        made = []
        self._walk(
            (
                lambda: made.append(self.env["recovery.dispute"].create(values)),
                [("note", "system", "dispute", "open")],
            ),
            (
                lambda: made[0].action_reject(),
                [("note", "system", "dispute", "rejected"), ("out", "email", "dispute", "queued")],
            ),
        )

    def test_charges_that_are_posted_waived_and_credited(self):
        self.levels[0].charge_interest = False
        self.company.recovery_waiver_limit = 100
        self._notice()
        self._walk(
            (
                self._deliver,
                [
                    ("out", "email", "notice", "sending"),
                    ("out", "email", "outcome", "sent"),
                    ("note", "system", "charge", "posted"),
                ],
            ),
            (
                lambda: self.case.notice_ids.charge_ids.action_waive("Kindness", 10),
                [("note", "system", "charge", "waived")],
            ),
            (
                self.case.notice_ids.action_cancel,
                [("note", "system", "charge", "reversed")],
            ),
        )

    def test_own_data_and_erasure(self):
        manager = self.env.user
        manager.write(
            {"group_ids": [Command.link(self.env.ref("overdue_recovery.group_manager").id)]}
        )
        self.env["recovery.interaction"]._log(
            [{"case": self.case, "direction": "note", "channel": "system", "kind": "note"}]
        )
        self._walk(
            (self.case.action_own_data, [("note", "system", "data_export", "done")]),
            (
                lambda: self.partner._recovery_erase("request of 14 March"),
                [("note", "system", "erasure", "")] * 2,
            ),
        )
