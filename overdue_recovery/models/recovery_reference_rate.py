from odoo import fields, models
from odoo.exceptions import UserError

from .recovery_law_interest import as_rate


class RecoveryReferenceRate(models.Model):
    """A published rate that laws refer to, with its history.

    Each value holds from its day until the next one. Values are public facts with a source: they
    are added to, and changed only where one was wrong.
    """

    _name = "recovery.reference.rate"
    _inherit = "recovery.law.cached"
    _description = "Reference Rate"
    _order = "code"
    _rec_names_search = ["name", "code"]

    code = fields.Char(required=True, help="Such as ECB-MRO.")
    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    source = fields.Char(required=True, help="Who publishes it, and where.")
    source_url = fields.Char(string="Source Link")
    note = fields.Text(translate=True)
    base_rate_id = fields.Many2one(
        "recovery.reference.rate",
        string="Compared With",
        ondelete="restrict",
        help="This rate follows another one at a fixed distance: values that do not are shown.",
    )
    base_points = fields.Float(
        string="Distance", digits=(16, 6), help="Points above the other rate: -0.0088 = 0.88 below."
    )
    value_ids = fields.One2many("recovery.reference.rate.value", "rate_id", string="Values")
    checked_on = fields.Date(
        string="Verified Up To",
        help="Nothing had changed by this day: a person looked it up at the source.",
    )

    _code_uniq = models.Constraint("UNIQUE (code)", "There is a reference rate of this code.")

    def _rate_on(self, day):
        """The rate in force on ``day``, as Decimal fraction.

        :raise UserError: no value is known for that day
        """
        self.ensure_one()
        value = self.env["recovery.reference.rate.value"].sudo()
        value = value.search(
            [("rate_id", "=", self.id), ("valid_from", "<=", day)],
            order="valid_from desc",
            limit=1,
        )
        if not value:
            raise UserError(
                self.env._(
                    "%(rate)s has no value for %(day)s: enter or import it.",
                    rate=self.display_name,
                    day=day,
                )
            )
        return as_rate(value.rate)
