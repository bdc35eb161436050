from odoo import api, models
from odoo.fields import Domain


class RecoveryTodayReferral(models.Model):
    """What agencies collect, among the figures of today."""

    _inherit = "recovery.today"

    @api.model
    def _strip_figures(self, company):
        lines = self.env["recovery.referral.line"].search([("live", "=", True)])
        placed = self._overdue_domain(company) & Domain("id", "in", lines.move_line_id.ids)
        figure = (
            "referred",
            self.env._("At agencies"),
            self._sum_of_items(placed),
            "recovery_referral_action",
        )
        return [*super()._strip_figures(company), figure]
