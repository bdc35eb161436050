from odoo import api, fields, models


class RecoveryCaseReferral(models.AbstractModel):
    """What of a customer's debt is with an agency, and what is not."""

    _name = "recovery.case.referral"
    _description = "Case: referrals"

    referral_ids = fields.One2many("recovery.referral", "case_id", string="Referrals")
    live_referral_id = fields.Many2one(
        "recovery.referral",
        compute="_compute_live_referral_id",
        string="At an agency",
        help="The newest referral that an agency has.",
    )
    referral_warning = fields.Char(
        compute="_compute_referral_warning", help="Open items that stay ours meanwhile."
    )

    @api.depends("referral_ids.line_ids.live")
    def _compute_live_referral_id(self):
        for case in self:
            live = case.referral_ids.filtered(lambda one: any(one.line_ids.mapped("live")))
            case.live_referral_id = live.sorted("id")[-1:]

    @api.depends("live_referral_id", "item_ids")
    @api.depends_context("lang")
    def _compute_referral_warning(self):
        placed = self.env["recovery.referral"]._of_items(self.item_ids)
        for case in self:
            ours = case.item_ids.filtered(lambda item: item not in placed)
            case.referral_warning = case._stays_ours(ours) if case.live_referral_id and ours else ""

    def _stays_ours(self, items):
        return self.env._(
            "%(agency)s collects a part only: %(documents)s stay ours, and nobody else asks for "
            "them.",
            agency=self.live_referral_id.agency_id.display_name,
            documents=", ".join(dict.fromkeys(items.mapped("move_id.name"))),
        )

    def action_refer(self):
        """Open the dialog for a referral of what is ripe for it."""
        self.ensure_one()
        return self.env["recovery.referral.create"]._open_for(self)

    def _lost(self):
        """Those of these cases of which an agency's rest was written off.

        sudo: it is so, whoever may see the referral.
        """
        domain = [("referral_id.case_id", "in", self.ids), ("kind", "=", "written_off")]
        events = self.env["recovery.referral.event"].sudo().search(domain)
        return self & events.referral_id.case_id.with_env(self.env)

    def _items_to_refer(self):
        """What is overdue and with nobody, in the currency that most of it is in: also the charges
        on it."""
        items = self.item_ids.filtered(lambda item: item.company_id == self.company_id)
        placed = self.env["recovery.referral"]._of_items(items)
        items = items.filtered(lambda item: item not in placed)
        items = items._overdue_on(self.company_id._recovery_today()) or items
        groups = items.grouped("currency_id").values()
        return max(groups, key=lambda same: sum(same.mapped("amount_residual")), default=items)
