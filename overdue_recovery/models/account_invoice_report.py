from odoo import api, models
from odoo.tools import SQL


class AccountInvoiceReport(models.Model):
    """Charges for late payment are no sales: they stay out of the analysis of invoices, and so out
    of what a customer was invoiced in total."""

    _inherit = "account.invoice.report"

    @api.model
    def _where(self) -> SQL:
        return SQL("%s AND move.is_recovery_charge IS NOT TRUE", super()._where())
