from odoo import api, fields, models


class RecoveryReferralLine(models.Model):
    """An item that is placed with an agency: what was placed of it, fixed when it was sent.

    What is open of it now, and what it went down by since, is the ledger's.
    """

    _name = "recovery.referral.line"
    _description = "Item of a Referral"
    _order = "date_due, id"

    referral_id = fields.Many2one(
        "recovery.referral", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="referral_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="referral_id.currency_id")
    # set null: an item with new terms is a new item, and nobody is kept from deleting one
    move_line_id = fields.Many2one(
        "account.move.line",
        string="Item",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    name = fields.Char(string="Document", required=True, readonly=True)
    date_due = fields.Date(string="Due", readonly=True)
    is_charge = fields.Boolean(string="Charge", readonly=True)
    amount = fields.Monetary(
        string="Placed", readonly=True, help="What was asked of the agency, less open credits."
    )
    baseline = fields.Monetary(
        string="Open then", readonly=True, help="What was open of the item when it was sent."
    )
    baseline_money = fields.Json(
        readonly=True, help="{id of a credit: its money on the item when it was sent}"
    )
    live = fields.Boolean(readonly=True, help="From sending to rejection, recall or closure.")
    residual = fields.Monetary(compute="_compute_residual", string="Open now")

    _one_live = models.UniqueIndex(
        "(move_line_id) WHERE live", "This item is placed with an agency already."
    )

    @api.depends("move_line_id.amount_residual_currency")
    def _compute_residual(self):
        for line in self:
            line.residual = max(0.0, line.move_line_id.amount_residual_currency)

    @api.model
    def _values_of(self, amounts):
        """Values of lines for these {item: amount to place}, as of now."""
        return [
            {
                "move_line_id": item.id,
                "name": item.move_id.name or item.display_name,
                "date_due": item.date_maturity or item.date,
                "is_charge": item.move_id.is_recovery_charge,
                "amount": amount,
                "baseline": item.amount_residual_currency,
            }
            for item, amount in amounts.items()
        ]

    def _freeze(self):
        """Note what is open of these items as they are sent, and which money was there before."""
        money = self.env["recovery.claim"]._money(self.move_line_id)
        for line in self:
            item = line.move_line_id
            line.write(
                {
                    "live": True,
                    "baseline": item.amount_residual_currency,
                    "baseline_money": {credit: amount for credit, amount, _day in money[item.id]},
                }
            )

    def _money_since(self, money, own):
        """Money reconciled with the item since it was sent.

        :param money: what ``recovery.claim._money()`` says
        :param own: ids, as text, of the credits that the agency's remittances made
        """
        self.ensure_one()
        before = self.baseline_money or {}
        return sum(
            max(0.0, amount - before.get(credit, 0.0))
            for credit, amount, _day in money[self.move_line_id.id]
            if credit not in own
        )
