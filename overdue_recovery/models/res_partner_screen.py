from odoo import models


class ResPartnerScreen(models.Model):
    """The line on a customer's form: what is in the ledger, then what the case says."""

    _inherit = "res.partner"

    def _recovery_sentences(self):
        found = super()._recovery_sentences()
        if outlook := self.recovery_case_id._outlook():
            found.append(outlook)
        return found
