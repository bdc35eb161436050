from odoo import models


class RecoveryContactGate(models.AbstractModel):
    _inherit = "recovery.contact.gate"

    def _refusals(self, request, facts):
        found = super()._refusals(request, facts)
        asked = request.channel == "sms" and request.purpose != "answer"
        if asked and request.address in self._blacklisted_numbers(facts):
            found.add("blacklist")
        return found

    def _blacklisted_numbers(self, facts):
        """The numbers of these requests that core's blacklist has; read once for all of them.

        sudo (that of the facts): a wish binds whoever asks.
        """
        if not hasattr(facts, "blacklisted_numbers"):
            numbers = [request.address for request in facts.requests if request.channel == "sms"]
            rows = facts.env["phone.blacklist"].search([("number", "in", numbers)])
            facts.blacklisted_numbers = set(rows.mapped("number"))
        return facts.blacklisted_numbers

    def _texts(self):
        text = self.env._("The e-mail address or telephone number is blacklisted.")
        return {**super()._texts(), "blacklist": text}
