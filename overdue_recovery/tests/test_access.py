import inspect
from contextlib import contextmanager
from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import RecoveryCommon

MODULE = "overdue_recovery"
OPERATIONS = {"r": "read", "w": "write", "c": "create", "u": "unlink"}

# What collector, manager and auditor may do with each model; nobody else may do anything.
RIGHTS = {
    "dunning.policy": ("r", "rwcu", "r"),
    "dunning.level": ("r", "rwcu", "r"),
    "dunning.level.fee.band": ("r", "rwcu", "r"),
    "dunning.item": ("r", "r", "r"),
    "dunning.run": ("rwc", "rwcu", "r"),
    "dunning.exception": ("r", "r", "r"),
    "dunning.notice": ("rw", "rw", "r"),
    "dunning.notice.line": ("r", "r", "r"),
    "dunning.delivery": ("r", "r", "r"),
    "recovery.link": ("r", "r", "r"),
    "recovery.link.code": ("", "r", "r"),
    "recovery.portal.visit": ("", "r", "r"),
    "recovery.charge": ("r", "r", "r"),
    "recovery.charge.waiver": ("r", "r", "r"),
    "recovery.case": ("rwc", "rwcu", "r"),
    "recovery.today": ("rw", "rw", "r"),
    "recovery.case.dirty": ("", "r", "r"),
    "recovery.interaction": ("r", "r", "r"),
    "recovery.interaction.content": ("r", "r", "r"),
    "recovery.hold": ("rwcu", "rwcu", "r"),
    "recovery.hold.reason": ("r", "rwcu", "r"),
    "recovery.late.reason": ("r", "rwcu", "r"),
    "recovery.call.outcome": ("r", "rwcu", "r"),
    "recovery.call.log": ("rwcu", "rwcu", ""),
    "recovery.erasure": ("", "rwcu", ""),
    "recovery.law": ("r", "rwcu", "r"),
    "recovery.law.band": ("r", "rwcu", "r"),
    "recovery.reference.rate": ("r", "rwcu", "r"),
    "recovery.reference.rate.value": ("r", "rwcu", "r"),
    "recovery.law.contact.rule": ("r", "rwcu", "r"),
    "recovery.phrase": ("r", "rwcu", "r"),
    "dunning.letter.print": ("rwcu", "rwcu", ""),
    "dunning.skip": ("rwcu", "rwcu", ""),
    "dunning.forecast": ("rwcu", "rwcu", ""),
    "dunning.switch": ("rwcu", "rwcu", ""),
    "dunning.hold.override": ("", "rwcu", ""),
    "dunning.takeover": ("", "rwcu", ""),
    "recovery.rate.import": ("", "rwcu", ""),
    "recovery.hold.create": ("rwcu", "rwcu", ""),
    "recovery.hardship.create": ("rwcu", "rwcu", ""),
    "recovery.charge.waive": ("", "rwcu", ""),
    "recovery.claim": ("r", "r", "r"),
    "recovery.promise": ("rwc", "rwc", "r"),
    "recovery.promise.create": ("rwcu", "rwcu", ""),
    "recovery.plan": ("rwc", "rwc", "r"),
    "recovery.plan.installment": ("rwcu", "rwcu", "r"),
    "recovery.plan.create": ("rwcu", "rwcu", ""),
    "recovery.plan.create.line": ("rwcu", "rwcu", ""),
    "recovery.autopay": ("rwc", "rwc", "r"),
    "recovery.autopay.attempt": ("r", "r", "r"),
    "recovery.autopay.create": ("rwcu", "rwcu", ""),
    "recovery.start": ("rwcu", "rwcu", ""),
    "recovery.ageing.ask": ("rwcu", "rwcu", "rwcu"),
    "recovery.ageing": ("r", "r", "r"),
    "dunning.notice.report": ("r", "r", "r"),
    "recovery.arrangement.report": ("r", "r", "r"),
    "recovery.concession.report": ("r", "r", "r"),
    "recovery.start.check": ("rwcu", "rwcu", ""),
    "recovery.offer": ("rwc", "rwc", "r"),
    "recovery.dispute": ("rwc", "rwc", "r"),
    "recovery.dispute.accept": ("rwcu", "rwcu", ""),
    "recovery.dispute.create": ("rwcu", "rwcu", ""),
    "recovery.agency": ("r", "rwcu", "r"),
    "recovery.agency.fee": ("r", "rwcu", "r"),
    "recovery.agency.field": ("r", "rwcu", "r"),
    "recovery.outbox": ("r", "r", "r"),
    "recovery.inbox": ("r", "r", "r"),
    "recovery.referral": ("rwc", "rwc", "r"),
    "recovery.referral.line": ("r", "r", "r"),
    "recovery.referral.event": ("r", "r", "r"),
    "recovery.referral.create": ("rwcu", "rwcu", ""),
    "recovery.referral.create.agency": ("rwcu", "rwcu", ""),
    "recovery.referral.report": ("rwcu", "rwcu", ""),
    "recovery.referral.book": ("rwcu", "rwcu", ""),
    "recovery.referral.take.back": ("rwcu", "rwcu", ""),
    "recovery.absence": ("rwcu", "rwcu", "r"),
    "recovery.request": ("rwc", "rwc", "r"),
    "recovery.request.answer": ("rwcu", "rwcu", ""),
    "recovery.offer.limit": ("r", "rwcu", "r"),
    "recovery.offer.create": ("rwcu", "rwcu", ""),
    "recovery.allocation": ("rwcu", "rwcu", "r"),
    "recovery.allocation.line": ("rwcu", "rwcu", "r"),
}
# Rows of one company each; all others are the same for every company.
OF_A_COMPANY = {
    "dunning.policy",
    "dunning.level",
    "dunning.level.fee.band",
    "dunning.item",
    "dunning.run",
    "dunning.exception",
    "dunning.notice",
    "dunning.notice.line",
    "dunning.delivery",
    "recovery.link",
    "recovery.link.code",
    "recovery.charge",
    "recovery.charge.waiver",
    "recovery.case",
    "recovery.today",
    "recovery.ageing",
    "dunning.notice.report",
    "recovery.arrangement.report",
    "recovery.concession.report",
    "recovery.case.dirty",
    "recovery.interaction",
    "recovery.interaction.content",
    "recovery.hold",
    "recovery.claim",
    "recovery.promise",
    "recovery.plan",
    "recovery.plan.installment",
    "recovery.autopay",
    "recovery.autopay.attempt",
    "recovery.offer",
    "recovery.dispute",
    "recovery.agency",
    "recovery.agency.fee",
    "recovery.agency.field",
    "recovery.outbox",
    "recovery.inbox",
    "recovery.referral",
    "recovery.referral.line",
    "recovery.referral.event",
    "recovery.request",
    "recovery.allocation",
    "recovery.allocation.line",
}
SHARED = {
    "recovery.absence",
    "recovery.call.outcome",
    "recovery.hold.reason",
    "recovery.late.reason",
    "recovery.law",
    "recovery.law.band",
    "recovery.law.contact.rule",
    "recovery.phrase",
    "recovery.portal.visit",
    "recovery.reference.rate",
    "recovery.reference.rate.value",
    "recovery.offer.limit",
}
# What core's models show of recovery: no business of employees, nor of the customer itself.
FIELDS_ON_CORE = {
    "account.move": (
        "dunning_blockers",
        "dunning_status",
        "dunning_level_id",
        "late_reason_id",
        "recovery_referral_id",
    ),
    "account.move.line": (
        "dunning_level_id",
        "dunning_why",
        "dunning_item_ids",
        "recovery_limitation_date",
    ),
    "res.partner": (
        "amount_overdue",
        "charges_agreed_on",
        "dunning_level_id",
        "is_referred",
        "promise_reliability",
        "recovery_case_id",
        "recovery_opt_out_call",
        "recovery_sms_consent",
    ),
}
HOSTILE = ([], [[]], [[1]], ["x"], [None], [{"a": 1}], [-1], ["9999-12-31"])
REFUSALS = (UserError, TypeError)


