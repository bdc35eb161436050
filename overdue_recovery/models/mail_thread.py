from odoo import api, models


class MailThread(models.AbstractModel):
    """Three doors of core's mail gateway: to whom a mail goes, what came back, what is done."""

    _inherit = "mail.thread"

    @api.model
    def message_route(self, message, message_dict, model=None, thread_id=None, custom_values=None):
        """An answer to a notice goes to its case. Core looks for the message it answers among
        those it keeps; ours are not kept, their Message-ID stands on the delivery."""
        gateway = self.env["recovery.mail"]
        if not message_dict.get("is_bounce"):
            case = gateway._safely(gateway._case_answered, message_dict)
            if case:
                self._routing_reset_bounce(message, message_dict)
                user = self._mail_find_user_for_gateway(message_dict["email_from"])
                return [("recovery.case", case.id, None, user.id or self.env.uid, None)]
        routes = super().message_route(message, message_dict, model, thread_id, custom_values)
        return gateway._find_cases(message, message_dict, routes)

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        routes = self.env["recovery.mail"]._receive(message, message_dict, routes)
        return super()._message_route_process(message, message_dict, routes)

    @api.model
    def _routing_handle_bounce(self, email_message, message_dict):
        if self.env["recovery.mail"]._take_report(email_message, message_dict):
            return None
        return super()._routing_handle_bounce(email_message, message_dict)
