from odoo import Command, api, fields, models
from odoo.exceptions import UserError


class RecoveryReferralCreate(models.TransientModel):
    """Choose what goes to an agency and to which: what each one leaves us, and why not yet."""

    _name = "recovery.referral.create"
    _description = "Referral: Dialog"
    _inherit = ["recovery.dialog", "recovery.late.reason.ask"]

    case_id = fields.Many2one("recovery.case", required=True, readonly=True)
    company_id = fields.Many2one(related="case_id.company_id")
    partner_id = fields.Many2one(related="case_id.partner_id", string="Customer")
    move_line_ids = fields.Many2many(
        "account.move.line", string="Items", domain="[('id', 'in', open_line_ids)]"
    )
    open_line_ids = fields.Many2many(
        "account.move.line", compute="_compute_open_line_ids", string="Open items"
    )
    currency_id = fields.Many2one("res.currency", compute="_compute_amount")
    amount = fields.Monetary(
        string="To place", compute="_compute_amount", help="Less what the customer has in credits."
    )
    agency_id = fields.Many2one(
        "recovery.agency", domain="[('company_id', 'parent_of', company_id)]"
    )
    row_ids = fields.One2many("recovery.referral.create.agency", "wizard_id", string="Agencies")
    late_reason_asked = fields.Boolean(string="Asked, and not told")
    reasons = fields.Text(string="Why not yet", compute="_compute_reasons")
    left_out = fields.Char(compute="_compute_left_out")
    note = fields.Text()

    @api.depends("case_id")
    def _compute_open_line_ids(self):
        for wizard in self:
            wizard.open_line_ids = wizard.case_id.item_ids

    @api.depends("move_line_ids")
    def _compute_amount(self):
        for wizard in self:
            amounts = wizard._amounts()
            wizard.currency_id = (
                wizard.move_line_ids.currency_id[:1] or wizard.company_id.currency_id
            )
            wizard.amount = sum(amounts.values())

    @api.depends("move_line_ids", "agency_id", "late_reason_id", "late_reason_asked")
    def _compute_reasons(self):
        referrals = self.env["recovery.referral"]
        for wizard in self:
            agency, items = wizard.agency_id, wizard.move_line_ids._origin
            if not (agency and items):
                wizard.reasons = False
                continue
            asked = bool(wizard.late_reason_id) or wizard.late_reason_asked
            reasons = [
                *referrals._obstacles_of_items(agency, items),
                *referrals._obstacles_of_file(agency, wizard.case_id, wizard._amounts(), asked),
            ]
            wizard.reasons = "\n".join(reasons)

    @api.depends("move_line_ids")
    def _compute_left_out(self):
        """Items that stay ours: nobody forgets them without knowing."""
        for wizard in self:
            ours = wizard.open_line_ids - wizard.move_line_ids
            wizard.left_out = ", ".join(dict.fromkeys(ours.mapped("move_id.name")))

    def _amounts(self):
        """{item: amount to place} of what is ticked; empty while it is of several currencies."""
        items = self.move_line_ids._origin
        if len(items.currency_id) != 1:
            return {}
        return self.env["recovery.referral"]._amounts_to_place(items)

    def _oldest(self):
        """The day on which the oldest ticked item fell due."""
        items = self.move_line_ids._origin
        return min((item.date_maturity or item.date for item in items), default=None)

    @api.model
    def _open_for(self, case):
        """The dialog for this case, with a row for each of the company's agencies."""
        domain = [("company_id", "parent_of", case.company_id.id)]
        agencies = self.env["recovery.agency"].search(domain)
        if not agencies:
            raise UserError(self.env._("There is no agency yet: add one under Agencies first."))
        wizard = self.create(
            {
                "case_id": case.id,
                "late_reason_id": self._known_reason(case),
                "move_line_ids": [Command.set(case._items_to_refer().ids)],
                "row_ids": [Command.create({"agency_id": agency.id}) for agency in agencies],
            }
        )
        wizard.agency_id = wizard._best()
        return wizard._action_open(self.env._("Refer to an Agency"))

    def _best(self):
        """The agency that leaves us most, of those that may take it."""
        rows = self.row_ids.filtered(lambda row: not row.reasons) or self.row_ids
        return rows.sorted(lambda row: row.amount_net, reverse=True)[:1].agency_id

    def action_make(self):
        """Make the referral, check it as far as nothing stands in the way, and show it.

        :raise UserError: no agency or nothing is chosen
        """
        self.ensure_one()
        if not (self.agency_id and self.move_line_ids):
            raise UserError(self.env._("Choose an agency, and the items that it is to collect."))
        self._note_reason()
        referral = self.env["recovery.referral"].create(
            {
                "agency_id": self.agency_id.id,
                "move_line_ids": [Command.set(self.move_line_ids.ids)],
                "late_reason_asked": self.late_reason_asked or bool(self.late_reason_id),
                "note": self.note,
            }
        )
        if not referral.reasons:
            referral.action_check()
        return referral._action_form()
