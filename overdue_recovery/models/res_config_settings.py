from odoo import fields, models

# Who gets the screens of a feature when it is switched on.
COLLECTORS = "overdue_recovery.group_user"


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    group_recovery_lists = fields.Boolean(
        string="Lists and reports",
        implied_group="overdue_recovery.group_lists",
        group=COLLECTORS,
    )
    group_recovery_policies = fields.Boolean(
        string="Several policies",
        implied_group="overdue_recovery.group_policies",
        group=COLLECTORS,
    )
    group_recovery_charges = fields.Boolean(
        string="Charges for late payment",
        implied_group="overdue_recovery.group_charges",
        group=COLLECTORS,
    )
    group_recovery_law = fields.Boolean(
        string="Law and contract", implied_group="overdue_recovery.group_law", group=COLLECTORS
    )
    group_recovery_offers = fields.Boolean(
        string="Settlement offers", implied_group="overdue_recovery.group_offers", group=COLLECTORS
    )
    group_recovery_agencies = fields.Boolean(
        string="Collection agencies",
        implied_group="overdue_recovery.group_agencies",
        group=COLLECTORS,
    )

    recovery_tz = fields.Selection(related="company_id.recovery_tz", readonly=False)
    recovery_reply_days = fields.Integer(related="company_id.recovery_reply_days", readonly=False)
    recovery_reply_hold_days = fields.Integer(
        related="company_id.recovery_reply_hold_days", readonly=False
    )
    recovery_user_id = fields.Many2one(related="company_id.recovery_user_id", readonly=False)
    recovery_letter_window = fields.Selection(
        related="company_id.recovery_letter_window", readonly=False
    )
    recovery_attachment_mb = fields.Integer(
        related="company_id.recovery_attachment_mb", readonly=False
    )
    recovery_loss_account_id = fields.Many2one(
        related="company_id.recovery_loss_account_id", readonly=False
    )
    recovery_loss_journal_id = fields.Many2one(
        related="company_id.recovery_loss_journal_id", readonly=False
    )
    recovery_referral_limit = fields.Monetary(
        related="company_id.recovery_referral_limit", readonly=False, currency_field="currency_id"
    )
    recovery_agency_account_id = fields.Many2one(
        related="company_id.recovery_agency_account_id", readonly=False
    )
    recovery_agency_journal_id = fields.Many2one(
        related="company_id.recovery_agency_journal_id", readonly=False
    )
    recovery_agency_tax_id = fields.Many2one(
        related="company_id.recovery_agency_tax_id", readonly=False
    )
    recovery_promise_tolerance_days = fields.Integer(
        related="company_id.recovery_promise_tolerance_days", readonly=False
    )
    recovery_plan_grace_days = fields.Integer(
        related="company_id.recovery_plan_grace_days", readonly=False
    )
    recovery_plan_cure_days = fields.Integer(
        related="company_id.recovery_plan_cure_days", readonly=False
    )
    recovery_plan_offer_days = fields.Integer(
        related="company_id.recovery_plan_offer_days", readonly=False
    )
    recovery_plan_reminder_days = fields.Integer(
        related="company_id.recovery_plan_reminder_days", readonly=False
    )
    recovery_plan_max_months = fields.Integer(
        related="company_id.recovery_plan_max_months", readonly=False
    )
    recovery_plan_max_count = fields.Integer(
        related="company_id.recovery_plan_max_count", readonly=False
    )
    recovery_plan_min_amount = fields.Monetary(
        related="company_id.recovery_plan_min_amount", readonly=False, currency_field="currency_id"
    )
    recovery_plan_first_percent = fields.Float(
        related="company_id.recovery_plan_first_percent", readonly=False
    )
    recovery_plan_accepted_amount = fields.Monetary(
        related="company_id.recovery_plan_accepted_amount",
        readonly=False,
        currency_field="currency_id",
    )
    recovery_dispute_days = fields.Integer(
        related="company_id.recovery_dispute_days", readonly=False
    )
    recovery_export_heads = fields.Boolean(
        related="company_id.recovery_export_heads", readonly=False
    )
    recovery_heads_email = fields.Char(related="company_id.recovery_heads_email", readonly=False)
    recovery_autopay_days = fields.Integer(
        related="company_id.recovery_autopay_days", readonly=False
    )
    recovery_autopay_retries = fields.Char(
        related="company_id.recovery_autopay_retries", readonly=False
    )
    recovery_request_days = fields.Integer(
        related="company_id.recovery_request_days", readonly=False
    )
    recovery_says_paid_days = fields.Integer(
        related="company_id.recovery_says_paid_days", readonly=False
    )
    recovery_portal_promise_days = fields.Integer(
        related="company_id.recovery_portal_promise_days", readonly=False
    )
    recovery_offer_count = fields.Integer(related="company_id.recovery_offer_count", readonly=False)
    recovery_pace = fields.Integer(related="company_id.recovery_pace", readonly=False)
    recovery_charge_journal_id = fields.Many2one(
        related="company_id.recovery_charge_journal_id", readonly=False
    )
    recovery_fee_account_id = fields.Many2one(
        related="company_id.recovery_fee_account_id", readonly=False
    )
    recovery_interest_account_id = fields.Many2one(
        related="company_id.recovery_interest_account_id", readonly=False
    )
    recovery_waiver_limit = fields.Monetary(
        related="company_id.recovery_waiver_limit", readonly=False, currency_field="currency_id"
    )
    recovery_charges_on_invoices = fields.Boolean(
        related="company_id.recovery_charges_on_invoices", readonly=False
    )
    recovery_charge_late_paid = fields.Boolean(
        related="company_id.recovery_charge_late_paid", readonly=False
    )
