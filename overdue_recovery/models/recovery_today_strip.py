from odoo import api, models
from odoo.fields import Domain
from odoo.tools import format_date

from ..calc import demand


class RecoveryTodayStrip(models.Model):
    """The figures above the list of today: how much is overdue, and under way in which form."""

    _inherit = "recovery.today"

    @api.model
    def recovery_strip(self):
        """The figures of the company in use and of its branches, in its currency.

        :return: [{key, label, amount, customers, action}]; a figure of nothing is left out, and
            ``action`` is the XML id of the list it is the sum of. What somebody must act on has
            ``alert`` and comes first.
        """
        self.check_access("read")
        company = self.env.company
        figures = [
            {
                "key": key,
                "label": label,
                "amount": company.currency_id.format(amount),
                "customers": customers,
                "action": f"overdue_recovery.{action}",
            }
            for key, label, (amount, customers), action in self._strip_figures(company)
            if amount
        ]
        return [*self._strip_alerts(company), *figures]

    @api.model
    def _strip_alerts(self, company):
        """Seam: what keeps the whole company's reminders from being true, as figures."""
        limits = self.env["dunning.policy"].search([("company_id", "=", company.id)])
        bank = self.env["dunning.bank"]
        if not any(bank._is_stale(company, days) for days in set(limits.mapped("stale_bank_days"))):
            return []
        newest = bank._newest_day(company)
        return [
            {
                "key": "bank",
                "label": self.env._("Receipts may be missing: the newest bank line is of"),
                "amount": format_date(self.env, newest),
                "customers": 0,
                "action": "account.open_account_journal_dashboard_kanban",
                "alert": True,
            }
        ]

    @api.model
    def _strip_figures(self, company):
        """Seam: (key, label, (amount, customers), name of the action) of each figure."""
        overdue = self._overdue_domain(company)
        reminded = overdue & Domain("dunning_item_ids.level_id", "!=", False)
        figures = [
            ("overdue", self.env._("Overdue"), self._sum_of_items(overdue), "recovery_case_action"),
            (
                "dunning",
                self.env._("Reminded"),
                self._sum_of_items(reminded),
                "dunning_item_action",
            ),
        ]
        holds = self._sums_of_holds(company)
        for key, label, code, action in self._held_figures():
            figures.append((key, label, holds.get(code, (0.0, 0)), action))
        placed = overdue & Domain("id", "in", self._placed_ids())
        at_agencies = self._sum_of_items(placed)
        return [
            self._ready_figure(company),
            *figures,
            ("referred", self.env._("At agencies"), at_agencies, "recovery_referral_action"),
        ]

    def _ready_figure(self, company):
        """What waits to be sent by a person, whoever prepared it."""
        [(amount, customers)] = self.env["dunning.notice"]._read_group(
            [("company_id", "=", company.id), ("state", "=", "proposed")],
            aggregates=["amount_demanded:sum", "partner_id:count_distinct"],
        )
        label = self.env._("Ready to send")
        return ("ready", label, (amount or 0.0, customers), "dunning_notice_action_ready")

    def _placed_ids(self):
        """Ids of the items that agencies collect."""
        lines = self.env["recovery.referral.line"].search([("live", "=", True)])
        return lines.move_line_id.ids

    def _held_figures(self):
        """Seam: (key, label, code of the reason, name of the action)."""
        return [
            ("promised", self.env._("Promised"), "promised", "recovery_promise_action"),
            ("plan", self.env._("In plan"), "in_plan", "recovery_plan_action"),
            ("disputed", self.env._("Disputed"), "disputed", "recovery_dispute_action"),
            ("referred", self.env._("Referred"), "referred", "recovery_referral_action"),
        ]

    def _overdue_domain(self, company):
        companies = self.env["dunning.measure"]._companies(company)
        return (
            self.env["account.move.line"]._recovery_open_domain()
            & Domain("company_id", "in", companies.ids)
            & Domain("date_maturity", "<", company._recovery_today())
        )

    def _sum_of_items(self, domain):
        """(open in company currency, number of customers), in one statement."""
        [row] = self.env["account.move.line"]._read_group(
            domain, aggregates=["amount_residual:sum", "partner_id:count_distinct"]
        )
        return row[0] or 0.0, row[1]

    def _sums_of_holds(self, company):
        """{code: (amount on hold in company currency, customers)} of the reasons that lower what
        may be demanded, and of what is at an agency; a hold without an amount holds all that is
        open."""
        holds = self.env["recovery.hold"]
        domain = holds._dated_domain(company._recovery_today())
        domain &= Domain("company_id", "in", self.env["dunning.measure"]._companies(company).ids)
        domain &= Domain("reason_id.code", "in", (*demand.LOWERING, "referred"))
        amounts, customers = {}, {}
        for hold in holds.search(domain):
            code = hold.reason_id.code
            amounts[code] = amounts.get(code, 0.0) + self._amount_on_hold(hold)
            customers.setdefault(code, set()).update(hold._customers().ids)
        return {code: (amount, len(customers[code])) for code, amount in amounts.items()}

    def _amount_on_hold(self, hold):
        """In company currency, at the rate of the open items."""
        items = hold.move_line_id or hold.move_id._recovery_lines()
        open_now = sum(items.mapped("amount_residual"))
        in_currency = sum(items.mapped("amount_residual_currency"))
        if not hold.amount or not in_currency:
            return max(0.0, open_now)
        return open_now * min(1.0, hold.amount / in_currency)
