from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date


class RecoveryPromise(models.Model):
    """A debtor's promise to pay an amount of open items by a day.

    What is still promised rests until the last day of tolerance, that day included; everything
    else of the items is demanded as before. It is kept as soon as the money is in, and judged once,
    on the day after the last one: credit notes and write-offs are no money. A payment that is
    undone opens it again, and it is judged again at once.
    """

    _name = "recovery.promise"
    _description = "Promise to Pay"
    _inherit = [
        "recovery.promise.judge",
        "recovery.arrangement.mixin",
        "recovery.state.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "date_promised desc, id desc"
    _log_kind = "promise"
    _transitions = {
        "open": {"kept", "partly_kept", "broken", "cancelled"},
        "kept": {"open"},
        "partly_kept": {"open", "broken"},
        "broken": set(),
        "cancelled": set(),
    }

    state = fields.Selection(
        [
            ("open", "Open"),
            ("kept", "Kept"),
            ("partly_kept", "Partly kept"),
            ("broken", "Broken"),
            ("cancelled", "Cancelled"),
        ],
        default="open",
        required=True,
        readonly=True,
        index=True,
        copy=False,
        tracking=True,
    )
    claim_ids = fields.One2many("recovery.claim", "promise_id", string="Items", readonly=True)
    amount = fields.Monetary(string="Promised", required=True, readonly=True)
    amount_company = fields.Monetary(
        string="Promised (company currency)",
        currency_field="company_currency_id",
        compute="_compute_amount_company",
        store=True,
    )
    amount_received = fields.Monetary(
        string="Received",
        compute="_compute_amount_received",
        help="Money since it was made: payments and bank lines, no credit notes.",
    )
    amount_promised = fields.Monetary(
        string="Still promised", compute="_compute_amount_received", help="Not received yet."
    )
    date_promised = fields.Date(string="Pays by", required=True, readonly=True, index=True)
    tolerance_days = fields.Integer(
        string="Tolerance", readonly=True, help="Days that the money may take longer."
    )
    date_last = fields.Date(
        string="Last day",
        compute="_compute_date_last",
        store=True,
        index=True,
        help="Day of the promise and tolerance; included.",
    )
    date_judged = fields.Date(string="Judged on", readonly=True)
    origin = fields.Selection(
        [
            ("clerk", "Spoke with us"),
            ("reply", "Wrote to us"),
            ("cheque", "Cheque"),
            ("portal", "Portal"),
        ],
        default="clerk",
        required=True,
        readonly=True,
    )
    cheque_number = fields.Char(readonly=True)
    cheque_bank = fields.Char(string="Bank of the cheque", readonly=True)
    cheque_maturity = fields.Date(string="Cheque matures", readonly=True)

    _amount_positive = models.Constraint("CHECK(amount > 0)", "Promise an amount above zero.")
    _tolerance_positive = models.Constraint(
        "CHECK(tolerance_days >= 0)", "The days of tolerance can't be negative."
    )

    @api.depends("date_promised", "tolerance_days")
    def _compute_date_last(self):
        for promise in self:
            promise.date_last = promise.date_promised and fields.Date.add(
                promise.date_promised, days=promise.tolerance_days
            )

    @api.depends("amount", "currency_id", "company_id", "date")
    def _compute_amount_company(self):
        for promise in self:
            promise.amount_company = promise._in_company_currency(promise.amount)

    @api.depends("amount", "claim_ids.received")
    def _compute_amount_received(self):
        for promise in self:
            received = sum(promise.claim_ids.mapped("received"))
            promise.amount_received = received
            promise.amount_promised = max(0.0, promise.amount - received)

    @api.constrains("origin", "cheque_number")
    def _check_cheque(self):
        for promise in self:
            if promise.origin == "cheque" and not promise.cheque_number:
                raise ValidationError(self.env._("Note the number of the cheque."))

    # -- make ------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Make promises on open items: ``claim_ids`` names them (``move_line_id``; none: what the
        case proposes), ``amount`` is all of them unless it says less.

        :raise UserError: an item stands in another live arrangement, which is named; open credits
            of the customer are not set aside; or the amount or the day can't be promised
        """
        self.check_access("create")
        made = self.browse()
        for vals in vals_list:
            vals = dict(vals)
            commands = vals.pop("claim_ids", None) or self._proposed_claims(vals.get("case_id"))
            items, claims = self._make_claims(commands)
            values = {**vals, **self._fixed_values(vals, items)}
            self._check_terms(values, items)
            promise = super().create([values])
            promise.sudo()._begin(claims)
            made |= promise
        return made

    @api.model
    def _fixed_values(self, vals, items):
        total = sum(items.mapped("amount_residual_currency"))
        return {
            **super()._fixed_values(vals, items),
            "amount": vals.get("amount", total),
            "date_judged": False,
        }

    @api.model
    def _check_terms(self, values, items):
        """Refuse what nobody can promise."""
        currency = items.currency_id
        total = sum(items.mapped("amount_residual_currency"))
        if not 0 < values["amount"] <= total:
            raise UserError(
                self.env._(
                    "Promised is something above zero, and no more than the %(total)s that are "
                    "open of the items.",
                    total=currency.format(total),
                )
            )
        day = self.env["res.company"]._recovery_date(values.get("date_promised"))
        if not day or day < values["date"]:
            raise UserError(self.env._("Say by which day it is paid: today or later."))
        if values.get("tolerance_days", 0) < 0:
            raise UserError(self.env._("The days of tolerance can't be negative."))

    def _begin(self, claims):
        """Take the items, and let what is promised of them rest.

        sudo: whoever promises, the debtor on the portal too, sets the items' holds.
        """
        self.claim_ids = [Command.create({**claim, "live": True}) for claim in claims]
        self._log_step("promised")
        self._judge()

    # -- what people do --------------------------------------------------------------------

    def action_cancel(self):
        """End it before it is judged: the items are demanded again as before."""
        self.check_access("write")
        for promise in self:
            promise._set_state("cancelled")
            promise.sudo()._end_claims()
            promise._log_step("cancelled")
        return True

    def action_send(self):
        """Confirm it to the customer in writing.

        :raise UserError: it holds no longer, or nobody can be written to
        """
        self.check_access("write")
        for promise in self:
            if promise.state != "open":
                raise UserError(
                    self.env._("%s is not open: there is nothing to confirm.", promise.name)
                )
            promise._write_to_debtor("overdue_recovery.mail_template_promise")
        return True

    def action_renew(self):
        """Open the dialog for another promise instead of this one."""
        self.ensure_one()
        return self.env["recovery.promise.create"]._open_for(self.case_id, renews=self)

    def _action_form(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
        }

    def _terms_sentence(self):
        self.ensure_one()
        return self.env._(
            "%(amount)s will be paid by %(date)s on %(documents)s.",
            amount=self.currency_id.format(self.amount),
            date=format_date(self.env, self.date_promised),
            documents=", ".join(self.claim_ids.mapped("name")),
        )

    def _log_details(self):
        return {
            "amount": self.amount,
            "currency": self.currency_id.name,
            "by": fields.Date.to_string(self.date_promised),
            "tolerance": self.tolerance_days,
        }
