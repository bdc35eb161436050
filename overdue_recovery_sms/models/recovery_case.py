from odoo import api, models

# What carriers take for an opt-out (CTIA, Messaging Principles), and its French form.
STOP_WORDS = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "ARRET", "ARRÊT"}


class RecoveryCase(models.Model):
    _inherit = "recovery.case"

    @api.model
    def _receive_text(self, number, text):
        """A text message came in: it becomes a reply of the case of whom we texted at this number.

        Seam: core's SMS service does not receive. A provider that does (a webhook of its own
        addon) calls this with the sender's number and the words; nothing else is needed.

        A word that means stop puts the number on core's blacklist: no text goes there again.

        sudo: it is a gateway that brings it.

        :param number: as the provider gives it, best in E.164
        :param text: plain text
        :return: the case, empty when nobody with this number was written to
        """
        formatted = self.env["res.partner"]._phone_format(number=number)
        number = formatted or number
        deliveries = self.env["dunning.delivery"].sudo()
        delivery = deliveries.search(
            [("channel", "=", "sms"), ("address", "=", number)], order="id desc", limit=1
        )
        if formatted and text.strip().upper() in STOP_WORDS:
            self.env["phone.blacklist"].sudo()._add([number])
        case = self.env["recovery.mail"]._open_case(delivery.case_id)
        if case:
            case._reply_received(
                {
                    "direction": "in",
                    "channel": "sms",
                    "kind": "reply",
                    "outcome": "received",
                    "reference": delivery.notice_id.name or "",
                    "names": delivery.recipient_id.display_name,
                    "address": number,
                    "text": text[:5000],
                }
            )
        return case
