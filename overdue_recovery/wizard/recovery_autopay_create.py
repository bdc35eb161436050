from odoo import api, fields, models
from odoo.exceptions import UserError


class RecoveryAutopayCreate(models.TransientModel):
    """Note that a customer agreed to be debited."""

    _name = "recovery.autopay.create"
    _description = "Automatic Payment: Dialog"

    case_id = fields.Many2one("recovery.case", required=True, readonly=True)
    company_id = fields.Many2one(related="case_id.company_id")
    partner_id = fields.Many2one(related="case_id.partner_id", string="Customer")
    token_ids = fields.Many2many("payment.token", compute="_compute_token_ids")
    payment_token_id = fields.Many2one(
        "payment.token", string="Debited from", domain="[('id', 'in', token_ids)]"
    )
    announce_days = fields.Integer(string="Announced")
    note = fields.Text(string="How the customer agreed")

    @api.depends("case_id")
    def _compute_token_ids(self):
        mandates = self.env["recovery.autopay"]
        for wizard in self:
            wizard.token_ids = mandates._tokens(wizard.partner_id, wizard.company_id)

    @api.model
    def _open_for(self, case):
        case.check_access("write")
        wizard = self.create(
            {"case_id": case.id, "announce_days": case.company_id.recovery_autopay_days}
        )
        wizard.payment_token_id = wizard.token_ids[:1]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Automatic Payment"),
            "res_model": self._name,
            "res_id": wizard.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def action_give(self):
        """Note the consent and show it.

        :raise UserError: it is not said how the customer agreed, or nothing can be debited
        """
        self.ensure_one()
        if not (self.note or "").strip():
            raise UserError(self.env._("Note how the customer agreed: it may be asked one day."))
        self.env["recovery.autopay"].create(
            {
                "partner_id": self.partner_id.id,
                "company_id": self.company_id.id,
                "payment_token_id": self.payment_token_id.id,
                "announce_days": self.announce_days,
                "note": self.note,
            }
        )
        self.case_id.invalidate_recordset(["autopay_id"])
        return self.case_id.action_autopay()
