from odoo import models

HARD = {"sms_invalid_destination"}


class SmsTracker(models.Model):
    """What the provider reports later of our texts, by their identifier."""

    _inherit = "sms.tracker"

    def _action_update_from_provider_error(self, provider_error):
        result = super()._action_update_from_provider_error(provider_error)
        failure = f"sms_{provider_error}"
        if failure in self.env["sms.sms"].DELIVERY_ERRORS:
            deliveries = self._recovery_deliveries(("sent", "unknown"))
            text = self.env._("The provider reports: %s", str(provider_error).replace("_", " "))
            deliveries._on_bounce(text, hard=failure in HARD)
        return result

    def _action_update_from_sms_state(self, sms_state, failure_type=False, failure_reason=False):
        result = super()._action_update_from_sms_state(
            sms_state, failure_type=failure_type, failure_reason=failure_reason
        )
        if sms_state in ("pending", "sent"):
            # nobody knew whether the provider had taken it; it has
            self._recovery_deliveries(("unknown",))._handed_over()
        return result

    def _recovery_deliveries(self, states):
        """Our deliveries that these trackers belong to.

        sudo: the provider's report comes by the web, without a user.
        """
        return (
            self.env["dunning.delivery"]
            .sudo()
            .search(
                [
                    ("message_id", "in", self.mapped("sms_uuid")),
                    ("channel", "=", "sms"),
                    ("state", "in", states),
                ]
            )
        )
