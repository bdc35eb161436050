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
                "mail.mail_activity_data_todo",
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

    def _freeze(self, today):
        """Write the day and the pay-by dates that the message prints, before it is rendered."""
        for notice in self:
            letter = any(
                d.channel == "letter" and d.state != "cancelled" for d in notice.delivery_ids
            )
            rising = notice.line_ids.filtered(lambda line: line.kind == "rising")
            for line in rising:
                line.pay_by = line.level_id._pay_by(
                    today, notice.partner_id, line.date_due or today, letter
                )
            dates = [line.pay_by for line in rising if line.level_id == notice.level_id]
            notice.write({"date": today, "date_due": min(dates, default=notice.date_due)})

    def _recheck(self):
        """Read ledger and holds again and bring issued notices up to date.

        What is no longer due goes; a notice on which nothing rises any more is cancelled with
        the reason. Sent notices (a further recipient) are not changed.

        :return: the notices of ``self`` that may leave now
        """
        gone = self.browse()
        self.env["recovery.case.dirty"]._restart_reopened(self.line_ids.move_line_id)
        for company, notices in self.grouped("company_id").items():
            today = company._recovery_today()
            debtors = self.env["dunning.measure"]._debtors(
                company,
                today,
                debtor_ids=notices.partner_id.ids,
                ignore=notices,
                heed_skips=False,
            )
            found = {debtor.id: debtor for debtor in debtors}
            changed = []
            for notice in notices:
                is_due, draft = notice._still_due(found.get(notice.partner_id.id), today)
                if not is_due:
                    gone |= notice
                elif draft and not notice._matches(draft, today):
                    changed.append((notice, draft))
            self._redraft(changed, today)
        gone.filtered(lambda notice: notice.state == "issued")._set_state("cancelled")
        return self - gone

    def _still_due(self, debtor, today):
        """Whether something of this notice still rises, and what the notice would say now (None:
        it was sent already and stays)."""
        proposed = {
            line.move_line_id.id: line.level_id for line in self.line_ids if line.kind == "rising"
        }
        if not debtor:
            self.reason = self.env._("Paid, or no longer to be collected.")
            return False, None
        if self.state == "sent":
            return debtor.still_open(proposed), None
        debtor.keep_levels({key: level._fact() for key, level in proposed.items()})
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
