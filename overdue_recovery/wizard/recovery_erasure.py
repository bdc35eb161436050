from odoo import api, fields, models


class RecoveryErasure(models.TransientModel):
    """Answer a request to be forgotten: what stands in the way, what is kept and why, and then
    erase the rest."""

    _name = "recovery.erasure"
    _description = "Erase a Person's Data"

    partner_id = fields.Many2one("res.partner", string="Customer", required=True, readonly=True)
    obstacles = fields.Text(compute="_compute_words", string="Why not yet")
    kept = fields.Text(compute="_compute_words", string="What is kept")
    reason = fields.Char(help="Stays in the log: without a name.")
    make_nameless = fields.Boolean(
        string="Make the contact nameless too",
        help="Name, address, numbers and notes of the contact itself. Only when no law orders its "
        "documents to be kept any longer.",
    )

    @api.depends("partner_id")
    def _compute_words(self):
        for wizard in self:
            found = wizard.partner_id._recovery_obstacles(self.env.companies)
            wizard.obstacles = "\n".join(found)
            wizard.kept = "\n".join(wizard.partner_id._recovery_kept())

    @api.model
    def _open_for(self, partner):
        """The dialog about this customer."""
        wizard = self.create({"partner_id": partner.id})
        view = self.env.ref("overdue_recovery.recovery_erasure_view_form")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Erase a Person's Data"),
            "res_model": self._name,
            "res_id": wizard.id,
            "views": [(view.id, "form")],
            "target": "new",
        }

    def action_erase(self):
        """Erase it, for good.

        :raise UserError: it may not be erased yet, or the reason is missing
        """
        self.ensure_one()
        self.partner_id._recovery_erase(self.reason, self.make_nameless)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Erased. The log keeps that it was, and why."),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
