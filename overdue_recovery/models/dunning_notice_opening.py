from odoo import api, fields, models

from .dunning_message_batch import demanded_by_currency, oldest_first


class DunningNoticeOpening(models.AbstractModel):
    """The first sentence of a message: what is owed, and since when."""

    _name = "dunning.notice.opening"
    _description = "Notice: first sentence"

    opening = fields.Char(
        string="First sentence",
        compute="_compute_opening",
        compute_sudo=True,
        help="What is owed, and since when.",
    )

    @api.depends("line_ids.amount_demanded", "line_ids.date_due", "line_ids.days_overdue")
    @api.depends_context("lang")
    def _compute_opening(self):
        for notice in self._together():
            notice.opening = notice._opening_sentence()

    def _opening_sentence(self):
        """What is owed now, in each currency, and since when or until when."""
        amounts = self._demanded_amounts()
        lines = [line for line in self._lines_to_pay() if not line.is_charge]
        overdue = [line for line in lines if line.days_overdue > 0]
        dates = [line.date_due for line in overdue or lines if line.date_due]
        if not amounts or not dates:
            return ""
        values = {"amount": self._enumerate(amounts), "date": self._long_date(min(dates))}
        several = len(amounts) > 1
        if not overdue:
            return self._opening_before_due(several, values)
        if len(overdue) < len(lines):
            return self._opening_partly_overdue(several, values)
        if several:
            return self.env._(
                "%(amount)s are open on your account, overdue since %(date)s.", **values
            )
        return self.env._("%(amount)s is open on your account, overdue since %(date)s.", **values)

    def _opening_before_due(self, several, values):
        if several:
            return self.env._("%(amount)s on your account fall due on %(date)s.", **values)
        return self.env._("%(amount)s on your account falls due on %(date)s.", **values)

    def _opening_partly_overdue(self, several, values):
        if several:
            return self.env._(
                "%(amount)s are open on your account, a part of it overdue since %(date)s.",
                **values,
            )
        return self.env._(
            "%(amount)s is open on your account, a part of it overdue since %(date)s.", **values
        )

    def _lines_to_pay(self):
        """Lines of which something is demanded now, the oldest first."""
        return oldest_first(
            line
            for line in self._message_lines()
            if line.kind in ("rising", "listed") and line.amount_demanded > 0
        )

    def _demanded_amounts(self):
        """The sums demanded as text, the company's currency first."""
        totals = demanded_by_currency(self._message_lines(), self._message_charges())
        owed = {currency: sum_ for currency, sum_ in totals.items() if sum_ > 0}
        return [self._money(owed[currency], currency) for currency in self._own_first(owed)]

    def _own_first(self, currencies):
        """Currencies in the order of a message: the company's, then by name."""
        own = self.company_id.currency_id
        return sorted(currencies, key=lambda currency: (currency != own, currency.name))
