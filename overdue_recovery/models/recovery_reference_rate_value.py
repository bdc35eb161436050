from odoo import fields, models


class RecoveryReferenceRateValue(models.Model):
    """One value of a reference rate, in force from its day until the next value's."""

    _name = "recovery.reference.rate.value"
    _inherit = "recovery.law.cached"
    _description = "Value of a Reference Rate"
    _order = "rate_id, valid_from desc, id"
    _rec_name = "valid_from"

    rate_id = fields.Many2one(
        "recovery.reference.rate", required=True, index=True, ondelete="cascade"
    )
    valid_from = fields.Date(required=True)
    rate = fields.Float(
        string="Value", digits=(16, 6), required=True, help="Per year: 0.0215 = 2.15 %."
    )
    source = fields.Char(help="Decision, publication or file that it was taken from.")

    _is_fraction = models.Constraint(
        "CHECK (rate BETWEEN -0.5 AND 0.5)", "A rate is a fraction: 2.15 % is 0.0215."
    )
    _once_a_day = models.UniqueIndex(
        "(rate_id, valid_from)", "A reference rate has one value that begins on a day."
    )
