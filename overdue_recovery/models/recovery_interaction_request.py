from odoo import api, models


class RecoveryInteraction(models.Model):
    """Words for what customers ask of us."""

    _inherit = "recovery.interaction"

    @api.model
    def _labels(self):
        labels = super()._labels()
        labels["kind"]["request"] = self.env._("Request")
        labels["outcome"].update(self._labels_of_states("recovery.request"))
        return labels
