from contextlib import contextmanager
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError, OperationalError
from psycopg2.errors import UniqueViolation

from .common import RecoveryCommon
from .ledger import Copies

CUSTOMERS = 60


@tagged("post_install", "-at_install")
class TestKeys(RecoveryCommon):
    """What the database itself refuses, whatever a program does."""

    def setUp(self):
        super().setUp()
        self.invoice = self._overdue_invoice()
        self.run = self._run_dunning()
        self.notice = self.run.notice_ids
        self.copies = Copies(self.env(su=True))
        self.env.flush_all()

    def _copy(self, record, **values):
        """A second row like ``record``, past the ORM."""
        self.env.flush_all()
        [new_id] = self.copies.ids(record._table, 1)
        self.copies.clone(record._table, record.id, [{"id": new_id, **values}])
        return record.browse(new_id)

    def _assert_twin_refused(self, record, constraint, **values):
        record.ensure_one()
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaisesRegex(UniqueViolation, constraint),
            self.env.cr.savepoint(flush=False),
        ):
            self._copy(record, **values)

    def test_an_item_is_in_recovery_once(self):
        item = self._items(self.invoice).dunning_item_ids
        self._assert_twin_refused(item, "dunning_item_move_line")

    def test_a_customer_has_one_live_notice_in_a_run(self):
        self._assert_twin_refused(self.notice, "dunning_notice_one_per_customer")
        self._assert_twin_refused(self.notice, "dunning_notice_one_per_customer", state="proposed")
        for state in ("skipped", "cancelled"):
            self.assertTrue(self._copy(self.notice, state=state).exists())

    def test_an_item_rises_to_a_level_once_in_a_cycle(self):
        line = self.notice.line_ids
        self._assert_twin_refused(line, "dunning_notice_line_once_per_level")
        self.assertTrue(self._copy(line, live=False).exists())
        self.assertTrue(self._copy(line, cycle=2).exists())
        self.assertTrue(self._copy(line, level_id=self.levels[1].id).exists())
        self.assertTrue(self._copy(line, kind="listed").exists())

    def test_a_recipient_gets_a_notice_once_on_a_channel(self):
        delivery = self.notice.delivery_ids
        self._assert_twin_refused(delivery, "dunning_delivery_one_per_recipient")
        for state in ("queued", "failed", "unknown", "bounced"):
            self._assert_twin_refused(delivery, "dunning_delivery_one_per_recipient", state=state)
        self.assertTrue(self._copy(delivery, state="cancelled").exists())
        self.assertTrue(self._copy(delivery, channel="letter").exists())

    def test_a_customer_has_one_open_case_in_a_company(self):
        case = self.notice.case_id
        self._assert_twin_refused(case, "recovery_case_one_open")
        self.assertTrue(self._copy(case, date_closed=self.today).exists())

    def test_a_company_has_one_proposed_run(self):
        self._overdue_invoice(partner=self.partner_b)
        run = self._propose()
        self._assert_twin_refused(run, "dunning_run_one_proposal")
        self.assertTrue(self._copy(run, origin="single").exists())

    def test_a_run_first_works_the_whole_queue_of_reopened_items(self):
        """More customers in the queue than one batch takes."""
        other = self._overdue_invoice(partner=self.partner_b)
        self._run_dunning()
        items = self._items(self.invoice | other)
        for invoice in self.invoice | other:
            self._pay(invoice)
        items.remove_move_reconcile()
        batch = "odoo.addons.overdue_recovery.models.recovery_case.CASES_PER_BATCH"
        with patch(batch, 1), self.on(8):
            run = self._propose()
        self.assertEqual(items.dunning_item_ids.mapped("cycle"), [2, 2])
        # the money is an open credit again, so nothing goes out, and for that reason only
        self.assertEqual(run.exception_ids.mapped("reason_codes"), ["credits", "credits"])

    def _interrupted(self, **values):
        """A run whose process died after it had begun to issue."""
        self._overdue_invoice(partner=self.partner_b)
        run = self._propose(**values).sudo()
        run._set_state("issuing")
        return run

    def test_a_run_whose_process_died_while_issuing_is_proposed_again(self):
        run = self._interrupted()
        notice = run.notice_ids
        self.env["dunning.run"]._cron_run()
        self.assertEqual((run.state, notice.state), ("proposed", "proposed"))
        run.action_issue()
        self.assertEqual((run.state, notice.state), ("issued", "issued"))

    def test_what_a_dead_process_left_of_a_run_gives_way_to_a_newer_one(self):
        for values in ({"origin": "single", "partner_ids": self.partner_b.ids}, {}):
            run = self._interrupted(**values)
            left = run.notice_ids
            if not values:
                self._propose()
            self.env["dunning.run"]._end_interrupted()
            self.assertEqual((run.state, left.state), ("issued", "cancelled"), values)

    def test_the_second_retry_keeps_the_message_id(self):
        self._overdue_invoice(partner=self.partner_b)
        run = self._propose()
        run.action_issue()
        with self.mail_server_fails(ValueError("550 no such user")):
            self.env["dunning.delivery"]._cron_deliver()
        delivery = run.notice_ids.delivery_ids
        first = delivery.message_id
        self.assertTrue(first)
        run.notice_ids.action_retry()
        self._deliver()
        self.assertEqual((delivery.state, delivery.message_id), ("sent", first))
        self.assertEqual(delivery.attempts, 2)


