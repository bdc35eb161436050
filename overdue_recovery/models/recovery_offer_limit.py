from odoo import api, fields, models


class RecoveryOfferLimit(models.Model):
    """What people of a role may give up of debts of an age without asking anybody."""

    _name = "recovery.offer.limit"
    _description = "Limit of Offers"
    _order = "kind, role, min_age"
    _rec_name = "kind"

    active = fields.Boolean(default=True)
    kind = fields.Selection(
        [
            ("settlement", "Settlement"),
            ("discount", "Prompt-payment discount"),
            ("waiver", "Fee waiver"),
        ],
        required=True,
    )
    role = fields.Selection(
        [("collector", "Collectors"), ("manager", "Managers")],
        required=True,
        help="Managers may give up what collectors may, too.",
    )
    min_age = fields.Integer(
        string="Overdue for (days)",
        help="Of the youngest item. No row for the age of a debt: it always needs an approval.",
    )
    max_percent = fields.Float(string="At most (%)", required=True)
    source = fields.Char(required=True, help="Who decided it.")

    _age_not_negative = models.Constraint("CHECK(min_age >= 0)", "Days overdue can't be negative.")
    _percent_possible = models.Constraint(
        "CHECK(max_percent >= 0 AND max_percent <= 100)", "A percentage lies between 0 and 100."
    )

    @api.model
    def _allowed(self, kind, roles, age):
        """The most that one of these roles may give up of a debt overdue for ``age`` days, in
        percent; 0: nothing.

        sudo: limits bind whoever asks.
        """
        domain = [("kind", "=", kind), ("role", "in", roles), ("min_age", "<=", age)]
        return max(self.sudo().search(domain).mapped("max_percent"), default=0.0)
