from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..calc import charge


def to_units(amount, currency):
    """An amount as number of rounding units of its currency."""
    return round(amount / currency.rounding)


class RecoveryLawCost(models.AbstractModel):
    """Fixed sums, fees and their limits, and the days a reminder must wait for its charge.

    Amounts come and go as ``int`` in rounding units of the item's currency; the row's own stand in
    its currency and are converted at the day's rate.
    """

    _name = "recovery.law.cost"
    _description = "Law: fixed sums and fees"

    currency_id = fields.Many2one(
        "res.currency",
        help="Of the amounts in this row. Items in other currencies are converted at the rate of "
        "the day.",
    )
    fixed_sum_per = fields.Selection(
        [("invoice", "Each late item"), ("notice", "Each notice")],
        string="Fixed Sum For",
        required=True,
        default="invoice",
    )
    scale_minimum = fields.Monetary(string="Scale: At Least")
    scale_maximum = fields.Monetary(
        string="Scale: At Most", help="Of a scale or a cap. 0: no limit."
    )
    first_reminder_free = fields.Boolean(
        help="Nothing is charged before a reminder after the due date was sent and its waiting "
        "days are over."
    )
    waiting_days = fields.Integer(
        help="Whole days after the free reminder; charges begin on the day after the last one."
    )
    waiting_post_days = fields.Integer(
        string="Working days of post",
        help="The waiting days of a letter begin on this working day after it was sent. 0: as "
        "for other channels, on the next day.",
    )
    fee_max_amount = fields.Monetary(string="Fees: Most in All", help="0: no limit.")
    fee_max_count = fields.Integer(string="Fees: Most", help="Fees of one item. 0: no limit.")
    fee_min_days = fields.Integer(string="Fees: Days Between", help="0: no limit.")
    needs_agreement = fields.Boolean(
        string="Only if agreed",
        help="Charged only to customers with an agreement, from its date on (see the customer).",
    )
    consumer_notice = fields.Boolean(
        help="The invoice must tell the consumer what being late means; the text below is printed "
        "on it."
    )
    consumer_notice_text = fields.Text(translate=True)
    is_taxable = fields.Boolean(
        string="Taxed",
        help="Fees and fixed sums contain the tax of sales. In most countries they are damages and "
        "bear none; interest never does.",
    )

    _cost_not_negative = models.Constraint(
        "CHECK (scale_minimum >= 0 AND scale_maximum >= 0 AND fee_max_amount >= 0"
        " AND fee_max_count >= 0 AND fee_min_days >= 0)",
        "Limits of fees and scales can't be negative.",
    )
    _cost_limits_in_order = models.Constraint(
        "CHECK (scale_maximum = 0 OR scale_minimum <= scale_maximum)",
        "The least of a scale is not more than the most.",
    )
    _waiting_within_a_year = models.Constraint(
        "CHECK (waiting_days BETWEEN 0 AND 366 AND waiting_post_days BETWEEN 0 AND 30)",
        "Waiting days are a number from 0 to 366, working days of post from 0 to 30.",
    )

    @api.constrains("currency_id", "band_ids", "scale_minimum", "scale_maximum", "fee_max_amount")
    def _check_currency(self):
        """Amounts need a currency: the same figure means another sum in another one."""
        for law in self.filtered(lambda law: not law.currency_id):
            amounts = (law.band_ids, law.scale_minimum, law.scale_maximum, law.fee_max_amount)
            if any(amounts):
                raise ValidationError(
                    self.env._("Say in which currency the amounts of %s are.", law.display_name)
                )

    @api.constrains("consumer_notice", "consumer_notice_text")
    def _check_consumer_notice(self):
        for law in self.filtered("consumer_notice"):
            if not law.consumer_notice_text:
                raise ValidationError(
                    self.env._("Write the notice to consumers of %s.", law.display_name)
                )

    def _fixed_sum(self, amount, currency, day):
        """What is owed once for being late with ``amount``: the bands of fixed sums, or the scale.

        :param amount: int, rounding units of ``currency``
        :param day: date of the exchange rate
        :return: (units, proof); (0, {}) when the row gives none
        """
        self.ensure_one()
        for kind in ("fixed_sum", "scale"):
            if kind in self.band_ids.mapped("kind"):
                return self._sum_of(kind, amount, currency, day)
        return 0, {}

    def _law_fee(self, amount, currency, day):
        """What a fee "as the law allows" comes to: the whole of the cap; (0, {}) without one."""
        self.ensure_one()
        if "cap" not in self.band_ids.mapped("kind"):
            return 0, {}
        return self._sum_of("cap", amount, currency, day)

    def _sum_of(self, kind, amount, currency, day):
        """(units, proof) of the bands of one kind, reckoned in the row's own currency. Nothing
        without a debt, nor without an exchange rate that somebody entered."""
        own = self.currency_id or currency
        if amount <= 0 or not self._knows_rates(own | currency):
            return 0, {}
        base = self._convert_units(amount, currency, own, day)
        bands = self.band_ids.filtered(lambda band: band.kind == kind).sorted("amount_from")
        if kind == "fixed_sum":
            found = charge.fixed_sum(base, [step[:2] for step in bands._steps()])
        else:
            limits = self._limits_of(kind, own)
            found = charge.scale(base, bands._steps(), *limits)
        units = self._convert_units(found, own, currency, day)
        exchanged = self._exchange_proof(own, currency, day)
        return units, {**self._sum_proof(kind, base, found, own), **exchanged}

    def _exchange_proof(self, source, target, day):
        """At which rate an amount of the row was converted; empty where it was not."""
        if source == target:
            return {}
        rate = source._get_conversion_rate(source, target, self.env.company, day)
        return {"exchange_rate": str(rate), "exchange_day": day.isoformat()}

    def _limits_of(self, kind, currency):
        """(least, most) of a scale or a cap, in rounding units; a cap has no least."""
        least = to_units(self.scale_minimum, currency) if kind == "scale" else 0
        return least, to_units(self.scale_maximum, currency) or None

    def _sum_proof(self, kind, base, found, currency):
        """How a sum came about: which rule, on which amount, in the currency of the row."""
        bands = self.band_ids.filtered(lambda band: band.kind == kind).sorted("amount_from")
        return {
            **self._source_proof(),
            "rule": kind,
            "currency": currency.name,
            "base": base,
            "result": found,
            "bands": [[*step[:2], f"{step[2].normalize():f}"] for step in bands._steps()],
            "limits": list(self._limits_of(kind, currency)),
        }

    def _knows_rates(self, currencies):
        """Whether amounts can be converted between them: without a rate core takes one for one."""
        company = self.env.company
        strange = currencies - company.currency_id
        if len(currencies) < 2:
            return True
        rates = self.env["res.currency.rate"].sudo()
        domain = [
            ("currency_id", "in", strange.ids),
            ("company_id", "in", [False, company.root_id.id]),
        ]
        groups = rates._read_group(domain, ["currency_id"])
        return len(groups) == len(strange)

    def _convert_units(self, units, source, target, day):
        amount = source._convert(units * source.rounding, target, self.env.company, day)
        return to_units(amount, target)

    def _capped_fee(self, fee, earlier, amount, currency, day):
        """What is left of a fee when the limits of this row are kept.

        :param fee: int, rounding units of ``currency``
        :param earlier: [(date, units)] of the fees and fixed sums of the same claim that stand
        :param amount: int, the debt that the cap is reckoned on
        :param day: date of the fee and of the exchange rate
        :return: units from 0 to ``fee``
        """
        self.ensure_one()
        if self._too_many(earlier) or self._too_soon(earlier, day):
            return 0
        spent = sum(units for _date, units in earlier)
        rests = [most - spent for most in self._most_fees(amount, currency, day)]
        return max(0, min([fee, *rests]))

    def _too_many(self, earlier):
        return bool(self.fee_max_count) and len(earlier) >= self.fee_max_count

    def _too_soon(self, earlier, day):
        last = max((date for date, _units in earlier), default=None)
        return bool(last) and (day - last).days < self.fee_min_days

    def _most_fees(self, amount, currency, day):
        """The limits of all fees of a claim, in rounding units of ``currency``."""
        limits = []
        if "cap" in self.band_ids.mapped("kind"):
            limits.append(self._sum_of("cap", amount, currency, day)[0])
        if self.fee_max_amount:
            own = self.currency_id or currency
            known = self._knows_rates(own | currency)
            most = to_units(self.fee_max_amount, own)
            limits.append(self._convert_units(most, own, currency, day) if known else 0)
        return limits

    def _received_on(self, handed_over_on, channel, partner):
        """The day on which a reminder counts as received: that of its hand-over; of a letter the
        day before the working day on which its waiting days begin.

        :param partner: res.partner whose country's working days count
        """
        if channel != "letter" or not self.waiting_post_days:
            return handed_over_on
        first = partner._recovery_add_working_days(handed_over_on, self.waiting_post_days)
        return first - timedelta(days=1)

    def _chargeable_from(self, handed_over_on, channel, partner):
        """The first day on which a charge may be made after a (free) reminder.

        The waiting days are whole days; the first is the day after the hand-over, of a letter the
        third working day after it where the row says so. Charges begin after the last one.
        """
        self.ensure_one()
        received = self._received_on(handed_over_on, channel, partner)
        return received + timedelta(days=self.waiting_days + 1)
