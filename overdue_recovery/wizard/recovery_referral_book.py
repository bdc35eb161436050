from odoo import api, fields, models


class RecoveryReferralBook(models.TransientModel):
    """Book what an agency remits: prefilled by its contract, changed by its statement."""

    _name = "recovery.referral.book"
    _description = "Referral: book a remittance"
    _inherit = "recovery.dialog"

    referral_id = fields.Many2one("recovery.referral", required=True, readonly=True)
    company_id = fields.Many2one(related="referral_id.company_id")
    currency_id = fields.Many2one(related="referral_id.currency_id")
    amount = fields.Monetary(string="Collected", compute="_compute_amount")
    fee = fields.Monetary(string="Commission")
    vat = fields.Monetary(string="VAT on it")
    amount_remitted = fields.Monetary(string="Remitted", compute="_compute_remitted")
    journal_id = fields.Many2one(
        "account.journal",
        string="Bank",
        required=True,
        domain="[('type', '=', 'bank'), ('company_id', 'parent_of', company_id)]",
    )
    date = fields.Date(required=True)

    @api.depends("referral_id")
    def _compute_amount(self):
        for wizard in self:
            wizard.amount = sum(wizard.referral_id._unbooked().mapped("amount"))

    @api.depends("amount", "fee", "vat")
    def _compute_remitted(self):
        for wizard in self:
            wizard.amount_remitted = wizard.amount - wizard.fee - wizard.vat

    @api.model
    def _open_for(self, referral):
        events = referral._unbooked()
        wizard = self.create(
            {
                "referral_id": referral.id,
                "fee": sum(events.mapped("amount_fee")),
                "vat": sum(events.mapped("amount_vat")),
                "journal_id": referral.company_id._recovery_agency_journal().id,
                "date": referral.company_id._recovery_today(),
            }
        )
        return wizard._action_open(self.env._("Book Remittance"))

    def action_book(self):
        """Book it, by the rights of who does it."""
        self.ensure_one()
        self.referral_id.check_access("write")
        self.referral_id._book_remittance(self.journal_id, self.date, self.fee, self.vat)
        return {"type": "ir.actions.act_window_close"}
