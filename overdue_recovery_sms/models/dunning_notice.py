from odoo import api, fields, models


class DunningNotice(models.Model):
    _inherit = "dunning.notice"

    text_preview = fields.Text(
        string="Text message",
        compute="_compute_text_preview",
        compute_sudo=True,
        help="As it was sent, or would be sent now.",
    )

    @api.depends("level_id", "delivery_ids.channel", "delivery_ids.state", "personal_note")
    def _compute_text_preview(self):
        for notice in self:
            texts = notice.delivery_ids.filtered(
                lambda delivery: delivery.channel == "sms" and delivery.state != "cancelled"
            )
            sent = texts.filtered("sms_text")[:1].sms_text
            wanted = texts or notice.level_id.send_sms
            notice.text_preview = sent or (wanted and notice._origin._text_preview())

    def _text_preview(self):
        """The text as it would be written now, or in words why there is none."""
        template = self.level_id._text_for(self.partner_id).with_context(lang=self.message_lang)
        try:
            with self.env.cr.savepoint():
                return self._text_with_address(template._render_field("body", self.ids)[self.id])
        except Exception as error:
            return self._cause(error)

    def _text_with_address(self, body):
        """A text, and after it the address of the portal, with a place for its secret."""
        return f"{body.strip()} {self._link_address()}"
