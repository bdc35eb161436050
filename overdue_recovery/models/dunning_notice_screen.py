from odoo import models
from odoo.exceptions import UserError


class DunningNoticeScreen(models.AbstractModel):
    """What the buttons of notices do beyond the notice's own acts."""

    _name = "dunning.notice.screen"
    _description = "Notice: its buttons"

    def action_issue_selected(self):
        """Send these proposed notices; the others of their runs stay proposed."""
        proposed = self.filtered(lambda notice: notice.state == "proposed")
        if not proposed:
            raise UserError(self.env._("None of these notices is waiting to be sent."))
        for run, notices in proposed.grouped("run_id").items():
            run.action_issue(notices)
        return True

    def action_log_call(self):
        """Open the dialog to make or log a call about this notice."""
        self.ensure_one()
        return self.env["recovery.call.log"]._open_for(self.case_id, notice=self)

    def action_open_case(self):
        """Open the case this notice belongs to."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "recovery.case",
            "res_id": self.case_id.id,
            "view_mode": "form",
        }
