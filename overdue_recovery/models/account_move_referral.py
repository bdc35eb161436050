from odoo import api, fields, models
from odoo.fields import Domain

RECOVERY_GROUPS = "overdue_recovery.group_user,overdue_recovery.group_auditor"


class AccountMoveReferral(models.AbstractModel):
    """Documents that an agency collects."""

    _name = "account.move.recovery.referral"
    _description = "Document: referral"

    recovery_referral_id = fields.Many2one(
        "recovery.referral",
        string="At an agency",
        compute="_compute_recovery_referral_id",
        search="_search_recovery_referral_id",
        groups=RECOVERY_GROUPS,
        help="The referral that this document, or a part of it, is placed with.",
    )

    @api.depends("line_ids")
    def _compute_recovery_referral_id(self):
        found = self.env["recovery.referral"]._of_items(self.line_ids)
        by_move = {item.move_id: referral for item, referral in found.items()}
        for move in self:
            move.recovery_referral_id = by_move.get(move, False)

    @api.model
    def _search_recovery_referral_id(self, operator, value):
        """By what is placed now; empty: by nobody."""
        self._check_field_access(self._fields["recovery_referral_id"], "read")
        if operator != "in":
            return NotImplemented
        lines = self.env["recovery.referral.line"]
        live = lines.search([("live", "=", True)])
        wanted = live.filtered(lambda line: line.referral_id.id in value)
        found = Domain("line_ids", "in", wanted.move_line_id.ids)
        if False in value:
            found |= ~Domain("line_ids", "in", live.move_line_id.ids)
        return found
