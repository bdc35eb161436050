from collections import defaultdict

from odoo import models
from psycopg2 import OperationalError

# From this many days overdue a key account's owner decides before anything is sent.
OWNER_FIRST_DAYS = 30


class DunningNoticeIssue(models.AbstractModel):
    """From issue to hand-over: deliveries, the second look, the levels."""

    _name = "dunning.notice.issue"
    _description = "Notice: issue and hand-over"

    def _owner_first(self):
        """Whether the owner of this key account decides before it is sent."""
        self.ensure_one()
        return self.partner_id.is_key_account and self.level_id.delay_days >= OWNER_FIRST_DAYS

    def _wake_owners(self):
        """Tell the owners of key accounts among these new notices that it is their turn."""
        # asked at once: 10,000 notices would be read page by page
        key = self.search([("id", "in", self.ids), ("partner_id.is_key_account", "=", True)])
        for notice in key.filtered(lambda notice: notice._owner_first()):
            notice.with_context(mail_activity_quick_update=True).activity_schedule(
                "overdue_recovery.mail_activity_type_key_account",
                date_deadline=notice.date,
                summary=self.env._("Key account: send it, skip it, or call"),
                user_id=notice.case_id.user_id.id or self.env.uid,
            )

    def _issue(self):
        """Make the deliveries of proposed notices. A notice that raises becomes failed."""
        self._set_state("issued")
        try:
            with self.env.cr.savepoint():
                self._queue_deliveries()
        except OperationalError:
            raise
        except Exception as error:
            if len(self) == 1:
                self._set_state("failed", reason=str(error))
                return
            for notice in self:
                notice._issue_again()

    def _issue_again(self):
        """One notice of a batch that raised, by itself."""
        try:
            with self.env.cr.savepoint():
                self._queue_deliveries()
        except OperationalError:
            raise
        except Exception as error:
            self._set_state("failed", reason=str(error))

    def _queue_deliveries(self):
        """Deliveries for every notice of ``self``; an internal level counts at once."""
        internal = self.filtered("level_id.is_internal")
        self.env["dunning.delivery"]._queue(self - internal)
        for company, notices in internal.grouped("company_id").items():
            notices._freeze(company._recovery_today())
        internal._hand_over()

    def _hand_over(self):
        """Something of these notices has reached the customer: now the levels count."""
        fresh = self.filtered(lambda notice: notice.state != "sent")
        if not fresh:
            return
        fresh._set_state("sent", reason=False)
        rising = fresh.line_ids.filtered(lambda line: line.kind == "rising" and line.move_line_id)
        self.env["dunning.item"]._ensure(rising.move_line_id)._rebuild()
        fresh._post_charges()

    def _freeze(self, today):
        """Write the day and the pay-by dates that the message prints, before it is rendered."""
        by_notice, by_line = defaultdict(list), {}
        self.delivery_ids.fetch(["channel", "state"])
        self.partner_id.fetch(["country_id", "state_id"])
        for notice in self._together():
            pay_by = notice._pay_by_of_lines(today)
            by_line.update((line.id, day) for line, day in pay_by)
            level_id = notice.level_id.id
            dates = [day for line, day in pay_by if line.level_id == level_id]
            by_notice[min(dates, default=notice.date_due)].append(notice.id)
        for day, ids in by_notice.items():
            self.browse(ids).write({"date": today, "date_due": day})
        self._store_pay_by(by_line)

    def _pay_by_of_lines(self, today):
        """[(rising line, the day until which it may be paid when this notice goes out today)]"""
        letter = any(d.channel == "letter" and d.state != "cancelled" for d in self.delivery_ids)
        place = self.partner_id.country_id.id, self.partner_id.state_id.id
        batch = self._batch()
        return [
            (
                line,
                batch.once(
                    ("pay_by", today, place, letter, line.level_id, line.date_due),
                    lambda line=line: self._pay_by_of_line(line, today, letter),
                ),
            )
            for line in self._message_lines()
            if line.kind == "rising"
        ]

    def _pay_by_of_line(self, line, today, letter):
        level = self.env["dunning.level"].browse(line.level_id)
        return level._pay_by(today, self.partner_id, line.date_due or today, letter)

    def _store_pay_by(self, by_line):
        """Store {line id: pay-by day} in one statement."""
        if not by_line:
            return
        lines = self.env["dunning.notice.line"].browse(by_line)
        lines.flush_recordset(["pay_by"])
        self.env.cr.execute_values(
            """
            UPDATE dunning_notice_line SET pay_by = given.pay_by
              FROM (VALUES %s) AS given (id, pay_by) WHERE dunning_notice_line.id = given.id
            """,
            list(by_line.items()),
            page_size=len(by_line),
        )
        lines.invalidate_recordset(["pay_by"], flush=False)

    def _recheck(self):
        """Read ledger and holds again and bring issued notices up to date.

        What is no longer due goes; a notice on which nothing rises any more is cancelled with
        the reason. Sent notices (a further recipient) are not changed.

        :return: the notices of ``self`` that may leave now
        """
        gone, said = self.browse(), self._said()
        self.env["recovery.case.dirty"]._restart_reopened(self._items_of(said))
        for company, notices in self.grouped("company_id").items():
            gone |= notices._bring_in_line(company, said)
        gone.filtered(lambda notice: notice.state == "issued")._set_state("cancelled")
        return self - gone

    def _bring_in_line(self, company, said):
        """Let these notices of one company, which say ``said``, say what its ledger says now.

        :return: those of which nothing rises any more, with the reason written on them
        """
        today = company._recovery_today()
        # whom a message reaches is looked at for each message (``_follow_recipients``)
        debtors = self.env["dunning.measure"]._debtors(
            company,
            today,
            debtor_ids=self.partner_id.ids,
            ignore=self,
            heed_skips=False,
            reach=False,
        )
        found = {debtor.id: debtor for debtor in debtors}
        levels = self._levels_of(said)
        gone, changed = self.browse(), []
        for notice in self:
            debtor = found.get(notice.partner_id.id)
            is_due, draft = notice._still_due(debtor, today, said[notice.id], levels)
            if not is_due:
                gone |= notice
            elif draft and not notice._matches(draft, today, said[notice.id]):
                changed.append((notice, draft))
        self._redraft(changed, today)
        if self.env["dunning.policy"]._is_charging(company.id):
            (self - gone).filtered(lambda notice: notice.state == "issued")._draft_charges()
        return gone

    def _items_of(self, said):
        """The items on the lines that ``_said`` has read."""
        ids = {line.move_line_id for lines in said.values() for line in lines}
        return self.env["account.move.line"].browse(ids - {None})

    def _levels_of(self, said):
        """{level id: its ``calc`` fact} of what rises on the lines that ``_said`` has read."""
        ids = {line.level_id for lines in said.values() for line in lines if line.kind == "rising"}
        return {level.id: level._fact() for level in self.env["dunning.level"].browse(ids)}

    def _still_due(self, debtor, today, said, levels):
        """Whether something of this notice still rises, and what the notice would say now (None:
        it was sent already and stays).

        :param levels: see ``_levels_of``
        """
        proposed = {line.move_line_id: line.level_id for line in said if line.kind == "rising"}
        if not debtor:
            self.reason = self.env._("Paid, or no longer to be collected.")
            return False, None
        if self.state == "sent":
            return debtor.still_open(proposed), None
        debtor = debtor.keeping({key: levels[level_id] for key, level_id in proposed.items()})
        draft = self.env["dunning.proposal"]._draft(debtor, today)
        if not draft:
            self.reason = self._why_gone(debtor, proposed)
            return False, None
        return True, draft

    def _why_gone(self, debtor, keys):
        texts = self.env["dunning.reason"]._texts()
        codes = {code for key in keys for code in debtor.why(key)}
        return " ".join(texts.get(code, code) for code in sorted(codes)) or self.env._(
            "Paid, or no longer to be collected."
        )
