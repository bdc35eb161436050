from decimal import Decimal
from fractions import Fraction

from odoo import fields, models

from ..calc import charge


class DunningLevelFee(models.AbstractModel):
    """What a notice of this level costs the customer, where policy and law allow it."""

    _name = "dunning.level.fee"
    _description = "Level: its fee"

    currency_id = fields.Many2one("res.currency")
    fee_type = fields.Selection(
        [
            ("none", "None"),
            ("fixed", "Fixed amount"),
            ("percent", "Percent"),
            ("tiered", "By bands"),
            ("law", "What the law row allows"),
        ],
        string="Fee",
        default="none",
        required=True,
        help="Once for each notice of this level. “What the law row allows”: its fixed sum once "
        "for each item, and its own fee.",
    )
    fee_amount = fields.Monetary(string="Fee amount")
    fee_percent = fields.Float(
        string="Fee percent", digits=(16, 4), help="Of what may be charged: 0.01 = 1 %."
    )
    fee_accumulated = fields.Boolean(
        string="Add up the bands",
        help="Every band reached gives its sum and its percentage of the part that lies in it. "
        "Off: the last band reached counts for the whole amount.",
    )
    fee_minimum = fields.Monetary(string="Fee at least", help="0: no limit.")
    fee_maximum = fields.Monetary(string="Fee at most", help="0: no limit.")
    charge_interest = fields.Boolean(
        string="Interest", help="Notices of this level charge the interest that the law row gives."
    )

    def _own_fee(self, amount):
        """The fee of a notice of this level by its own terms, before any limit of a law.

        :param amount: int, what may be charged of its items, in rounding units of the company's
            currency
        :return: (units, proof); (0, {}) when the level has no fee of its own
        """
        self.ensure_one()
        if self.fee_type in ("none", "law"):
            return 0, {}
        computed = getattr(self, f"_fee_{self.fee_type}")(amount)
        # the law's limit is another one, and comes later
        units = max(computed, self._fee_units(self.fee_minimum))
        if self.fee_maximum:
            units = min(units, self._fee_units(self.fee_maximum))
        return units, {
            "type": self.fee_type,
            "base": amount,
            "fixed": self._fee_units(self.fee_amount),
            "percent": str(_share(self.fee_percent)),
            "tiers": [[start, fixed, str(rate)] for start, fixed, rate in self._fee_tiers()],
            "accumulated": self.fee_accumulated,
            "minimum": self._fee_units(self.fee_minimum),
            "maximum": self._fee_units(self.fee_maximum) or None,
            "computed": computed,
        }

    def _fee_fixed(self, _amount):
        return self._fee_units(self.fee_amount)

    def _fee_percent(self, amount):
        return int(Fraction(_share(self.fee_percent)) * amount + Fraction(1, 2))

    def _fee_tiered(self, amount):
        return charge.tiered(amount, self._fee_tiers(), self.fee_accumulated)

    def _fee_tiers(self):
        """The bands as ``calc.charge.tiered`` takes them; none but for a tiered fee."""
        if self.fee_type != "tiered":
            return []
        return [
            (self._fee_units(band.amount_from), self._fee_units(band.fixed), _share(band.percent))
            for band in self.fee_band_ids.sorted("amount_from")
        ]

    def _fee_units(self, amount):
        return round(amount / self.currency_id.rounding)


def _share(value):
    """A share out of the database as Decimal, without the dust of floats."""
    return Decimal(str(round(value or 0.0, 8)))
