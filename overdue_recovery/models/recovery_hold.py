from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ..calc import demand


class HoldOn(NamedTuple):
    """A hold as measuring needs it: where it is, what it holds in the document's currency (None:
    all) and what ``calc`` knows of it."""

    partner_id: int | None
    move_id: int | None
    move_line_id: int | None
    amount: float | None
    date_from: object
    fact: demand.Hold


class RecoveryHold(models.Model):
    """The only pause there is: of a customer, a document or one item.

    A hold with one of the five lowering reasons (disputed, promised, in plan, in transit, credit
    note coming) lowers what may be demanded by its amount (empty: all). Every other hold stops
    the notice or the charge and leaves the amount as it is. Both ends are included.
    """

    _name = "recovery.hold"
    _description = "Hold"
    _inherit = ["recovery.hold.review", "recovery.hold.private", "mail.thread"]
    _order = "date_from desc, id desc"
    _rec_name = "reason_id"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    partner_id = fields.Many2one(
        "res.partner", string="Customer", index="btree_not_null", ondelete="cascade"
    )
    move_id = fields.Many2one(
        "account.move", string="Document", index="btree_not_null", ondelete="cascade"
    )
    move_line_id = fields.Many2one(
        "account.move.line", string="Item", index="btree_not_null", ondelete="cascade"
    )
    subject = fields.Char(compute="_compute_subject", string="What is on hold")
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    amount = fields.Monetary(help="In the document's currency. Empty: all of it.")
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    amount_held = fields.Monetary(
        string="On hold now",
        currency_field="company_currency_id",
        compute="_compute_amount_held",
        help="Of what is open of the document or item, in company currency.",
    )
    blocks = fields.Selection(
        [("contact", "Contact"), ("charge", "Charges"), ("both", "Contact and charges")],
        compute="_compute_from_reason",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
    )
    reason_id = fields.Many2one(
        "recovery.hold.reason", required=True, index=True, ondelete="restrict", tracking=True
    )
    note = fields.Char()
    date_from = fields.Date(required=True, default=lambda self: self.env.company._recovery_today())
    date_to = fields.Date(string="Until", tracking=True, help="Included. Empty: until it is ended.")
    date_review = fields.Date(
        string="Review",
        compute="_compute_from_reason",
        store=True,
        precompute=True,
        readonly=False,
    )
    representative_id = fields.Many2one(
        "res.partner",
        index="btree_not_null",
        ondelete="set null",
        tracking=True,
        help="Written to instead of the customer. Empty: nobody is, until somebody is named.",
    )
    is_represented = fields.Boolean(related="reason_id.representative_only")
    is_private = fields.Boolean(related="reason_id.is_sensitive")
    cease_contact = fields.Boolean(help="The customer asked us to stop demanding.")
    origin_model = fields.Char(readonly=True, help="What made this hold; empty: a person.")
    origin_id = fields.Many2oneReference(model_field="origin_model", readonly=True)

    _something = models.Constraint(
        "CHECK(num_nonnulls(partner_id, move_id, move_line_id) = 1)",
        "A hold is on a customer, on a document, or on one item: choose exactly one.",
    )
    _dates_in_order = models.Constraint(
        "CHECK(date_to IS NULL OR date_to >= date_from)", "A hold can't end before it begins."
    )

    @api.depends("partner_id", "move_id", "move_line_id")
    def _compute_subject(self):
        for hold in self:
            record = hold.move_line_id or hold.move_id or hold.partner_id
            hold.subject = record.display_name

    @api.depends("move_id", "move_line_id")
    def _compute_currency_id(self):
        for hold in self:
            document = hold.move_line_id or hold.move_id or hold.company_id
            hold.currency_id = document.currency_id

    @api.depends("amount", "move_id.amount_residual", "move_line_id.amount_residual")
    def _compute_amount_held(self):
        """At the rate of the open items; a hold without an amount holds all that is open."""
        for hold in self:
            items = hold.move_line_id or hold.move_id._recovery_lines()
            open_now = sum(items.mapped("amount_residual"))
            in_currency = sum(items.mapped("amount_residual_currency"))
            if hold.amount and in_currency:
                hold.amount_held = open_now * min(1.0, hold.amount / in_currency)
            else:
                hold.amount_held = max(0.0, open_now)

    @api.depends("reason_id")
    def _compute_from_reason(self):
        """What the reason's row proposes; a person may change both."""
        for hold in self:
            if hold.reason_id:
                hold.blocks = hold.reason_id._blocks()
            hold.blocks = hold.blocks or "contact"
            days = hold.reason_id.review_days
            hold.date_review = days and fields.Date.add(hold.date_from, days=days)

    @api.constrains("amount", "partner_id")
    def _check_amount(self):
        for hold in self:
            if hold.amount < 0 or (hold.amount and hold.partner_id):
                raise ValidationError(
                    self.env._(
                        "The amount on hold is above zero and belongs to a document or an item; "
                        "leave it empty to hold all of a customer."
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        holds = super().create(vals_list)
        for hold in holds.filtered("partner_id"):
            if hold.partner_id != hold.partner_id.commercial_partner_id:
                hold.partner_id = hold.partner_id.commercial_partner_id
        holds._touch_cases()
        return holds

    def write(self, vals):
        if "date_review" in vals:
            vals = {"review_asked": False, **vals}
        result = super().write(vals)
        if vals.keys() != {"review_asked"}:
            self._touch_cases()
        return result

    def unlink(self):
        self._touch_cases()
        return super().unlink()

    def action_end(self):
        """End these holds with the day before today; nothing is deleted."""
        for hold in self:
            today = hold.company_id._recovery_today()
            if hold.date_from >= today:
                hold.unlink()
            else:
                hold.date_to = fields.Date.subtract(today, days=1)
        return True

    def _touch_cases(self):
        partners = self._customers()
        self.env["recovery.case.dirty"]._put(
            self.env["recovery.case"].sudo().search([("partner_id", "in", partners.ids)])
        )

    def _customers(self):
        """The debtors that these holds touch."""
        lines = self.move_line_id.partner_id | self.move_id.commercial_partner_id
        return (self.partner_id | lines)._recovery_debtor()

    @api.model
    def _dated_domain(self, day):
        """Holds in force on ``day``, both ends included."""
        return Domain("date_from", "<=", day) & (
            Domain("date_to", "=", False) | Domain("date_to", ">=", day)
        )

    @api.model
    def _in_force_domain(self, companies, day):
        """Holds of these companies in force on ``day`` that stop contact or lower the demand."""
        return self._dated_domain(day) & self._touching_domain(companies)

    @api.model
    def _beginning_domain(self, companies, first, last):
        """Holds of these companies that begin from ``first`` to ``last`` (both included) and stop
        contact or lower the demand."""
        begins = Domain("date_from", ">=", first) & Domain("date_from", "<=", last)
        return begins & self._touching_domain(companies)

    def _touching_domain(self, companies):
        touches = Domain("blocks", "in", ("contact", "both")) | Domain(
            "reason_id.code", "in", tuple(demand.LOWERING)
        )
        # written to instead of the customer: that is no pause
        is_answered_for = Domain("representative_id", "!=", False) & Domain(
            "reason_id.stops_contact", "=", False
        )
        return Domain("company_id", "in", companies.ids) & touches & ~is_answered_for

    @api.model
    def _ceased_domain(self):
        """Holds by which a customer stopped our demands, whatever else they block."""
        return Domain("cease_contact", "=", True)

    @api.model
    def _read_on(self, domain):
        """The holds of a domain as ``HoldOn``, newest first, in one statement: a ledger has many,
        and each chunk of messages looks at its own again."""
        query = self._search(domain, order=self._order)
        reason = query.left_join(self._table, "reason_id", self.reason_id._table, "id", "reason_id")
        self.flush_model()
        self.reason_id.flush_model(["code"])
        names = ["partner_id", "move_id", "move_line_id", "amount", "date_from", "date_to"]
        columns = [SQL.identifier(self._table, name) for name in names]
        rows = self.env.execute_query(query.select(*columns, SQL.identifier(reason, "code")))
        return [
            HoldOn(*place, float(amount) if amount else None, first, demand.Hold(code, None, last))
            for *place, amount, first, last, code in rows
        ]
