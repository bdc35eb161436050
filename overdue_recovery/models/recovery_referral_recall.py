from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..calc import referral as calc

#: States in which the agency works on it; before, it has not taken it, and may still refuse.
RECALLABLE = ("accepted", "active", "paused", "partly_recovered")


class RecoveryReferralRecall(models.AbstractModel):
    """Taking items back from an agency, which shows its cost first."""

    _name = "recovery.referral.recall"
    _description = "Referral: recall"

    currency_id = fields.Many2one("res.currency")
    recall_cost = fields.Monetary(
        string="A recall costs", compute="_compute_recall_cost", help="By the agency's contract."
    )

    @api.depends("line_ids.residual", "exclusive_until", "agency_id", "state")
    def _compute_recall_cost(self):
        for referral in self:
            agency, company = referral.agency_id, referral.company_id
            unit, today = referral.currency_id.rounding, company._recovery_today()
            fixed = agency.currency_id._convert(
                agency.recall_fixed, referral.currency_id, company, today
            )
            cost = calc.recall_cost(
                round(referral.amount_open / unit),
                round(fixed / unit),
                Decimal(str(agency.recall_percent)) / 100,
                today,
                referral.exclusive_until or None,
            )
            referral.recall_cost = referral.currency_id.round(cost * unit)

    def action_ask_recall(self):
        """Open the dialog that shows what a recall costs."""
        self.ensure_one()
        self.check_access("write")
        return self.env["recovery.referral.take.back"]._open_for(self)

    def action_recall(self):
        """Ask the agency to give the items back; they stay with it until it confirms.

        :raise UserError: the agency has not taken them, or has them no longer
        """
        self.check_access("write")
        for referral in self:
            if referral.state not in RECALLABLE:
                raise UserError(referral._illegal_transition_message("recall_requested"))
            referral._proceed("recall_requested")
            text = self.env._("Please give %s back to us.", referral.name)
            referral._add_event("recall_requested", text=text, amount=referral.recall_cost)
            referral.sudo()._tell_agency("recall_requested", {"text": text})
            referral._log_step("recall_requested")
        return True
