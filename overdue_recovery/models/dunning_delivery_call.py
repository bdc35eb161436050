from odoo import models


class DunningDeliveryCall(models.AbstractModel):
    """The call channel: an activity for the owner of the case."""

    _name = "dunning.delivery.call"
    _description = "Delivery: calls"

    def _send_call(self):
        """Plan a call for the owner of the case; planning it is the hand-over."""
        for delivery in self:
            level = delivery.notice_id.level_id
            kind = level.activity_type_id or self.env.ref("mail.mail_activity_data_call")
            delivery.activity_id = delivery.case_id._plan_activity(
                kind,
                self.env._("%(level)s: call the customer", level=level.name),
                delivery._call_note(),
            )
        self._handed_over()

    def _settle_lost(self, channel):
        """A call is planned and counted in one transaction: what died has planned nothing."""
        if channel != "call":
            return super()._settle_lost(channel)
        self._set_state("queued", sending_since=False)
        self._log_outcome("queued")
        return None

    def _call_note(self):
        """What the caller needs: figures and numbers, then the level's script."""
        notice = self.notice_id.with_context(lang=self._lang_of_owner())
        contacts = notice.partner_id | notice.partner_id.child_ids.filtered("is_dunning_contact")
        return notice._fragment(
            "call_note",
            {
                "notice": notice,
                "numbers": [(c.display_name, c.phone) for c in contacts if c.phone],
                "script": notice.level_id.call_script,
            },
        )

    def _lang_of_owner(self):
        return self.case_id.user_id.lang or self.company_id.partner_id.lang or self.env.lang
