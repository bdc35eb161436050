from odoo import api, fields, models
from odoo.tools import formatLang

from .recovery_law_interest import percent

ORDERS = [
    ("costs,interest,principal", "Costs, interest, principal"),
    ("interest,costs,principal", "Interest, costs, principal"),
    ("interest,principal,costs", "Interest, principal, costs"),
    ("principal,interest,costs", "Principal, interest, costs"),
    ("principal,costs,interest", "Principal, costs, interest"),
    ("costs,principal,interest", "Costs, principal, interest"),
]


class RecoveryLawTerms(models.AbstractModel):
    """What a row says to others: in which order money counts, where the rule stands, and the
    sentence that tells a debtor."""

    _name = "recovery.law.terms"
    _description = "Law: terms"

    allocation_order = fields.Selection(
        ORDERS,
        string="Money Pays First",
        required=True,
        default="costs,interest,principal",
        help="Where neither the customer nor an agreement says what a payment is for.",
    )
    terms = fields.Text(compute="_compute_terms", help="As printed for customers.")

    @api.depends("interest_kind", "interest_rate", "reference_rate_id", "reference_points")
    @api.depends("default_start", "default_days", "currency_id", "scale_minimum", "scale_maximum")
    @api.depends("band_ids.kind", "band_ids.amount", "first_reminder_free", "waiting_days")
    @api.depends_context("lang")
    def _compute_terms(self):
        for law in self:
            law.terms = law._terms_sentence()

    def _allocation(self):
        """The kinds of debt in the order in which money pays them; of no row, the usual one."""
        order = self.allocation_order or ORDERS[0][0]
        return tuple(order.split(","))

    def _source_proof(self):
        """Where the rule stands, for the proof of a charge."""
        self.ensure_one()
        return {
            "law": self.code,
            "valid_from": fields.Date.to_string(self.valid_from),
            "source": self.source,
            "url": self.source_url or "",
        }

    def _terms_sentence(self):
        """What is charged for being late, as one sentence in the language of the context; empty
        when nothing is."""
        self.ensure_one()
        parts = [self._interest_terms(), self._fixed_sum_terms(), self._cap_terms()]
        parts = [part for part in parts if part]
        if not parts:
            return ""
        what = self.env._(" and ").join(parts)
        if not self.first_reminder_free:
            return self.env._("If you pay late, we charge %s.", what)
        if not self.waiting_days:
            return self.env._("If you pay only after a first, free reminder, we charge %s.", what)
        return self.env._(
            "If you have not paid %(days)s days after a first, free reminder, we charge %(what)s.",
            days=self.waiting_days,
            what=what,
        )

    def _interest_terms(self):
        """Which interest is charged, from when; empty: none."""
        if self.interest_kind == "none":
            return ""
        rate = self._rate_terms()
        days = self.default_days
        return {
            "due_date": self.env._("interest at %s from the day after the due date", rate),
            "due_days": self.env._(
                "interest at %(rate)s from %(days)s days after the due date", rate=rate, days=days
            ),
            "invoice_days": self.env._(
                "interest at %(rate)s from %(days)s days after the invoice", rate=rate, days=days
            ),
            "notice": self.env._("interest at %s, running from the first reminder", rate)
            if not days
            else self.env._(
                "interest at %(rate)s, running from %(days)s days after the first reminder",
                rate=rate,
                days=days,
            ),
        }[self.default_start]

    def _rate_terms(self):
        """The yearly rate in words: a figure, or points above a reference rate."""
        if self.interest_kind == "fixed":
            return self.env._("%s a year", percent(self.interest_rate))
        points = percent(self.reference_points).removesuffix(" %")
        return self.env._(
            "%(points)s percentage points a year above the reference rate “%(rate)s”",
            points=points,
            rate=self.sudo().reference_rate_id.name,
        )

    def _fixed_sum_terms(self):
        """The fixed sum, or the scale; empty: none."""
        sums = self.band_ids.filtered(lambda band: band.kind == "fixed_sum").mapped("amount")
        if sums and min(sums) == max(sums):
            return self.env._("a fixed sum of %s", self._money(sums[0]))
        if sums:
            return self.env._(
                "a fixed sum of %(least)s to %(most)s, depending on the amount",
                least=self._money(min(sums)),
                most=self._money(max(sums)),
            )
        if "scale" not in self.band_ids.mapped("kind"):
            return ""
        if not self.scale_maximum:
            return self.env._("costs of collection by the statutory scale")
        return self.env._(
            "costs of collection by the statutory scale, %(least)s to %(most)s",
            least=self._money(self.scale_minimum),
            most=self._money(self.scale_maximum),
        )

    def _cap_terms(self):
        """What fees come to at most; empty: the row has no cap."""
        sums = self.band_ids.filtered(lambda band: band.kind == "cap").sorted("amount_from")
        if not sums:
            return ""
        return self.env._(
            "a compensation within the limits of the law, from %s", self._money(sums[:1].amount)
        )

    def _money(self, amount):
        return formatLang(self.env, amount, currency_obj=self.currency_id)
