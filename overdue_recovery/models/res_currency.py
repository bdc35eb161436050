from odoo import api, models
from odoo.exceptions import UserError


class ResCurrency(models.Model):
    """A currency in which something was demanded stays."""

    _inherit = "res.currency"

    @api.ondelete(at_uninstall=False)
    def _unlink_only_undemanded(self):
        """sudo: a notice of a company that the user can't see names a currency too."""
        domain, lines = [("currency_id", "in", self.ids)], self.env["dunning.notice.line"]
        for (currency,) in lines.sudo()._read_group(domain, ["currency_id"]):
            raise UserError(
                self.env._(
                    "Currency %(currency)s stands on notices, so it can't be deleted. "
                    "Archive it instead.",
                    currency=currency.name,
                )
            )
