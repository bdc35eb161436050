from math import isfinite

from odoo import api, fields, models
from odoo.exceptions import UserError

#: Nothing is decided yet: the amount in dispute is not demanded.
LIVE = ("open", "investigating", "mediation")
#: What a person may change by hand; what is contested only by another dispute.
WRITABLE = {
    "activity_ids",
    "attachment_ids",
    "description",
    "mediation_end",
    "mediation_start",
    "mediator_id",
    "message_follower_ids",
    "message_main_attachment_id",
    "reason_id",
    "sla_date",
    "user_id",
}


class RecoveryDispute(models.Model):
    """All or part of an invoice that the customer contests.

    Only the disputed part rests, latest maturities first; the rest is demanded as before. What is
    accepted becomes a draft credit note, and rests until that is posted; what is not accepted is
    demanded again at the level it had.
    """

    _name = "recovery.dispute"
    _description = "Dispute"
    _inherit = [
        "recovery.dispute.hold",
        "recovery.dispute.credit",
        "recovery.dispute.message",
        "recovery.case.part.mixin",
        "recovery.state.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "id desc"
    _log_kind = "dispute"
    _transitions = {
        "open": {
            "investigating",
            "mediation",
            "accepted",
            "partly_accepted",
            "rejected",
            "withdrawn",
        },
        "investigating": {"mediation", "accepted", "partly_accepted", "rejected", "withdrawn"},
        "mediation": {"investigating", "accepted", "partly_accepted", "rejected", "withdrawn"},
        "rejected": {"open"},
        "accepted": set(),
        "partly_accepted": set(),
        "withdrawn": set(),
    }

    state = fields.Selection(
        [
            ("open", "Open"),
            ("investigating", "Investigating"),
            ("mediation", "Mediation"),
            ("accepted", "Accepted"),
            ("partly_accepted", "Partly accepted"),
            ("rejected", "Rejected"),
            ("withdrawn", "Withdrawn"),
        ],
        default="open",
        required=True,
        readonly=True,
        index=True,
        copy=False,
        tracking=True,
    )
    # set null: nobody is kept from deleting a document, and what was said of it stays
    move_id = fields.Many2one(
        "account.move", string="Invoice", index="btree_not_null", ondelete="set null"
    )
    document_name = fields.Char(string="Number of the invoice", readonly=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    amount_disputed = fields.Monetary(
        string="In dispute", tracking=True, help="Not demanded until the dispute is decided."
    )
    amount_accepted = fields.Monetary(string="Accepted amount", readonly=True, copy=False)
    reason_id = fields.Many2one(
        "recovery.late.reason",
        domain="[('is_sensitive', '=', False)]",
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
    )
    description = fields.Text(help="What the customer says, in their own words.")
    attachment_ids = fields.Many2many("ir.attachment", string="Files", copy=False)
    user_id = fields.Many2one("res.users", string="Owner", tracking=True, index="btree_not_null")
    sla_date = fields.Date(
        string="Decide by", tracking=True, index=True, help="The customer has an answer by then."
    )
    mediator_id = fields.Many2one(
        "res.partner",
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        help="Who mediates, from outside the company.",
    )
    mediation_start = fields.Date(string="Mediation since", tracking=True)
    mediation_end = fields.Date(string="Mediation until", tracking=True)
    date_opened = fields.Date(string="Opened on", required=True, readonly=True)
    date_closed = fields.Date(string="Decided on", readonly=True, copy=False)
    refund_move_id = fields.Many2one(
        "account.move",
        string="Credit note",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        copy=False,
    )
    is_live = fields.Boolean(compute="_compute_is_live")

    _amounts = models.Constraint(
        "CHECK(amount_disputed > 0 AND COALESCE(amount_accepted, 0) BETWEEN 0 AND amount_disputed)",
        "What is contested is above zero, and no more of it can be accepted.",
    )
    _mediation_in_order = models.Constraint(
        "CHECK(mediation_end IS NULL OR mediation_start IS NULL"
        " OR mediation_end >= mediation_start)",
        "A mediation can't end before it begins.",
    )

    @api.depends("state")
    def _compute_is_live(self):
        for dispute in self:
            dispute.is_live = dispute.state in LIVE

    # -- make ------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Open disputes: ``move_id`` and, unless all that is open of it is contested,
        ``amount_disputed``; what follows from the invoice is filled in.

        :raise UserError: nothing is open of the invoice, or less than what is contested
        """
        self.check_access("create")
        disputes = self.browse()
        for vals in vals_list:
            dispute = super().create([{**vals, **self._fixed_values(vals)}])
            dispute.sudo()._begin()
            disputes |= dispute
        return disputes

    @api.model
    def _fixed_values(self, vals):
        """What follows from the invoice and from the day."""
        move = self._invoice_of(vals)
        debtor = move.commercial_partner_id._recovery_debtor()
        company = move.company_id
        case = debtor._recovery_case(company)
        today = company._recovery_today()
        sequence = self.env["ir.sequence"].with_company(company)
        return {
            "name": sequence.next_by_code("recovery.dispute", sequence_date=today) or "/",
            "document_name": move.name,
            "case_id": case.id,
            "partner_id": debtor.id,
            "company_id": company.id,
            "currency_id": move.currency_id.id,
            "amount_disputed": self._checked_amount(move, vals.get("amount_disputed")),
            "amount_accepted": 0.0,
            "user_id": vals.get("user_id") or self._default_owner(case.sudo()),
            "sla_date": vals.get("sla_date") or company._recovery_dispute_deadline(),
            "date_opened": today,
            "date_closed": False,
            "refund_move_id": False,
        }

    def _default_owner(self, case):
        return case.user_id.id or case.company_id.recovery_user_id.id or self.env.uid

    @api.model
    def _invoice_of(self, vals):
        move_id = vals.get("move_id")
        move = self.env["account.move"].browse(move_id if isinstance(move_id, int) else ())
        move = move.exists()
        if not move:
            raise UserError(self.env._("Choose the invoice that is contested."))
        move.check_access("read")
        return move

    @api.model
    def _checked_amount(self, move, amount):
        """The amount that is contested: ``amount``, or all that is open and not contested yet.

        :raise UserError: there is not so much
        """
        rests = self._rests(move)
        rest = move.currency_id.round(sum(rests.values()))
        amount = rest if amount in (None, False, 0) else move.currency_id.round(amount)
        if amount <= 0 or move.currency_id.compare_amounts(amount, rest) > 0:
            raise UserError(
                self.env._(
                    "%(rest)s of %(invoice)s are open and not in dispute yet: contest that or "
                    "less.",
                    rest=move.currency_id.format(rest),
                    invoice=move.display_name,
                )
            )
        return amount

    def _begin(self):
        """The disputed part rests, and its owner has a task with a deadline."""
        self._hold_disputed()
        self._plan_task(self.env._("Decide %s", self.name))
        self._take_files()
        self._log_step("open", self.description or "")

    def _take_files(self):
        """Files that were dropped into the dialog belong to the dispute from now on."""
        self.attachment_ids.filtered(
            lambda file: file.res_model == "recovery.dispute.create" or not file.res_id
        ).write({"res_model": self._name, "res_id": self.id})

    def write(self, vals):
        by_hand = not (self.env.su or self._is_set_state())
        if by_hand and not vals.keys() <= WRITABLE:
            raise UserError(
                self.env._("What is contested is fixed: withdraw the dispute and open another one.")
            )
        result = super().write(vals)
        if not {"user_id", "sla_date"}.isdisjoint(vals):
            self.filtered("is_live")._replan_task()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Disputes are kept: withdraw those that no longer hold."))

    # -- what people do --------------------------------------------------------------------

    def action_investigate(self):
        """Somebody looks into it."""
        return self._move_on("investigating")

    def action_mediate(self):
        """Somebody outside the company mediates.

        :raise UserError: it is not said who
        """
        self.check_access("write")
        for dispute in self:
            if not dispute.mediator_id:
                raise UserError(self.env._("Say first who mediates in %s.", dispute.name))
            if not dispute.mediation_start:
                dispute.mediation_start = dispute.company_id._recovery_today()
        return self._move_on("mediation")

    def _move_on(self, state):
        self.check_access("write")
        for dispute in self:
            dispute._set_state(state)
            dispute._log_step(state)
        return True

    def action_decide(self):
        """Open the dialog that accepts all or a part."""
        self.ensure_one()
        self.check_access("write")
        return self.env["recovery.dispute.accept"]._open_for(self)

    def action_accept(self, amount=None):
        """The customer is right, with all of it or with ``amount``: that becomes a draft credit
        note, what is left of the dispute is demanded again.

        :param amount: in the invoice's currency, with taxes; None: all that is contested
        :raise UserError: it is decided already, or the amount is not within what is contested
        """
        self.check_access("write")
        for dispute in self:
            dispute.sudo()._accept(dispute._accepted_amount(amount))
        return True

    def _accepted_amount(self, amount):
        if amount is None:
            return self.amount_disputed
        is_number = isinstance(amount, (int, float)) and not isinstance(amount, bool)
        if not is_number or not isfinite(amount):
            raise UserError(self.env._("%s is not an amount.", amount))
        amount = self.currency_id.round(amount)
        if amount <= 0 or self.currency_id.compare_amounts(amount, self.amount_disputed) > 0:
            raise UserError(
                self.env._(
                    "%(amount)s of %(dispute)s are contested: accept that or less, or reject it.",
                    amount=self.currency_id.format(self.amount_disputed),
                    dispute=self.name,
                )
            )
        return amount

    def _accept(self, amount):
        """sudo: a collector decides, the credit note is the accountant's."""
        whole = not self.currency_id.compare_amounts(amount, self.amount_disputed)
        self._close("accepted" if whole else "partly_accepted", amount_accepted=amount)
        self.refund_move_id = self._draft_refund(amount)
        self._hold_for_credit()
        self._write_outcome()

    def action_reject(self):
        """The customer is not right: all is demanded again, at the level it had."""
        self.check_access("write")
        for dispute in self.sudo():
            dispute._close("rejected")
            dispute._charge_disputed_days()
            dispute._write_outcome()
        return True

    def action_withdraw(self):
        """The customer contests it no longer."""
        self.check_access("write")
        for dispute in self.sudo():
            dispute._close("withdrawn")
        return True

    def _close(self, state, **values):
        """Decide: the disputed part no longer rests, and the owner's task is done."""
        self._set_state(state, date_closed=self.company_id._recovery_today(), **values)
        self._end_holds()
        self._decision_made()
        self._log_step(state)

    def action_reopen(self):
        """Contest again what was rejected, as far as it is still open."""
        self.check_access("write")
        for dispute in self.sudo():
            dispute._reopen()
        return True

    def _reopen(self):
        if not self.move_id or not sum(self._rests(self.move_id).values()):
            raise UserError(self.env._("Nothing is open of %s any more.", self.document_name))
        self._set_state("open", date_closed=False)
        self.write(
            {
                # the one it was made in may be closed by now
                "case_id": self.partner_id._recovery_case(self.company_id).id,
                "sla_date": self.company_id._recovery_dispute_deadline(),
            }
        )
        self._spare_disputed_days()
        self._hold_disputed()
        self._plan_task(self.env._("Decide %s", self.name))
        self._log_step("reopened")

    # -- the owner's task ------------------------------------------------------------------

    def _task_of_owner(self):
        return "overdue_recovery.mail_activity_type_dispute", "sla_date"

    def _decision_made(self):
        self.activity_feedback(["overdue_recovery.mail_activity_type_dispute"])

    def _action_form(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
        }
