from odoo import models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    def _action_done(self, feedback=False, attachment_ids=None):
        """An answered reply holds demands no longer."""
        cases = self._recovery_cases_answered()
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        cases._reply_answered()
        return result

    def _recovery_cases_answered(self):
        """The cases whose customer waits for an answer by these tasks."""
        kind = self.env.ref("overdue_recovery.mail_activity_type_reply", False)
        own = self.filtered(
            lambda activity: (
                activity.res_model == "recovery.case" and activity.activity_type_id == kind
            )
        )
        return self.env["recovery.case"].browse(own.mapped("res_id")).exists()
