from itertools import product

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import SQL

from .common import RecoveryCommon

# The moves that the design allows; every other pair of states is refused.
LEGAL = {
    "dunning.run": {
        "draft": "proposing",
        "proposing": "proposed draft cancelled",
        "proposed": "proposing issuing cancelled",
        "issuing": "issued proposed",
        "issued": "cancelled",
        "cancelled": "",
    },
    "dunning.notice": {
        "proposed": "issued skipped cancelled",
        "issued": "sent failed skipped cancelled",
        "failed": "issued cancelled",
        "sent": "failed cancelled",
        "skipped": "",
        "cancelled": "",
    },
    "dunning.delivery": {
        "queued": "held sending cancelled",
        "held": "queued cancelled",
        "sending": "sent queued unknown failed cancelled",
        "failed": "queued cancelled",
        "unknown": "sent queued failed",
        "sent": "bounced",
        "bounced": "queued cancelled",
        "cancelled": "",
    },
    "recovery.charge": {
        "draft": "posted cancelled",
        "posted": "waived reversed",
        "waived": "",
        "reversed": "",
        "cancelled": "",
    },
    "recovery.offer": {
        "proposed": "countered accepted declined expired withdrawn",
        "accepted": "fulfilled voided",
        "fulfilled": "accepted",
        "countered": "",
        "declined": "",
        "expired": "",
        "withdrawn": "",
        "voided": "",
    },
    "recovery.promise": {
        "open": "kept partly_kept broken cancelled",
        "kept": "open",
        "partly_kept": "open broken",
        "broken": "",
        "cancelled": "",
    },
    "recovery.plan": {
        "draft": "requested offered cancelled",
        "requested": "offered active rejected cancelled",
        "offered": "active rejected expired cancelled",
        "active": "completed defaulted needs_review cancelled",
        "defaulted": "active completed cancelled",
        "needs_review": "active cancelled",
        "completed": "active",
        "rejected": "",
        "expired": "",
        "cancelled": "",
    },
    "recovery.autopay": {
        "active": "suspended revoked",
        "suspended": "active revoked",
        "revoked": "",
    },
    "recovery.autopay.attempt": {
        "announced": "charging cancelled",
        "charging": "done failed unknown",
        "unknown": "done failed",
        "failed": "done",
        "done": "",
        "cancelled": "",
    },
    "recovery.dispute": {
        "open": "investigating mediation accepted partly_accepted rejected withdrawn",
        "investigating": "mediation accepted partly_accepted rejected withdrawn",
        "mediation": "investigating accepted partly_accepted rejected withdrawn",
        "rejected": "open",
        "accepted": "",
        "partly_accepted": "",
        "withdrawn": "",
    },
    "recovery.referral": {
        "draft": "checked cancelled",
        "checked": "approved cancelled",
        "approved": "sent cancelled",
        "sent": "accepted needs_info rejected",
        "needs_info": "sent",
        "accepted": "active",
        "active": "paused partly_recovered closed recall_requested",
        "paused": "active",
        "partly_recovered": "closed recall_requested",
        "recall_requested": "recalled active closed",
        "rejected": "",
        "recalled": "",
        "closed": "",
        "cancelled": "",
    },
    "recovery.outbox": {
        "queued": "sending",
        "sending": "done queued failed unknown",
        "failed": "queued",
        "unknown": "queued done",
        "done": "",
    },
    "recovery.inbox": {
        "waiting": "applied ignored failed",
        "failed": "waiting ignored",
        "applied": "",
        "ignored": "",
    },
    "recovery.request": {
        "open": "approved countered rejected withdrawn",
        "approved": "",
        "countered": "",
        "rejected": "",
        "withdrawn": "",
    },
    "recovery.allocation": {
        "draft": "done",
        "done": "undone",
        "undone": "",
    },
    "recovery.charge.waiver": {
        "requested": "approved refused",
        "approved": "",
        "refused": "",
    },
}


