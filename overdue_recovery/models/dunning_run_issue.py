from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

NOTICES_PER_BATCH = 500


class DunningRunIssue(models.AbstractModel):
    """Issue: from proposed notices to deliveries, in batches."""

    _name = "dunning.run.issue"
    _description = "Run: issue"

    receipts_until = fields.Date(
        string="Receipts booked up to", copy=False, help="Said by who sends the run."
    )
    receipts_booked = fields.Boolean(
        string="Receipts are booked up to today",
        compute="_compute_receipts_booked",
        inverse="_inverse_receipts_booked",
    )
    bank_warning = fields.Char(compute="_compute_bank_warning")

    def _compute_receipts_booked(self):
        for run in self:
            today = run.company_id._recovery_today()
            run.receipts_booked = bool(run.receipts_until and run.receipts_until >= today)

    def _inverse_receipts_booked(self):
        for run in self:
            run.receipts_until = run.receipts_booked and run.company_id._recovery_today()

    @api.depends("company_id", "state", "receipts_until")
    def _compute_bank_warning(self):
        for run in self:
            run.bank_warning = run._bank_sentence() if run.state == "proposed" else False

    def _bank_sentence(self):
        """Why receipts may be missing in the ledger, or False."""
        if self.receipts_booked:
            return False
        if not self.env["dunning.bank"]._newest_day(self.company_id):
            return self.env._("No bank statements are imported: are all receipts booked?")
        return self._stale_sentence()

    def _stale_sentence(self):
        """Why the bank data that this company imports is too old, or False. Nobody else's data
        can be seen to be old."""
        if self.receipts_booked:
            return False
        bank = self.env["dunning.bank"]
        newest = bank._newest_day(self.company_id)
        days = [policy.stale_bank_days for policy in self.notice_ids.policy_id]
        if bank._is_stale(self.company_id, min(filter(None, days), default=0)):
            return self.env._(
                "The newest bank line is of %s: receipts may be missing.",
                format_date(self.env, newest),
            )
        return False

    def _check_bank_data(self):
        """Refuse to send on old bank data, unless a person says that all receipts are booked.

        Not for a run for one customer: the person who makes it decides, and has no run to tick on.
        """
        warning = self.origin != "single" and self._stale_sentence()
        if warning:
            raise UserError(
                self.env._(
                    "%s Import statements, or tick “Receipts are booked up to today” on the run.",
                    warning,
                )
            )

    def action_send_all(self):
        """Send all proposed notices; a person says first that the receipts are booked."""
        self.check_access("write")
        for run in self:
            warning = run._bank_sentence()
            if warning:
                raise UserError(
                    self.env._(
                        "%s Tick “Receipts are booked up to today” when they are, then send.",
                        warning,
                    )
                )
            run.action_issue()
        return True

    def action_issue(self, notices=None):
        """Hand the proposed notices (or only ``notices``) to their deliveries.

        All of them means: but for key accounts whose owner decides first; those go when chosen.

        Works in batches with a commit after each; called again after an interruption it goes on
        where it stopped. A notice that can't be issued becomes failed with its reason and stops
        nobody. The deliveries themselves go out by their own job, at once.
        """
        self.ensure_one()
        self.check_access("write")
        run = self.sudo()
        if not run.try_lock_for_update(allow_referencing=True):
            raise UserError(self.env._("Run %s is being worked on by somebody else.", run.name))
        run._check_bank_data()
        if run.state != "issuing":
            run._set_state("issuing", waiting_reason=False)
        run._issue_in_batches(run._to_issue(notices))
        run._end_issue()
        run.env["dunning.delivery"]._trigger_delivery()
        return True

    def _end_issue(self):
        """Issued, or proposed again with the notices that were not chosen or not reached. Another
        process may have seen to it already; to a newer proposal those notices give way."""
        for run in self.filtered(lambda run: run.state == "issuing"):
            rest = run.notice_ids.filtered(lambda notice: notice.state == "proposed")
            if rest and run.origin != "single" and run._other_proposal():
                rest._cancel(self.env._("It was stopped before it was issued."))
                rest = rest.browse()
            run._set_state("proposed" if rest else "issued")

    def _issue_in_batches(self, todo):
        cron = self.env["ir.cron"]
        for start in range(0, len(todo), NOTICES_PER_BATCH):
            if not cron._recovery_begin():
                return
            # the commit let the run's own lock go: what another worker took meanwhile is left
            if self.state != "issuing" or not self.try_lock_for_update(allow_referencing=True):
                return
            batch = todo[start : start + NOTICES_PER_BATCH].try_lock_for_update()
            batch.filtered(lambda notice: notice.state == "proposed")._issue()
            cron._recovery_commit()

    def _to_issue(self, notices=None):
        if notices is None:
            chosen = self.notice_ids.filtered(lambda notice: not notice._owner_first())
        else:
            chosen = self._chosen_notices(notices)
        if chosen - self.notice_ids:
            raise UserError(self.env._("Some of these notices belong to another run."))
        return chosen.filtered(lambda notice: notice.state == "proposed")

    def _chosen_notices(self, notices):
        """The selection as records: a remote call sends ids."""
        if not isinstance(notices, models.BaseModel):
            if not all(isinstance(notice_id, int) for notice_id in notices):
                raise UserError(self.env._("Choose notices by their ids."))
            notices = self.env["dunning.notice"].browse(notices).exists()
        return notices.sudo()

    def action_cancel(self):
        """Cancel the run and its notices. Items of notices that were handed over go back to the
        level before; those of the others stay as they are."""
        self.check_access("write")
        for run in self.sudo():
            run.notice_ids._cancel(self.env._("Run cancelled."))
            run._set_state("cancelled")
        return True
