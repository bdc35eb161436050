from odoo import api, fields, models

DAYS_TO_REVIEW = 30


class RecoveryHardshipCreate(models.TransientModel):
    """Note a hardship: demands and charges stop until a trained person has looked at it again."""

    _name = "recovery.hardship.create"
    _description = "Hardship: Dialog"
    _inherit = ["recovery.late.reason.ask"]

    case_id = fields.Many2one("recovery.case", required=True, readonly=True)
    partner_id = fields.Many2one(related="case_id.partner_id", string="Customer")
    company_id = fields.Many2one(related="case_id.company_id")
    user_id = fields.Many2one(
        "res.users",
        string="Handled by",
        required=True,
        domain="[('share', '=', False)]",
        help="The one person who talks to the customer from now on.",
    )
    date_review = fields.Date(string="Review on", required=True)
    note = fields.Char(help="Read by trained people only.")

    @api.model
    def _open_for(self, case):
        case.check_access("write")
        reason = self.env.ref("overdue_recovery.hold_reason_hardship")
        today = case.company_id._recovery_today()
        handler = case.company_id._recovery_trained(self.env.user | case.user_id)
        wizard = self.create(
            {
                "case_id": case.id,
                "late_reason_id": self._known_reason(case),
                "user_id": handler.id or self.env.uid,
                "date_review": fields.Date.add(today, days=reason.review_days or DAYS_TO_REVIEW),
            }
        )
        return wizard._action_dialog(self.env._("Hardship"))

    def action_begin(self):
        """Stop demands and charges, and close the dialog."""
        self.ensure_one()
        self.case_id._begin_hardship(self.user_id, self.date_review, self.note)
        self._note_reason()
        return {"type": "ir.actions.act_window_close"}

    def action_begin_and_plan(self):
        """Stop demands and charges, and offer a payment plan at once."""
        self.action_begin()
        return self.case_id.action_plan()
