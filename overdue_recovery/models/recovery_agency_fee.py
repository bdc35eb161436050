from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..calc import referral as calc


class RecoveryAgencyFee(models.Model):
    """A row of an agency's contract: a share by amount, or extra points by the age of the debt.

    All rows that begin on one day are one contract, in force until the next one begins. Its bands
    of amounts hold every amount, each once; bands are in the company's currency.
    """

    _name = "recovery.agency.fee"
    _description = "Fee of a Collection Agency"
    _order = "date_from desc, kind desc, amount_from, days_from, id"
    _rec_name = "kind"

    agency_id = fields.Many2one("recovery.agency", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="agency_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date_from = fields.Date(
        string="From",
        required=True,
        default=lambda self: self.env.company._recovery_today(),
        help="First day of the contract that this row belongs to.",
    )
    kind = fields.Selection(
        [("amount", "By amount"), ("age", "Extra by age")], required=True, default="amount"
    )
    amount_from = fields.Monetary(string="Amount from")
    amount_to = fields.Monetary(
        string="Amount to", help="Where the next band begins. 0: no upper end."
    )
    days_from = fields.Integer(
        string="Days from", help="Since the oldest item fell due, when it is placed."
    )
    percent = fields.Float(digits=(6, 3), help="Share of what is collected, or points added to it.")
    fee_minimum = fields.Monetary(
        string="At least", help="The agency takes no less, as soon as something is collected."
    )
    vat_percent = fields.Float(string="VAT (%)", digits=(6, 3), help="On the agency's fee.")

    _percent_range = models.Constraint(
        "CHECK(percent >= 0 AND percent <= 100)", "An agency takes between 0 and 100 %."
    )
    _vat_range = models.Constraint(
        "CHECK(vat_percent >= 0 AND vat_percent <= 100)", "VAT is between 0 and 100 %."
    )
    _not_negative = models.Constraint(
        "CHECK(amount_from >= 0 AND amount_to >= 0 AND days_from >= 0 AND fee_minimum >= 0)",
        "Amounts and days of a fee can't be negative.",
    )

    @api.depends("kind", "percent")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for row in self:
            row.display_name = f"{labels.get(row.kind, '')}: {row.percent:g} %"

    @api.constrains("agency_id", "date_from", "kind", "amount_from", "amount_to", "days_from")
    def _check_contracts(self):
        self.agency_id.fee_ids._check_whole()

    def unlink(self):
        agencies = self.agency_id
        result = super().unlink()
        agencies.fee_ids._check_whole()
        return result

    def _check_whole(self):
        """Refuse contracts with a hole, or with two answers."""
        for (agency, day), rows in self.grouped(lambda row: (row.agency_id, row.date_from)).items():
            rows._check_bands(agency, day)
            ages = rows.filtered(lambda row: row.kind == "age").mapped("days_from")
            if len(ages) != len(set(ages)):
                raise ValidationError(
                    self.env._(
                        "The fees of %(agency)s from %(day)s say twice what an age costs.",
                        agency=agency.display_name,
                        day=day,
                    )
                )

    def _check_bands(self, agency, day):
        unit = agency.currency_id.rounding
        bands = [
            (round(row.amount_from / unit), round(row.amount_to / unit) or None)
            for row in self
            if row.kind == "amount"
        ]
        fault = calc.holes(bands)
        if fault == "hole":
            raise ValidationError(
                self.env._(
                    "The fees of %(agency)s from %(day)s leave a hole: the first band begins at "
                    "0, each ends where the next one begins, and the last one has no end.",
                    agency=agency.display_name,
                    day=day,
                )
            )
        if fault == "overlap":
            raise ValidationError(
                self.env._(
                    "The fees of %(agency)s from %(day)s overlap: each band ends where the next "
                    "one begins.",
                    agency=agency.display_name,
                    day=day,
                )
            )

    def _in_force(self, today):
        """(bands by amount, rows by age), ascending, of the contract in force today."""
        begun = self.filtered(lambda row: row.date_from <= today)
        start = max(begun.mapped("date_from"), default=None)
        rows = begun.filtered(lambda row: row.date_from == start)
        bands = rows.filtered(lambda row: row.kind == "amount").sorted("amount_from")
        ages = rows.filtered(lambda row: row.kind == "age").sorted("days_from")
        return bands, ages

    def _share(self):
        """The percentage of this row as a fraction."""
        return Decimal(str(self.percent)) / 100
