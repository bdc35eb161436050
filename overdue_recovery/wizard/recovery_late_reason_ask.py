from odoo import api, fields, models


class RecoveryLateReasonAsk(models.AbstractModel):
    """The question why it is late, in a dialog that has a ``case_id``.

    Of a sensitive reason the answer "rather not say" is preselected: then nothing is noted, and
    what helps is shown all the same.
    """

    _name = "recovery.late.reason.ask"
    _description = "Ask for the reason of lateness"

    late_reason_id = fields.Many2one("recovery.late.reason", string="Why is it late?")
    rather_not_say = fields.Boolean(
        compute="_compute_rather_not_say",
        store=True,
        readonly=False,
        help="The reason is not noted; what helps is shown all the same.",
    )
    treatment = fields.Selection(related="late_reason_id.treatment", string="What helps")
    suggested_treatment = fields.Text(related="late_reason_id.suggested_treatment")

    @api.depends("late_reason_id")
    def _compute_rather_not_say(self):
        for dialog in self:
            dialog.rather_not_say = dialog.late_reason_id.is_sensitive

    @api.model
    def _known_reason(self, case):
        """Id of the reason noted on the case, unless this user may not know it."""
        return case.late_reason_id._filtered_access("read").id

    def action_treat(self):
        """Note the reason, and do what helps against it instead of this."""
        self.ensure_one()
        self._note_reason()
        return self.case_id._treat(self.treatment)

    def _action_dialog(self, name):
        """The action that shows this dialog."""
        view = self.env.ref(f"overdue_recovery.{self._name.replace('.', '_')}_view_form")
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": self._name,
            "res_id": self.id,
            "views": [(view.id, "form")],
            "target": "new",
        }

    def _note_reason(self):
        """Note why it is late, unless the customer would rather not say."""
        if self.late_reason_id and not self.rather_not_say:
            self.case_id.late_reason_id = self.late_reason_id
