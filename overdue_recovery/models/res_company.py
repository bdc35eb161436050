from datetime import datetime

import pytz
from odoo import api, fields, models
from odoo.addons.base.models.res_partner import _tz_get
from odoo.exceptions import UserError

# Addons that dun too: two systems writing to one customer is the worst letter of all.
RIVALS = (
    "account_followup",
    "account_credit_control",
    "om_account_followup",
    "account_invoice_overdue_reminder",
)


class ResCompany(models.Model):
    _inherit = "res.company"

    recovery_tz = fields.Selection(
        _tz_get,
        string="Time zone for recovery",
        help="Decides which day it is for due dates. Empty: the company contact's own, else UTC.",
    )
    recovery_user_id = fields.Many2one(
        "res.users", string="Collector", help="Owns cases of customers without a salesperson."
    )

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies._recovery_create_default_policies()
        return companies

    def _recovery_today(self):
        """Today's date in the company's time zone (one company)."""
        self.ensure_one()
        zone = self.recovery_tz or self.partner_id.tz or "UTC"
        return datetime.now(pytz.timezone(zone)).date()

    @api.model
    def _recovery_date(self, value):
        """A date from what a client sent; None for nothing.

        :raise UserError: it is no date
        """
        try:
            return fields.Date.to_date(value) or None
        except (TypeError, ValueError) as error:
            raise UserError(self.env._("%s is not a date (YYYY-MM-DD).", value)) from error

    def _recovery_create_default_policies(self):
        """Give each main company without a policy its copy of the shipped one.

        sudo: whoever creates a company need not be allowed to write policies.
        """
        standard = self.env.ref("overdue_recovery.dunning_policy_standard", False)
        if not standard:
            return
        standard = standard.sudo()  # another company's row, which the user may not read
        policies = self.env["dunning.policy"].sudo().with_context(active_test=False)
        owned = {company.id for (company,) in policies._read_group([], ["company_id"])}
        for company in self.filtered(lambda c: not c.parent_id and c.id not in owned):
            start = fields.Date.subtract(company._recovery_today(), days=60)
            values = {"name": standard.name, "company_id": company.id, "date_start": start}
            # what its own company made of the shipped one since is not for the new one
            standard.copy({**values, "mode": "approve", "active": True, "partner_domain": "[]"})

    def _recovery_missing_for_automatic(self):
        """What must be done before notices may go out by themselves: sentences, empty if nothing.

        Seam: later rooms add their own conditions.
        """
        self.ensure_one()
        checks = [
            (self.email, self.env._("Give the company an e-mail address.")),
            (
                self._recovery_has_issued_run(),
                self.env._("Send one run yourself, so that you have seen what goes out."),
            ),
            (
                not self._recovery_rivals(),
                self.env._(
                    "Uninstall the other reminder addon (%s): customers would get two letters.",
                    ", ".join(self._recovery_rivals()),
                ),
            ),
        ]
        return [text for done, text in checks if not done]

    def _recovery_has_issued_run(self):
        domain = [("company_id", "=", self.id), ("state", "=", "issued"), ("origin", "!=", "cron")]
        by_hand = self.env["dunning.run"].sudo().search_count(domain, limit=1)
        approved = (
            self.env["dunning.notice"]
            .sudo()
            .search_count([("company_id", "=", self.id), ("state", "=", "sent")], limit=1)
        )
        return bool(by_hand or approved)

    def _recovery_rivals(self):
        modules = self.env["ir.module.module"].sudo()
        found = modules.search([("name", "in", RIVALS), ("state", "=", "installed")])
        return found.mapped("shortdesc")
