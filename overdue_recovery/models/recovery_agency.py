from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import format_date

from ..calc import charge
from ..calc import referral as calc


class RecoveryAgency(models.Model):
    """A collection agency that a company works with: what it may do, and what it takes.

    Nothing new is placed with an agency whose review is over, or with a debtor outside of its
    jurisdictions. Its fees are dated rows; what is placed keeps the terms of its day.
    """

    _name = "recovery.agency"
    _description = "Collection Agency"
    _inherit = [
        "recovery.agency.secret",
        "recovery.agency.connector",
        "recovery.agency.manual",
        "recovery.agency.rest",
        "recovery.agency.event",
        "mail.thread",
    ]
    _order = "sequence, id"
    _rec_name = "partner_id"
    _check_company_auto = True

    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one(
        "res.partner", string="Agency", required=True, index=True, ondelete="restrict"
    )
    contact_id = fields.Many2one(
        "res.partner",
        index="btree_not_null",
        ondelete="set null",
        help="The person who looks after what we place.",
    )
    connector = fields.Selection(
        [("manual", "By hand"), ("rest", "REST")],
        default="manual",
        required=True,
        help="How referrals reach the agency, and its news reach us.",
    )
    licence = fields.Char(tracking=True, help="Number and authority of its registration.")
    country_ids = fields.Many2many(
        "res.country",
        string="Jurisdictions",
        help="Countries of debtors that its licence reaches. Empty: any.",
    )
    date_reviewed_until = fields.Date(
        string="Reviewed until",
        tracking=True,
        help="The last day on which something new is placed with it. Empty: never reviewed.",
    )
    is_reviewed = fields.Boolean(compute="_compute_is_reviewed")
    amount_minimum = fields.Monetary(
        string="Smallest referral", help="Referrals of less are not placed with it."
    )
    wants_invoices = fields.Boolean(string="Wants invoices", default=True)
    wants_notices = fields.Boolean(string="Wants notices as sent", default=True)
    documents_note = fields.Char(
        string="Further documents", help="What else it wants, such as orders or delivery notes."
    )
    unpaid_charges = fields.Selection(
        [("handed_over", "Are handed over"), ("reversed", "Are reversed")],
        string="Our unpaid charges",
        default="handed_over",
        required=True,
        help="Reversed: the agency asks for its own costs instead.",
    )
    exclusivity_months = fields.Integer(
        string="Exclusive for (months)",
        help="What is placed with it goes to no other agency for so long.",
    )
    recall_fixed = fields.Monetary(string="Recall, fixed", help="What each recall costs.")
    recall_percent = fields.Float(
        string="Recall, share (%)",
        help="What a recall costs of what is open, while the agency has the exclusive right.",
    )
    expected_percent = fields.Float(
        string="Usually collects (%)",
        default=100.0,
        help="How much of what is placed comes in, for comparing agencies.",
    )
    fee_ids = fields.One2many("recovery.agency.fee", "agency_id", string="Fees")
    field_ids = fields.One2many(
        "recovery.agency.field",
        "agency_id",
        string="Fields",
        copy=True,
        help="Which of our words stand where in the agency's. Empty: all, in our own.",
    )
    call_ids = fields.One2many("recovery.outbox", "agency_id", string="Calls")
    referral_ids = fields.One2many("recovery.referral", "agency_id", string="Referrals")
    referral_count = fields.Integer(compute="_compute_referral_count")

    _months_positive = models.Constraint(
        "CHECK(exclusivity_months >= 0)", "The months of exclusivity can't be negative."
    )
    _amounts_positive = models.Constraint(
        "CHECK(amount_minimum >= 0 AND recall_fixed >= 0)", "Amounts can't be negative."
    )
    _shares = models.Constraint(
        "CHECK(recall_percent BETWEEN 0 AND 100 AND expected_percent BETWEEN 0 AND 100)",
        "Shares go from 0 to 100 %.",
    )

    @api.depends("date_reviewed_until", "company_id")
    def _compute_is_reviewed(self):
        for agency in self:
            until = agency.date_reviewed_until
            agency.is_reviewed = bool(until) and until >= agency.company_id._recovery_today()

    def _compute_referral_count(self):
        groups = self.env["recovery.referral"]._read_group(
            [("agency_id", "in", self.ids)], ["agency_id"], ["__count"]
        )
        counts = dict(groups)
        for agency in self:
            agency.referral_count = counts.get(agency, 0)

    def action_view_referrals(self):
        """Open what was placed with this agency."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "overdue_recovery.recovery_referral_action"
        )
        return {**action, "domain": [("agency_id", "=", self.id)], "context": {}}

    # -- what it takes ---------------------------------------------------------------------

    def _terms(self, amount, currency, date_due, today):
        """What the contract in force today says of a debt.

        :param amount: in ``currency``, above zero
        :param date_due: of its oldest item
        :return: dict of ``fee_percent``, ``fee_minimum`` (in ``currency``) and ``vat_percent``;
            None when no fees are agreed for today
        """
        self.ensure_one()
        bands, surcharges = self.fee_ids._in_force(today)
        if not bands:
            return None
        own = self.currency_id
        value = currency._convert(amount, own, self.company_id, today)
        share = calc.rate(
            round(value / own.rounding),
            max(0, (today - date_due).days),
            [(round(row.amount_from / own.rounding), row._share()) for row in bands],
            [(row.days_from, row._share()) for row in surcharges],
        )
        band = bands.filtered(lambda row: row.amount_from <= value)[-1:] or bands[:1]
        return {
            "fee_percent": float(100 * share),
            "fee_minimum": own._convert(band.fee_minimum, currency, self.company_id, today),
            "vat_percent": band.vat_percent,
        }

    def _expected_net(self, amount, currency, terms):
        """What is left for us if the agency collects what it usually does; VAT that we deduct
        costs nothing. None without terms."""
        if not terms:
            return None
        unit = currency.rounding
        expected = round(amount * self.expected_percent / 100 / unit)
        fee, vat, remitted = commission(expected, terms, round(terms["fee_minimum"] / unit))
        is_deducted = self.company_id._recovery_agency_vat_account(terms["vat_percent"])
        return (remitted + (vat if is_deducted else 0)) * unit

    def _next_cliff(self, date_due, today):
        """(first dearer day, points in percent) as the age of the debt makes it, or None."""
        _bands, surcharges = self.fee_ids._in_force(today)
        cliff = calc.next_cliff(
            date_due, today, [(row.days_from, row._share()) for row in surcharges]
        )
        return cliff and (cliff[0], float(100 * cliff[1]))

    def _cliff_text(self, date_due, today):
        """“Before 4 Feb: 10 points cheaper.”, or nothing when age makes it no dearer."""
        cliff = self._next_cliff(date_due, today)
        if not cliff:
            return ""
        day, points = cliff
        return self.env._(
            "Before %(day)s: %(points)s points cheaper.",
            day=format_date(self.env, day, date_format="d MMM"),
            points=f"{points:g}",
        )


def commission(amount, terms, missing=0):
    """(fee, VAT, remitted) of a payment in rounding units, by the terms of a referral.

    :param missing: of the agency's minimum fee
    """
    share = Decimal(str(terms["fee_percent"])) / 100
    vat = Decimal(str(terms["vat_percent"])) / 100
    return charge.commission(amount, calc.bearable_rate(amount, share, vat, missing), vat)
