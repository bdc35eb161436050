from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError

#: What a person may change of an offer by hand; its terms only by a new one.
WRITABLE = {"note", "activity_ids", "message_follower_ids", "message_main_attachment_id"}


class RecoveryOffer(models.Model):
    """An offer to settle open items for less: settlement, prompt-payment discount, fee waiver.

    Its terms are fixed when it is made: the items' baselines and the amount that is to come in
    until the expiry date, that day included. Accepted, its items rest; as soon as the money is in
    the rest is closed, by a write-off or a tax-correct credit note, and not before. If it is short
    on the day after, the offer is void and the old debt stands as it was. A payment that is undone
    takes the closing back, and the offer is judged again.
    """

    _name = "recovery.offer"
    _description = "Offer"
    _inherit = [
        "recovery.offer.guard",
        "recovery.offer.judge",
        "recovery.offer.closing",
        "recovery.offer.message",
        "recovery.arrangement",
        "recovery.case.part.mixin",
        "recovery.state.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "id desc"
    _log_kind = "offer"
    _transitions = {
        "proposed": {"countered", "accepted", "declined", "expired", "withdrawn"},
        "accepted": {"fulfilled", "voided"},
        "fulfilled": {"accepted"},
        "countered": set(),
        "declined": set(),
        "expired": set(),
        "withdrawn": set(),
        "voided": set(),
    }

    state = fields.Selection(
        [
            ("proposed", "Proposed"),
            ("countered", "Countered"),
            ("accepted", "Accepted"),
            ("fulfilled", "Fulfilled"),
            ("declined", "Declined"),
            ("expired", "Expired"),
            ("withdrawn", "Withdrawn"),
            ("voided", "Voided"),
        ],
        default="proposed",
        required=True,
        readonly=True,
        index=True,
        copy=False,
        tracking=True,
    )
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    kind = fields.Selection(
        [
            ("settlement", "Settlement"),
            ("discount", "Prompt-payment discount"),
            ("waiver", "Fee waiver"),
        ],
        default="settlement",
        required=True,
        readonly=True,
    )
    author = fields.Selection(
        [("us", "Us"), ("debtor", "The customer")], default="us", required=True, readonly=True
    )
    parent_id = fields.Many2one(
        "recovery.offer", string="Answers", readonly=True, index=True, ondelete="restrict"
    )
    child_ids = fields.One2many("recovery.offer", "parent_id", string="Answered by")
    claim_ids = fields.One2many("recovery.claim", "offer_id", string="Items", readonly=True)
    amount_total = fields.Monetary(
        string="Open", readonly=True, help="What was open of the items when the offer was made."
    )
    amount = fields.Monetary(
        string="To pay",
        required=True,
        readonly=True,
        tracking=True,
        help="Paid by the last day, it settles all of the items.",
    )
    amount_given_up = fields.Monetary(
        string="Given up", compute="_compute_given_up", store=True, aggregator="sum"
    )
    amount_given_up_company = fields.Monetary(
        string="Given up (company currency)",
        currency_field="company_currency_id",
        compute="_compute_given_up",
        store=True,
    )
    percent_given_up = fields.Float(
        string="Given up (%)", compute="_compute_given_up", store=True, aggregator="avg"
    )
    amount_received = fields.Monetary(
        string="Received", compute="_compute_amount_received", help="Money since it was made."
    )
    expiry_date = fields.Date(
        string="Last day", required=True, readonly=True, tracking=True, help="Included."
    )
    close_by = fields.Selection(
        [("write_off", "Write-off"), ("credit_note", "Credit note")],
        string="Rest is closed by",
        compute="_compute_close_by",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        help="A write-off is a loss; a credit note gives the taxes of the invoices back too.",
    )
    note = fields.Text(help="For us: why, and what was said.")
    user_id = fields.Many2one(
        "res.users", string="Made by", required=True, readonly=True, tracking=True
    )
    approver_id = fields.Many2one("res.users", string="Approved by", readonly=True, tracking=True)
    guard_overridden = fields.Boolean(
        readonly=True, help="Approved although it is better than paying on time, or one too many."
    )
    date_proposed = fields.Date(string="Made on", required=True, readonly=True)
    date_accepted = fields.Date(string="Accepted on", readonly=True, index=True)
    date_fulfilled = fields.Date(string="Fulfilled on", readonly=True)
    # money and documents: the keys of the journal entries that closed the rest
    closing_move_ids = fields.Many2many(
        "account.move",
        "recovery_offer_closing_move_rel",
        "offer_id",
        "move_id",
        string="Closed by",
        readonly=True,
        copy=False,
    )

    _less_than_open = models.Constraint(
        "CHECK(amount >= 0 AND amount < amount_total)",
        "An offer asks for less than what is open, and not for less than nothing.",
    )

    @api.depends("amount", "amount_total", "date_proposed", "currency_id", "company_id")
    def _compute_given_up(self):
        for offer in self:
            given_up = offer.amount_total - offer.amount
            offer.amount_given_up = given_up
            offer.percent_given_up = 100 * given_up / (offer.amount_total or 1.0)
            offer.amount_given_up_company = offer.currency_id._convert(
                given_up,
                offer.company_id.currency_id,
                offer.company_id,
                offer.date_proposed or fields.Date.today(),
            )

    @api.depends("claim_ids.received")
    def _compute_amount_received(self):
        for offer in self:
            offer.amount_received = sum(offer.claim_ids.mapped("received"))

    @api.depends("kind")
    def _compute_close_by(self):
        """A lower price is credited with its taxes; a debt that is given up is a loss."""
        for offer in self:
            offer.close_by = "write_off" if offer.kind == "settlement" else "credit_note"

    # -- make ------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Make offers on open items: ``claim_ids`` names them (``move_line_id``), everything that
        follows from them is filled in."""
        self.check_access("create")
        made = self.browse()
        for vals in vals_list:
            vals = dict(vals)
            items = self._named_items(vals.pop("claim_ids", None))
            claims = self.env["recovery.claim"].sudo()._values_of(items)
            values = {**vals, **self._fixed_values(vals, items, claims)}
            offer = super().create([values])
            offer.sudo().claim_ids = [Command.create(claim) for claim in claims]
            made |= offer
        made._after_proposal()
        return made

    @api.model
    def _named_items(self, commands):
        """The items that the commands of ``claim_ids`` name.

        :raise UserError: none, or in another way than as new claims
        """
        values = [
            command[2]
            for command in commands or ()
            if len(command) == 3 and command[0] == Command.CREATE and isinstance(command[2], dict)
        ]
        ids = [value.get("move_line_id") for value in values]
        items = self.env["account.move.line"].browse([i for i in ids if isinstance(i, int)])
        items = items.exists()
        items.check_access("read")
        if not items:
            raise UserError(self.env._("Choose the open items that the offer is about."))
        return items

    @api.model
    def _fixed_values(self, vals, items, claims):
        """What follows from the items and from who makes the offer."""
        debtor, company, currency = self._one_of_each(items)
        total = sum(claim["baseline"] for claim in claims)
        today = company._recovery_today()
        expiry = self.env["res.company"]._recovery_date(vals.get("expiry_date"))
        if not expiry or expiry < today:
            raise UserError(self.env._("Say until which day the offer holds: today or later."))
        if not 0 <= (vals.get("amount") or 0) < total:
            raise UserError(
                self.env._(
                    "An offer asks for less than the %(total)s that are open of its items.",
                    total=currency.format(total),
                )
            )
        sequence = self.env["ir.sequence"].with_company(company)
        return {
            "name": sequence.next_by_code("recovery.offer", sequence_date=today) or "/",
            "case_id": debtor._recovery_case(company).id,
            "partner_id": debtor.id,
            "company_id": company.id,
            "currency_id": currency.id,
            "amount_total": total,
            "date_proposed": today,
            "user_id": self.env.uid,
            "approver_id": False,
            "guard_overridden": False,
            "date_accepted": False,
            "date_fulfilled": False,
            "closing_move_ids": False,
        }

    def _after_proposal(self):
        for offer in self:
            offer._log_step("proposed", offer._terms_sentence())

    @api.constrains("parent_id")
    def _check_parent(self):
        for offer in self.filtered("parent_id"):
            if offer.parent_id.case_id != offer.case_id:
                raise ValidationError(
                    self.env._("%s answers an offer to another customer.", offer.name)
                )

    def write(self, vals):
        by_hand = not (self.env.su or self._is_set_state())
        if by_hand and not vals.keys() <= WRITABLE:
            raise UserError(
                self.env._(
                    "The terms of an offer are fixed: withdraw it and make another one, or answer "
                    "it with a counter-offer."
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Offers are kept: withdraw those that no longer hold."))

    # -- what people do --------------------------------------------------------------------

    def action_accept(self):
        """The other side accepts: the items rest until the last day, included.

        :raise UserError: the last day is over, an approval is missing, or an item stands in
            another live arrangement, which is named
        """
        self.check_access("write")
        for offer in self:
            offer._check_may_be_accepted()
            offer.sudo()._accept()
        return True

    def _check_may_be_accepted(self):
        if self.state != "proposed":
            raise UserError(self._illegal_transition_message("accepted"))
        if self.expiry_date < self.company_id._recovery_today():
            raise UserError(
                self.env._("The last day of %s is over: make another offer.", self.name)
            )
        self._check_approved()
        self.claim_ids._check_free(self.claim_ids.move_line_id)

    def _accept(self):
        """sudo: whoever accepts, the debtor on the portal too, sets the items' holds."""
        self._set_state("accepted", date_accepted=self.company_id._recovery_today())
        self._begin_claims(self.expiry_date)
        self._log_step("accepted", self._terms_sentence())
        self._judge()

    def action_decline(self):
        """The other side says no."""
        return self._end_proposal("declined")

    def action_withdraw(self):
        """Take the offer back before it is accepted."""
        return self._end_proposal("withdrawn")

    def _end_proposal(self, state):
        self.check_access("write")
        for offer in self:
            offer._set_state(state)
            offer._log_step(state, offer._terms_sentence())
        return True

    def _after_state(self, target):
        self.env["recovery.request"]._decided_elsewhere(self, target)
        return super()._after_state(target)

    def action_counter(self):
        """Open the dialog for a counter-offer."""
        self.ensure_one()
        return self.env["recovery.offer.create"]._open_for(self.case_id, parent=self)

    def _action_form(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
        }

    def _counter(self, author, amount, expiry_date, **values):
        """Answer this offer by another one on what is still open of its items.

        :param author: who makes the counter-offer, ``us`` or ``debtor``
        :return: the new offer
        """
        self.ensure_one()
        self.check_access("write")
        items = self.claim_ids.move_line_id.filtered(lambda item: not item.reconciled)
        self._set_state("countered")
        self._log_step("countered", self._terms_sentence())
        return self.create(
            {
                "kind": self.kind,
                "close_by": self.close_by,
                "claim_ids": [Command.create({"move_line_id": item.id}) for item in items],
                "author": author,
                "parent_id": self.id,
                "amount": amount,
                "expiry_date": expiry_date,
                **values,
            }
        )
