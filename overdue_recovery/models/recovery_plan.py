from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from ..calc import installment as calc
from .recovery_plan_judge import LIVE

#: What makes the installments, and what else may be changed before a plan is offered.
TERMS = {
    "frequency",
    "date_first",
    "installment_count",
    "down_payment",
    "holiday_month",
    "interest_rate",
}
DRAFT = TERMS | {"installment_ids", "grace_days", "cure_days", "credits_aside", "payment_token_id"}
EDITABLE = ("draft", "requested")


class RecoveryPlan(models.Model):
    """An agreement to pay open items in installments.

    Its items rest from activation to the end, each with all that was open of it; posted entries
    never change. What is paid of the installments is what the items went down by. The amount is
    the items', the down payment included; debt on top of it stays outside.
    """

    _name = "recovery.plan"
    _description = "Payment Plan"
    _inherit = [
        "recovery.plan.terms",
        "recovery.plan.judge",
        "recovery.plan.autopay",
        "recovery.plan.message",
        "recovery.plan.limits",
        "recovery.plan.interest",
        "recovery.arrangement.mixin",
        "recovery.state.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "id desc"
    _log_kind = "plan"
    _transitions = {
        "draft": {"requested", "offered", "cancelled"},
        "requested": {"offered", "active", "rejected", "cancelled"},
        "offered": {"active", "rejected", "expired", "cancelled"},
        "active": {"completed", "defaulted", "needs_review", "cancelled"},
        "defaulted": {"active", "completed", "cancelled"},
        "needs_review": {"active", "cancelled"},
        "completed": {"active"},
        "rejected": set(),
        "expired": set(),
        "cancelled": set(),
    }

    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("requested", "Requested"),
            ("offered", "Offered"),
            ("active", "Active"),
            ("needs_review", "Needs review"),
            ("defaulted", "Defaulted"),
            ("completed", "Completed"),
            ("rejected", "Rejected"),
            ("expired", "Expired"),
            ("cancelled", "Cancelled"),
        ],
        default="draft",
        required=True,
        readonly=True,
        index=True,
        copy=False,
        tracking=True,
    )
    is_editable = fields.Boolean(compute="_compute_is_editable")
    claim_ids = fields.One2many("recovery.claim", "plan_id", string="Items", readonly=True)
    amount_total = fields.Monetary(
        string="Amount",
        compute="_compute_amount_total",
        store=True,
        help="What was open of the items; the down payment is part of it.",
    )
    amount_company = fields.Monetary(
        string="Amount (company currency)",
        currency_field="company_currency_id",
        compute="_compute_amount_company",
        store=True,
    )
    installment_ids = fields.One2many(
        "recovery.plan.installment", "plan_id", string="Schedule", copy=False
    )
    amount_paid = fields.Monetary(compute="_compute_amount_paid", string="Paid")
    amount_open = fields.Monetary(compute="_compute_amount_paid", string="Still to pay")
    progress = fields.Float(compute="_compute_amount_paid", string="Paid (%)")
    date_next = fields.Date(
        string="Next payment", compute="_compute_next", help="Of the first that is not paid."
    )
    amount_next = fields.Monetary(string="Next amount", compute="_compute_next")
    payment_token_id = fields.Many2one("payment.token", index="btree_not_null")
    signature = fields.Image(readonly=True, copy=False, max_width=1024, max_height=1024)
    signed_by = fields.Char(readonly=True, copy=False)
    signed_on = fields.Datetime(readonly=True, copy=False)
    expiry_date = fields.Date(
        string="Offer holds until", readonly=True, copy=False, help="Included."
    )
    date_activated = fields.Date(string="Active since", readonly=True, copy=False)
    date_defaulted = fields.Date(string="Defaulted on", readonly=True, copy=False)
    review_reason = fields.Char(string="Why it needs a review", readonly=True, copy=False)
    amount_excused = fields.Monetary(
        string="Gone without payment",
        readonly=True,
        copy=False,
        help="Credited, written off or cancelled, and seen by a person.",
    )

    _days_not_negative = models.Constraint(
        "CHECK(grace_days >= 0 AND cure_days >= 0)",
        "The days of grace and of cure can't be negative.",
    )

    @api.constrains("payment_token_id")
    def _check_payment_token_id(self):
        """sudo: whose a saved card is counts for whoever chooses it."""
        for plan in self.filtered("payment_token_id"):
            token = plan.payment_token_id.sudo()
            owner = token.partner_id._recovery_debtor()
            foreign = token.company_id.root_id != plan.company_id.root_id
            if foreign or owner != plan.partner_id:
                raise ValidationError(
                    self.env._("The saved card belongs to somebody else than %s.", plan.name)
                )

    @api.depends("state")
    def _compute_is_editable(self):
        for plan in self:
            plan.is_editable = plan.state in EDITABLE

    @api.depends("claim_ids.baseline")
    def _compute_amount_total(self):
        for plan in self:
            plan.amount_total = sum(plan.claim_ids.mapped("baseline"))

    @api.depends("amount_total", "currency_id", "company_id", "date")
    def _compute_amount_company(self):
        for plan in self:
            plan.amount_company = plan._in_company_currency(plan.amount_total)

    @api.depends("amount_total", "claim_ids.reduction", "claim_ids.move_line_id.parent_state")
    def _compute_amount_paid(self):
        for plan in self:
            gone = sum(claim._gone() for claim in plan.claim_ids)
            plan.amount_paid = min(gone, plan.amount_total)
            plan.amount_open = plan.amount_total - plan.amount_paid
            plan.progress = 100 * plan.amount_paid / (plan.amount_total or 1.0)

    @api.depends("installment_ids.amount_open", "state")
    def _compute_next(self):
        for plan in self:
            following = plan._next_installment()
            plan.date_next = following.date_due
            plan.amount_next = following.amount_open

    def _next_installment(self):
        """The first that is not paid; empty when the plan doesn't run."""
        self.ensure_one()
        rows = self.installment_ids if self.state in LIVE else self.installment_ids.browse()
        return rows.filtered("amount_open")[:1]

    # -- make ------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Make plans for open items: ``claim_ids`` names them (``move_line_id``; none: what the
        case proposes), the terms make the installments unless ``installment_ids`` names own ones.

        :raise UserError: an item stands in another live arrangement, which is named; the items
            are of several customers, companies or currencies; or the terms make no plan
        """
        self.check_access("create")
        made = self.browse()
        for vals in vals_list:
            vals = dict(vals)
            commands = vals.pop("claim_ids", None) or self._proposed_claims(vals.get("case_id"))
            rows = vals.pop("installment_ids", None)
            items, claims = self._make_claims(commands)
            values = {**vals, **self._fixed_values(vals, items), **self._terms_of_rows(rows)}
            plan = super().create([values])
            plan.sudo().claim_ids = [Command.create(claim) for claim in claims]
            if rows:
                plan.installment_ids = rows
            else:
                plan._lay_out()
            made |= plan
        return made

    @api.model
    def _fixed_values(self, vals, items):
        # credits are looked at when it begins: a draft promises nothing
        return {
            **super()._fixed_values({**vals, "credits_aside": True}, items),
            "amount_excused": 0.0,
            "amount_interest": 0.0,
            "interest_move_id": False,
            "date_activated": False,
            "date_defaulted": False,
            "expiry_date": False,
            "review_reason": False,
        }

    @api.model
    def _terms_of_rows(self, commands):
        """What own installments say of the terms."""
        values = [command[2] for command in commands or () if command[0] == Command.CREATE]
        days = [self.company_id._recovery_date(value.get("date_due")) for value in values]
        if not values or not all(days):
            return {}
        return {"installment_count": len(values), "date_first": min(days)}

    def write(self, vals):
        result = super().write(vals)
        if not vals.keys().isdisjoint(TERMS | {"installment_ids"}):
            for plan in self:
                plan._lay_out(own="installment_ids" in vals)
        return result

    def _writable(self):
        return super()._writable() | (DRAFT if all(self.mapped("is_editable")) else set())

    def _lay_out(self, own=False):
        """Make the installments that the terms say, or number the own ones by their days.

        sudo: the rows of a draft belong to whoever may write it.

        :raise UserError: the installments don't come to the amount
        """
        self.ensure_one()
        plan = self.sudo()
        if own or self.frequency == "own":
            self._check_terms()
            if not self.interest_rate:
                plan.installment_ids.amount_interest = plan.amount_interest = 0.0
        else:
            rows = self._rows()
            plan.installment_ids.unlink()
            plan.installment_ids.create([{"plan_id": plan.id, **row.values()} for row in rows])
            plan.amount_interest = sum(row.interest for row in rows)
        self._number_rows()
        self._check_sum()

    def _number_rows(self):
        rows = self.sudo().installment_ids.sorted(lambda row: (row.date_due, row.sequence, row.id))
        for number, row in enumerate(rows, 1):
            row.sequence = number
        rows.invalidate_recordset()
        self.invalidate_recordset(["installment_ids"])

    def _check_sum(self):
        """Refuse installments that come to another amount than what they are about."""
        total = sum(self.installment_ids.mapped("amount"))
        expected = self.amount_total + self.amount_interest
        if self.currency_id.compare_amounts(total, expected):
            raise UserError(
                self.env._(
                    "The installments come to %(sum)s, but the plan is about %(total)s.",
                    sum=self.currency_id.format(total),
                    total=self.currency_id.format(expected),
                )
            )

    # -- what people do --------------------------------------------------------------------

    def _after_state(self, target):
        self.env["recovery.request"]._decided_elsewhere(self, target)
        return super()._after_state(target)

    def action_request(self):
        """The customer asks for it: a person agrees, offers another plan, or says no."""
        return self._move_to("requested")

    def action_offer(self):
        """Offer it: the customer may accept until the last day of the offer, included."""
        self.check_access("write")
        for plan in self:
            plan._check_may_begin()
            plan._set_state("offered", expiry_date=plan._offer_ends())
            plan._log_step("offered")
        return True

    def action_reject(self):
        """One of the sides says no."""
        return self._move_to("rejected")

    def _move_to(self, state):
        self.check_access("write")
        for plan in self:
            plan._set_state(state)
            plan._log_step(state)
        return True

    def action_activate(self):
        """Both sides agree: the items rest while the installments come in.

        :raise UserError: an item stands in another live arrangement, which is named; the customer
            has open credits that are not set aside; or the first day is over
        """
        self.check_access("write")
        for plan in self:
            plan._check_may_begin()
            plan.sudo()._activate()
        return True

    def _check_may_begin(self):
        if self.state not in ("draft", "requested", "offered"):
            raise UserError(self._illegal_transition_message("active"))
        if not self.credits_aside:
            self._check_credits(self.partner_id, self.company_id, self.currency_id)
        self.claim_ids._check_free(self.claim_ids.move_line_id)
        self._check_unchanged()
        self._check_sum()
        if self.installment_ids[:1].date_due < self.company_id._recovery_today():
            raise UserError(
                self.env._(
                    "The first installment of %s was due before today: agree on other days.",
                    self.name,
                )
            )

    def _check_unchanged(self):
        """Refuse a plan whose items went down without money since it was made, or are paid."""
        if any(self.claim_ids._vanished().values()) or not self.amount_open:
            raise UserError(
                self.env._(
                    "What is open of the items of %s has changed since it was made: make another "
                    "plan.",
                    self.name,
                )
            )

    def _activate(self):
        """sudo: whoever agrees, the debtor on the portal too, sets the items' holds."""
        if self.amount_interest:
            self._charge_interest()
        if self.state == "draft":
            self._set_state("offered")
        self._set_state("active", date_activated=self.company_id._recovery_today())
        self.claim_ids.filtered("move_line_id").live = True
        self._log_step("active")
        self._judge()

    def action_cancel(self):
        """End it: what is still open is demanded again, as before."""
        self.check_access("write")
        for plan in self:
            plan._set_state("cancelled")
            plan.sudo()._end_for_good()
            plan._log_step("cancelled")
        return True

    def action_continue(self):
        """Somebody looked at what vanished: the plan goes on with the installments that are left.

        :raise UserError: it needs no review
        """
        self.check_access("write")
        for plan in self:
            if plan.state != "needs_review":
                raise UserError(self.env._("%s needs no review.", plan.name))
            plan = plan.sudo()
            plan.amount_excused = plan._findings()[plan].vanished
            plan._judge()
        return True

    def _offer_ends(self):
        """The last day of an offer that is made today: never after the first payment."""
        today = self.company_id._recovery_today()
        last = fields.Date.add(today, days=self.company_id.recovery_plan_offer_days)
        return min(last, self.installment_ids[:1].date_due)

    def _action_form(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
        }

    # -- how it stands ---------------------------------------------------------------------

    def _hold_reason(self):
        return "overdue_recovery.hold_reason_in_plan"

    def _resting(self):
        """{item: amount} of what rests: all that was open of each when the plan was made."""
        return {
            claim.move_line_id: claim.baseline
            for claim in self.claim_ids.filtered("live")
            if claim.move_line_id
        }

    def _last_day(self):
        """The day on which the last installment, with its grace, is missed."""
        return fields.Date.add(self.installment_ids[-1:].date_due, days=self.grace_days + 1)

    def _paid_of_each(self):
        """{installment: what is paid of it}, the first ones first."""
        rows = self.installment_ids
        amounts = [self._units(row.amount) for row in rows]
        paid = calc.waterfall(self._units(self.amount_paid), amounts)
        unit = self.currency_id.rounding
        return {
            row: self.currency_id.round(units * unit) for row, units in zip(rows, paid, strict=True)
        }

    # -- what people read ------------------------------------------------------------------

    def _terms_sentence(self):
        self.ensure_one()
        rows = self.installment_ids
        return self.env._(
            "%(amount)s on %(documents)s will be paid in %(count)s payments from %(first)s to "
            "%(last)s.",
            amount=self.currency_id.format(sum(rows.mapped("amount"))),
            documents=", ".join(self.claim_ids.mapped("name")),
            count=len(rows),
            first=format_date(self.env, rows[:1].date_due),
            last=format_date(self.env, rows[-1:].date_due),
        )

    def _log_details(self):
        return {
            "amount": self.amount_total,
            "currency": self.currency_id.name,
            "interest": self.amount_interest,
            "rows": [
                [fields.Date.to_string(row.date_due), row.amount] for row in self.installment_ids
            ],
        }
