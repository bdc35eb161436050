from odoo import api, fields, models
from odoo.fields import Domain


class RecoveryDeputyMixin(models.AbstractModel):
    """Customers with an owner (``user_id``), whom a deputy looks after while the owner is away."""

    _name = "recovery.deputy.mixin"
    _description = "Owned customers, with deputies"

    is_mine = fields.Boolean(
        compute="_compute_deputy",
        search="_search_is_mine",
        string="Mine",
        help="Yours, or of somebody whose deputy you are today.",
    )
    deputy_id = fields.Many2one(
        "res.users",
        compute="_compute_deputy",
        help="Looks after it today, because its owner is away.",
    )

    @api.depends("user_id")
    @api.depends_context("uid")
    def _compute_deputy(self):
        absences = self.env["recovery.absence"]
        deputies, mine = absences._deputies(), absences._mine()
        for record in self:
            record.is_mine = record.user_id.id in mine
            record.deputy_id = deputies.get(record.user_id.id, False)

    def _search_is_mine(self, operator, value):
        if operator != "in":
            return NotImplemented
        mine = Domain("user_id", "in", self.env["recovery.absence"]._mine())
        return Domain.OR(mine if wanted else ~mine for wanted in set(value))
