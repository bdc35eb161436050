from odoo import api, fields, models


class RecoveryReferralCreateAgency(models.TransientModel):
    """What one agency would leave us of what is ticked, beside the others."""

    _name = "recovery.referral.create.agency"
    _description = "Referral: an agency in the dialog"

    wizard_id = fields.Many2one("recovery.referral.create", required=True, ondelete="cascade")
    agency_id = fields.Many2one("recovery.agency", required=True, ondelete="cascade")
    currency_id = fields.Many2one(related="wizard_id.currency_id")
    fee_percent = fields.Float(string="Commission (%)", compute="_compute_terms", digits=(6, 3))
    amount_net = fields.Monetary(
        string="Expected net",
        compute="_compute_terms",
        help="What it usually collects, less its commission and the VAT that we can't deduct.",
    )
    cliff_text = fields.Char(string="Later", compute="_compute_terms")
    reasons = fields.Text(string="Why not", compute="_compute_reasons")

    @api.depends("agency_id", "wizard_id.move_line_ids")
    @api.depends_context("lang")
    def _compute_terms(self):
        for row in self:
            wizard, agency = row.wizard_id, row.agency_id
            amount, oldest = wizard.amount, wizard._oldest()
            today = wizard.company_id._recovery_today() if oldest else None
            terms = oldest and agency._terms(amount, row.currency_id, oldest, today)
            row.fee_percent = terms["fee_percent"] if terms else 0.0
            row.amount_net = agency._expected_net(amount, row.currency_id, terms) or 0.0
            row.cliff_text = agency._cliff_text(oldest, today) if oldest else ""

    @api.depends("agency_id", "wizard_id.move_line_ids")
    def _compute_reasons(self):
        """What only this agency objects to; what concerns the items stands above."""
        referrals = self.env["recovery.referral"]
        for row in self:
            wizard = row.wizard_id
            row.reasons = "\n".join(
                referrals._obstacles_of_file(
                    row.agency_id, wizard.case_id, wizard._amounts(), asked=True
                )
            )