@tagged("post_install", "-at_install")
class TestOneBadRecord(RecoveryCommon):
    """Sixty customers, one of which raises: 59 are done, one is told, and the job ends."""

    def setUp(self):
        super().setUp()
        self.copies = Copies(self.env(su=True))
        self.partners = self.env["res.partner"].create(
            [
                {"name": f"Customer {number}", "email": f"c{number}@customer.example"}
                for number in range(CUSTOMERS)
            ]
        )
        template = self._overdue_invoice(partner=self.partners[0])
        for partner in self.partners[1:]:
            self._copy_invoice(template, partner)
        self.env.invalidate_all()
        self.bad = self.partners[30]

    def _copy_invoice(self, template, partner):
        [move_id] = self.copies.ids("account_move", 1)
        owner = {"partner_id": partner.id}
        self.copies.clone(
            "account_move",
            template.id,
            [
                {
                    "id": move_id,
                    "name": f"COPY/{move_id}",
                    "commercial_partner_id": partner.id,
                    **owner,
                }
            ],
        )
        for line in template.line_ids:
            [line_id] = self.copies.ids("account_move_line", 1)
            values = {"id": line_id, "move_id": move_id, **owner}
            self.copies.clone("account_move_line", line.id, [values])

    def _assert_one_failed(self, run, reason):
        notices = run.notice_ids
        bad = notices.filtered(lambda notice: notice.partner_id == self.bad)
        self.assertEqual(set((notices - bad).mapped("state")), {"sent"})
        self.assertEqual(len(notices - bad), CUSTOMERS - 1)
        self.assertEqual(bad.state, "failed")
        self.assertIn(reason, bad.reason)
        levels = self.env["dunning.item"].search([("partner_id", "in", self.partners.ids)])
        self.assertEqual(len(levels), CUSTOMERS - 1, "a failure raises no level")
        self.assertFalse(levels & levels.filtered(lambda item: item.partner_id == self.bad))

    def _assert_no_second_round(self, run):
        before = run.notice_ids.delivery_ids.mapped("attempts")
        with self.mock_mail_gateway():
            self.env["dunning.delivery"]._cron_deliver()
            self.assertFalse(self._new_mails)
        self.assertEqual(run.notice_ids.delivery_ids.mapped("attempts"), before)

    def test_a_template_that_breaks_for_one_customer(self):
        broken = self._create_policy(name="Broken", partner_domain="[('id', '=', 0)]")
        self.bad.dunning_policy_id = broken
        template = broken.level_ids[0].mail_template_id.copy({"name": "Broken"})
        broken.level_ids.mail_template_id = template
        # the check of the editor would refuse it; an import or an upgrade would not
        self.env.cr.execute(
            "UPDATE mail_template SET subject = jsonb_build_object('en_US', %s) WHERE id = %s",
            ["{{ object.no_such_thing }}", template.id],
        )
        self.env.invalidate_all()
        run = self._propose()
        run.action_issue()
        with mute_logger("odoo.addons.mail.models.mail_render_mixin"):
            self._deliver()
        self._assert_one_failed(run, "no_such_thing")
        self._assert_no_second_round(run)

    def test_a_delivery_that_can_not_be_made_for_one_customer(self):
        deliveries = type(self.env["dunning.delivery"])
        original = deliveries._deliveries_of

        def raising(this, notice, *args, **kwargs):
            if notice.partner_id == self.bad:
                raise ValueError("the 500th")
            return original(this, notice, *args, **kwargs)

        run = self._propose()
        with patch.object(deliveries, "_deliveries_of", raising):
            run.action_issue()
        self.assertEqual(run.state, "issued")
        self._deliver()
        self._assert_one_failed(run, "the 500th")
        self._assert_no_second_round(run)

    def test_a_recipient_whose_preparation_raises(self):
        deliveries = type(self.env["dunning.delivery"])
        original = deliveries._pass_gate

        def raising(this):
            if self.bad in this.recipient_id:
                raise ValueError("the gate broke")
            return original(this)

        run = self._propose()
        run.action_issue()
        with patch.object(deliveries, "_pass_gate", raising):
            self._deliver()
        self._assert_one_failed(run, "the gate broke")
        self._assert_no_second_round(run)

    def test_a_failed_customer_is_proposed_again_and_the_others_are_not(self):
        deliveries = type(self.env["dunning.delivery"])
        with patch.object(deliveries, "_deliveries_of", side_effect=ValueError("out of order")):
            run = self._propose(partner_ids=self.bad.ids)
            run.action_issue()
        self.assertEqual(run.notice_ids.state, "failed")
        again = self._run_dunning()
        self.assertEqual(run.notice_ids.state, "cancelled", "superseded")
        mine = again.notice_ids.filtered(lambda notice: notice.partner_id == self.bad)
        self.assertEqual(mine.state, "sent")
        self.assertEqual(len(again.notice_ids), CUSTOMERS)


