from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class RecoveryPlanLimits(models.AbstractModel):
    """What a customer may ask for by itself; a person may agree on anything."""

    _name = "recovery.plan.limits"
    _description = "Payment Plan: limits of what a customer asks for"

    def _check_limits(self, limits=None):
        """Refuse a plan outside what a customer may ask for.

        :param limits: ``PlanLimits``; default: the company's
        :raise UserError: saying what would be allowed
        """
        for plan in self:
            objection = plan._limit_objection(limits or plan.company_id._recovery_plan_limits())
            if objection:
                raise UserError(objection)

    def _limit_objection(self, limits):
        """Why it is outside these limits, in words; nothing when it is inside."""
        rows = self.installment_ids
        if limits.count and len(rows) > limits.count + bool(self.down_payment):
            return self.env._("Choose at most %s installments.", limits.count)
        last = fields.Date.add(self.company_id._recovery_today(), months=limits.months)
        if limits.months and rows[-1:].date_due > last:
            return self.env._(
                "The last installment is on %s at the latest.", format_date(self.env, last)
            )
        return self._amount_objection(limits)

    def _amount_objection(self, limits):
        rows, currency = self.installment_ids, self.currency_id
        least = self._in_own_currency(limits.minimum)
        if currency.compare_amounts(min(rows.mapped("amount")), least) < 0:
            return self.env._("Each installment is at least %s.", currency.format(least))
        first = currency.round(self.amount_total * limits.first_percent / 100)
        if currency.compare_amounts(rows[:1].amount, first) < 0:
            return self.env._("The first payment is at least %s.", currency.format(first))
        return ""

    def _is_accepted_at_once(self):
        """Whether a customer's request inside the limits begins without a person."""
        limits = self.company_id._recovery_plan_limits()
        allowed = self._in_own_currency(limits.accepted)
        small = self.currency_id.compare_amounts(self.amount_total, allowed) <= 0
        return small and not self._limit_objection(limits)

    def _in_own_currency(self, amount):
        """An amount of the company in the plan's currency, at today's rate."""
        company = self.company_id
        return company.currency_id._convert(
            amount, self.currency_id, company, company._recovery_today()
        )
