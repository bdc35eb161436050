from odoo import fields, models
from odoo.tools import html2plaintext

# No client can send it: the call that this task is about stands in the log already.
LOGGED = object()


class RecoveryCaseCall(models.AbstractModel):
    """Calls with the customer of a case: the one that is planned, and those that were made."""

    _name = "recovery.case.call"
    _description = "Case: calls"

    def action_log_call(self):
        """Open the dialog to make or log a call."""
        self.ensure_one()
        return self.env["recovery.call.log"]._open_for(self)

    def _planned_calls(self):
        """The calls that notices planned and nobody has made yet, the newest first: deliveries.

        sudo: a task may be another person's.
        """
        deliveries = self.sudo().notice_ids.delivery_ids
        return deliveries.filtered(lambda one: one.activity_id.active).sorted("id", reverse=True)

    def _take_back_calls(self):
        """Take back the calls that notices planned in these cases and nobody has made: nothing
        overdue may be demanded any more, be it paid, promised or placed with an agency.

        sudo: a task may be another person's.
        """
        if not self:
            return
        domain = [
            ("notice_id.case_id", "in", self.ids),
            ("notice_id.level_id.delay_days", ">=", 0),
            ("activity_id.active", "=", True),
        ]
        calls = self.env["dunning.delivery"].sudo().search(domain)
        calls._log_outcome("withdrawn")
        calls.activity_id.unlink()

    def _log_call(self, delivery, notice, **entry):
        """Write a call down. The one that a notice had planned names the entry of its plan.

        sudo: the log is written by everybody.

        :param delivery: dunning.delivery that planned it, or none
        :param notice: dunning.notice that it is about, or none
        :param entry: further keys of ``recovery.interaction._log``
        """
        self.ensure_one()
        about = {
            "case": self,
            "channel": "call",
            "kind": "call",
            "refers_to": delivery.log_sequence,
            "reference": notice.name or "",
        }
        return self.env["recovery.interaction"].sudo()._log([{**about, **entry}])

    def _log_ticked_call(self, activity, feedback):
        """Write down a call that was ticked off without saying how it ended."""
        planned = self._planned_calls().filtered(lambda one: one.activity_id == activity)
        self._log_call(
            planned,
            planned.notice_id,
            direction="out",
            purpose="demand",
            outcome="done",
            names=self.partner_id.complete_name or "",
            subject=activity.summary or "",
            text=html2plaintext(feedback or "", include_references=False),
        )

    # -- what follows from a call ----------------------------------------------------------

    def _call_again(self, day, note):
        """A call for the owner of this case, due on ``day``."""
        kind = self.env.ref("mail.mail_activity_data_call")
        activity = self._plan_activity(kind, self.env._("Call the customer again"), note)
        activity.date_deadline = day or self.company_id._recovery_today()

    def _look_after(self, day, note):
        """A task for the owner of this case after a call."""
        kind = self.env.ref("mail.mail_activity_data_todo")
        activity = self._plan_activity(kind, self.env._("After a call: %s", note), note)
        activity.date_deadline = day or self.company_id._recovery_today()

    def _wait_for_money(self, day):
        """Demands wait until ``day`` for money that the customer says it has sent.

        sudo: reasons are the company's, whoever may read them.
        """
        reasons = self.env["recovery.hold.reason"].sudo().with_context(active_test=False)
        self.env["recovery.hold"].create(
            {
                "company_id": self.company_id.id,
                "partner_id": self.partner_id.id,
                "reason_id": reasons.search([("code", "=", "says_paid")], limit=1).id,
                "date_from": self.company_id._recovery_today(),
                "date_to": day or fields.Date.add(self.company_id._recovery_today(), days=7),
                "origin_model": "recovery.case",
                "origin_id": self.id,
            }
        )