@tagged("post_install", "-at_install")
class TestTwoWorkers(TransactionCase):
    """Real cursors side by side on a small company that is committed and taken away again."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.addClassCleanup(cls._take_away)
        with cls.registry.cursor() as cr:
            cls._make_company(cls.env(cr=cr, su=True))

    @classmethod
    def _make_company(cls, env):
        company = env["res.company"].create({"name": "Two workers", "email": "two@company.example"})
        env = env(context={"allowed_company_ids": company.ids})
        receivable, income = env["account.account"].create(
            [
                {
                    "name": "Receivable",
                    "code": "TW1000",
                    "account_type": "asset_receivable",
                    "company_ids": [Command.set(company.ids)],
                },
                {
                    "name": "Income",
                    "code": "TW4000",
                    "account_type": "income",
                    "company_ids": [Command.set(company.ids)],
                },
            ]
        )
        journal = env["account.journal"].create(
            {"name": "Sales", "code": "TW", "type": "sale", "company_id": company.id}
        )
        partners = env["res.partner"].create(
            [
                {
                    "name": f"Two workers {number}",
                    "email": f"tw{number}@customer.example",
                    "property_account_receivable_id": receivable.id,
                }
                for number in range(3)
            ]
        )
        due = env["dunning.measure"].env.company._recovery_today()
        due = due.replace(year=due.year - 1)
        moves = env["account.move"].create(
            [
                {
                    "move_type": "out_invoice",
                    "journal_id": journal.id,
                    "partner_id": partner.id,
                    "invoice_date": due,
                    "invoice_date_due": due,
                    "invoice_payment_term_id": False,
                    "invoice_line_ids": [
                        Command.create(
                            {
                                "name": "Work",
                                "price_unit": 100,
                                "account_id": income.id,
                                "tax_ids": [],
                            }
                        )
                    ],
                }
                for partner in partners
            ]
        )
        moves.action_post()
        policies = env["dunning.policy"].search([("company_id", "=", company.id)])
        policies.write({"date_start": False})
        cls.company_id, cls.partner_ids = company.id, partners.ids

    @classmethod
    def _take_away(cls):
        """Delete the company and all that belongs to it, table by table."""
        with cls.registry.cursor() as cr:
            cr.execute("SET LOCAL lock_timeout = '20s'")
            cr.execute("ALTER TABLE recovery_interaction DISABLE TRIGGER USER")
            cr.execute(
                """DELETE FROM recovery_interaction_content WHERE interaction_id IN (
                       SELECT log.id FROM recovery_interaction log
                         JOIN recovery_case ON recovery_case.id = log.case_id
                        WHERE recovery_case.company_id = %s)""",
                [cls.company_id],
            )
            cr.execute(
                """DELETE FROM recovery_interaction WHERE case_id IN (
                       SELECT id FROM recovery_case WHERE company_id = %s)""",
                [cls.company_id],
            )
            cr.execute("ALTER TABLE recovery_interaction ENABLE TRIGGER USER")
            cls._delete_rows_of_company(cr)

    @classmethod
    def _delete_rows_of_company(cls, cr):
        cr.execute(
            """SELECT DISTINCT conrelid::regclass::text, attname
                 FROM pg_constraint
                 JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey)
                WHERE confrelid = 'res_company'::regclass AND contype = 'f'"""
        )
        tables = [row for row in cr.fetchall() if row[0] != "res_users"]
        # what points to records by model and number knows no key
        for name in ("dunning.notice", "dunning.run", "recovery.case", "account.move"):
            cls._delete_talk(cr, name)
        cr.execute("SELECT alias_id FROM account_journal WHERE company_id = %s", [cls.company_id])
        aliases = [row[0] for row in cr.fetchall()]
        cr.execute("SELECT partner_id FROM res_company WHERE id = %s", [cls.company_id])
        partners = [cr.fetchone()[0], *cls.partner_ids]
        # a table that another one still points to is taken in a later round
        for _round in range(8):
            for table, column in tables:
                cls._try(cr, f"DELETE FROM {table} WHERE {column} = %s", [cls.company_id])
        cr.execute("DELETE FROM res_company WHERE id = %s", [cls.company_id])
        cr.execute("DELETE FROM mail_alias WHERE id = ANY (%s)", [aliases])
        cr.execute("DELETE FROM res_partner WHERE id = ANY (%s)", [partners])

    @classmethod
    def _delete_talk(cls, cr, model):
        """Messages and activities of the company's records."""
        table = model.replace(".", "_")
        owned = f"(SELECT id FROM {table} WHERE company_id = %s)"
        cr.execute(
            f"DELETE FROM mail_message WHERE model = %s AND res_id IN {owned}",
            [model, cls.company_id],
        )
        cr.execute(
            f"DELETE FROM mail_activity WHERE res_model = %s AND res_id IN {owned}",
            [model, cls.company_id],
        )

    @classmethod
    def _try(cls, cr, query, values):
        try:
            with cr.savepoint(flush=False), mute_logger("odoo.sql_db"):
                cr.execute(query, values)
        except IntegrityError:
            return

    def setUp(self):
        super().setUp()
        self.addCleanup(self._forget_runs)

    def _forget_runs(self):
        """Each test starts with the invoices alone."""
        with self.registry.cursor() as cr:
            env = self._env(cr)
            cr.execute("DELETE FROM dunning_run WHERE company_id = %s", [self.company_id])
            cr.execute("DELETE FROM dunning_item WHERE company_id = %s", [self.company_id])
            cr.execute("DELETE FROM recovery_case_dirty WHERE company_id = %s", [self.company_id])
            env.invalidate_all()

    def _env(self, cr):
        return self.env(cr=cr, su=True, context={"allowed_company_ids": [self.company_id]})

    def _new_run(self, cr, **values):
        return self._env(cr)["dunning.run"].create({"company_id": self.company_id, **values})

    @contextmanager
    def _two_cursors(self):
        with self.registry.cursor() as first, self.registry.cursor() as second:
            try:
                yield first, second
            finally:
                first.rollback()
                second.rollback()

    def _live_notices(self):
        with self.registry.cursor() as cr:
            return self._env(cr)["dunning.notice"].search_count(
                [
                    ("company_id", "=", self.company_id),
                    ("state", "not in", ("skipped", "cancelled")),
                ]
            )

    def test_who_proposes_at_the_same_time_is_told_so_at_once(self):
        with self._two_cursors() as (first, second):
            self._new_run(first).action_propose()
            with self.assertRaisesRegex(UserError, "being proposed right now"):
                self._new_run(second).action_propose()
            second.rollback()
            first.commit()
            again = self._new_run(second)
            again.action_propose()
            self.assertEqual(len(again.notice_ids), 3)
            second.commit()
        self.assertEqual(self._live_notices(), 3, "the second replaced the first")

    def test_who_looked_before_the_other_committed_makes_no_second_notices(self):
        for origin in ("manual", "single"):
            with self._two_cursors() as (first, second):
                second.execute("SELECT 1 FROM res_company")  # takes its picture
                self._new_run(first, origin=origin).action_propose()
                first.commit()
                run = self._new_run(second, origin=origin)
                self.assertTrue(self._is_refused(run, second))
            self.assertEqual(self._live_notices(), 3, origin)
            self._forget_runs()

    def _is_refused(self, run, cr):
        """Whether the database, or we, keep ``run`` from proposing what another run has."""
        try:
            with mute_logger("odoo.sql_db"):
                run.action_propose()
                cr.flush()
        except (UserError, IntegrityError, OperationalError):
            return True
        return False

    def test_two_people_issue_one_run_once(self):
        with self._two_cursors() as (first, second):
            run = self._new_run(first)
            run.action_propose()
            first.commit()
            run.action_issue()
            with self.assertRaisesRegex(UserError, "worked on by somebody else"):
                self._env(second)["dunning.run"].browse(run.id).action_issue()
            second.rollback()
            first.commit()
            self._env(second)["dunning.delivery"].search_count([])
            deliveries = self._env(second)["dunning.run"].browse(run.id).notice_ids.delivery_ids
            written = deliveries.filtered(lambda delivery: delivery.channel == "email")
            self.assertEqual(len(written), 3)

    def test_two_workers_send_one_message(self):
        """The second worker comes while the first one talks to the mail server."""
        for commits in (False, True):
            with self._two_cursors() as (first, second), self._mail_server(second) as sent:
                run = self._new_run(first)
                run.action_propose()
                run.action_issue()
                first.commit()
                with self._real_commits(commits):
                    self._env(first)["dunning.delivery"]._cron_deliver()
                first.commit()
                self.assertEqual(len(sent), 3, f"commits: {commits}")
                self.assertEqual(set(run.notice_ids.mapped("state")), {"sent"})
                self._env(second)["dunning.delivery"]._cron_deliver()
                self.assertEqual(len(sent), 3, "nor later")
            self._forget_runs()

    @contextmanager
    def _real_commits(self, commits):
        """Let the batches commit as they do in a job; or leave the whole to one transaction."""
        cron = type(self.env["ir.cron"])

        def commit(this, _processed=0, **_values):
            this.env.flush_all()
            if commits:
                this.env.cr.commit()
            return float("inf")

        with patch.object(cron, "_recovery_commit", commit):
            yield

    @contextmanager
    def _mail_server(self, other_cursor):
        """A mail server at which, during each message, another worker starts."""
        sent = []

        def send_email(this, message, *args, **kwargs):
            sent.append(message["To"])
            if len(sent) <= 3:
                self._env(other_cursor)["dunning.delivery"]._cron_deliver()
                other_cursor.rollback()
            return message["Message-Id"]

        servers, laws = type(self.env["ir.mail_server"]), type(self.env["recovery.law"])
        with (
            patch.object(servers, "_disable_send", lambda *_args: False),
            patch.object(servers, "_connect__", lambda *args, **kwargs: None),
            patch.object(servers, "send_email", send_email),
            # the clock is the real one, and it may be night
            patch.object(laws, "_contact_laws", lambda *_args: ()),
        ):
            yield sent
