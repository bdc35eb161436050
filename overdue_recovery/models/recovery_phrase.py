import re

from odoo import api, fields, models


class RecoveryPhrase(models.Model):
    """A phrase that a message to a debtor must not contain, and what to write instead.

    Checked when a template of notices is saved, as whole words and in any case. A company that
    has to use a phrase (a notice that the law words) archives its row.
    """

    _name = "recovery.phrase"
    _description = "Threatening Phrase"
    _order = "lang, name"

    name = fields.Char(string="Phrase", required=True, help="Whole words; case does not matter.")
    lang = fields.Char(
        string="Language", required=True, size=2, help="Two letters: the language it belongs to."
    )
    suggestion = fields.Char(string="Write instead", required=True)
    active = fields.Boolean(default=True)

    _once = models.UniqueIndex("(lang, LOWER(name))", "This phrase is already in the list.")

    @api.model
    def _found_in(self, text, lang):
        """The phrases of a language that stand in a text.

        :param text: plain text
        :param lang: language code ("fr_BE")
        """
        phrases = self.sudo().search([("lang", "=", lang[:2])])
        words = " ".join(text.split())
        return phrases.filtered(lambda phrase: phrase._pattern().search(words))

    def _pattern(self):
        """Whole words, whatever the spaces between them."""
        words = r"\s+".join(map(re.escape, self.name.split()))
        return re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)
