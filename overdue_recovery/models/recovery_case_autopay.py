from odoo import api, fields, models
from odoo.fields import Domain


class RecoveryCaseAutopay(models.AbstractModel):
    """Whether the customer of a case is debited automatically."""

    _name = "recovery.case.autopay"
    _description = "Case: automatic payment"

    autopay_id = fields.Many2one(
        "recovery.autopay", compute="_compute_autopay_id", string="Automatic payment"
    )

    @api.depends("partner_id", "company_id")
    def _compute_autopay_id(self):
        mandates = self.env["recovery.autopay"].search(
            Domain("partner_id", "in", self.partner_id.ids)
            & Domain("company_id", "in", self.company_id.ids)
            & Domain("state", "!=", "revoked")
            & Domain("plan_id", "=", False)
        )
        found = mandates.grouped(lambda mandate: (mandate.partner_id, mandate.company_id))
        for case in self:
            case.autopay_id = found.get((case.partner_id, case.company_id), mandates.browse())

    def action_autopay(self):
        """Show the customer's mandate, or the dialog that notes one."""
        self.ensure_one()
        if not self.autopay_id:
            return self.env["recovery.autopay.create"]._open_for(self)
        return {
            "type": "ir.actions.act_window",
            "res_model": "recovery.autopay",
            "res_id": self.autopay_id.id,
            "view_mode": "form",
        }

    def _treatments(self):
        return {**super()._treatments(), "autopay": self.action_autopay}
