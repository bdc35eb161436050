from odoo import models
from odoo.exceptions import UserError

TEMPLATES = {
    "offered": "overdue_recovery.mail_template_plan_offer",
    "active": "overdue_recovery.mail_template_plan",
}


class RecoveryPlanMessage(models.AbstractModel):
    """What the customer gets in writing of a plan."""

    _name = "recovery.plan.message"
    _description = "Payment Plan: messages"

    def action_send(self):
        """Send the customer the plan: the offer of it, or once it is active its confirmation.

        :raise UserError: it is neither offered nor active, or nobody can be written to
        """
        self.check_access("write")
        for plan in self:
            if plan.state not in TEMPLATES:
                raise UserError(
                    self.env._("%s is neither offered nor active: nothing to send.", plan.name)
                )
            plan._write_to_debtor(TEMPLATES[plan.state])
        return True
