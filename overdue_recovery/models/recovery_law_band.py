from itertools import pairwise

from odoo import api, fields, models
from odoo.exceptions import ValidationError

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

    _not_negative = models.Constraint(
        "CHECK (amount_from >= 0 AND amount >= 0)", "Amounts of a band can't be negative."
    )
    _rate_is_fraction = models.Constraint(
        "CHECK (rate BETWEEN 0 AND 1)", "The rate of a band is a fraction: 15 % is 0.15."
    )
    _fixed_sum_is_fixed = models.Constraint(
        "CHECK (kind != 'fixed_sum' OR rate = 0)",
        "A fixed sum has no rate: choose a scale for costs that grow with the debt.",
    )
    _once_from = models.UniqueIndex(
        "(law_id, kind, amount_from)", "Two bands of a kind begin at the same amount."
    )

    @api.constrains("law_id", "kind", "amount_from", "amount", "rate")
    def _check_row_of_bands(self):
        """Bands of a kind follow each other without hole or overlap: a band ends where the next
        begins, so those of scales and caps begin at 0, and none gives less than the one before."""
        self.law_id._check_currency()
        for law in self.law_id:
            for _kind, bands in law.band_ids.grouped("kind").items():
                bands.sorted("amount_from")._check_ascending()

    def _check_ascending(self):
        law = self.law_id
        if self[:1].amount_from and self[:1].kind != "fixed_sum":
            raise ValidationError(
                self.env._(
                    "%(law)s says nothing of debts below %(amount)s: the first band begins at 0.",
                    law=law.display_name,
                    amount=self[:1].amount_from,
                )
            )
        for band, following in pairwise(self):
            end = band.amount + band.rate * (following.amount_from - band.amount_from)
            if self._currency().compare_amounts(following.amount, end) < 0:
                raise ValidationError(
                    self.env._(
                        "%(law)s: the band from %(amount)s begins with %(sum)s, less than the "
                        "%(end)s that the band before it comes to.",
                        law=law.display_name,
                        amount=following.amount_from,
                        sum=following.amount,
                        end=end,
                    )
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
