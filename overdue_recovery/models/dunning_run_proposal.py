import time

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .dunning_proposal import Assessment, Figures


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
        """A range of customers at a time is assessed, written and forgotten."""
        started = time.monotonic()
        if self.origin == "single":
            self._skip_proposed()
        cases = self.env["recovery.case"]
        while cases._recompute_dirty():
            # a batch at a time: no reopened item may be judged by its old cycle
            continue
        earlier, listed = self._proposed_notices(), self.exception_ids
        self._give_up_items_of_others(earlier)
        figures, still_listed = Figures(), set()
        left = {notice.partner_id.id: notice for notice in earlier}
        for found in self._assess(earlier):
            self._write_notices(found, left)
            still_listed |= self._write_exceptions(found, listed)
            figures.add(found)
        gone = earlier.browse(notice.id for notice in left.values())
        gone._set_state("cancelled", reason=self.env._("Nothing is due any more."))
        listed.filtered(lambda exception: exception.id not in still_listed).unlink()
        self.invalidate_recordset(["notice_ids", "exception_ids"])
        self.stats = self._stats(figures, time.monotonic() - started)

    def _proposed_notices(self):
        domain = [("run_id", "=", self.id), ("state", "=", "proposed")]
        return self.env["dunning.notice"].search_fetch(domain, ["partner_id", "state"])

    def _give_up_items_of_others(self, earlier):
        """An item that another customer owes by now leaves its notice before that customer's
        notice, perhaps of an earlier range, takes it: it may rise only once."""
        if not earlier:
            return
        self.env["dunning.notice.line"].flush_model()
        # by the customers that we know: lines are not joined with notices, see ``_under_way``
        query = SQL(
            """
            SELECT asked.notice_id, COALESCE(partner.dunning_payer_id, partner.id),
                   ARRAY_AGG(asked.id)
              FROM dunning_notice_line asked
              JOIN account_move_line line ON line.id = asked.move_line_id
              JOIN res_partner partner ON partner.id = line.partner_id
             WHERE asked.notice_id = ANY(%s) AND asked.live
          GROUP BY 1, 2
            """,
            earlier.ids,
        )
        customers = {notice.id: notice.partner_id.id for notice in earlier}
        ids = [
            line_id
            for notice_id, debtor_id, line_ids in self.env.execute_query(query)
            if customers[notice_id] != debtor_id
            for line_id in line_ids
        ]
        self.env["dunning.notice.line"].browse(ids).live = False

    def _assess(self, earlier):
        """Yield the ``dunning.proposal`` assessments of this run's scope on its date, a range of
        customers each.

        :param earlier: the notices that this run has already
        """
        keep, proposal = self._scope(), self.env["dunning.proposal"]
        ranges = self.env["dunning.measure"]._debtor_ranges(
            self.company_id,
            self.date,
            debtor_ids=self.partner_ids._recovery_debtor().ids if self.partner_ids else None,
            ignore=earlier,
            heed_skips=self.origin != "single",
            counted=True,
        )
        for debtors in ranges:
            yield proposal._assess(debtors, self.date, keep=keep)
        if not (self.partner_ids or self.policy_ids):
            yield self._items_without_customer()

    def _items_without_customer(self):
        lines = self.env["dunning.measure"]._without_customer(self.company_id, self.date)
        found = Assessment()
        found.exceptions = [(None, line_id, ("no_customer",)) for line_id in lines.ids]
        if lines:
            found.left_out["no_customer"] = len(lines)
        return found

    def _scope(self):
        """The function(debtor) that says whether a customer is in this run's scope."""
        policies, by_itself = self.policy_ids, self.origin == "cron"

        def is_in_scope(debtor):
            if policies and debtor.policy not in policies:
                return False
            return not (by_itself and debtor.policy and debtor.policy.mode == "manual")

        return is_in_scope

    def _write_notices(self, found, left):
        """Bring the notices of a range in line with its drafts: keep, change, add.

        :param left: {customer id: notice} that this run had and nothing was found for so far; what
            is found is taken out
        """
        if not found.drafts:
            return
        self._cancel_failed(found)
        drafts = found.drafts
        existing = {left.pop(key): draft for key, draft in drafts.items() if key in left}
        kept = {notice.partner_id.id for notice in existing}
        new = [draft for key, draft in drafts.items() if key not in kept]
        notices = self.env["dunning.notice"]
        notices._redraft(notices._outdated(existing, self.date), self.date)
        created = notices._create_from_drafts(self, new)
        created._wake_owners()
        if self.env["dunning.policy"]._is_charging(self.company_id.id):
            notices.browse([*(notice.id for notice in existing), *created.ids])._draft_charges()

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

    def _write_exceptions(self, found, listed):
        """List whoever a range leaves out.

        :param listed: what this run listed before
        :return: ids of what is listed still, for the same reasons
        """
        company_id = self.company_id.id
        entries = {
            (debtor_id, line_id, ",".join(codes)): codes[0]
            for debtor_id, line_id, codes in found.exceptions
        }
        known = listed._by_item({line_id for _debtor_id, line_id, _codes in entries})
        rows = [
            (self.id, company_id, debtor_id, line_id, reason, codes)
            for (debtor_id, line_id, codes), reason in entries.items()
            if (debtor_id, line_id, codes) not in known
        ]
        columns = ["run_id", "company_id", "partner_id", "move_line_id", "reason", "reason_codes"]
        if rows:
            self.env["dunning.proposal"]._insert("dunning.exception", columns, rows)
        return {known[key] for key in entries.keys() & known.keys()}

    def _stats(self, figures: Figures, seconds):
        """The run's figures: customers and items assessed, notices and amounts by level, left-out
        items by reason, amounts per currency, seconds."""
        levels = self.env["dunning.level"].browse(figures.notices)
        currencies = self.env["res.currency"].browse(figures.by_currency)
        amounts = {
            one.name: one.round(figures.by_currency[one.id] * one.rounding) for one in currencies
        }
        return {
            "customers": figures.customers,
            "items": figures.items,
            "notices": figures.notices.total(),
            "notices_by_level": {level.name: figures.notices[level.id] for level in levels},
            "amount_by_level": {
                level.name: round(figures.demanded[level.id], 2) for level in levels
            },
            "amounts": {name: amount for name, amount in amounts.items() if amount},
            "left_out": dict(figures.left_out),
            "seconds": round(seconds, 3),
        }
