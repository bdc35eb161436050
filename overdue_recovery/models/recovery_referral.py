from uuid import uuid4

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

#: What a person may change by hand at any time, and before it is approved.
WRITABLE = {
    "note",
    "late_reason_asked",
    "activity_ids",
    "message_follower_ids",
    "message_main_attachment_id",
}
IN_DRAFT = WRITABLE | {"agency_id"}
#: What a new one is given; everything else follows from its items, or comes later.
MADE_WITH = IN_DRAFT | {"state"}
LATER = (
    "approver_id",
    "second_approver_id",
    "date_sent",
    "date_ended",
    "external_ref",
    "exclusive_until",
    "fee_percent",
    "fee_minimum",
    "vat_percent",
    "outcome",
)
#: States in which the items are with the agency.
PLACED = (
    "sent",
    "needs_info",
    "accepted",
    "active",
    "paused",
    "partly_recovered",
    "recall_requested",
)


class RecoveryReferral(models.Model):
    """Open items of one debtor, company and currency that an agency is to collect.

    Checked, approved by a manager and sent, its items rest: no own notices, charges or
    arrangements until the agency gives them back. Other items of the debtor stay ours. What the
    agency tells comes in through ``_on_…`` methods, by hand or by a connector, each tolerant of
    repeats and of the wrong order; what we tell it goes out through ``_tell_agency()``.

    Seams: ``_send_to_agency()`` and ``_tell_agency()`` carry messages; connectors extend them.
    """

    _name = "recovery.referral"
    _description = "Referral"
    _inherit = [
        "recovery.referral.connector",
        "recovery.referral.hearing",
        "recovery.referral.text",
        "recovery.referral.check",
        "recovery.referral.approval",
        "recovery.referral.placing",
        "recovery.referral.news",
        "recovery.referral.watch",
        "recovery.referral.money",
        "recovery.referral.recall",
        "recovery.case.part.mixin",
        "recovery.state.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "id desc"
    _log_kind = "referral"
    _transitions = {
        "draft": {"checked", "cancelled"},
        "checked": {"approved", "cancelled"},
        "approved": {"sent", "cancelled"},
        "sent": {"accepted", "needs_info", "rejected"},
        "needs_info": {"sent"},
        "accepted": {"active"},
        "active": {"paused", "partly_recovered", "closed", "recall_requested"},
        "paused": {"active"},
        "partly_recovered": {"closed", "recall_requested"},
        "recall_requested": {"recalled", "active", "closed"},
        "rejected": set(),
        "recalled": set(),
        "closed": set(),
        "cancelled": set(),
    }

    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("checked", "Checked"),
            ("approved", "Approved"),
            ("sent", "Sent"),
            ("needs_info", "Needs information"),
            ("accepted", "Accepted"),
            ("active", "Active"),
            ("paused", "Paused"),
            ("partly_recovered", "Partly recovered"),
            ("recall_requested", "Recall requested"),
            ("recalled", "Recalled"),
            ("rejected", "Rejected"),
            ("closed", "Closed"),
            ("cancelled", "Cancelled"),
        ],
        default="draft",
        required=True,
        readonly=True,
        index=True,
        copy=False,
        tracking=True,
        group_expand="_states_in_use",
    )
    agency_id = fields.Many2one(
        "recovery.agency", required=True, index=True, ondelete="restrict", tracking=True
    )
    connector = fields.Selection(related="agency_id.connector")
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    date = fields.Date(string="Made on", required=True, readonly=True)
    date_sent = fields.Date(string="Sent on", readonly=True, copy=False)
    date_ended = fields.Date(string="Ended on", readonly=True, copy=False)
    user_id = fields.Many2one(
        "res.users", string="Made by", required=True, readonly=True, tracking=True
    )
    line_ids = fields.One2many(
        "recovery.referral.line", "referral_id", string="Items", readonly=True
    )
    move_line_ids = fields.Many2many(
        "account.move.line",
        string="Journal items",
        compute="_compute_move_line_ids",
        search="_search_move_line_ids",
    )
    amount = fields.Monetary(
        string="Placed", compute="_compute_amount", store=True, tracking=True, aggregator="sum"
    )
    amount_company = fields.Monetary(
        string="Placed (company currency)",
        currency_field="company_currency_id",
        compute="_compute_amount",
        store=True,
    )
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    amount_open = fields.Monetary(string="Open now", compute="_compute_amount_open")
    external_ref = fields.Char(
        string="Agency's number", readonly=True, index="btree_not_null", copy=False
    )
    idempotency_key = fields.Char(
        readonly=True,
        copy=False,
        required=True,
        help="Sent with the referral: the agency takes it once, however often it arrives.",
    )
    event_ids = fields.One2many(
        "recovery.referral.event", "referral_id", string="Events", readonly=True
    )
    call_ids = fields.One2many(
        "recovery.outbox",
        "res_id",
        string="Calls",
        domain=lambda self: [("res_model", "=", self._name)],
        readonly=True,
    )
    inbox_ids = fields.One2many(
        "recovery.inbox", "referral_id", string="As the agency told it", readonly=True
    )
    fee_percent = fields.Float(string="Commission (%)", readonly=True, digits=(6, 3))
    fee_minimum = fields.Monetary(string="Commission, at least", readonly=True)
    vat_percent = fields.Float(string="VAT on it (%)", readonly=True, digits=(6, 3))
    exclusive_until = fields.Date(readonly=True)
    outcome = fields.Selection(
        [
            ("paid", "Paid"),
            ("uncollectable", "Can't be collected"),
            ("returned", "Given back"),
        ],
        readonly=True,
        copy=False,
    )
    note = fields.Text(help="For the agency: what it should know.")

    _idempotency_uniq = models.Constraint(
        "UNIQUE (idempotency_key)", "Another referral has this key."
    )

    @api.model
    def _states_in_use(self, states, _domain):
        """Columns of the board: the states that something is in, in their order."""
        return [state for state in self._fields["state"].get_values(self.env) if state in states]

    @api.depends("line_ids.move_line_id")
    def _compute_move_line_ids(self):
        for referral in self:
            referral.move_line_ids = referral.line_ids.move_line_id

    @api.model
    def _search_move_line_ids(self, operator, value):
        return [("line_ids.move_line_id", operator, value)]

    @api.depends("line_ids.amount", "currency_id", "company_id")
    def _compute_amount(self):
        for referral in self:
            referral.amount = sum(referral.line_ids.mapped("amount"))
            company = referral.company_id
            referral.amount_company = referral.currency_id._convert(
                referral.amount, company.currency_id, company, referral.date
            )

    @api.depends("line_ids.residual")
    def _compute_amount_open(self):
        for referral in self:
            referral.amount_open = sum(referral.line_ids.mapped("residual"))

    # -- make ------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Make drafts for open items (``move_line_ids``; none: what the case proposes).

        :raise UserError: the items are not open, or not of one debtor, company and currency
        """
        self.check_access("create")
        made = self.browse()
        for vals in vals_list:
            vals = dict(vals)
            items = self._named_items(vals.pop("move_line_ids", None), vals.get("case_id"))
            given = {name: vals[name] for name in vals if name in MADE_WITH}
            referral = super().create([{**given, **self._fixed_values(items)}])
            lines = self.env["recovery.referral.line"].sudo()
            values = lines._values_of(self._amounts_to_place(items))
            referral.sudo().line_ids = [Command.create(line) for line in values]
            made |= referral
        return made

    @api.model
    def _named_items(self, commands, case_id):
        """The items that the commands of ``move_line_ids`` name, else those the case proposes."""
        ids = []
        for command in commands or ():
            match command:
                case int(item_id) | [Command.LINK, int(item_id), *_]:
                    ids.append(item_id)
                case [Command.SET, _, [*item_ids]]:
                    ids += [item_id for item_id in item_ids if isinstance(item_id, int)]
        items = self.env["account.move.line"].browse(ids).exists()
        if not ids and case_id:
            items = self.env["recovery.case"].browse(case_id)._items_to_refer()
        items.check_access("read")
        if not items:
            raise UserError(self.env._("Choose the open items that an agency is to collect."))
        self.env["recovery.claim"]._check_open(items)
        return items

    @api.model
    def _fixed_values(self, items):
        """What follows from the items and from who makes the referral."""
        debtor, company, currency = self.env["recovery.arrangement"]._one_of_each(items)
        today = company._recovery_today()
        sequence = self.env["ir.sequence"].with_company(company)
        return {
            **dict.fromkeys(LATER, False),
            "idempotency_key": str(uuid4()),
            "name": sequence.next_by_code(self._name, sequence_date=today) or "/",
            "case_id": debtor._recovery_case(company).id,
            "partner_id": debtor.id,
            "company_id": company.id,
            "currency_id": currency.id,
            "date": today,
            "user_id": self.env.uid,
        }

    @api.constrains("agency_id", "company_id")
    def _check_agency_company(self):
        for referral in self:
            if referral.agency_id.sudo().company_id not in referral.company_id.sudo().parent_ids:
                raise UserError(
                    self.env._(
                        "%(agency)s works for another company than %(company)s.",
                        agency=referral.agency_id.display_name,
                        company=referral.company_id.name,
                    )
                )

    def write(self, vals):
        by_hand = not (self.env.su or self._is_set_state())
        allowed = IN_DRAFT if all(one.state == "draft" for one in self) else WRITABLE
        if by_hand and not vals.keys() <= allowed:
            raise UserError(
                self.env._(
                    "What %s places is fixed: cancel or recall it, and make another one.",
                    self[:1].display_name,
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Referrals are kept: cancel those that are not sent."))
