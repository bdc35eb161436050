import logging
from statistics import median

from odoo import api, models
from odoo.tools import SQL
from psycopg2 import OperationalError

_logger = logging.getLogger(__name__)

RUNS_FOR_MEDIAN = 5
LEAST_MAX_NOTICES = 50


class DunningRunDaily(models.AbstractModel):
    """The run that nobody watches: proposed every morning, issued where the policy says so."""

    _name = "dunning.run.daily"
    _description = "Run: the daily job"

    @api.model
    def _cron_run(self):
        """Propose a run for each company with a policy, and issue it where the policy is
        automatic. A company that raises stops no other; its next try is tomorrow's.

        sudo: nobody watches this job, and it looks after every company.
        """
        self = self.sudo()
        self._end_interrupted()
        companies = self._companies_with_policy()
        cron = self.env["ir.cron"]
        cron._recovery_commit(remaining=len(companies))
        for company in companies:
            if not cron._recovery_begin():
                return
            try:
                with self.env.cr.savepoint():
                    # first: what it finds proposed is locked before anybody can issue it
                    run = self.with_company(company)._daily_proposal(company)
                    self.env["dunning.bank"]._wake_for_unmatched(company)
            except OperationalError:
                raise
            except Exception:
                _logger.exception("The daily run of company %s was left out", company.id)
                run = self.browse()
            cron._recovery_commit(1)
            run._issue_automatic()

    @api.model
    def _end_interrupted(self):
        """Runs whose process died while it issued them: the rest is proposed again. Which of them
        a person had chosen to issue died too, so only the policy says what goes by itself."""
        interrupted = self.search([("state", "=", "issuing")])
        if not interrupted:
            return
        interrupted = interrupted.try_lock_for_update(allow_referencing=True)
        # nobody would look at a single customer's run again: the next run writes to that customer
        single = interrupted.filtered(lambda run: run.origin == "single").notice_ids
        single.filtered(lambda notice: notice.state == "proposed")._cancel(
            self.env._("It was stopped before it was issued.")
        )
        interrupted._end_issue()
        self.env["dunning.delivery"]._trigger_delivery()

    @api.model
    def _companies_with_policy(self):
        policies = self.env["dunning.policy"].sudo()
        groups = policies._read_group([("mode", "!=", "manual")], ["company_id"])
        return self.env["res.company"].union(*(company for (company,) in groups))

    def _daily_proposal(self, company):
        """The company's proposed run, refreshed, or a new one; empty when there is nothing new, or
        when somebody is issuing it right now."""
        run = self.search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "proposed"),
                ("origin", "!=", "single"),
            ]
        )
        if run and not run.try_lock_for_update(allow_referencing=True):
            return self.browse()
        today = company._recovery_today()
        if not run:
            run = self.create({"company_id": company.id, "date": today, "origin": "cron"})
        run.date = today
        run.action_propose()
        return run._drop_if_nothing_new()

    def _drop_if_nothing_new(self):
        """A job that finds nothing new keeps no run: no notice, and nobody left out who was not
        left out for the same reasons by the run before."""
        self.ensure_one()
        if self.notice_ids or self.origin != "cron" or self._has_new_exceptions():
            return self
        self.unlink()
        return self.browse()

    def _has_new_exceptions(self):
        before = self.search(
            [("company_id", "=", self.company_id.id), ("id", "!=", self.id)], limit=1
        )
        self.env["dunning.exception"].flush_model()
        query = SQL(
            """
            SELECT EXISTS (
                SELECT move_line_id, reason_codes FROM dunning_exception WHERE run_id = %s
                EXCEPT
                SELECT move_line_id, reason_codes FROM dunning_exception WHERE run_id = %s)
            """,
            self.id,
            before.id or None,
        )
        return self.env.execute_query(query)[0][0]

    def _issue_automatic(self):
        """Issue the notices of customers whose policy is automatic, if they are not too many."""
        for run in self.filtered(lambda run: run.state == "proposed"):
            notices = run._automatic_notices()
            if not notices:
                continue
            limit = run._max_notices(notices.policy_id)
            if len(notices) > limit:
                run._wait_for_approval(len(notices), limit)
            elif stale := run._stale_sentence():
                run.waiting_reason = stale
            else:
                run.action_issue(notices)

    def _automatic_notices(self):
        proposed = self.notice_ids.filtered(lambda notice: notice.state == "proposed")
        return proposed.filtered(
            lambda notice: (
                notice.policy_id.mode == "automatic" and not notice.partner_id.is_key_account
            )
        )

    def _max_notices(self, policies):
        """The most notices that may go without approval: the policies' own limit, else three
        times the median of the company's last five issued runs, at least 50."""
        own = [policy.max_notices for policy in policies if policy.max_notices]
        if own:
            return min(own)
        runs = self.search(
            [("company_id", "=", self.company_id.id), ("state", "=", "issued")],
            limit=RUNS_FOR_MEDIAN,
        )
        counts = [run.notice_count for run in runs]
        return max(LEAST_MAX_NOTICES, int(3 * median(counts)) if counts else 0)

    def _wait_for_approval(self, count, limit):
        self.waiting_reason = self.env._(
            "%(count)s notices are more than the %(limit)s that may go without approval.",
            count=count,
            limit=limit,
        )
