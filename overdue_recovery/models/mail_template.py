import re

from lxml import html
from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.rendering_tools import parse_inline_template

# What a subject may show besides fixed words: it is read over shoulders and on locked screens.
NEUTRAL_IN_SUBJECT = {
    "object.name",
    "object.reference",
    "object.company_id.name",
    "object.company_id.display_name",
}


class MailTemplate(models.Model):
    """Templates of notices are checked on saving: their words, subject, and that they render."""

    _inherit = "mail.template"

    def _is_dunning(self):
        return self.sudo().model == "dunning.notice"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_of_levels(self):
        """sudo: a level of a company that the user can't see uses a template too."""
        levels = self.env["dunning.level"].sudo().with_context(active_test=False)
        level = levels.search([("mail_template_id", "in", self.ids)], limit=1)
        if level:
            raise UserError(
                self.env._(
                    "Level “%(level)s” of policy “%(policy)s” sends the template “%(template)s”. "
                    "Choose another one there first.",
                    level=level.name,
                    policy=level.policy_id.name,
                    template=level.mail_template_id.name,
                )
            )

    # -- words -----------------------------------------------------------------------------

    @api.constrains("subject", "body_html", "model_id")
    def _check_dunning_words(self):
        for template in self.filtered(lambda template: template._is_dunning()):
            problems = template._threats() + template._telling_subjects()
            if problems:
                raise ValidationError(
                    self.env._(
                        "The template “%(template)s” can't be saved like this:\n%(problems)s",
                        template=template.name,
                        problems="\n".join(f"– {problem}" for problem in problems),
                    )
                )

    def _threats(self):
        """A text for each threatening phrase in subject or body, in each language."""
        problems = []
        for lang, name, texts in self._translations():
            for phrase in self.env["recovery.phrase"]._found_in(" ".join(texts), lang):
                problems.append(
                    self.env._(
                        "%(language)s: it says “%(phrase)s”. Write instead: %(suggestion)s",
                        language=name,
                        phrase=phrase.name,
                        suggestion=phrase.suggestion,
                    )
                )
        return problems

    def _telling_subjects(self):
        """A text for each placeholder of a subject that says more than who writes."""
        problems = []
        for _lang, name, (subject, _body) in self._translations():
            for expression in _telling_placeholders(subject):
                problems.append(
                    self.env._(
                        "%(language)s: the subject shows “%(expression)s”. Others may read it: "
                        "it may only show your company and the reference.",
                        language=name,
                        expression=expression,
                    )
                )
        return problems

    def _translations(self):
        """[(language code, its name, (subject, body as plain text)), …], each text once."""
        self.ensure_one()
        found = {}
        for code, name in self.env["res.lang"].get_installed():
            translated = self.with_context(lang=code)
            texts = (translated.subject or "", _plain(translated.body_html))
            # a language without own translation shows the one it falls back to
            found.setdefault(texts, (code, name, texts))
        return list(found.values())

    def _update_field_translations(self, field_name, translations, digest=None, source_lang=""):
        result = super()._update_field_translations(
            field_name, translations, digest=digest, source_lang=source_lang
        )
        if field_name in ("subject", "body_html"):
            self._check_dunning_words()
            for lang in translations:
                templates = self.with_context(lang=lang)
                templates._check_can_be_rendered(fnames={field_name})
        return result

    # -- rendering -------------------------------------------------------------------------

    def _check_can_be_rendered(self, fnames=None, render_options=None):
        """Core's check, in words that help: which template, which field, and what is wrong.

        It uses a notice of the database, or an empty one when there is none yet.
        """
        dunning = self.filtered(lambda template: template._is_dunning())
        result = super(MailTemplate, self - dunning)._check_can_be_rendered(
            fnames=fnames, render_options=render_options
        )
        if dunning and not self.env.context.get("install_mode"):
            sample = self.env["dunning.notice"].sudo()._message_sample()
            names = self._get_dynamic_field_names()
            for name in sorted(names & set(fnames) if fnames else names):
                dunning._check_renders(name, sample, render_options)
        return result

    def _check_renders(self, name, sample, render_options):
        for template in self:
            try:
                template._render_field(name, list(sample._ids), options=render_options)
            except Exception as error:
                raise ValidationError(
                    self.env._(
                        "The template “%(template)s” can't be saved: its %(field)s can't be "
                        "written for a notice (%(error)s). Correct the placeholder.",
                        template=template.name,
                        field=self._fields[name]._description_string(self.env),
                        error=sample._cause(error),
                    )
                ) from error


def _plain(body):
    """The words of an HTML body, in one line."""
    if not body:
        return ""
    return " ".join(" ".join(html.fromstring(f"<div>{body}</div>").itertext()).split())


def _telling_placeholders(subject):
    """The expressions of an inline template that are none of the neutral ones."""
    expressions = [expression for _text, expression, _default in parse_inline_template(subject)]
    return [expression for expression in expressions if expression and not _is_neutral(expression)]


def _is_neutral(expression):
    """Whether an expression reads nothing but neutral fields: ``object.name or ''``."""
    without_texts = re.sub(r"'[^']*'|\"[^\"]*\"", "", expression)
    paths = re.findall(r"[A-Za-z_][\w.]*", without_texts)
    return all(path in NEUTRAL_IN_SUBJECT or path == "or" for path in paths)
