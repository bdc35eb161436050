import time
from collections import Counter
from datetime import timedelta
from functools import cached_property

from odoo import Command
from odoo.fields import Domain
from odoo.tests import tagged

from ..calc import escalation
from .common import RecoveryCommon
from .ledger import LOWERING, RandomLedger

CUSTOMERS = 1000
QUIET = {"not_due", "grace", "last_level"}
# What the slow reference can tell: the other reasons need dates of levels or sums.
FACTS = set(escalation.REASONS[: escalation.REASONS.index("pay_by")])


@tagged("post_install", "-at_install")
class TestFlowReasons(RecoveryCommon):
    """1,000 random customers: whoever asks why nothing is sent gets the same answer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.euro = cls.setup_other_currency("EUR", rates=[("2016-01-01", 2.0)])
        cls.policies = cls._create_policies()
        templates = cls._post_templates()
        cls.ledger = RandomLedger(cls.env(su=True), cls.company, cls.today, templates, cls.policies)
        started = time.monotonic()
        cls.ledger.draw(cls.partner_a, CUSTOMERS)
        cls.ledger_seconds = time.monotonic() - started
        for template in templates.values():
            template.button_draft()
        cls.env.flush_all()

    @classmethod
    def _create_policies(cls):
        """Three policies that differ in everything, by the customers' reference; P3 has none."""
        cls.policy.write(
            {
                "partner_domain": "[('ref', '=', 'P0')]",
                "date_start": cls.today - timedelta(days=60),
                "min_amount": 10,
                "sequence": 1,
            }
        )
        second = cls._create_policy(
            delays=(-3, 4, 8, 20),
            partner_domain="[('ref', '=', 'P1')]",
            step="catch_up",
            grace_contact_days=3,
            min_amount=0,
            net_payables="hold",
            sequence=2,
        )
        second.level_ids[1].min_percent = 0.5
        second.level_ids[2].min_amount = 60
        second.level_ids[3].active = False
        third = cls._create_policy(
            delays=(1, 10),
            partner_domain="[('ref', '=', 'P2')]",
            min_interval_days=14,
            net_payables="subtract",
            sequence=3,
            level_ids=[
                Command.create({"name": "First", "delay_days": 1, "sequence": 1}),
                Command.create(
                    {
                        "name": "Later",
                        "delay_days": 6,
                        "sequence": 2,
                        "basis": "previous_notice",
                        "min_amount": 45,
                    }
                ),
            ],
        )
        return [cls.policy, second, third, None]

    @classmethod
    def _post_templates(cls):
        """One posted document of each kind, of a customer who has nothing else."""
        values = {
            "partner_id": cls.partner_b.id,
            "price_unit": 100.0,
            "tax_ids": [],
            "invoice_date": "2025-01-01",
            "invoice_payment_term_id": False,
            "post": True,
        }
        entry = cls.env["account.move"].create(
            {
                "move_type": "entry",
                "date": "2025-01-01",
                "journal_id": cls.company_data["default_journal_misc"].id,
                "line_ids": [
                    Command.create(
                        {
                            "account_id": cls.company_data["default_account_receivable"].id,
                            "partner_id": cls.partner_b.id,
                            "debit": 100.0,
                        }
                    ),
                    Command.create(
                        {
                            "account_id": cls.company_data["default_account_revenue"].id,
                            "credit": 100.0,
                        }
                    ),
                ],
            }
        )
        entry.action_post()
        return {
            "invoice": cls._create_invoice_one_line(**values),
            "foreign": cls._create_invoice_one_line(currency_id=cls.euro.id, **values),
            "refund": cls._create_invoice_one_line(move_type="out_refund", **values),
            "bill": cls._create_invoice_one_line(move_type="in_invoice", **values),
            "entry": entry,
        }

    # -- the same ledger, asked in different ways ------------------------------------------

    def _items_of_ledger(self):
        return self.env["account.move.line"].browse(self.ledger.items)

    def _codes_of_all(self):
        """{item id: codes} as the items themselves say."""
        found = self.env["account.move.line"]._dunning_blockers(list(self.ledger.items))
        return {key: [reason.code for reason in reasons] for key, reasons in found.items()}

    def _new_run(self):
        return self.env["dunning.run"].create({"company_id": self.company.id, "date": self.today})

    def _rising(self, run):
        """{item id: level id} of what the run's notices lift."""
        lines = run.notice_ids.filtered(lambda notice: notice.state == "proposed").line_ids
        return {line.move_line_id.id: line.level_id.id for line in lines if line.kind == "rising"}

    def _differences(self, one, other):
        """Items on which two answers differ, the first few: what a failing test shows."""
        keys = [key for key in self.ledger.items if one.get(key) != other.get(key)]
        return [(self.ledger.items[key], one.get(key), other.get(key)) for key in keys[:3]]

    # -- tests -----------------------------------------------------------------------------

    def test_the_ledger_is_one_that_core_would_have(self):
        """Every document balances, and core's own condition finds the same items as measure's."""
        items = self._items_of_ledger()
        self.env.cr.execute(
            """SELECT COUNT(*) FROM (SELECT move_id FROM account_move_line
                WHERE company_id = %s GROUP BY move_id HAVING SUM(balance) != 0) AS wrong""",
            [self.company.id],
        )
        self.assertEqual(self.env.cr.fetchone()[0], 0)
        domain = items._recovery_open_domain() & Domain("id", "in", items.ids)
        collectable = items.search(domain)
        expected = [
            item.id for item in self.ledger.items.values() if not (item.blocked or item.no_followup)
        ]
        self.assertEqual(sorted(collectable.ids), sorted(expected))
        self.assertGreater(len(expected), CUSTOMERS)

    def test_run_and_blockers_agree_on_every_item(self):
        codes = self._codes_of_all()
        run = self._new_run()
        run.action_propose()
        rising = self._rising(run)
        free = {key for key, own in codes.items() if not own}
        self.assertEqual(free, set(rising))
        self.assertGreater(len(free), 100, "the ledger is too quiet to tell anything")
        listed = {e.move_line_id.id: e.reason_codes.split(",") for e in run.exception_ids}
        expected = {key: own for key, own in codes.items() if own and self._is_listed(key, own)}
        self.assertEqual(self._differences(listed, expected), [])
        left_out = Counter(own[0] for own in codes.values() if own)
        self.assertEqual(run.stats["left_out"], dict(left_out))
        self.assertGreater(len(left_out), 25, "reasons that never occur are not tested")

    def _is_listed(self, key, codes):
        """Due or overdue, or held back from a reminder before: somebody may want to know."""
        due = self.ledger.items[key].date_due
        if codes[0] in QUIET or (codes[0] == "no_policy" and due > self.today):
            return False
        return due is None or due <= self.today or "not_due" not in codes

    def test_customers_who_are_only_counted_make_no_difference(self):
        for days in (0, -20, -60):
            day = self.today + timedelta(days=days)
            with self.subTest(day=day):
                counted, read = (self._assessed(day, counted) for counted in (True, False))
                self.assertEqual(counted[1:], read[1:])
                self.assertGreater(counted[0], 10, "nobody is only counted")
                self.assertEqual(read[0], 0)

    def _assessed(self, day, counted):
        """(items only counted, customers, items, left out, exceptions, drafts) of a run's look."""
        ranges = self.env["dunning.measure"]._debtor_ranges(self.company, day, counted=counted)
        debtors = [debtor for own in ranges for debtor in own]
        found = self.env["dunning.proposal"]._assess(debtors, day)
        not_read = sum(debtor.not_due for debtor in debtors)
        exceptions = sorted(found.exceptions)
        return not_read, found.customers, found.items, found.left_out, exceptions, found.drafts

    def test_simulation_of_today_is_what_the_run_proposes(self):
        simulated = self._new_run()
        entries = simulated.simulate(self.today)
        by_customer = {entry["partner_id"]: entry for entry in entries}
        self.assertEqual(len(by_customer), len(entries), "one notice per customer")
        run = self._new_run()
        run.action_propose()
        self.assertEqual(set(by_customer), set(run.notice_ids.partner_id.ids))
        for notice in run.notice_ids:
            entry = by_customer[notice.partner_id.id]
            rising = notice.line_ids.filtered(lambda line: line.kind == "rising")
            self.assertEqual(
                (entry["level_id"], sorted(entry["move_line_ids"])),
                (notice.level_id.id, sorted(rising.move_line_id.ids)),
            )
            self.assertAlmostEqual(entry["amount"], notice.amount_demanded, 2)

    def test_invoice_and_exception_say_the_same_sentences(self):
        codes = self._codes_of_all()
        texts = self.env["dunning.reason"]._texts()
        items = self._items_of_ledger()
        for move in items.move_id:
            own = [code for item in move._recovery_lines() for code in codes[item.id]]
            expected = " ".join(dict.fromkeys(texts[code] for code in own))
            self.assertEqual(move.dunning_blockers or "", expected)
        for item in items:
            self.assertEqual(
                item.dunning_why or "", " ".join(texts[code] for code in codes[item.id])
            )
        run = self._new_run()
        run.action_propose()
        for exception in run.exception_ids:
            own = codes[exception.move_line_id.id]
            self.assertEqual(exception.text, " ".join(texts[code] for code in own))

    def test_asking_for_one_item_gives_the_same_as_asking_for_all(self):
        codes = self._codes_of_all()
        for key in self.ledger.random.sample(sorted(codes), 40):
            item = self.env["account.move.line"].browse(key)
            self.assertEqual(self._codes(item), codes[key])

    def test_first_reason_is_that_of_a_slow_reference(self):
        codes = self._codes_of_all()
        seen = Counter()
        for key, item in self.ledger.items.items():
            expected = self._first_reason(item)
            first = codes[key][0] if codes[key] else None
            seen[expected] += 1
            if expected:
                self.assertEqual(first, expected, item)
            else:
                self.assertNotIn(first, FACTS, item)
        self.assertGreater(len(seen), 20)

    def _first_reason(self, item):
        """Straight from DESIGN's list, for one item at a time; None: dates or sums decide."""
        if item.date_due is None:
            return "no_due_date"
        # what a payer pays for follows the payer's policy
        policy = self._policy_of[item.customer.debtor_id]
        if not policy:
            return "no_policy"
        if item.no_followup:
            return "no_followup"
        if item.blocked:
            return "blocked"
        if policy.date_start and item.date_due < policy.date_start and not item.started:
            return "before_start"
        return self._first_hold(item, policy)

    def _first_hold(self, item, policy):
        lowered = [
            item.residual if cents is None else cents
            for code, cents in item.holds
            if code in LOWERING
        ]
        covered = sum(lowered) >= item.residual
        stopping = [code for code, _cents in item.holds if covered or code not in LOWERING]
        if policy.net_payables == "hold" and self._we_owe(item.customer.debtor_id):
            stopping.append("we_owe_them")
        if item.under_way:
            stopping.append("under_way")
        if self._is_short(item):
            stopping.append("short_payment")
        return min(stopping, key=escalation.REASONS.index, default=None)

    def _is_short(self, item):
        """A rest of at most 2 % of the invoice and 5.00 in company currency."""
        whole = sum(other.total for other in item.customer.items if other.move_id == item.move_id)
        rest = round(item.residual / item.rate) / 100
        return item.residual < item.total and 50 * item.residual <= whole and rest <= 5.0

    def _we_owe(self, debtor_id):
        return debtor_id in self._creditors

    @cached_property
    def _creditors(self):
        billed = {row["partner_id"] for row in self.ledger._rows["bill", "open"]}
        return {c.debtor_id for c in self.ledger.customers if c.id in billed}

    @cached_property
    def _policy_of(self):
        """{debtor id: policy}"""
        by_id = {policy.id: policy for policy in self.policies if policy}
        return {c.id: by_id.get(c.policy_id) for c in self.ledger.customers}

    # -- the portal ------------------------------------------------------------------------

    def test_the_portal_asks_what_may_be_demanded_of_all_open_items(self):
        """Of each customer, in each currency: what ``calc.demand`` leaves of all that is overdue,
        after credits."""
        debtors = sorted({customer.debtor_id for customer in self.ledger.customers})
        payer = self.ledger.customers[0].id
        asking = 0
        for debtor_id in {payer, *self.ledger.random.sample(debtors, 200)}:
            asked = self._asked_by_portal(debtor_id)
            self.assertEqual(asked, self._expected_of(debtor_id), debtor_id)
            asking += bool(asked)
        self.assertGreater(asking, 50, "the ledger is too quiet to tell anything")

    def _asked_by_portal(self, debtor_id):
        """{currency id: cents}"""
        partner = self.env["res.partner"].sudo().browse(debtor_id)
        visitor = self.env["recovery.portal.visitor"].sudo()._of_partner(partner)
        accounts = {}
        for page in self.env["recovery.portal"]._pages(visitor):
            accounts.update(page.accounts)
        return {key: account.asked for key, account in accounts.items() if account.asked}

    def _expected_of(self, debtor_id):
        """The same, one item after the other."""
        sums = Counter()
        own = [one for one in self.ledger.customers if one.debtor_id == debtor_id]
        for item in (item for customer in own for item in customer.items):
            overdue = item.date_due and item.date_due < self.today
            elsewhere = "referred" in [code for code, _cents in item.holds]
            if overdue and not (item.blocked or item.no_followup or elsewhere):
                sums[self._currency_of(item)] += self._left_of(item)
        sums[self.company.currency_id.id] -= self._credits_of({one.id for one in own}, debtor_id)
        return {key: cents for key, cents in sums.items() if cents > 0}

    def _currency_of(self, item):
        return (self.euro if item.rate != 1.0 else self.company.currency_id).id

    def _left_of(self, item):
        lowered = [cents for code, cents in item.holds if code in LOWERING]
        return 0 if None in lowered else max(0, item.residual - sum(lowered))

    def _credits_of(self, customer_ids, debtor_id):
        policy = self._policy_of[debtor_id]
        kinds = ["refund", *(["bill"] if policy and policy.net_payables == "subtract" else [])]
        rows = [row for kind in kinds for row in self.ledger._rows[kind, "open"]]
        own = [row for row in rows if row["partner_id"] in customer_ids]
        return -sum(round(row["amount_residual_currency"] * 100) for row in own)

    # -- simulation is pure ----------------------------------------------------------------

    def _fingerprint(self):
        """Every row of ours, and what a careless simulation would touch beside them."""
        self.env.flush_all()
        ours = [
            model._table
            for model in self.env.registry.values()
            if model._original_module == "overdue_recovery" and not model._abstract and model._auto
        ]
        found = {}
        for table in (*ours, "mail_mail", "mail_message", "mail_activity", "ir_cron_trigger"):
            self.env.cr.execute(
                f"SELECT COUNT(*), md5(string_agg(t::text, '|' ORDER BY id)) FROM \"{table}\" t"
            )
            found[table] = self.env.cr.fetchone()
        self.env.cr.execute("SELECT sequencename, last_value FROM pg_sequences ORDER BY 1")
        found["sequences"] = self.env.cr.fetchall()
        return found

    def test_simulation_writes_nothing_and_takes_no_number(self):
        run = self._new_run()
        before = self._fingerprint()
        entries = run.simulate(self.today + timedelta(days=60))
        self.assertGreater(len(entries), 500)
        self.assertEqual(self._fingerprint(), before)

    def test_simulation_reads_once_however_far_it_looks(self):
        run = self._new_run()
        counts = []
        for days in (0, 60):
            self.env.invalidate_all()
            started = self.env.cr.sql_log_count
            run.simulate(self.today + timedelta(days=days))
            counts.append(self.env.cr.sql_log_count - started)
        self.assertLessEqual(counts[1], counts[0] + 5, counts)
