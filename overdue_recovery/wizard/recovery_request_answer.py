from odoo import Command, api, fields, models


class RecoveryRequestAnswer(models.TransientModel):
    """Answer requests of customers, one or many at a time, with the words they read."""

    _name = "recovery.request.answer"
    _description = "Answer Requests"

    request_ids = fields.Many2many("recovery.request", string="Requests", required=True)
    decision = fields.Selection(
        [("approved", "Approve"), ("countered", "Propose something else"), ("rejected", "Reject")],
        required=True,
        readonly=True,
    )
    answer = fields.Text(help="The customers read exactly this.")

    @api.model
    def _open_for(self, requests, decision):
        """The dialog for these requests; a yes is written already."""
        yes = self.env._("We agree to what you asked for.") if decision == "approved" else False
        wizard = self.create(
            {
                "request_ids": [Command.set(requests.ids)],
                "decision": decision,
                "answer": yes,
            }
        )
        titles = dict(self._fields["decision"]._description_selection(self.env))
        view = self.env.ref("overdue_recovery.recovery_request_answer_view_form")
        return {
            "type": "ir.actions.act_window",
            "name": titles[decision],
            "res_model": self._name,
            "res_id": wizard.id,
            "views": [(view.id, "form")],
            "target": "new",
        }

    def action_answer(self):
        """Decide them all and write to the customers.

        :raise UserError: one was answered in the meantime, or can't be fulfilled; none is then
        """
        self.ensure_one()
        self.request_ids._answer(self.decision, self.answer)
        return {"type": "ir.actions.act_window_close"}
