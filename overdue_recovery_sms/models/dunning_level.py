from odoo import api, fields, models
from odoo.exceptions import ValidationError


class DunningLevel(models.Model):
    _inherit = "dunning.level"

    send_sms = fields.Boolean(
        string="Text message", help="Used when the customer has no e-mail address, or prefers it."
    )
    sms_template_id = fields.Many2one(
        "sms.template",
        string="Text",
        domain="[('model', '=', 'dunning.notice')]",
        compute="_compute_sms_template_id",
        store=True,
        readonly=False,
        ondelete="restrict",
        help="A text that shows more than a reference goes to companies only; consumers get the "
        "neutral one.",
    )

    @api.depends("delay_days", "send_sms")
    def _compute_sms_template_id(self):
        for level in self:
            if level.send_sms and not level.sms_template_id:
                level.sms_template_id = level._neutral_text()

    def _neutral_text(self):
        """The shipped text: before the due date, or a reminder."""
        step = "predue" if self.delay_days < 0 else "reminder"
        return self.env.ref(f"overdue_recovery_sms.sms_template_{step}", False)

    @api.constrains("send_sms", "sms_template_id")
    def _check_sms(self):
        self._check_channel()
        for level in self:
            if level.send_sms and not level.sms_template_id and not level.is_internal:
                raise ValidationError(
                    self.env._(
                        "Level “%(level)s” sends a text message: choose its text.",
                        level=level.name,
                    )
                )

    def _channel_switches(self):
        return {**super()._channel_switches(), "sms": self.send_sms}

    def _text_for(self, debtor):
        """The template of a text to this debtor. Whoever is not known to be a company or a public
        body is a consumer and reads nothing but a reference."""
        self.ensure_one()
        template = self.sms_template_id
        consumer = debtor.recovery_debtor_type not in ("business", "public")
        if not template or (consumer and not template._recovery_is_neutral()):
            # also where a person switches a message to SMS at a level that has no text
            template = self._neutral_text()
        return template
