from odoo import api, fields, models
from odoo.exceptions import UserError


class RecoveryReferralReport(models.TransientModel):
    """Note by hand what an agency told: the same as a connector would take in."""

    _name = "recovery.referral.report"
    _description = "Referral: what the agency told"
    _inherit = "recovery.dialog"

    referral_id = fields.Many2one("recovery.referral", required=True, readonly=True)
    currency_id = fields.Many2one(related="referral_id.currency_id")
    kind = fields.Selection(
        [
            ("accepted", "It took it"),
            ("active", "It works on it"),
            ("info_needed", "It needs information"),
            ("payment", "It collected money"),
            ("paused", "It pauses"),
            ("resumed", "It goes on"),
            ("recalled", "It gave it back, as we asked"),
            ("rejected", "It does not take it"),
            ("closed", "It is done"),
        ],
        string="What",
        required=True,
        default="accepted",
    )
    external_ref = fields.Char(string="Agency's number")
    amount = fields.Monetary()
    day = fields.Date(string="Received on")
    outcome = fields.Selection(
        [
            ("paid", "Paid"),
            ("uncollectable", "Can't be collected"),
            ("returned", "Given back"),
        ],
        default="paid",
    )
    text = fields.Text(string="What it wrote")

    @api.model
    def _open_for(self, referral):
        kind = {"sent": "accepted", "accepted": "active", "recall_requested": "recalled"}
        wizard = self.create(
            {
                "referral_id": referral.id,
                "kind": kind.get(referral.state, "payment"),
                "day": referral.company_id._recovery_today(),
                "external_ref": referral.external_ref,
            }
        )
        return wizard._action_open(self.env._("What the Agency Told"))

    def action_note(self):
        """Take it in.

        :raise UserError: the user may not work on the referral, or a text is missing
        """
        self.ensure_one()
        referral = self.referral_id
        referral.check_access("write")
        if self.kind in ("info_needed", "rejected") and not self.text:
            raise UserError(self.env._("Say what the agency wrote."))
        acts = {
            "accepted": lambda: referral._on_accepted(self.external_ref),
            "active": referral._on_active,
            "info_needed": lambda: referral._on_info_needed(self.text),
            "payment": lambda: referral._on_payment(self.amount, date=self.day),
            "paused": lambda: referral._on_paused(self.text),
            "resumed": lambda: referral._on_resumed(self.text),
            "recalled": lambda: referral._on_recalled(self.text),
            "rejected": lambda: referral._on_rejected(self.text),
            "closed": lambda: referral._on_closed(self.outcome),
        }
        acts[self.kind]()
        return {"type": "ir.actions.act_window_close"}
