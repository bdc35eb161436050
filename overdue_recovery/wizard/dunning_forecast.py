from collections import Counter, defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date, formatLang

# More than these are counted per day, not shown one by one.
MOST_ROWS = 200
MOST_DAYS = 365


class DunningForecast(models.TransientModel):
    """The coming days on a screen: what would go out to whom, and what waits and why.

    Nothing is stored: the answer is computed while the dialog is open.
    """

    _name = "dunning.forecast"
    _description = "Forecast of Notices"

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    policy_id = fields.Many2one(
        "dunning.policy", help="Tried on the customer in place of its own policy."
    )
    partner_id = fields.Many2one(
        "res.partner", string="Customer", domain="[('parent_id', '=', False)]"
    )
    days = fields.Integer(default=30, required=True)
    outcome = fields.Html(compute="_compute_outcome", sanitize=False)

    @api.depends("company_id", "policy_id", "partner_id", "days")
    @api.depends_context("lang")
    def _compute_outcome(self):
        for forecast in self:
            # somebody who tries a policy chooses a customer first
            asked = forecast.partner_id or not forecast.policy_id
            forecast.outcome = asked and self.env["ir.qweb"]._render(
                "overdue_recovery.dunning_forecast_outcome", forecast._outcome_values()
            )

    def _outcome_values(self):
        """What the template shows: days with their counts, entries, and what waits.

        sudo: the simulation reads the whole ledger of the company, as runs do, whose readers may
        see what it finds.
        """
        self._check_may_look()
        today = self.company_id._recovery_today()
        outlook = (
            self.env["dunning.simulation"]
            .sudo()
            ._outlook(
                self.company_id,
                today,
                today + timedelta(days=self._span()),
                scope=self.partner_id._recovery_debtor().ids if self.partner_id else None,
                ignore=self._proposed_notices(),
                policy=self.policy_id.sudo(),
            )
        )
        return {
            "days": self._days(outlook.entries),
            "charging": any(entry["charge"] for entry in outlook.entries),
            "rows": self._rows(outlook.entries[:MOST_ROWS]),
            "more": max(0, len(outlook.entries) - MOST_ROWS),
            "waiting": self._waiting(outlook.waiting),
        }

    def _check_may_look(self):
        """Only who may read the runs of one of their companies sees what they would do.

        :raise AccessError: not this company, this customer or this policy
        """
        self.env["dunning.run"].check_access("read")
        self.partner_id.check_access("read")
        self.policy_id.check_access("read")
        if self.company_id not in self.env.companies:
            raise AccessError(
                self.env._("%s is not one of your companies.", self.company_id.sudo().name)
            )

    def _span(self):
        if not 0 < self.days <= MOST_DAYS:
            raise UserError(self.env._("Look from 1 to %s days ahead.", MOST_DAYS))
        return self.days

    def _proposed_notices(self):
        """Proposed notices are what the forecast is about, not what it waits for."""
        domain = [("company_id", "=", self.company_id.id), ("state", "=", "proposed")]
        return self.env["dunning.notice"].sudo().search(domain)

    def _days(self, entries):
        """One row a day: notices by level, amount and charges."""
        counts, amounts, charges = defaultdict(Counter), Counter(), Counter()
        for entry in entries:
            counts[entry["date"]][entry["level"]] += 1
            amounts[entry["date"]] += entry["amount"]
            charges[entry["date"]] += entry["charge"]
        return [
            {
                "date": self._day(day),
                "count": levels.total(),
                "levels": ", ".join(f"{name}: {count}" for name, count in levels.items()),
                "amount": self._money(amounts[day]),
                "charge": self._charge(charges[day]),
            }
            for day, levels in counts.items()
        ]

    def _rows(self, entries):
        names = self._customer_names(entry["partner_id"] for entry in entries)
        channels = self.env["dunning.delivery"]._fields["channel"]
        labels = dict(channels._description_selection(self.env))
        return [
            {
                "date": self._day(entry["date"]),
                "customer": names[entry["partner_id"]],
                "level": entry["level"],
                "channel": labels.get(entry["channel"], ""),
                "amount": self._money(entry["amount"]),
                "charge": self._charge(entry["charge"]),
                "verdict": self._remark(entry),
            }
            for entry in entries
        ]

    def _remark(self, entry):
        """What the contact rules would change; a wait of some hours is nothing to tell."""
        until = entry["hold_until"]
        if until and until.date() <= entry["date"]:
            return ""
        if not until:
            return entry["verdict_text"]
        return self.env._(
            "Waits until %(day)s. %(reasons)s",
            day=self._day(until.date()),
            reasons=entry["verdict_text"],
        )

    def _waiting(self, waiting):
        """What waits today, summed by reason."""
        texts = self.env["dunning.reason"]._texts()
        items, customers, amounts = Counter(), defaultdict(set), Counter()
        for partner_id, _item_id, codes, amount in waiting:
            items[codes[0]] += 1
            customers[codes[0]].add(partner_id)
            amounts[codes[0]] += amount
        return [
            {
                "text": texts.get(code, code),
                "items": count,
                "customers": len(customers[code]),
                "amount": self._money(amounts[code]),
            }
            for code, count in items.most_common()
        ]

    def _customer_names(self, ids):
        partners = self.env["res.partner"].sudo().browse(set(ids))
        return {partner.id: partner.display_name for partner in partners}

    def _day(self, day):
        return format_date(self.env, day, date_format="EEE d MMM")

    def _charge(self, amount):
        """What is charged; empty where nothing is."""
        return self._money(amount) if amount else ""

    def _money(self, amount):
        return formatLang(self.env, amount, currency_obj=self.company_id.currency_id)
