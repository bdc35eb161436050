from decimal import Decimal
from typing import NamedTuple

from odoo import api, fields, models
from odoo.addons.account.models.company import MONTH_SELECTION
from odoo.exceptions import UserError

from ..calc import installment as calc

DAYS_TO_FIRST = 7
LONGEST = 600  # installments: fifty years of months


class PlanRow(NamedTuple):
    """An installment as the terms make it; ``amount`` contains ``interest``."""

    day: object
    amount: float
    interest: float

    def values(self):
        """Values of ``recovery.plan.installment``, or of a row of the dialog."""
        return {"date_due": self.day, "amount": self.amount, "amount_interest": self.interest}


class RecoveryPlanTerms(models.AbstractModel):
    """How a plan divides its amount: of the plan itself, and of the dialog that previews it.

    A model that inherits it has ``company_id``, ``partner_id`` and
    ``amount_total``.
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
    interest_rate = fields.Float(
        digits=(16, 6), help="Per year, on what is left. None unless you say so."
    )
    is_interest_doubtful = fields.Boolean(
        compute="_compute_is_interest_doubtful", help="Interest is asked of a consumer."
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

    @api.depends("interest_rate", "partner_id")
    def _compute_is_interest_doubtful(self):
        for record in self:
            is_consumer = record.partner_id.recovery_debtor_type == "consumer"
            record.is_interest_doubtful = is_consumer and record.interest_rate > 0

    def _rows(self):
        """The installments by these terms as ``PlanRow``, the down payment first.

        :raise UserError: the terms make no plan
        """
        self.ensure_one()
        self._check_terms()
        unit = self.currency_id.rounding
        total, down = round(self.amount_total / unit), round(self.down_payment / unit)
        holiday = int(self.holiday_month or 0) or None
        count = self.installment_count
        rows = calc.schedule(total, self.date_first, count, self.frequency, down, holiday)
        bearing = calc.annuity(total - down, Decimal(str(self.interest_rate)), count)
        parts = [(amount, 0) for _day, amount in rows[: len(rows) - count]]
        if self.interest_rate:
            parts += [(row.amount, row.interest) for row in bearing]
        else:
            parts += [(amount, 0) for _day, amount in rows[len(parts) :]]
        money = self.currency_id.round
        return [
            PlanRow(day, money(amount * unit), money(interest * unit))
            for (day, _share), (amount, interest) in zip(rows, parts, strict=True)
        ]

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
        if not 0 <= self.interest_rate < 1:
            return self.env._("The interest is a part of the amount: 0 to 99 percent a year.")
        if self.interest_rate and (self.frequency != "monthly" or self.holiday_month):
            return self.env._("Interest is for equal installments every month, without a pause.")
        if min(self.grace_days, self.cure_days) < 0:
            return self.env._("The days of grace and of cure can't be negative.")
        return ""
