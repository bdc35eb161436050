from odoo import fields, models

from .recovery_law_cost import to_units
from .recovery_law_interest import as_rate


class RecoveryLawBand(models.Model):
    """One step of the sums that a law row allows, from an amount on.

    A *fixed sum* is owed as it stands. A *scale* and a *cap* grow within the band: the amount, plus
    the rate on what lies above ``amount_from``.
    """

    _name = "recovery.law.band"
    _inherit = "recovery.law.cached"
    _description = "Band of a Law"
    _order = "law_id, kind, amount_from, id"

    law_id = fields.Many2one("recovery.law", required=True, index=True, ondelete="cascade")
    currency_id = fields.Many2one(related="law_id.currency_id")
    kind = fields.Selection(
        [("fixed_sum", "Fixed sum"), ("scale", "Scale"), ("cap", "Cap")],
        required=True,
        default="fixed_sum",
        help="Fixed sum: owed by each late item. Scale: the same, growing with the amount. Cap: "
        "the most that fees may come to.",
    )
    amount_from = fields.Monetary(
        string="From",
        help="Of the debt. A fixed sum holds from this amount on; a scale and a cap count what "
        "lies above it.",
    )
    amount = fields.Monetary(string="Sum", help="Owed at the beginning of the band.")
    rate = fields.Float(
        string="Plus", digits=(16, 6), help="Of what lies above the beginning: 0.15 = 15 %."
    )

    def _steps(self):
        """[(from, sum, rate)] for ``calc.charge``, in rounding units of the row's currency."""
        return [
            (
                to_units(band.amount_from, band._currency()),
                to_units(band.amount, band._currency()),
                as_rate(band.rate),
            )
            for band in self
        ]

    def _currency(self):
        return self.law_id.currency_id or self.env.company.currency_id
