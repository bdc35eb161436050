from odoo import api, models


class RecoveryInteraction(models.Model):
    _inherit = "recovery.interaction"

    @api.model
    def _labels(self):
        labels = super()._labels()
        labels["kind"]["autopay"] = self.env._("Automatic payment")
        states = self._labels_of_states("recovery.autopay")
        labels["outcome"] = {**states, **labels["outcome"]}
        return labels
