from odoo import Command, api, fields, models
from odoo.exceptions import UserError

DAYS_TO_ANSWER = 14
DEFAULT_PERCENT = 10.0


class RecoveryOfferCreate(models.TransientModel):
    """Make an offer, or a counter-offer: prefilled with what is open, told before it is made."""

    _name = "recovery.offer.create"
    _description = "Make an Offer"
    _inherit = ["recovery.late.reason.ask"]

    case_id = fields.Many2one("recovery.case", required=True, readonly=True)
    parent_id = fields.Many2one("recovery.offer", string="Answers", readonly=True)
    company_id = fields.Many2one(related="case_id.company_id")
    partner_id = fields.Many2one(related="case_id.partner_id", string="Customer")
    author = fields.Selection(
        [("us", "Us"), ("debtor", "The customer")], default="us", required=True
    )
    kind = fields.Selection(
        [
            ("settlement", "Settlement"),
            ("discount", "Prompt-payment discount"),
            ("waiver", "Fee waiver"),
        ],
        default="settlement",
        required=True,
    )
    move_line_ids = fields.Many2many(
        "account.move.line",
        string="Items",
        domain="[('id', 'in', open_line_ids)]",
    )
    open_line_ids = fields.Many2many(
        "account.move.line", compute="_compute_open_line_ids", string="Open items"
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_total")
    amount_total = fields.Monetary(string="Open", compute="_compute_total")
    percent = fields.Float(
        string="Discount (%)", compute="_compute_percent", store=True, readonly=False
    )
    amount = fields.Monetary(string="To pay", compute="_compute_amount", store=True, readonly=False)
    expiry_date = fields.Date(
        string="Last day",
        required=True,
        default=lambda self: fields.Date.add(
            self.env.company._recovery_today(), days=DAYS_TO_ANSWER
        ),
        help="Included.",
    )
    close_by = fields.Selection(
        [("write_off", "Write-off"), ("credit_note", "Credit note")],
        string="Rest is closed by",
        compute="_compute_close_by",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
    )
    note = fields.Text()

    @api.depends("case_id")
    def _compute_open_line_ids(self):
        for wizard in self:
            wizard.open_line_ids = wizard.case_id.item_ids

    @api.depends("move_line_ids")
    def _compute_total(self):
        for wizard in self:
            items = wizard.move_line_ids
            wizard.currency_id = items.currency_id[:1] or wizard.company_id.currency_id
            wizard.amount_total = sum(items.mapped("amount_residual_currency"))

    @api.depends("kind", "move_line_ids")
    def _compute_percent(self):
        """A waiver gives up the charges; else the usual discount."""
        for wizard in self:
            charges = wizard.move_line_ids.filtered("move_id.is_recovery_charge")
            waived = sum(charges.mapped("amount_residual_currency"))
            if wizard.kind == "waiver":
                wizard.percent = 100 * waived / (wizard.amount_total or 1.0)
            else:
                wizard.percent = DEFAULT_PERCENT

    @api.depends("percent", "amount_total")
    def _compute_amount(self):
        for wizard in self:
            amount = wizard.amount_total * (1 - wizard.percent / 100)
            wizard.amount = wizard.currency_id.round(amount) if wizard.currency_id else amount

    @api.depends("kind")
    def _compute_close_by(self):
        for wizard in self:
            wizard.close_by = "write_off" if wizard.kind == "settlement" else "credit_note"

    @api.model
    def _open_for(self, case, parent=None):
        """The dialog for this case, or for an answer to ``parent``."""
        items = parent.claim_ids.move_line_id if parent else self._proposed_items(case)
        values = {
            "case_id": case.id,
            "late_reason_id": self._known_reason(case),
            "move_line_ids": [Command.set(items.filtered(lambda i: not i.reconciled).ids)],
        }
        if parent:
            values |= {
                "parent_id": parent.id,
                "kind": parent.kind,
                "close_by": parent.close_by,
                "author": "debtor" if parent.author == "us" else "us",
            }
        wizard = self.create(values)
        name = self.env._("Counter-offer") if parent else self.env._("Make an Offer")
        return wizard._action_dialog(name)

    def _proposed_items(self, case):
        """What is overdue in the currency that most of it is in, else all that is open."""
        items = case.item_ids._overdue_on(case.company_id._recovery_today()) or case.item_ids
        items = items.filtered(lambda item: item.company_id == case.company_id)
        groups = items.grouped("currency_id").values()
        return max(groups, key=lambda same: sum(same.mapped("amount_residual")), default=items)

    def action_make(self):
        """Make the offer and show it.

        :raise UserError: nothing is chosen, or the terms can't be
        """
        self.ensure_one()
        values = {
            "kind": self.kind,
            "amount": self.amount,
            "expiry_date": self.expiry_date,
            "close_by": self.close_by,
            "note": self.note,
        }
        if not self.move_line_ids:
            raise UserError(self.env._("Choose the open items that the offer is about."))
        claims = [Command.create({"move_line_id": item.id}) for item in self.move_line_ids]
        if self.parent_id:
            values.pop("kind")
            offer = self.parent_id._counter(self.author, values.pop("amount"), **values)
        else:
            offer = self.env["recovery.offer"].create(
                {**values, "author": self.author, "claim_ids": claims}
            )
        self._note_reason()
        return offer._action_form()