@tagged("post_install", "-at_install")
class TestAccess(RecoveryCommon):
    """One company with a row in every table of ours, a second company, and people."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.company"].create({"name": "Other"})  # needs no chart
        cls.branch = cls.env["res.company"].create({"name": "Branch", "parent_id": cls.company.id})
        cls.collector = cls._person("collector", "account.group_account_invoice")
        cls.manager = cls._person("manager", "account.group_account_manager")
        cls.auditor = cls._person("auditor", "overdue_recovery.group_auditor")
        cls.employee = cls._person("employee", "base.group_user")
        cls.salesperson = cls._person("sales", "base.group_user,base.group_partner_manager")
        cls.portal = cls._person("portal_user", "base.group_portal")
        cls.stranger = cls._person(
            "stranger", "account.group_account_invoice", company_id=cls.other.id
        )
        cls.partner_a.user_id = cls.salesperson
        cls.portal.partner_id.parent_id = cls.partner_a
        cls._make_rows()

    @classmethod
    def _person(cls, login, groups, company_id=None):
        company_id = company_id or cls.company.id
        return new_test_user(
            cls.env,
            f"recovery_{login}",
            groups=groups,
            company_id=company_id,
            company_ids=[Command.set([company_id])],
        )

    @classmethod
    def _make_rows(cls):
        """A row in every table, made once for all tests; the factories want an instance."""
        maker = cls("_make_rows")
        cls.invoice = maker._overdue_invoice()
        cls.partner_b.email = False
        maker._overdue_invoice(partner=cls.partner_b)
        cls.hold = maker._hold(maker._overdue_invoice(partner=cls.partner_b), "other")
        cls.run_sent = maker._run_dunning()
        cls.notice = cls.run_sent.notice_ids
        cls.notice.case_id.follow_up_date = cls.today
        cls._make_charges()
        cls._make_visits(maker)
        cls.fresh = maker._create_customer()
        cls.fresh_invoice = maker._overdue_invoice(partner=cls.fresh)
        cls._make_arrangements(maker)
        cls._make_absence()
        cls.env["recovery.case.dirty"].sudo()._put(cls.notice.case_id.sudo())
        cls.env.flush_all()

    @classmethod
    def _make_arrangements(cls, maker):
        """A promise, a proposed offer, a dispute, a mandate with a debit that is announced, and
        money that is not allocated yet."""
        customer = maker._create_customer()
        cls.autopay = maker._autopay(customer)
        item = maker._items(maker._overdue_invoice(100, partner=customer))
        values = cls.autopay.sudo()._attempt_values(item, 100.0)
        cls.env["recovery.autopay.attempt"].sudo().create(values)
        cls.promise = maker._promise(maker._overdue_invoice(100, partner=customer))
        cls.plan = maker._plan(maker._overdue_invoice(100, partner=customer))
        cls.offer = maker._offer(maker._overdue_invoice(100, partner=customer), 90)
        cls.dispute = cls.env["recovery.dispute"].create(
            {"move_id": maker._overdue_invoice(100, partner=customer).id, "amount_disputed": 60}
        )
        cls.referral = maker._refer(maker._overdue_invoice(100, partner=customer))
        cls.referral.agency_id.fee_ids = [Command.create({"percent": 9.5})]
        cls.referral._add_event("note", text="Called")
        cls._make_agency_calls(cls.referral)
        cls.request = cls.env["recovery.request"].create(
            {"case_id": cls.dispute.case_id.id, "kind": "help", "text": "Call me"}
        )
        money = maker._payment(40, partner=customer)._recovery_open_credits()
        cls.allocation = cls.env["recovery.allocation"]._propose(money)
        maker._hold(customer, "other")

    @classmethod
    def _make_absence(cls):
        """One that is over: nobody's tasks go to somebody else."""
        day = cls.today - timedelta(days=30)
        cls.env["recovery.absence"].create(
            {
                "user_id": cls.manager.id,
                "deputy_id": cls.collector.id,
                "date_from": day,
                "date_to": day,
            }
        )

    @classmethod
    def _make_visits(cls, maker):
        """A one-time code for the link of a notice, and a visit that was counted."""
        links = cls.env["recovery.link"].sudo()
        with maker.mock_mail_gateway():
            cls.env["recovery.link.code"]._send_code(
                links.search([("notice_id", "in", cls.notice.ids)], limit=1)
            )
        cls.env["recovery.portal.visit"].sudo()._allow("somebody", "/pay", 1)

    @classmethod
    def _make_agency_calls(cls, referral):
        """What an agency was told of a referral, and what it told."""
        agency = referral.agency_id
        agency.field_ids = [Command.create({"source": "debtor_name", "target": "name"})]
        outbox, inbox = cls.env["recovery.outbox"], cls.env["recovery.inbox"]
        cls.call = outbox._enqueue(agency, referral, "submit", {}, "key")
        event = {"id": "E-1", "type": "accepted", "reference": referral.name}
        cls.event = inbox._receive(agency, event)

    @classmethod
    def _make_charges(cls):
        """A charge and a waiver that waits; the policy charges nothing otherwise."""
        cls.levels[0].fee_band_ids = [Command.create({"amount_from": 0, "fixed": 5})]
        charge = (
            cls.env["recovery.charge"]
            .sudo()
            .create(
                {
                    "notice_id": cls.notice.id,
                    "company_id": cls.company.id,
                    "partner_id": cls.partner_a.id,
                    "kind": "fee",
                    "date": cls.today,
                    "currency_id": cls.company.currency_id.id,
                    "amount": 5.0,
                    "proof": {"fee": {}, "uncapped": 500, "amount": 500},
                }
            )
        )
        cls.env["recovery.charge.waiver"].sudo()._propose(charge, 1.0)

    def _create_customer(self):
        return self.env["res.partner"].create({"name": "Fresh", "email": "fresh@customer.example"})

    def _models(self):
        """Names of the models that this addon makes, abstract ones aside."""
        return sorted(
            name
            for name, model in self.env.registry.items()
            if model._original_module == MODULE and not model._abstract
        )

    def _rows(self, name):
        """A row of this company in a model's table."""
        records = self.env[name].sudo().with_context(active_test=False)
        company = {"recovery.interaction": "case_id.company_id"}.get(name, "company_id")
        if name == "recovery.interaction.content":
            company = "interaction_id.case_id.company_id"
        domain = [(company, "=", self.company.id)] if name in OF_A_COMPANY else []
        return records.search(domain, limit=1)

    def _fingerprint(self):
        """Everything that our tables, the mails, the triggers and the sequences hold."""
        self.env.flush_all()
        models = [self.env[name] for name in self._models()]
        tables = [model._table for model in models if model._auto]
        return {
            table: self._digest_of_table(table)
            for table in (*tables, "mail_mail", "mail_activity", "ir_cron_trigger", "account_move")
        }

    def _digest_of_table(self, table):
        self.env.cr.execute(
            f"SELECT COUNT(*), md5(string_agg(t::text, ',' ORDER BY t.id)) FROM \"{table}\" t"
        )
        return self.env.cr.fetchone()

    def _call(self, user, records, method, *args):
        """What a client of ``user`` gets for a remote call, as the server does it."""
        model = self.env[records._name].with_user(user)
        is_model = getattr(getattr(type(model), method), "_api_model", False)
        arguments = list(args) if is_model else [records.ids, *args]
        return call_kw(model, method, arguments, {})

    @contextmanager
    def _rolled_back(self):
        """Nothing of what is done inside stays."""
        savepoint = self.env.cr.savepoint(flush=True)
        try:
            yield
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    # -- rights and rules ------------------------------------------------------------------

    def test_every_model_has_its_row_in_the_table_of_rights(self):
        self.assertEqual(self._models(), sorted(RIGHTS))
        transient = {name for name in RIGHTS if self.env[name]._transient}
        self.assertEqual(OF_A_COMPANY | SHARED | transient, set(RIGHTS))

    def test_each_group_may_do_what_the_table_says(self):
        groups = (self.collector, self.manager, self.auditor)
        for name, rights in RIGHTS.items():
            for user, own in zip(groups, rights, strict=True):
                self._assert_rights(name, user, own)

    def _assert_rights(self, name, user, own):
        records = self.env[name].with_user(user)
        found = "".join(
            letter for letter, operation in OPERATIONS.items() if records.has_access(operation)
        )
        self.assertEqual(found, own, f"{user.login} on {name}")

    def test_employees_salespeople_and_portal_users_may_do_nothing(self):
        for user in (self.employee, self.salesperson, self.portal):
            for name in RIGHTS:
                self._assert_rights(name, user, "")
                with self.assertRaises(AccessError, msg=f"{user.login} on {name}"):
                    self.env[name].with_user(user).search([])

    def test_every_table_has_a_row_to_test_with(self):
        for name in OF_A_COMPANY | SHARED:
            with self.subTest(model=name):
                self.assertTrue(self._rows(name))

    def test_collector_manager_and_auditor_can_read_every_field_of_what_they_may_read(self):
        users = (self.collector, self.manager, self.auditor)
        for name, rights in RIGHTS.items():
            for user, own in zip(users, rights, strict=True):
                if "r" in own and not self.env[name]._transient:
                    with self.subTest(model=name, user=user.login):
                        self.assertTrue(self._rows(name).with_user(user).sudo(False).read())

    def test_another_companys_collector_sees_nothing_of_this_one(self):
        for name in sorted(OF_A_COMPANY - {"recovery.case.dirty", "recovery.link.code"}):
            with self.subTest(model=name):
                record = self._rows(name).with_user(self.stranger).sudo(False)
                self.assertFalse(record.with_context(active_test=False).search([]) & record)
                with self.assertRaises(AccessError):
                    record.read(["display_name"])

    def test_a_branch_reads_the_policy_of_its_parent_and_not_its_runs(self):
        local = self._person("local", "account.group_account_invoice", company_id=self.branch.id)
        self.assertTrue(self.policy.with_user(local).read(["name"]))
        self.assertTrue(self.levels.with_user(local).read(["name"]))
        of_policies = {"dunning.policy", "dunning.level", "dunning.level.fee.band"}
        of_policies |= {"recovery.agency", "recovery.agency.fee", "recovery.agency.field"}
        for name in sorted(OF_A_COMPANY - of_policies):
            record = self._rows(name).with_user(local).sudo(False)
            with self.subTest(model=name), self.assertRaises(AccessError):
                record.read(["display_name"])

    def test_fields_on_core_models_are_closed_to_employees_and_customers(self):
        records = (self.invoice, self._items(self.invoice), self.partner_a)
        for user in (self.employee, self.salesperson, self.portal):
            for record in records:
                for name in FIELDS_ON_CORE[record._name]:
                    with (
                        self.subTest(user=user.login, model=record._name, field=name),
                        self.assertRaises(AccessError),
                    ):
                        self._call(user, record, "read", [name])

    def test_nobody_finds_records_by_what_he_may_not_read(self):
        level = [("dunning_level_id", "=", self.levels[0].id)]
        searches = (
            (self.partner_a, [("amount_overdue", ">", 0)]),
            (self.partner_a, [("is_referred", "=", True)]),
            (self.partner_a, [("recovery_case_id", "!=", False)]),
            (self.partner_a, level),
            (self.invoice, level),
            (self.invoice, [("recovery_referral_id", "!=", False)]),
            (self.invoice, [("recovery_case_id", "!=", False)]),
            (self._items(self.invoice), level),
            (self._items(self.invoice), [("recovery_limitation_date", ">", "2025-01-01")]),
        )
        for user in (self.employee, self.salesperson, self.portal):
            for records, domain in searches:
                with (
                    self.subTest(user=user.login, model=records._name, domain=domain),
                    self.assertRaises(AccessError),
                ):
                    self._call(user, records, "search", domain)

    def test_collector_manager_and_auditor_read_the_fields_on_core_models(self):
        records = (self.invoice, self._items(self.invoice), self.partner_a)
        for user in (self.collector, self.manager, self.auditor):
            for record in records:
                with self.subTest(user=user.login, model=record._name):
                    values = self._call(user, record, "read", FIELDS_ON_CORE[record._name])
                    self.assertTrue(values)

    def test_where_a_customer_stands_is_told_to_collectors_and_auditors_only(self):
        for record in (self.invoice, self.partner_a):
            for user in (self.collector, self.manager, self.auditor):
                with self.subTest(model=record._name, user=user.login):
                    self.assertTrue(self._call(user, record, "recovery_status")["level"])
            for user in (self.employee, self.portal):
                with (
                    self.subTest(model=record._name, user=user.login),
                    self.assertRaises(AccessError),
                ):
                    self._call(user, record, "recovery_status")
        with self.assertRaises(AccessError):
            self._call(self.stranger, self.invoice, "recovery_status")

    def test_a_sensitive_reason_of_lateness_is_not_told_by_the_invoice(self):
        medical = self.env.ref("overdue_recovery.late_reason_medical").sudo()
        self.invoice.sudo().late_reason_id = medical
        for user in (self.collector, self.manager, self.auditor):
            [values] = self._call(user, self.invoice, "read", ["late_reason_id"])
            self.assertNotIn(medical.name, values["late_reason_id"])

    # -- a day's work: what a collector and an auditor need, and what they never need ------

    def _run_of(self, user):
        run = self.env["dunning.run"].with_user(user).create({"company_id": self.company.id})
        run.action_propose()
        return run

    def test_a_collector_proposes_skips_issues_and_retries(self):
        run = self._run_of(self.collector)
        notice = run.notice_ids
        self.assertEqual(notice.partner_id, self.fresh)
        notice.personal_note = "Dear Ann"
        run.action_issue()
        with self.mail_server_fails(ValueError("550 no such user")):
            self.env["dunning.delivery"]._cron_deliver()
        self.assertEqual(notice.state, "failed")
        notice.action_retry()
        self.assertEqual(notice.state, "issued")
        notice.action_skip("Talked to her")
        self.assertEqual(notice.state, "skipped")

    def test_a_collector_retries_a_delivery_and_cancels_a_run(self):
        run = self._run_of(self.collector)
        run.action_issue()
        run.notice_ids.sudo().delivery_ids._set_state("sending")
        run.notice_ids.sudo().delivery_ids._fail("no connection")
        run.notice_ids.delivery_ids.action_retry()
        self.assertEqual(run.notice_ids.delivery_ids.state, "queued")
        run.action_cancel()
        self.assertEqual(run.notice_ids.state, "cancelled")

    def test_a_collector_sends_now_from_the_case(self):
        action = self.fresh.with_user(self.collector).action_open_recovery_case()
        case = self.env["recovery.case"].with_user(self.collector).browse(action["res_id"])
        found = case.action_send_now()
        self._deliver()
        self.assertEqual(self.env["dunning.notice"].browse(found["res_id"]).state, "sent")

    def test_a_collector_puts_and_ends_holds(self):
        wizard = (
            self.env["recovery.hold.create"]
            .with_user(self.collector)
            .with_context(active_model="account.move", active_ids=self.fresh_invoice.ids)
            .create({"reason_id": self.env.ref("overdue_recovery.hold_reason_other").id})
        )
        wizard.action_hold()
        hold = (
            self.env["recovery.hold"]
            .with_user(self.collector)
            .search([("move_id", "=", self.fresh_invoice.id)])
        )
        self.assertEqual(self._codes(self._items(self.fresh_invoice)), ["other"])
        hold.action_end()
        self.assertEqual(self._codes(self._items(self.fresh_invoice)), [])

    def test_a_collector_changes_no_policy_and_starts_no_item(self):
        policy = self.policy.with_user(self.collector)
        for act in (
            lambda: policy.write({"min_amount": 0}),
            lambda: policy.level_ids[0].write({"delay_days": 1}),
            lambda: policy.copy(),
            lambda: policy.unlink(),
            lambda: (
                self._items(self.fresh_invoice)
                .with_user(self.collector)
                .action_start_at(self.levels[1].id)
            ),
            lambda: self.env["dunning.takeover"].with_user(self.collector).create({}),
        ):
            with self.assertRaises(UserError):
                act()

    def test_a_collector_takes_a_promise_and_ends_it(self):
        promises = self.env["recovery.promise"].with_user(self.collector)
        items = self._items(self.fresh_invoice)
        values = {
            "date_promised": self.today,
            "claim_ids": [Command.create({"move_line_id": item.id}) for item in items],
        }
        promise = promises.create(values)
        promise.action_cancel()
        self.assertEqual((promise.state, promise.user_id), ("cancelled", self.collector))
        for user in (self.auditor, self.employee, self.stranger):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                promises.with_user(user).create(values)

    def test_a_collector_settles_and_allocates(self):
        offer = self.offer.with_user(self.collector)
        offer.action_accept()
        allocation = self.allocation.with_user(self.collector)
        allocation.action_confirm()
        allocation.action_undo()
        self.assertEqual((offer.state, allocation.state), ("accepted", "undone"))

    def test_a_collector_opens_and_decides_disputes(self):
        action = self.fresh_invoice.with_user(self.collector).action_dispute()
        wizard = self.env[action["res_model"]].with_user(self.collector).browse(action["res_id"])
        wizard.write(
            {"amount": 40, "reason_id": self.env.ref("overdue_recovery.late_reason_our_error").id}
        )
        found = wizard.action_open()
        dispute = self.env["recovery.dispute"].with_user(self.collector).browse(found["res_id"])
        dispute.action_accept(30)
        self.assertEqual(dispute.state, "partly_accepted")
        self.assertEqual(dispute.refund_move_id.state, "draft")

    def test_a_collector_answers_requests(self):
        action = self.request.with_user(self.collector).action_reject()
        wizard = self.env[action["res_model"]].with_user(self.collector).browse(action["res_id"])
        wizard.answer = "Please call us first"
        wizard.action_answer()
        self.assertRecordValues(
            self.request, [{"state": "rejected", "answered_by_id": self.collector.id}]
        )

    def test_a_manager_starts_an_item_at_a_level_of_its_company_only(self):
        items = self._items(self.fresh_invoice).with_user(self.manager)
        foreign = self._create_policy(company=self.other)
        with self.assertRaises(UserError):
            items.action_start_at(foreign.level_ids[0].id)
        self.assertFalse(items.dunning_level_id)
        items.action_start_at(self.levels[1].id)
        self.assertEqual(items.dunning_level_id, self.levels[1])

    def test_nobody_writes_what_the_engine_writes(self):
        run = self._run_of(self.collector)
        notice = run.notice_ids
        for values in (
            {"amount_demanded": 1},
            {"level_id": self.levels[2].id},
            {"partner_id": self.partner_a.id},
            {"run_id": self.run_sent.id},
            {"case_id": False},
            {"company_id": self.other.id},
            {"date_due": "2030-01-01"},
            {"line_ids": [Command.clear()]},
            {"delivery_ids": [Command.clear()]},
            {"is_merged": True},
            {"reason": "because"},
        ):
            for user in (self.collector, self.manager):
                with self.subTest(values=values), self.assertRaises(UserError):
                    self._call(user, notice, "write", values)

    def test_nobody_writes_a_runs_figures_nor_moves_it_to_another_company(self):
        run = self._run_of(self.manager)
        both = self._person("both", "account.group_account_manager")
        both.company_ids = [Command.link(self.other.id)]
        for values in (
            {"company_id": self.other.id},
            {"stats": {}},
            {"name": "x"},
            {"origin": "cron"},
            {"notice_ids": [Command.clear()]},
            {"exception_ids": [Command.clear()]},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                self._call(both, run, "write", values)

    def test_nobody_writes_a_state_by_remote_call(self):
        stateful = {
            "dunning.run": "issued",
            "dunning.notice": "sent",
            "dunning.delivery": "sent",
            "recovery.case": "written_off",
            "recovery.promise": "kept",
            "recovery.plan": "active",
            "recovery.offer": "fulfilled",
            "recovery.dispute": "accepted",
            "recovery.referral": "closed",
            "recovery.outbox": "done",
            "recovery.inbox": "applied",
            "recovery.request": "approved",
            "recovery.allocation": "done",
        }
        for name, state in stateful.items():
            for user in (self.collector, self.manager):
                with (
                    self.subTest(model=name, user=user.login),
                    self.assertRaises(UserError),
                ):
                    self._call(user, self._rows(name), "write", {"state": state})

    def test_nobody_makes_a_record_in_a_later_state(self):
        customer = self._create_customer()
        for user in (self.collector, self.manager):
            runs = self.env["dunning.run"].with_user(user)
            cases = self.env["recovery.case"].with_user(user)
            with self.assertRaises(UserError):
                runs.create({"state": "issued"})
            with self.assertRaises(UserError):
                runs.with_context(default_state="issued").create({})
            for values in ({"state": "written_off"}, {"date_closed": "2025-01-01"}):
                with self.subTest(values=values), self.assertRaises(UserError):
                    cases.create({"partner_id": customer.id, **values})
            with self.assertRaises(UserError):
                cases.with_context(default_state="written_off").create({"partner_id": customer.id})

    def test_nobody_closes_a_case_or_gives_it_to_another_customer_by_hand(self):
        case = self.notice.case_id
        for values in (
            {"date_closed": "2025-01-01"},
            {"outcome": "paid"},
            {"partner_id": self.fresh.id},
            {"company_id": self.other.id},
            {"interaction_ids": [Command.clear()]},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                self._call(self.manager, case, "write", values)

    def test_an_auditor_changes_nothing(self):
        run = self._run_of(self.collector)
        notice = run.notice_ids
        self.env.flush_all()
        before = self._fingerprint()
        auditor = self.auditor
        for records, method, args in (
            (run, "action_propose", ()),
            (run, "action_issue", ()),
            (run, "action_cancel", ()),
            (notice, "action_skip", ("no",)),
            (notice, "action_cancel", ()),
            (self.notice, "action_retry", ()),
            (self.notice.delivery_ids, "action_retry", ()),
            (self.notice.case_id, "action_send_now", ()),
            (self.hold, "action_end", ()),
            (self.promise, "action_cancel", ()),
            (self.promise, "action_send", ()),
            (self.promise, "action_renew", ()),
            (self.notice.case_id, "action_promise", ()),
            (self.plan, "action_activate", ()),
            (self.plan, "action_offer", ()),
            (self.plan, "action_cancel", ()),
            (self.notice.case_id, "action_plan", ()),
            (self.offer, "action_accept", ()),
            (self.offer, "action_approve", ()),
            (self.offer, "action_send", ()),
            (self.dispute, "action_accept", ()),
            (self.dispute, "action_reject", ()),
            (self.dispute, "action_withdraw", ()),
            (self.dispute, "action_investigate", ()),
            (self.request, "action_approve", ()),
            (self.request, "action_reject", ()),
            (self.request, "action_withdraw", ()),
            (self.notice.case_id, "action_dispute", ()),
            (self.fresh_invoice, "action_dispute", ()),
            (self.referral, "action_check", ()),
            (self.referral, "action_approve", ()),
            (self.referral, "action_send", ()),
            (self.referral, "action_cancel", ()),
            (self.referral, "action_answer", ()),
            (self.referral, "action_recall", ()),
            (self.referral, "action_write_off_rest", ()),
            (self.call, "action_retry", ()),
            (self.call, "action_confirm_done", ()),
            (self.event, "action_retry", ()),
            (self.event, "action_ignore", ()),
            (self.notice.case_id, "action_refer", ()),
            (self.allocation, "action_confirm", ()),
            (self.notice.case_id, "action_offer", ()),
            (self.notice.case_id, "action_allocate", ()),
            (self.fresh, "action_open_recovery_case", ()),
            (self._items(self.fresh_invoice), "action_take_into_recovery", ()),
            (self._items(self.fresh_invoice), "action_undo_take_into_recovery", ()),
            (self._items(self.fresh_invoice), "action_start_at", (self.levels[0].id,)),
        ):
            with (
                self.subTest(method=method),
                self._rolled_back(),
                self.assertRaises(UserError),
            ):
                self._call(auditor, records, method, *args)
        self.assertEqual(self._fingerprint(), before)
        self.assertIsInstance(self._call(auditor, run, "simulate", "2025-03-10"), list)

    # -- remote calls: every public method, by those who must not, with what nobody expects --

    def _public_methods(self):
        """[(model, method)]: what a remote call can reach in this addon."""
        found = set()
        for name, registered in self.env.registry.items():
            for cls in registered.mro():
                if getattr(cls, "_module", None) == MODULE and cls.__module__.startswith(
                    f"odoo.addons.{MODULE}"
                ):
                    found |= {(name, method) for method in self._own_methods(cls)}
        core = {"create", "write", "unlink", "copy", "init", "read", "default_get"}
        return sorted(pair for pair in found if pair[1] not in core)

    def _own_methods(self, cls):
        for name, member in vars(cls).items():
            private = name.startswith("_") or getattr(member, "_api_private", False)
            if inspect.isfunction(member) and not private:
                yield name

    def _targets(self):
        """{model: records of company A} for calls."""
        core = {
            "account.move": self.invoice,
            "account.move.line": self._items(self.invoice),
            "res.partner": self.partner_a,
            "res.company": self.company,
        }
        return {**{name: self._rows(name) for name in OF_A_COMPANY | SHARED}, **core}

    def test_no_public_method_lets_outsiders_change_anything(self):
        targets = self._targets()
        before = self._fingerprint()
        for name, method in self._public_methods():
            for user in (self.employee, self.salesperson, self.portal, self.stranger):
                if name not in targets or (name, method, user) in self._allowed():
                    continue
                with self.subTest(model=name, method=method, user=user.login):
                    self._assert_harmless(user, targets[name], method, before)

    def _allowed(self):
        """A customer is shared: another company's collector may open its own case for it."""
        return {
            ("res.partner", "action_open_recovery_case", self.stranger),
            ("res.partner", "action_recovery_offer", self.stranger),
            ("res.partner", "action_recovery_promise", self.stranger),
        }

    def _assert_harmless(self, user, records, method, before, *args):
        with self._rolled_back(), mute_logger("odoo.sql_db"):
            try:
                self._call(user, records, method, *args)
            except REFUSALS:
                return
            self.assertEqual(self._fingerprint(), before)

    def test_hostile_arguments_get_an_answer_and_no_crash(self):
        targets = self._targets()
        for name, method in self._public_methods():
            if name not in targets:
                continue
            for args in HOSTILE:
                with (
                    self.subTest(model=name, method=method, args=args),
                    self._rolled_back(),
                    mute_logger("odoo.sql_db"),
                    self.mock_mail_gateway(),
                ):
                    self._call_expecting_refusals(targets[name], method, args)

    def _call_expecting_refusals(self, records, method, args):
        try:
            self._call(self.manager, records, method, *args)
        except REFUSALS:
            return

    def test_a_run_issues_no_notice_of_another_company_or_run(self):
        run = self._propose()
        self.assertEqual(run.notice_ids.line_ids.move_id, self.fresh_invoice)
        with self.assertRaises(UserError):
            self._call(self.collector, run, "action_issue", self.notice.ids)
        with self.assertRaises(AccessError):
            self._call(self.stranger, run, "action_issue", run.notice_ids.ids)
        self.assertEqual(run.state, "proposed")
        self._call(self.collector, run, "action_issue", run.notice_ids.ids)
        self.assertEqual(run.state, "issued")

    def test_a_selection_by_remote_call_issues_only_what_was_selected(self):
        self._overdue_invoice(partner=self._create_customer())
        run = self._propose()
        first, second = run.notice_ids
        self._call(self.collector, run, "action_issue", first.ids)
        self.assertEqual((first.state, second.state), ("issued", "proposed"))
        self._call(self.collector, run, "action_issue", [])
        self.assertEqual(second.state, "proposed", "an empty selection is not everything")

    def test_a_simulation_over_centuries_is_refused(self):
        with self.assertRaises(UserError):
            self._call(self.collector, self.run_sent, "simulate", "9999-12-31")

    def test_private_methods_are_out_of_reach(self):
        for records, method in (
            (self.run_sent, "_send_now"),
            (self.notice, "_set_state"),
            (self.notice.delivery_ids, "_cron_deliver"),
            (self.notice.delivery_ids, "_on_bounce"),
            (self._items(self.invoice), "_dunning_blockers"),
        ):
            with self.subTest(method=method), self.assertRaises(AccessError):
                self._call(self.manager, records, method)
