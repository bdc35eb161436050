from odoo import api, fields, models


class RecoveryCaseArrangement(models.AbstractModel):
    """What was agreed with the customer of a case."""

    _name = "recovery.case.arrangement"
    _description = "Case: arrangements"

    offer_ids = fields.One2many("recovery.offer", "case_id", string="Offers")
    dispute_ids = fields.One2many("recovery.dispute", "case_id", string="Disputes")
    live_offer_id = fields.Many2one(
        "recovery.offer",
        compute="_compute_live_offer_id",
        string="Open offer",
        help="The newest offer that is proposed or accepted.",
    )

    @api.depends("offer_ids.state")
    def _compute_live_offer_id(self):
        for case in self:
            live = case.offer_ids.filtered(lambda offer: offer.state in ("proposed", "accepted"))
            case.live_offer_id = live.sorted("id")[-1:]

    def action_offer(self):
        """Open the dialog for an offer on what is overdue, else on what is open."""
        self.ensure_one()
        return self.env["recovery.offer.create"]._open_for(self)

    def action_dispute(self):
        """Open the dialog for a dispute of an open invoice."""
        self.ensure_one()
        return self.env["recovery.dispute.create"]._open_for(self)

    def action_allocate(self):
        """Show what the customer's oldest open credit pays, for a person to confirm."""
        self.ensure_one()
        lines = self.env["account.move.line"]._recovery_open_lines(
            self.company_id, self.partner_id
        )[self.partner_id.id]
        credits = lines.filtered(lambda line: line.amount_residual_currency < 0)
        return self.env["recovery.allocation"]._action_allocate(credits)
