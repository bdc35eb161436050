import time
from collections import Counter

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .dunning_proposal import LINE_COLUMNS, Assessment


class DunningRunProposal(models.AbstractModel):
    """Propose: measure, decide, write notices and exceptions."""

    _name = "dunning.run.proposal"
    _description = "Run: propose"

    def action_propose(self):
        """Measure, decide and write the notices and exceptions of this run.

        On a proposed run it refreshes: notices that did not change keep their id, notices that
        a person edited or skipped are kept, what is no longer due is cancelled.
        """
        self.check_access("write")
        for run in self.sudo():
            run._lock_company()
            run._take_over_proposal()
            run._set_state("proposing")
            run._propose()
            run._set_state("proposed", waiting_reason=False)
        return True

    def _lock_company(self):
        """Only one proposal is made for a company at a time; a second one is told so at once."""
        self.ensure_one()
        query = SQL("SELECT pg_try_advisory_xact_lock(%s, %s)", 0x0D117, self.company_id.id)
        if not self.env.execute_query(query)[0][0]:
            raise UserError(
                self.env._(
                    "Notices of %(company)s are being proposed right now. Try again in a minute.",
                    company=self.company_id.display_name,
                )
            )

    def _take_over_proposal(self):
        """An earlier proposal of the company is replaced; what a person edited or skipped comes
        along, so that nothing decided is lost."""
        if self.origin == "single":
            return
        earlier = self._other_proposal()
        for run in earlier:
            decided = run.notice_ids.filtered(
                lambda n: n.state == "skipped" or (n.state == "proposed" and n.personal_note)
            )
            decided.run_id = self
            run.notice_ids._cancel(self.env._("Replaced by run %s.", self.name))
            run._message_log(body=self.env._("Replaced by run %s.", self.name))
            run._set_state("cancelled")
        # the key allows one proposed run: this one's state must not be written before theirs
        earlier.flush_recordset(["state"])

    def _other_proposal(self):
        """The company's proposed run, if that is another one."""
        return self.search(
            [
                ("company_id", "=", self.company_id.id),
                ("state", "=", "proposed"),
                ("origin", "!=", "single"),
                ("id", "!=", self.id),
            ]
        )

    def _propose(self):
        started = time.monotonic()
        if self.origin == "single":
            self._skip_proposed()
        cases = self.env["recovery.case"]
        while cases._recompute_dirty():
            # a batch at a time: no reopened item may be judged by its old cycle
            continue
        found = self._assess()
        self._write_notices(found)
        self._write_exceptions(found)
        self.stats = self._stats(found, time.monotonic() - started)

    def _assess(self):
        """The ``dunning.proposal`` assessment of this run's scope on its date."""
        today = self.date
        debtors = self.env["dunning.measure"]._debtors(
            self.company_id,
            today,
            debtor_ids=self.partner_ids._recovery_debtor().ids if self.partner_ids else None,
            ignore=self.notice_ids.filtered(lambda notice: notice.state == "proposed"),
            heed_skips=self.origin != "single",
        )
        found = self.env["dunning.proposal"]._assess(debtors, today, keep=self._keeps)
        if not (self.partner_ids or self.policy_ids):
            self._add_items_without_customer(found)
        return found

    def _add_items_without_customer(self, found):
        lines = self.env["dunning.measure"]._without_customer(self.company_id, self.date)
        found.exceptions += [(None, line_id, ("no_customer",)) for line_id in lines.ids]
        if lines:
            found.left_out["no_customer"] += len(lines)

    def _keeps(self, debtor):
        """Whether a customer is in this run's scope."""
        if self.policy_ids and debtor.policy not in self.policy_ids:
            return False
        return not (self.origin == "cron" and debtor.policy and debtor.policy.mode == "manual")

    def _write_notices(self, found):
        """Bring this run's notices in line with the drafts: keep, change, add, cancel."""
        existing = {
            notice.partner_id.id: notice
            for notice in self.notice_ids.filtered(lambda notice: notice.state == "proposed")
        }
        gone = self.env["dunning.notice"].union(
            *(notice for key, notice in existing.items() if key not in found.drafts)
        )
        gone._set_state("cancelled", reason=self.env._("Nothing is due any more."))
        self._cancel_failed(found)
        said = self.env["dunning.notice"].union(*existing.values())._said()
        changed = [
            (existing[key], draft)
            for key, draft in found.drafts.items()
            if key in existing
            and not existing[key]._matches(draft, self.date, said[existing[key].id])
        ]
        new = [draft for key, draft in found.drafts.items() if key not in existing]
        self.env["dunning.notice"]._redraft(changed, self.date)
        self.env["dunning.notice"]._create_from_drafts(self, new)._wake_owners()
        self.invalidate_recordset(["notice_ids"])
        if self.env["dunning.policy"]._is_charging(self.company_id.id):
            proposed = self.notice_ids.filtered(lambda notice: notice.state == "proposed")
            proposed._draft_charges()

    def _cancel_failed(self, found):
        """A failed notice whose items are proposed again is superseded in this transaction."""
        failed = self.env["dunning.notice"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("partner_id", "in", list(found.drafts)),
                ("state", "=", "failed"),
            ]
        )
        failed._set_state("cancelled", reason=self.env._("Proposed again by run %s.", self.name))

    def _write_exceptions(self, found):
        self.exception_ids.sudo().unlink()
        columns = ["run_id", "company_id", "partner_id", "move_line_id", "reason", "reason_codes"]
        rows = [
            (self.id, self.company_id.id, debtor_id, line_id, codes[0], ",".join(codes))
            for debtor_id, line_id, codes in found.exceptions
        ]
        self.env["dunning.proposal"]._insert("dunning.exception", columns, rows)
        self.invalidate_recordset(["exception_ids"])

    def _stats(self, found: Assessment, seconds):
        """The run's figures: customers and items assessed, notices and amounts by level, left-out
        items by reason, amounts per currency, seconds."""
        levels = Counter(draft.level_id for draft in found.drafts.values())
        names = {level.id: level.name for level in self.env["dunning.level"].browse(levels)}
        amounts = Counter()
        for draft in found.drafts.values():
            amounts[draft.level_id] += draft.amount
        return {
            "customers": found.customers,
            "items": found.items,
            "notices": len(found.drafts),
            "notices_by_level": {names[key]: count for key, count in levels.items()},
            "amount_by_level": {names[key]: round(amounts[key], 2) for key in levels},
            "amounts": self._amounts(found),
            "left_out": dict(found.left_out),
            "seconds": round(seconds, 3),
        }

    def _amounts(self, found: Assessment):
        """{currency name: net sum demanded} of the drafts, which is what their notices say."""
        demanded, currency = (
            LINE_COLUMNS.index("amount_demanded"),
            LINE_COLUMNS.index("currency_id"),
        )
        sums = Counter()
        for draft in found.drafts.values():
            for line in draft.lines:
                # a draft's lines begin with the column after the notice
                sums[line[currency - 1]] += line[demanded - 1]
        currencies = self.env["res.currency"].browse(sums)
        return {one.name: one.round(sums[one.id]) for one in currencies if sums[one.id]}
