from odoo import fields, models
from odoo.addons.account.models.company import MONTH_SELECTION
from odoo.exceptions import UserError

from ..calc import installment as calc

DAYS_TO_FIRST = 7
LONGEST = 600  # installments: fifty years of months


class RecoveryPlanTerms(models.AbstractModel):
    """How a plan divides its amount: of the plan itself, and of the dialog that previews it.

    A model that inherits it has ``company_id`` and ``amount_total``.
    """

    _name = "recovery.plan.terms"
    _description = "Payment Plan: terms"

    currency_id = fields.Many2one("res.currency")
    frequency = fields.Selection(
        [
            ("weekly", "Every week"),
            ("biweekly", "Every two weeks"),
            ("monthly", "Every month"),
            ("quarterly", "Every three months"),
            ("own", "On own dates"),
        ],
        default="monthly",
        required=True,
    )
    date_first = fields.Date(
        string="First payment",
        required=True,
        default=lambda self: fields.Date.add(
            self.env.company._recovery_today(), days=DAYS_TO_FIRST
        ),
        help="Day of the down payment, else of the first installment.",
    )
    installment_count = fields.Integer(
        string="Installments", default=3, required=True, help="The down payment comes on top."
    )
    down_payment = fields.Monetary(help="Paid on the first day; part of the amount.")
    holiday_month = fields.Selection(
        MONTH_SELECTION,
        string="No payment in",
        help="What would fall due in this month, and all that follows, comes later.",
    )
    grace_days = fields.Integer(
        string="Grace",
        default=lambda self: self.env.company.recovery_plan_grace_days,
        help="Days that an installment may be late before the plan is defaulted.",
    )
    cure_days = fields.Integer(
        string="Days to cure",
        default=lambda self: self.env.company.recovery_plan_cure_days,
        help="Days after the default within which the plan goes on when all that is due is paid.",
    )

    def _rows(self):
        """[(day, amount)] of the installments by these terms, the down payment first.

        :raise UserError: the terms make no plan
        """
        self.ensure_one()
        self._check_terms()
        unit = self.currency_id.rounding
        rows = calc.schedule(
            round(self.amount_total / unit),
            self.date_first,
            self.installment_count,
            self.frequency,
            round(self.down_payment / unit),
            int(self.holiday_month or 0) or None,
        )
        return [(day, self.currency_id.round(units * unit)) for day, units in rows]

    def _check_terms(self):
        """Refuse terms by which nobody can pay."""
        objection = self._objection()
        if objection:
            raise UserError(objection)

    def _objection(self):
        """Why these terms make no plan, in words; nothing when they do."""
        count = self.installment_count
        rest = self.amount_total - self.down_payment
        if not 1 <= count <= LONGEST:
            return self.env._("A plan has 1 to %(most)s installments.", most=LONGEST)
        if self.down_payment < 0 or rest <= 0:
            return self.env._(
                "The down payment is less than the %(total)s that the plan is about, and not less "
                "than nothing.",
                total=self.currency_id.format(self.amount_total),
            )
        if rest / count < self.currency_id.rounding:
            return self.env._(
                "%(rest)s can't be divided into %(count)s installments.",
                rest=self.currency_id.format(rest),
                count=count,
            )
        if not self.date_first:
            return self.env._("Say on which day the first payment is due.")
        if min(self.grace_days, self.cure_days) < 0:
            return self.env._("The days of grace and of cure can't be negative.")
        return ""
