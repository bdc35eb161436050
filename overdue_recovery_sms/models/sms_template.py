import re

from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.tools.rendering_tools import parse_inline_template

# What a text to a consumer may show besides fixed words: it lights up on a locked screen.
NEUTRAL = {
    "object.name",
    "object.reference",
    "object.company_id.name",
    "object.company_id.display_name",
    "object.company_id.phone",
    "object.contact_name",
    "object.contact_phone",
    "or",
}


class SmsTemplate(models.Model):
    """Texts of notices are checked on saving: their words, and that they can be written."""

    _inherit = "sms.template"

    def _recovery_is_neutral(self):
        """Whether this text shows nothing but who writes and a reference: no amount, no document.
        Only such a text goes to a consumer."""
        self.ensure_one()
        for lang, _name in self.env["res.lang"].get_installed():
            body = self.with_context(lang=lang).body or ""
            for _text, expression, _default in parse_inline_template(body):
                words = re.findall(
                    r"[A-Za-z_][\w.]*", re.sub(r"'[^']*'|\"[^\"]*\"", "", expression)
                )
                if not NEUTRAL.issuperset(words):
                    return False
        return True

    @api.constrains("body", "model_id")
    def _check_recovery_body(self):
        for template in self.filtered(lambda template: template.model == "dunning.notice"):
            template._check_recovery_words()
            template._check_recovery_renders()

    def _check_recovery_words(self):
        for lang, name in self.env["res.lang"].get_installed():
            body = self.with_context(lang=lang).body or ""
            for phrase in self.env["recovery.phrase"]._found_in(body, lang):
                raise ValidationError(
                    self.env._(
                        "The text “%(template)s” can't be saved like this:\n%(language)s: it says "
                        "“%(phrase)s”. Write instead: %(suggestion)s",
                        template=self.name,
                        language=name,
                        phrase=phrase.name,
                        suggestion=phrase.suggestion,
                    )
                )

    def _check_recovery_renders(self):
        """Try the text on a notice, or on an empty one when there is none yet."""
        if self.env.context.get("install_mode"):
            return
        sample = self.env["dunning.notice"].sudo()._message_sample()
        try:
            self._render_field("body", list(sample._ids))
        except Exception as error:
            raise ValidationError(
                self.env._(
                    "The text “%(template)s” can't be saved: it can't be written for a notice "
                    "(%(error)s). Correct the placeholder.",
                    template=self.name,
                    error=sample._cause(error),
                )
            ) from error

    def _update_field_translations(self, field_name, translations, digest=None, source_lang=""):
        result = super()._update_field_translations(
            field_name, translations, digest=digest, source_lang=source_lang
        )
        if field_name == "body":
            self._check_recovery_body()
        return result
