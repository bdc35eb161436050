from odoo import models


class RecoveryCasePrivacy(models.AbstractModel):
    """What the customer of a case may ask for about its own data."""

    _name = "recovery.case.privacy"
    _description = "Case: own data"

    def action_own_data(self):
        """Download what recovery keeps about the customer, for handing it out."""
        self.ensure_one()
        return self.partner_id.action_recovery_own_data()

    def action_erase(self):
        """Open the dialog that erases what recovery keeps about the customer."""
        self.ensure_one()
        return self.partner_id.action_recovery_erase()
