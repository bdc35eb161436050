from odoo import fields, models


class RecoveryHoldPrivate(models.AbstractModel):
    """A pause for a private reason is read by trained people, by who noted it and by who handles
    it (record rules); everybody else is told that there is one, and whom to ask."""

    _name = "recovery.hold.private"
    _description = "Hold: private reasons"

    user_id = fields.Many2one(
        "res.users",
        string="Handled by",
        index="btree_not_null",
        ondelete="set null",
        tracking=True,
        domain="[('share', '=', False)]",
        help="Whom to ask, and who reviews it. Empty: the owner of the case.",
    )

    def _review_summary(self):
        """What the task says of these holds: its readers need not know a private reason."""
        if any(self.mapped("is_private")):
            return self.env._("Review of a private matter")
        reasons = ", ".join(dict.fromkeys(self.mapped("reason_id.name")))
        return self.env._("Review of a hold: %s", reasons)

    def _private_sentence(self):
        """What everybody may know of these private holds of one customer; empty without any."""
        hold = self.sorted("date_review")[:1]
        if not hold:
            return ""
        who = hold.user_id or hold._customers()._recovery_owner(hold.company_id)
        return self.env._(
            "On hold for a private reason: ask %s before you contact the customer.",
            who.name or self.env._("a manager"),
        )
