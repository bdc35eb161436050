from odoo import api, models

from .recovery_case_call import LOGGED


class MailActivity(models.Model):
    _inherit = "mail.activity"

    @api.model_create_multi
    def create(self, vals_list):
        """What begins for somebody who is away is its deputy's."""
        return super().create([self._recovery_for_deputy(vals) for vals in vals_list])

    @api.model
    def _recovery_for_deputy(self, vals):
        """The values of a task of recovery, for who is there to do it.

        sudo: the record of a task is that of whoever plans it; only its company is read.
        """
        absences = self.env["recovery.absence"]
        if vals.get("user_id") not in absences._deputies():
            return vals
        model = self.env["ir.model"].sudo().browse(vals.get("res_model_id")).model or ""
        if not model.startswith(("recovery.", "dunning.")):
            return vals
        company = self.env[model].sudo().browse(vals.get("res_id")).exists().company_id
        return {**vals, "user_id": absences._stand_in(vals["user_id"], company)}

    def _action_done(self, feedback=False, attachment_ids=None):
        """An answered reply holds demands no longer."""
        cases = self._recovery_cases_answered()
        self._recovery_log_calls(feedback)
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        cases._reply_answered()
        return result

    def _recovery_log_calls(self, feedback):
        """A call with a customer that is only ticked off is a contact all the same; the dialog
        logs its own."""
        if self.env.context.get("recovery_call_logged") is LOGGED:
            return
        for activity in self:
            case = activity._recovery_case_to_call()
            if case:
                case._log_ticked_call(activity, feedback)

    def _recovery_case_to_call(self):
        """The case whose customer is to be called by this task, or none."""
        cases = self.env["recovery.case"]
        if self.res_model != cases._name or self.activity_category != "phonecall":
            return cases
        return cases.browse(self.res_id).exists()

    def action_recovery_log_call(self):
        """Open the dialog to make and log the call that this task is about."""
        self.ensure_one()
        return self.env["recovery.call.log"]._open_for(self._recovery_case_to_call(), activity=self)

    def _recovery_cases_answered(self):
        """The cases whose customer waits for an answer by these tasks."""
        kind = self.env.ref("overdue_recovery.mail_activity_type_reply", False)
        own = self.filtered(
            lambda activity: (
                activity.res_model == "recovery.case" and activity.activity_type_id == kind
            )
        )
        return self.env["recovery.case"].browse(own.mapped("res_id")).exists()