@tagged("post_install", "-at_install")
class TestStateTransitions(RecoveryCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        case = cls()
        case._overdue_invoice()
        run = case._propose().sudo()
        run.action_issue()
        cls.records = {
            "dunning.run": run,
            "dunning.notice": run.notice_ids,
            "dunning.delivery": run.notice_ids.delivery_ids,
            "recovery.charge": case._make_charge(run.notice_ids),
        }
        customer = cls.env["res.partner"].create({"name": "Settles"})
        cls.records["recovery.offer"] = case._offer(
            case._overdue_invoice(100, partner=customer), 90
        ).sudo()
        cls.records["recovery.promise"] = case._promise(
            case._overdue_invoice(100, partner=customer)
        ).sudo()
        cls.records["recovery.plan"] = case._plan(
            case._overdue_invoice(100, partner=customer)
        ).sudo()
        cls.records["recovery.allocation"] = cls.env["recovery.allocation"]._propose(
            case._payment(40, partner=customer)._recovery_open_credits()
        )
        cls.records["recovery.dispute"] = (
            cls.env["recovery.dispute"]
            .sudo()
            .create({"move_id": case._overdue_invoice(100, partner=customer).id})
        )
        autopay = case._autopay(customer).sudo()
        item = case._items(case._overdue_invoice(100, partner=customer))
        cls.records["recovery.autopay"] = autopay
        cls.records["recovery.autopay.attempt"] = autopay.attempt_ids.create(
            autopay._attempt_values(item, 100.0)
        )
        cls.records["recovery.referral"] = case._refer(
            case._overdue_invoice(100, partner=customer)
        ).sudo()
        cls._add_messages(cls.records["recovery.referral"])
        cls.records["recovery.request"] = cls.env["recovery.request"]._ask(
            customer._recovery_case(cls.company), "help", "Call me"
        )
        waivers = cls.env["recovery.charge.waiver"].sudo()
        cls.records["recovery.charge.waiver"] = waivers._propose(
            cls.records["recovery.charge"], 1.0
        )

    @classmethod
    def _add_messages(cls, referral):
        """What an agency is told of a referral, and what it tells too early."""
        agency = referral.agency_id
        outbox, inbox = cls.env["recovery.outbox"], cls.env["recovery.inbox"]
        event = {"id": "E-1", "type": "accepted", "reference": referral.name}
        cls.records["recovery.outbox"] = outbox._enqueue(agency, referral, "submit", {}, "key")
        cls.records["recovery.inbox"] = inbox._receive(agency, event)

    def _make_charge(self, notice):
        return (
            self.env["recovery.charge"]
            .sudo()
            .create(
                {
                    "notice_id": notice.id,
                    "company_id": self.company.id,
                    "partner_id": notice.partner_id.id,
                    "kind": "fee",
                    "date": self.today,
                    "currency_id": self.company.currency_id.id,
                    "amount": 5.0,
                    "proof": {"fee": {}, "uncapped": 500, "amount": 500},
                }
            )
        )

    def _put_into(self, record, state):
        """The record in ``state``, however it came there."""
        self.env.flush_all()
        table = SQL.identifier(record._table)
        self.env.cr.execute(SQL("UPDATE %s SET state = %s WHERE id = %s", table, state, record.id))
        record.invalidate_recordset()

    def _pairs(self, name):
        states = list(LEGAL[name])
        for before, after in product(states, states):
            yield before, after, after in LEGAL[name][before].split()

    def test_every_state_of_the_field_is_in_the_table(self):
        for name, record in self.records.items():
            with self.subTest(model=name):
                self.assertEqual(
                    set(record._fields["state"].get_values(self.env)), set(LEGAL[name])
                )
                self.assertEqual(set(record._transitions), set(LEGAL[name]))

    def test_legal_moves_are_made_and_all_others_refused(self):
        for name, record in self.records.items():
            for before, after, legal in self._pairs(name):
                with self.subTest(model=name, before=before, after=after):
                    self._put_into(record, before)
                    if legal:
                        record._set_state(after)
                        self.assertEqual(record.state, after)
                    else:
                        self._assert_refused(record, after)
                        self.assertEqual(record.state, before)

    def _assert_refused(self, record, after):
        labels = dict(record._fields["state"]._description_selection(self.env))
        with self.assertRaises(UserError) as refusal:
            record._set_state(after)
        text = str(refusal.exception)
        self.assertIn(record.display_name, text)
        self.assertIn(labels[record.state], text)
        self.assertIn(labels[after], text)

    def test_a_refused_record_leaves_the_others_where_they_are(self):
        self._overdue_invoice(partner=self.partner_b)
        first = self.records["dunning.notice"]
        second = self._propose(partner_ids=self.partner_b.ids).sudo().notice_ids
        self._put_into(second, "cancelled")
        with self.assertRaises(UserError):
            (first | second)._set_state("sent")
        self.assertEqual((first | second).mapped("state"), ["issued", "cancelled"])

    def test_nobody_writes_a_state_past_the_door(self):
        for name, record in self.records.items():
            for state in LEGAL[name]:
                for writer in (
                    record,
                    record.with_user(self.env.user),
                    record.with_context(recovery_state_door=1),
                ):
                    with self.subTest(model=name, state=state), self.assertRaises(UserError):
                        writer.write({"state": state})

    def test_records_are_made_in_their_first_state_only(self):
        with self.assertRaises(UserError):
            self.env["dunning.run"].create({"company_id": self.company.id, "state": "issued"})
