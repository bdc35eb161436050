from odoo import api, fields, models
from odoo.tools import SQL

_INSERT = SQL("INSERT INTO recovery_case_dirty (partner_id, company_id, move_line_id)")


class RecoveryCaseDirty(models.Model):
    """Insert-only queue of customers whose case must be looked at again.

    Accountants' transactions only add rows here, and only for customers with an open case or an
    item in recovery: they never wait for, nor collide with, a run. A job empties it.
    """

    _name = "recovery.case.dirty"
    _description = "Case to be Recomputed"
    _log_access = False

    partner_id = fields.Many2one("res.partner", ondelete="cascade")
    company_id = fields.Many2one("res.company", ondelete="cascade")
    move_line_id = fields.Many2one(
        "account.move.line",
        ondelete="cascade",
        index="btree_not_null",
        help="This item opened again, or has new terms: its next cycle begins.",
    )

    @api.model
    def _put(self, cases):
        """Queue the customers of these cases."""
        if not cases:
            return
        cases.flush_recordset(["partner_id", "company_id"])
        customers = SQL(
            "SELECT partner_id, company_id, NULL::integer FROM recovery_case WHERE id IN %s",
            tuple(cases.ids),
        )
        self._insert_and_wake(SQL("%s %s", _INSERT, customers))

    @api.model
    def _put_lines(self, lines):
        """Queue the customers of these journal items, where they have an open case or an
        arrangement."""
        if lines:
            cases, claimed = self._select_cases(lines), self._select_claimed(lines)
            self._insert_and_wake(SQL("%s %s UNION %s", _INSERT, cases, claimed))

    @api.model
    def _put_undone(self, lines):
        """Queue the customers of these journal items, and the fully reconciled ones among the
        items for their next cycle. To be called before their reconciliation is undone."""
        if lines:
            lines.flush_recordset(["reconciled"])
            reopened = SQL(
                """
                SELECT COALESCE(partner.dunning_payer_id, partner.id), line.company_id, line.id
                  FROM account_move_line line
                  JOIN dunning_item item ON item.move_line_id = line.id
                  JOIN res_partner partner ON partner.id = line.partner_id
                 WHERE line.id IN %s AND line.reconciled
                """,
                tuple(lines.ids),
            )
            self._insert_and_wake(
                SQL(
                    "%s %s UNION %s UNION ALL %s",
                    _INSERT,
                    self._select_cases(lines),
                    self._select_claimed(lines),
                    reopened,
                )
            )

    def _select_cases(self, lines):
        return SQL(
            """
            SELECT DISTINCT recovery_case.partner_id, recovery_case.company_id, NULL::integer
              FROM account_move_line line
              JOIN res_partner partner ON partner.id = line.partner_id
              JOIN recovery_case ON recovery_case.date_closed IS NULL
               AND recovery_case.partner_id = COALESCE(partner.dunning_payer_id, partner.id)
             WHERE line.id IN %s
            """,
            tuple(lines.ids),
        )

    def _select_claimed(self, lines):
        """The customers of arrangements that this decides: their case may be closed."""
        for name in ("recovery.offer", "recovery.promise", "recovery.plan"):
            self.env[name].flush_model(["partner_id", "state"])
        return SQL(
            """
            SELECT DISTINCT COALESCE(offer.partner_id, promise.partner_id, plan.partner_id),
                   claim.company_id, NULL::integer
              FROM recovery_claim claim
         LEFT JOIN recovery_offer offer ON offer.id = claim.offer_id
               AND offer.state IN ('accepted', 'fulfilled')
         LEFT JOIN recovery_promise promise ON promise.id = claim.promise_id
               AND promise.state IN ('open', 'kept', 'partly_kept')
         LEFT JOIN recovery_plan plan ON plan.id = claim.plan_id
               AND plan.state IN ('active', 'defaulted', 'completed', 'needs_review')
             WHERE claim.move_line_id IN %s
               AND num_nonnulls(offer.id, promise.id, plan.id) > 0
            """,
            tuple(lines.ids),
        )

    @api.model
    def _put_new_terms(self, moves):
        """Queue those items of these documents, posted again, whose maturity is not the one of
        their last notice: core uses their rows again, but new terms make new items."""
        if moves:
            self.env["account.move.line"].flush_model(["date_maturity"])
            query = SQL(
                """
                SELECT COALESCE(partner.dunning_payer_id, partner.id), line.company_id, line.id
                  FROM account_move_line line
                  JOIN dunning_item item ON item.move_line_id = line.id
                  JOIN dunning_notice_line rising ON rising.move_line_id = line.id
                   AND rising.live AND rising.kind = 'rising'
                   AND rising.level_id = item.level_id AND rising.cycle = item.cycle
                  JOIN res_partner partner ON partner.id = line.partner_id
                 WHERE line.move_id IN %s
                   AND rising.date_due IS DISTINCT FROM line.date_maturity
                   AND NOT EXISTS (SELECT 1 FROM recovery_case_dirty queued
                                    WHERE queued.move_line_id = line.id)
                """,
                tuple(moves.ids),
            )
            self._insert_and_wake(SQL("%s %s", _INSERT, query))

    def _insert_and_wake(self, insert):
        """Run the INSERT and, if it added a row, wake the job: one statement for both."""
        # not env.ref(): it asks the database whether the record exists
        job = self.env["ir.model.data"]._xmlid_to_res_id("overdue_recovery.ir_cron_recompute_cases")
        query = SQL(
            """
            WITH added AS (%(insert)s RETURNING id)
            INSERT INTO ir_cron_trigger (cron_id, call_at)
            SELECT id, now() AT TIME ZONE 'UTC' FROM ir_cron
             WHERE id = %(job)s AND EXISTS (SELECT 1 FROM added)
            RETURNING id
            """,
            insert=insert,
            job=job or None,
        )
        if self.env.execute_query(query):
            self.env.cr.postcommit.add(self.env["ir.cron"]._notifydb)

    @api.model
    def _take(self, limit=None):
        """Take rows off the queue: ({(partner id, company id)}, [ids of reopened items])."""
        rows = self.env.execute_query(
            SQL(
                """
                DELETE FROM recovery_case_dirty
                 WHERE id IN (SELECT id FROM recovery_case_dirty
                            ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
             RETURNING partner_id, company_id, move_line_id
                """,
                limit,
            )
        )
        pairs = {(partner_id, company_id) for partner_id, company_id, _line in rows}
        return pairs, sorted({line_id for _p, _c, line_id in rows if line_id})

    @api.model
    def _restart_reopened(self, lines):
        """Begin the next cycle of those of these items that wait for it, without waiting for the
        job. Their customers stay in the queue."""
        if not lines:
            return
        rows = self.env.execute_query(
            SQL(
                """
                WITH waiting AS (
                    SELECT id, move_line_id FROM recovery_case_dirty
                     WHERE move_line_id IN %s FOR UPDATE SKIP LOCKED
                )
                UPDATE recovery_case_dirty queued SET move_line_id = NULL
                  FROM waiting WHERE waiting.id = queued.id
             RETURNING waiting.move_line_id
                """,
                tuple(lines.ids),
            )
        )
        self._begin_next_cycle({line_id for (line_id,) in rows})

    @api.model
    def _begin_next_cycle(self, line_ids):
        """The next cycle of these reopened items, if they are still open."""
        items = self.env["dunning.item"].sudo().search([("move_line_id", "in", list(line_ids))])
        items.filtered(lambda item: not item.move_line_id.reconciled)._restart_at()

    @api.model
    def _reopened_counts(self, lines):
        """{item id: 1} of those that wait in the queue for their next cycle, however often they
        were put there."""
        groups = self.sudo()._read_group([("move_line_id", "in", lines.ids)], ["move_line_id"])
        return {line.id: 1 for (line,) in groups}
