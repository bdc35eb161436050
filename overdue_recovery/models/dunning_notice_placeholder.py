import re

from odoo import api, fields, models

from .dunning_message_batch import MessageFigures, MessageForm, shape_of, with_holes

# Placeholders: plain field paths, so that anybody who may write a template may use them (core's
# restricted rendering), and a template that holds nothing else needs no compilation.
PLACEHOLDERS = (
    "message_lang",
    "reference",
    "opening",
    "history",
    "history_text",
    "items_html",
    "pay_by_text",
    "payment_html",
    "link_html",
    "help_html",
    "contact_name",
    "contact_phone",
    "contact_text",
    "signature_html",
)
_AFTER_TAG = re.compile(r">\s*\n\s*")
_BEFORE_TAG = re.compile(r"\s*\n\s*<")


class DunningNoticePlaceholder(models.AbstractModel):
    """What a message says: the placeholders of mail templates.

    Templates (``mail.template`` of this model) hold the sentences; whatever depends on the ledger
    is a field here: ``object.opening``, ``object.items_html``, … All of them follow the language
    of the context. HTML stands in ``data/mail_layout_templates.xml``.
    """

    _name = "dunning.notice.placeholder"
    _inherit = [
        "dunning.notice.opening",
        "dunning.notice.items",
        "dunning.notice.payment",
        "dunning.notice.contact",
    ]
    _description = "Notice: what its message says"

    message_lang = fields.Char(
        string="Language of the message", compute="_compute_message_lang", compute_sudo=True
    )
    reference = fields.Char(string="Our reference", compute="_compute_reference")

    @api.model
    def mail_allowed_qweb_expressions(self):
        """Expressions that users without the right to edit all templates may use."""
        placeholders = tuple(f"object.{name}" for name in PLACEHOLDERS)
        return (
            *super().mail_allowed_qweb_expressions(),
            *placeholders,
            "object.company_id.name",
            "object.company_id.email",
            "object.company_id.email_formatted",
            "object.company_id.phone",
        )

    @api.depends("name")
    def _compute_reference(self):
        for notice in self:
            notice.reference = notice.name

    # -- language --------------------------------------------------------------------------

    @api.depends("partner_id", "company_id", "delivery_ids.lang", "delivery_ids.state")
    @api.depends_context("recovery_lang")
    def _compute_message_lang(self):
        """The recipient's language (of the one that is being written to, else of the first
        e-mail), else the customer's, else the company's: the first one that is installed."""
        installed = {code for code, _name in self.env["res.lang"].get_installed()}
        recipient = self.env.context.get("recovery_lang")
        for notice in self:
            known = [recipient] if recipient in installed else notice._languages_known()
            notice.message_lang = next((lang for lang in known if lang in installed), "en_US")

    def _languages_known(self):
        """Languages that this notice may be written in, best first."""
        languages = self._emails().mapped("lang")
        return [*languages, self.partner_id.lang, self.company_id.partner_id.lang]

    # -- words and figures -----------------------------------------------------------------

    def _fragment(self, template, values):
        """The HTML of a placeholder. Its QWeb template is rendered once a batch for all values
        that differ in their texts only: it may ask whether a text is there, not what it says."""
        form = self._batch().once(
            ("form", template, self.env.lang, shape_of(values)),
            lambda: MessageForm(_without_line_ends(self._qweb(template, with_holes(values)))),
        )
        return form.filled(values)

    def _qweb(self, template, values):
        """Render one of our QWeb templates in the language of the context."""
        return self.env["ir.qweb"]._render(
            f"overdue_recovery.{template}", values, minimal_qcontext=True
        )

    def _figures(self):
        """Amounts and days in the language of the context."""
        key = "figures", self.env.lang
        return self._batch().once(key, lambda: MessageFigures(self.env))

    def _money(self, amount, currency):
        return self._figures().money(amount, currency)

    def _long_date(self, day):
        """The day with its month as a word, in the language of the context."""
        return self._figures().day(day, "long")

    def _enumerate(self, texts):
        """ "a", "a and b", "a, b and c"."""
        if len(texts) < 2:
            return "".join(texts)
        return self.env._("%(first)s and %(last)s", first=", ".join(texts[:-1]), last=texts[-1])


def _without_line_ends(page):
    page = _AFTER_TAG.sub(">", page)
    return _BEFORE_TAG.sub("<", page) if "\n" in page else page
