from odoo import models


class DunningDeliveryCall(models.AbstractModel):
    """The call channel: an activity for the owner of the case."""

    _name = "dunning.delivery.call"
    _description = "Delivery: calls"

    def _send_call(self):
        """Plan a call for the owner of the case; planning it is the hand-over."""
        for delivery in self:
            level = delivery.notice_id.level_id
            activity = delivery.case_id.sudo().with_context(mail_activity_quick_update=True)
            delivery.activity_id = activity.activity_schedule(
                activity_type_id=level.activity_type_id.id,
                date_deadline=delivery.company_id._recovery_today(),
                summary=self.env._("%(level)s: call the customer", level=level.name),
                user_id=delivery.case_id.user_id.id or self.env.uid,
            )
        self._handed_over()

    def _settle_lost(self, channel):
        """A call is planned and counted in one transaction: what died has planned nothing."""
        if channel != "call":
            return super()._settle_lost(channel)
        self._set_state("queued", sending_since=False)
        self._log_outcome("queued")
        return None
