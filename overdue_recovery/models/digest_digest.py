from odoo import models


class DigestDigest(models.Model):
    _inherit = "digest.digest"

    def _compute_kpi_account_total_revenue_value(self):
        """Charges for late payment are no revenue of sales."""
        result = super()._compute_kpi_account_total_revenue_value()
        start, end, companies = self._get_kpi_compute_parameters()
        domain = [
            ("company_id", "in", companies.ids),
            ("date", ">", start),
            ("date", "<=", end),
            ("account_id.internal_group", "=", "income"),
            ("parent_state", "=", "posted"),
            ("move_id.is_recovery_charge", "=", True),
        ]
        lines = self.env["account.move.line"].sudo()
        charges = dict(lines._read_group(domain, ["company_id"], ["balance:sum"]))
        for digest in self:
            company = digest.company_id or self.env.company
            digest.kpi_account_total_revenue_value += charges.get(company, 0.0)
        return result
