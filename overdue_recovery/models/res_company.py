from datetime import datetime, time

import pytz
from odoo import api, fields, models
from odoo.addons.base.models.res_partner import _tz_get
from odoo.exceptions import UserError
from odoo.tools import formataddr

# Working days after which nobody would call it an answer.
LONGEST_DEADLINE = 60


class ResCompany(models.Model):
    _name = "res.company"
    _inherit = [
        "res.company",
        "res.company.recovery.charge",
        "res.company.recovery.loss",
        "res.company.recovery.promise",
        "res.company.recovery.plan",
        "res.company.recovery.dispute",
        "res.company.recovery.evidence",
        "res.company.recovery.autopay",
        "res.company.recovery.readiness",
        "res.company.recovery.referral",
        "res.company.recovery.request",
        "res.company.recovery.portal",
    ]

    recovery_tz = fields.Selection(
        _tz_get,
        string="Time zone for recovery",
        help="Decides which day it is for due dates. Empty: the company contact's own, else UTC.",
        prefetch="recovery",
    )
    recovery_user_id = fields.Many2one(
        "res.users",
        string="Collector",
        help="Owns cases of customers without a salesperson.",
        prefetch="recovery",
    )
    recovery_letter_window = fields.Selection(
        [("left", "Left"), ("right", "Right")],
        string="Window of envelopes",
        default="left",
        required=True,
        help="Where the address of a letter stands: left (DIN, UK, US) or right (France, Belgium).",
        prefetch="recovery",
    )
    recovery_attachment_mb = fields.Integer(
        string="Most attached (MB)",
        default=8,
        help="Invoices that are larger in all are not attached; the message offers them instead.",
        prefetch="recovery",
    )
    recovery_pace = fields.Integer(
        string="Messages per quarter hour",
        help="At most so many leave in a quarter of an hour; the others wait. 0: no limit.",
        prefetch="recovery",
    )

    recovery_referral_limit = fields.Monetary(
        string="Own referrals up to",
        default=1000.0,
        help="A manager approves no own referral above it: another one does.",
        prefetch="recovery",
    )
    recovery_waiver_limit = fields.Monetary(
        string="Waive alone up to",
        default=50.0,
        help="To waive more of a charge takes a second manager: nobody approves an own waiver.",
        prefetch="recovery",
    )

    _recovery_limits = models.Constraint(
        "CHECK(recovery_attachment_mb >= 0 AND recovery_pace >= 0 AND recovery_waiver_limit >= 0"
        " AND recovery_referral_limit >= 0)",
        "The limits of messages, waivers and referrals can't be negative.",
    )

    recovery_reply_days = fields.Integer(
        string="Days to answer",
        default=3,
        help="Working days within which the owner of a case answers a customer who wrote.",
        prefetch="recovery",
    )
    recovery_reply_hold_days = fields.Integer(
        string="Demands wait for an answer",
        default=7,
        help="Days without a demand after a customer wrote, until somebody has answered.",
        prefetch="recovery",
    )

    _recovery_reply_not_negative = models.Constraint(
        "CHECK(recovery_reply_days >= 0 AND recovery_reply_hold_days >= 0)",
        "The days to answer a customer can't be negative.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies._recovery_create_default_policies()
        return companies

    def _recovery_today(self):
        """Today's date in the company's time zone (one company)."""
        return datetime.now(pytz.timezone(self._recovery_zone())).date()

    def _recovery_moment(self, day, hour):
        """``hour`` o'clock of ``day`` in the company's time zone, as naive UTC."""
        local = datetime.combine(day, time(hour))
        moment = pytz.timezone(self._recovery_zone()).localize(local)
        return moment.astimezone(pytz.utc).replace(tzinfo=None)

    def _recovery_zone(self):
        """Name of the company's time zone (one company)."""
        self.ensure_one()
        return self.recovery_tz or self.partner_id.tz or "UTC"

    def _recovery_sender(self):
        """The company whose policy and runs look after this one: itself, or the nearest above it
        that has a policy."""
        company = self.sudo()
        measure = self.env["dunning.measure"]
        while company.parent_id and company not in measure._companies_with_own_policy():
            company = company.parent_id
        return company

    def _recovery_reply_deadline(self):
        """The day until which a customer who wrote today gets an answer."""
        days = min(self.recovery_reply_days, LONGEST_DEADLINE)
        return self.partner_id._recovery_add_working_days(self._recovery_today(), days)

    def _recovery_reply_address(self):
        """Where answers to notices go: the alias of recovery, if it is in this company's e-mail
        domain, else its catch-all address, else False.

        sudo: addresses are for everybody, the rows that hold them are not.
        """
        self.ensure_one()
        # unlike env.ref() this asks the database once, however many messages ask
        alias_id = self.env["ir.model.data"]._xmlid_to_res_id(
            "overdue_recovery.mail_alias_recovery", raise_if_not_found=False
        )
        alias = self.env["mail.alias"].sudo().browse(alias_id or ())
        domain = self.sudo().alias_domain_id
        if domain and alias.alias_name and alias.alias_domain_id == domain:
            return alias.alias_full_name
        return self.catchall_email or False

    def _recovery_reply_to(self):
        """The header Reply-To of a notice. Without a way into the case: the company's e-mail."""
        address = self._recovery_reply_address()
        return formataddr((self.name, address)) if address else self.email_formatted or ""

    def _recovery_manager(self):
        """A manager of recovery in this company, for what nobody else can do; else nobody."""
        return self._recovery_member("overdue_recovery.group_manager")

    def _recovery_trained(self, users):
        """Who handles private matters in this company: the first of these users who may read
        them, else anybody who may, else nobody."""
        group = "overdue_recovery.group_sensitive"
        able = users.filtered(lambda user: user.active and user.has_group(group))
        return able[:1] or self._recovery_member(group)

    def _recovery_member(self, group):
        """A user of this company in a group (its XML id), or nobody.

        sudo: who it is, a program asks that nobody watches.
        """
        self.ensure_one()
        group = self.env.ref(group)
        domain = [("all_group_ids", "in", group.ids), ("company_ids", "in", self.ids)]
        return self.env["res.users"].sudo().search(domain, order="id", limit=1)

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
