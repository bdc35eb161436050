from datetime import timedelta
from typing import NamedTuple

from odoo import api, models
from odoo.fields import Domain

from ..calc import demand

# Working days that an unmatched receipt is believed to be the customer's.
BELIEVED_DAYS = 5
# A company that imported no statement for longer than this does not import them at all.
IMPORTING_DAYS = 90


class Receipt(NamedTuple):
    """An unmatched incoming bank line; ``amount`` in rounding units of its currency."""

    partner_id: int | None
    currency_id: int
    amount: int
    fact: demand.Hold


class DunningBank(models.AbstractModel):
    """What the bank knows before the ledger does: receipts that nobody has matched yet, and how
    old the newest bank data is."""

    _name = "dunning.bank"
    _description = "Bank Data for Dunning"

    @api.model
    def _receipts(self, companies, today):
        """Unmatched incoming bank lines of the last days as ``Receipt``, one query a company.

        A line that names a customer holds all of this customer; one that names nobody holds the
        items of exactly its amount.

        sudo: whoever asks why nothing is sent need not be allowed to see the bank account.
        """
        found = []
        for company in companies.sudo():
            since = company.partner_id._recovery_add_working_days(today, -BELIEVED_DAYS)
            lines = self.env["account.bank.statement.line"].sudo()
            domain = self._unmatched_domain(company) & Domain("date", ">=", since)
            found += [self._receipt(line, company) for line in lines.search(domain)]
        return found

    def _receipt(self, line, company):
        currency = line.foreign_currency_id or line.currency_id
        amount = line.amount_currency if line.foreign_currency_id else line.amount
        until = company.partner_id._recovery_add_working_days(line.date, BELIEVED_DAYS)
        return Receipt(
            line.partner_id.commercial_partner_id.id or None,
            currency.id,
            round(amount / currency.rounding),
            demand.Hold("in_transit", None, until),
        )

    def _unmatched_domain(self, company):
        return (
            Domain("company_id", "=", company.id)
            & Domain("is_reconciled", "=", False)
            & Domain("amount", ">", 0)
            & Domain("move_id.state", "=", "posted")
        )

    # -- how old the bank data is ------------------------------------------------------------

    @api.model
    def _newest_day(self, company):
        """Day of the company's newest bank line; None when it imported none for 90 days.

        sudo: whoever sends notices need not be allowed to see the bank account.
        """
        today = company._recovery_today()
        domain = [
            ("company_id", "=", company.id),
            ("date", ">=", today - timedelta(days=IMPORTING_DAYS)),
            ("date", "<=", today),
        ]
        lines = self.env["account.bank.statement.line"].sudo()
        return lines._read_group(domain, [], ["date:max"])[0][0] or None

    @api.model
    def _is_stale(self, company, days):
        """Whether the newest bank line is older than ``days`` working days. A company that does
        not import statements has no bank data that could be stale."""
        newest = self._newest_day(company)
        if not newest or not days:
            return False
        oldest = company.partner_id._recovery_add_working_days(company._recovery_today(), -days)
        return newest < oldest

    # -- receipts that a person must look at ----------------------------------------------------

    @api.model
    def _wake_for_unmatched(self, company):
        """Ask the collector to match receipts that are no longer believed in: one activity a
        journal, none while an earlier one is open."""
        today = company._recovery_today()
        before = company.partner_id._recovery_add_working_days(today, -BELIEVED_DAYS)
        since = today - timedelta(days=IMPORTING_DAYS)
        domain = self._unmatched_domain(company)
        domain &= Domain("date", "<", before) & Domain("date", ">=", since)
        groups = (
            self.env["account.bank.statement.line"]
            .sudo()
            ._read_group(domain, ["journal_id"], ["__count"])
        )
        kind = self.env.ref("overdue_recovery.mail_activity_type_receipts")
        for journal, count in groups:
            if kind in journal.activity_ids.activity_type_id:
                continue
            journal.with_context(mail_activity_quick_update=True).activity_schedule(
                "overdue_recovery.mail_activity_type_receipts",
                date_deadline=today,
                note=self.env._(
                    "%(count)s receipts have not been matched for more than %(days)s working days. "
                    "Their customers are reminded again until you match them.",
                    count=count,
                    days=BELIEVED_DAYS,
                ),
                user_id=(company.recovery_user_id or self.env.user).id,
            )
