from collections import Counter
from unittest.mock import patch

from odoo import Command
from odoo.addons.overdue_recovery.tests.common import RecoveryCommon
from odoo.addons.overdue_recovery_queue.hooks import uninstall_hook
from odoo.addons.overdue_recovery_queue.models import dunning_delivery
from odoo.addons.queue_job.job import Job
from odoo.addons.queue_job.tests.common import JobCounter
from odoo.tests import tagged

CUSTOMERS = 30
BATCH = 8


@tagged("post_install", "-at_install")
class TestDunningDeliveryQueue(RecoveryCommon):
    """What is due leaves by jobs, once, whatever happens to the jobs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(patch.object(dunning_delivery, "BATCH", BATCH))
        cls.customers = cls.env["res.partner"].create(
            [
                {"name": f"Customer {number}", "email": f"c{number}@customer.example"}
                for number in range(CUSTOMERS)
            ]
        )
        cls.env["account.move"].create(
            [
                {
                    "move_type": "out_invoice",
                    "partner_id": customer.id,
                    "invoice_date": "2025-01-20",
                    "invoice_date_due": "2025-02-20",
                    "invoice_payment_term_id": False,
                    "invoice_line_ids": [
                        Command.create({"name": "Work", "price_unit": 100.0, "tax_ids": []})
                    ],
                }
                for customer in cls.customers
            ]
        ).action_post()
        cls.run_ = cls.env["dunning.run"].create({"date": cls.today})
        cls.run_.action_propose()
        cls.run_.action_issue()
        cls.deliveries = cls.run_.notice_ids.delivery_ids
        cls.batches = {delivery.id // BATCH for delivery in cls.deliveries}

    def setUp(self):
        super().setUp()
        self.jobs = JobCounter(self.env(su=True))
        self.runner = self.startPatcher(
            patch.object(self.registry["dunning.delivery"], "_has_job_runner", return_value=True)
        )

    def _share_out(self):
        """The jobs that the delivery job makes."""
        before = self.jobs.search_created()
        with self.mock_mail_gateway(mail_unlink_sent=True):
            self.env["dunning.delivery"]._cron_deliver()
        return self.jobs.search_created() - before

    def _perform(self, jobs):
        """{address: messages} that these jobs send."""
        with self.enter_registry_test_mode(), self.mock_mail_gateway(mail_unlink_sent=True):
            for job in jobs:
                Job.load(jobs.env, job.uuid).perform()
            return Counter(address for mail in self._mails for address in mail["email_to"])

    def _once(self):
        return Counter(self.deliveries.mapped("address"))

    # -- jobs --------------------------------------------------------------------------------

    def test_run_becomes_a_job_for_each_batch(self):
        jobs = self._share_out()
        self.assertEqual(set(self.deliveries.mapped("state")), {"queued"})
        self.assertEqual(len(self.deliveries), CUSTOMERS)
        self.assertEqual({tuple(job.args) for job in jobs}, {(b,) for b in self.batches})
        self.assertEqual(len(jobs), len(self.batches))
        self.assertEqual(set(jobs.mapped("channel")), {"root.recovery"})
        self.assertTrue(all(jobs.job_function_id.mapped("allow_commit")))

    def test_jobs_send_everything_once(self):
        jobs = self._share_out()
        self.assertEqual(self._perform(jobs), self._once())
        self.assertEqual(set(self.deliveries.mapped("state")), {"sent"})
        self.assertFalse(self._share_out(), "nothing is due")

    def test_job_sends_its_batch_and_no_other(self):
        job = self._share_out()[:1]
        [batch] = job.args
        self._perform(job)
        sent = self.deliveries.filtered(lambda delivery: delivery.state == "sent")
        self.assertEqual({delivery.id // BATCH for delivery in sent}, {batch})

    def test_job_that_is_performed_twice_sends_nothing_twice(self):
        jobs = self._share_out()
        self.assertEqual(self._perform(jobs + jobs), self._once())
        self.assertFalse(self._perform(jobs))

    def test_batch_that_waits_gets_no_second_job(self):
        self._share_out()
        self.assertFalse(self._share_out())

    def test_batch_whose_job_has_died_gets_a_new_one(self):
        for state in ("failed", "cancelled"):
            self._share_out().state = state
            self.assertEqual(len(self._share_out()), len(self.batches), state)
            self.jobs.search_created().state = "failed"

    def test_what_the_delivery_job_sent_meanwhile_is_not_sent_again(self):
        jobs = self._share_out()
        self._deliver_alone()
        self.assertFalse(self._perform(jobs))

    def test_letters_of_a_job_are_made_by_the_delivery_job_at_once(self):
        jobs = self._share_out()
        self.levels.write({"send_email": False, "print_letter": True})
        self.partner_a.write({"street": "Street 1", "city": "Ghent", "zip": "9000"})
        self.partner_a.country_id = self.env.ref("base.be")
        self._overdue_invoice()
        run = self._propose()
        run.action_issue()
        letter = run.notice_ids.delivery_ids
        self.assertEqual(letter.channel, "letter")
        jobs |= self._share_out()
        self.env["ir.cron.trigger"].sudo().search([]).unlink()
        self._perform(jobs)
        self.assertEqual((letter.state, bool(letter.proof_attachment_id)), ("sending", False))
        woken = self.env["ir.cron.trigger"].sudo().search([]).cron_id
        self.assertIn(self.env.ref("overdue_recovery.ir_cron_deliver"), woken)
        self._share_out()
        self.assertTrue(letter.proof_attachment_id)

    # -- without jobs ------------------------------------------------------------------------

    def _deliver_alone(self):
        self.runner.return_value = False
        with self.mock_mail_gateway(mail_unlink_sent=True):
            self.env["dunning.delivery"]._cron_deliver()
            return Counter(address for mail in self._mails for address in mail["email_to"])

    def test_without_a_job_runner_the_delivery_job_sends(self):
        self.assertEqual(self._deliver_alone(), self._once())
        self.assertFalse(self.jobs.search_created())

    def test_company_with_a_pace_is_served_by_one_process(self):
        self.company.recovery_pace = 20
        self.assertFalse(self._share_out())
        states = Counter(self.deliveries.mapped("state"))
        self.assertEqual(states, {"sent": 20, "queued": 10})

    def test_pace_that_came_after_the_jobs_is_kept(self):
        jobs = self._share_out()
        self.company.recovery_pace = 20
        self.assertFalse(self._perform(jobs))

    def test_uninstallation_cancels_what_waits(self):
        jobs = self._share_out()
        uninstall_hook(self.env(su=True))
        self.assertEqual(set(jobs.mapped("state")), {"cancelled"})


@tagged("post_install", "-at_install")
class TestJobRunner(RecoveryCommon):
    """Whether somebody would perform a job."""

    def test_runner_that_lives_holds_its_lock(self):
        deliveries = self.env["dunning.delivery"]
        self.assertFalse(deliveries._has_job_runner())
        with self.registry.cursor() as other:
            other.execute("SELECT pg_advisory_lock(%s)", [dunning_delivery.PG_ADVISORY_LOCK_ID])
            self.assertTrue(deliveries._has_job_runner())
            other.execute("SELECT pg_advisory_unlock(%s)", [dunning_delivery.PG_ADVISORY_LOCK_ID])
        self.assertFalse(deliveries._has_job_runner())
