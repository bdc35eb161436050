from odoo import fields, models


class DunningLevelFeeBand(models.Model):
    """One band of a level's tiered fee, from an amount on."""

    _name = "dunning.level.fee.band"
    _description = "Fee Band of a Level"
    _order = "level_id, amount_from, id"

    level_id = fields.Many2one("dunning.level", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="level_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount_from = fields.Monetary(
        string="From", help="Of what the notice demands and may be charged; the amount included."
    )
    fixed = fields.Monetary(string="Sum")
    percent = fields.Float(digits=(16, 4), help="Of the amount: 0.02 = 2 %.")

    _amount_uniq = models.Constraint(
        "UNIQUE (level_id, amount_from)", "Two bands of a level begin at the same amount."
    )
    _not_negative = models.Constraint(
        "CHECK(amount_from >= 0 AND fixed >= 0 AND percent >= 0 AND percent <= 1)",
        "The amounts and shares (0 to 1) of a fee band can't be negative.",
    )
