import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from psycopg2 import OperationalError

_logger = logging.getLogger(__name__)
ANNOUNCEMENT = "overdue_recovery.mail_template_autopay"


class RecoveryAutopayDaily(models.AbstractModel):
    """Each day: announce what is debited soon, debit what was announced for today."""

    _name = "recovery.autopay.daily"
    _description = "Automatic payment: daily work"

    @api.model
    def _cron_autopay(self):
        """Each mandate for itself: one that raises stops no other and is told to its owner.

        sudo: nobody watches this job, and it looks after every company.
        """
        self = self.sudo()
        self.env["recovery.autopay.attempt"]._look_for_answers()
        for autopay in self.search([("state", "=", "active")]):
            autopay.with_company(autopay.company_id)._work()
            self.env["ir.cron"]._recovery_commit()

    def _work(self):
        try:
            with self.env.cr.savepoint():
                self._prepare()
        except OperationalError:
            raise
        except Exception as error:
            _logger.warning("Automatic payment %s could not be prepared: %s", self.id, error)
            self.invalidate_recordset()
            summary = self.env._("%s could not be prepared", self.display_name)
            self._tell_owner(summary, str(error))
            return
        self.env["ir.cron"]._recovery_commit()
        self.attempt_ids._charge_due()

    def _prepare(self):
        """Whether it can be debited still, what it covers now, and what is debited soon."""
        if not self._can_be_debited():
            self._suspend(self.env._("%s is not saved any more: ask for another.", self.means))
            return
        self._sync_holds()
        self._announce(self._fresh_attempts())

    def _fresh_attempts(self):
        """Values of first debits whose time to be announced has come."""
        items = self._covered_items()[self].filtered(
            lambda item: self._is_near_day(item.date_maturity or item.date)
        )
        waiting = self.attempt_ids.filtered("is_live").move_line_id
        items -= waiting | self._failed_attempts().move_line_id
        amounts = self._collectable() if items else {}
        return [
            self._attempt_values(item, amounts[item.id]) for item in items if item.id in amounts
        ]

    def _failed_attempts(self):
        """Those that failed since the mandate is active: what they are for has a schedule."""
        return self.attempt_ids.filtered(
            lambda attempt: attempt.state == "failed" and attempt.date >= self.date_active
        )

    def _attempt_values(self, item, amount):
        """Values of a debit of this amount for an item."""
        attempts = self.env["recovery.autopay.attempt"]
        return {
            **self._debit_values(item.currency_id, amount, item.date_maturity or item.date),
            "move_line_id": item.id,
            "name": item.move_id.name,
            "number": attempts._next_number("move_line_id", item),
        }

    def _debit_values(self, currency, amount, day):
        """What every debit has: of this amount, for what falls due on ``day``."""
        return {
            "autopay_id": self.id,
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "currency_id": currency.id,
            "date": self.company_id._recovery_today(),
            "date_due": self._debit_day(day),
            "amount": amount,
        }

    def _announce(self, values):
        """Write to the customer what is debited when: one message a day of debits. Who can't be
        written to is not debited: the mandate rests."""
        try:
            with self.env.cr.savepoint():
                attempts = self.env["recovery.autopay.attempt"].create(values)
                for same in attempts.grouped("date_due").values():
                    self._case()._write_answer(ANNOUNCEMENT, same[0], "autopay", self.means)
        except UserError as error:
            self._suspend(str(error))

    def _try_again(self, attempt):
        """Announce the next try of a failed debit, as the company says.

        :return: whether there is a next one
        """
        failed = self._failed_attempts().filtered(
            lambda other: other._subject() == attempt._subject()
        )
        days = self.company_id._recovery_retry_days()
        if len(failed) > len(days) or self.state != "active":
            return False
        today = self.company_id._recovery_today()
        day = fields.Date.add(today, days=days[len(failed) - 1])
        amount = attempt._collectable_now()
        if amount:
            self._announce(
                [{**attempt._again(), "amount": amount, "date_due": self._banking_day(day)}]
            )
        return True
