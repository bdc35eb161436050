from odoo import fields, models


class RecoveryPlanAutopay(models.AbstractModel):
    """A plan with a saved card or account is debited while it is active."""

    _name = "recovery.plan.autopay"
    _description = "Payment Plan: automatic payment"

    autopay_ids = fields.One2many("recovery.autopay", "plan_id", string="Automatic payment")

    def _after_state(self, target):
        if target == "active":
            self.filtered("payment_token_id")._begin_autopay()
        elif target in ("completed", "cancelled"):
            self._live_mandates().action_revoke()
        return super()._after_state(target)

    def _live_mandates(self):
        """sudo: whatever ends the plan ends its debits."""
        return self.sudo().autopay_ids.filtered(lambda mandate: mandate.state != "revoked")

    def _begin_autopay(self):
        """sudo: whoever agreed to the plan agreed to its debits."""
        for plan in self.sudo() - self._live_mandates().plan_id:
            self.env["recovery.autopay"].sudo().create(
                {
                    "partner_id": plan.partner_id.id,
                    "company_id": plan.company_id.id,
                    "payment_token_id": plan.payment_token_id.id,
                    "plan_id": plan.id,
                    "note": plan._terms_sentence(),
                }
            )
