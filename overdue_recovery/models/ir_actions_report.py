from odoo import api, models


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    @api.model
    def _build_wkhtmltopdf_args(self, *args, **kwargs):
        """A letter holds no scripts: waiting a second for them triples the time of making it."""
        arguments = super()._build_wkhtmltopdf_args(*args, **kwargs)
        if self.env.context.get("recovery_letter"):
            at = arguments.index("--javascript-delay")
            arguments[at : at + 2] = ["--disable-javascript"]
        return arguments
