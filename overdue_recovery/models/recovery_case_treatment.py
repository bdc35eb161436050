from odoo import api, fields, models


class RecoveryCaseTreatment(models.AbstractModel):
    """What usually helps against the reason why a customer is late, one click away."""

    _name = "recovery.case.treatment"
    _description = "Case: what helps"

    late_treatment = fields.Selection(
        lambda self: self.env["recovery.late.reason"]._fields["treatment"].selection,
        compute="_compute_late_treatment",
        string="What helps",
    )
    suggested_treatment = fields.Text(compute="_compute_late_treatment", string="How to do it")

    @api.depends("late_reason_id")
    @api.depends_context("lang", "uid")
    def _compute_late_treatment(self):
        """Of a private reason nobody else sees what helps either: it would tell the reason."""
        for case in self:
            reason = case.late_reason_id._filtered_access("read")
            case.late_treatment = reason.treatment
            case.suggested_treatment = reason.suggested_treatment

    def action_treat(self):
        """Begin with what helps against the noted reason."""
        self.ensure_one()
        return self._treat(self.late_treatment)

    def _treat(self, treatment):
        """Begin with a treatment: the action that it opens.

        :param treatment: code of ``recovery.late.reason.treatment``; unknown or none: remind
        """
        self.check_access("write")
        treat = self._treatments().get(treatment) or self.action_send_now
        return treat()

    def _treatments(self):
        """Seam: {treatment: what begins with it}."""
        return {
            "remind": self.action_send_now,
            "wait": self.action_promise,
            "plan": self.action_plan,
            "hardship": self.action_hardship,
            "talk": self.action_log_call,
            "resend": self._treat_by_invoices,
            "correct": self.action_dispute,
            "trace": self._treat_by_hold,
        }

    def _treat_by_invoices(self):
        """The open invoices: each can be sent again and started afresh."""
        action = self.action_view_invoices()
        domain = [("id", "in", self.item_ids.move_id.ids)]
        return {**action, "domain": domain}

    def _treat_by_hold(self):
        """No demand while the payment is looked for."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "overdue_recovery.recovery_hold_create_action"
        )
        reason = self.env.ref("overdue_recovery.hold_reason_says_paid")
        context = {
            "active_model": self._name,
            "active_ids": self.ids,
            "default_reason_id": reason.id,
        }
        return {**action, "context": context}
