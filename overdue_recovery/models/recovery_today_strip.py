from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ..calc import demand

BANK_SCREEN = "account.open_account_journal_dashboard_kanban"


class RecoveryTodayStrip(models.Model):
    """The figures above the list of today: how much is overdue, and under way in which form."""

    _inherit = "recovery.today"

    @api.model
    def recovery_strip(self):
        """The figures of the company in use and of its branches, in its currency.

        :return: [{key, label, amount, customers}]; a figure of nothing is left out. What somebody
            must act on has ``alert`` and comes first.
        """
        self.check_access("read")
        company = self.env.company
        figures = [
            {
                "key": key,
                "label": label,
                "amount": company.currency_id.format(amount),
                "customers": customers,
            }
            for key, label, (amount, customers) in self._strip_figures(company)
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
                "alert": True,
            }
        ]

    @api.model
    def action_open_figure(self, key):
        """Open the notices, items or holds that a figure of the strip is the sum of.

        :raise UserError: there is no such figure
        """
        self.check_access("read")
        company = self.env.company
        items, holds = self._strip_items(company), self._strip_holds()
        if key == "ready":
            domain = self._ready_domain(company)
            return self._strip_action("dunning_notice_action_ready", domain)
        if key == "bank":
            return self.env["ir.actions.act_window"]._for_xml_id(BANK_SCREEN)
        if key in items:
            return self.env["account.move.line"]._recovery_items_action(*items[key])
        if key in holds:
            label, code = holds[key]
            domain = self._holds_domain(company) & Domain("reason_id.code", "=", code)
            return {**self._strip_action("recovery_hold_action", domain), "name": label}
        raise UserError(self.env._("There is no figure “%s”.", key))

    def _strip_action(self, name, domain):
        action = self.env["ir.actions.act_window"]._for_xml_id(f"overdue_recovery.{name}")
        return {**action, "domain": list(domain), "context": {}}

    @api.model
    def _strip_figures(self, company):
        """(key, label, (amount, customers)) of each figure."""
        figures = [("ready", self.env._("Ready to send"), self._sum_of_ready(company))]
        figures += [
            (key, label, self._sum_of_items(domain))
            for key, (label, domain) in self._strip_items(company).items()
        ]
        holds = self._sums_of_holds(company)
        figures += [
            (key, label, holds.get(code, (0.0, 0)))
            for key, (label, code) in self._strip_holds().items()
        ]
        return figures

    @api.model
    def _strip_items(self, company):
        """Seam: {key: (label, domain of the items)} of the figures that are sums of items."""
        overdue = self._overdue_domain(company)
        reminded = overdue & Domain("dunning_item_ids.level_id", "!=", False)
        return {
            "overdue": (self.env._("Overdue"), overdue),
            "dunning": (self.env._("Reminded"), reminded),
        }

    @api.model
    def _strip_holds(self):
        """Seam: {key: (label, code of the reason)} of the figures that are sums of holds."""
        return {
            "promised": (self.env._("Promised"), "promised"),
            "plan": (self.env._("In plan"), "in_plan"),
            "disputed": (self.env._("Disputed"), "disputed"),
            "referred": (self.env._("At agencies"), "referred"),
        }

    def _overdue_domain(self, company):
        companies = self.env["dunning.measure"]._companies(company)
        return (
            self.env["account.move.line"]._recovery_open_domain()
            & Domain("company_id", "in", companies.ids)
            & Domain("date_maturity", "<", company._recovery_today())
        )

    def _ready_domain(self, company):
        """What waits to be sent by a person, whoever prepared it."""
        return Domain("company_id", "=", company.id) & Domain("state", "=", "proposed")

    def _sum_of_ready(self, company):
        [(amount, customers)] = self.env["dunning.notice"]._read_group(
            self._ready_domain(company),
            aggregates=["amount_demanded:sum", "partner_id:count_distinct"],
        )
        return amount or 0.0, customers

    def _sum_of_items(self, domain):
        """(open in company currency, number of customers), in one statement."""
        [row] = self.env["account.move.line"]._read_group(
            domain, aggregates=["amount_residual:sum", "partner_id:count_distinct"]
        )
        return row[0] or 0.0, row[1]

    def _holds_domain(self, company):
        """The holds in force that lower what may be demanded, or leave it to an agency."""
        holds = self.env["recovery.hold"]
        companies = self.env["dunning.measure"]._companies(company)
        return (
            holds._dated_domain(company._recovery_today())
            & Domain("company_id", "in", companies.ids)
            & Domain("reason_id.code", "in", (*demand.LOWERING, "referred"))
        )

    def _sums_of_holds(self, company):
        """{code of the reason: (amount on hold in company currency, customers)}."""
        amounts, customers = {}, {}
        for hold in self.env["recovery.hold"].search(self._holds_domain(company)):
            code = hold.reason_id.code
            amounts[code] = amounts.get(code, 0.0) + hold.amount_held
            customers.setdefault(code, set()).update(hold._customers().ids)
        return {code: (amount, len(customers[code])) for code, amount in amounts.items()}
