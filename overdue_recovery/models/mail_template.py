import re
from functools import partial, reduce

from lxml import html
from markupsafe import Markup, escape
from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.mail import html_normalize
from odoo.tools.rendering_tools import parse_inline_template

# What a subject may show besides fixed words: it is read over shoulders and on locked screens.
NEUTRAL_IN_SUBJECT = {
    "object.name",
    "object.reference",
    "object.company_id.name",
    "object.company_id.display_name",
}

# A placeholder of a body that needs no compilation, as core looks for it.
PLACEHOLDER = re.compile(
    r"""<(?P<tag>\w+)[\s|\n]+t-out=[\s|\n]*(?P<quote>'|")(?P<path>(\w|\.)+)(?P=quote)"""
    r"""[\s|\n]*((/>)|(>[\s|\n]*(?P<else>[^<>]*?))[\s|\n]*</(?P=tag)>)""",
    re.DOTALL,
)


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

    # -- rendering a batch -----------------------------------------------------------------

    def _render_template_qweb_regex(self, template_src, model, res_ids):
        """Core parses the body again for every record; in a batch of notices once. What it gives
        is the same: the placeholders of allowed expressions replaced, everything else as it is."""
        if not self.env.context.get("recovery_batch"):
            return super()._render_template_qweb_regex(template_src, model, res_ids)
        pieces = list(self._pieces(template_src, model))
        return {
            record.id: Markup("".join(piece(record) for piece in pieces))
            for record in self.env[model].browse(res_ids)
        }

    def _pieces(self, template_src, model):
        """Yield functions that write the parts of a body, in order, for a record.

        :raise SyntaxError: an expression that not everybody may use
        """
        source = _normalized(template_src)
        end = 0
        for match in PLACEHOLDER.finditer(source):
            if not self.env["ir.qweb"]._is_expression_allowed(match["path"], model):
                raise SyntaxError(f"Not for everybody: {match['path']}")
            yield partial(_fixed, source[end : match.start()])
            yield partial(_placeholder, match["tag"], match["path"].split(".")[1:], match["else"])
            end = match.end()
        yield partial(_fixed, source[end:])

    def _render_template_qweb(self, template_src, model, res_ids, add_context=None, options=None):
        """A body with logic: core parses and compiles it again for every record, in a batch of
        notices it is done once. Core's check of who may use which expression stays."""
        in_batch = self.env.context.get("recovery_batch") and self._unrestricted_rendering
        if not in_batch or not template_src:
            return super()._render_template_qweb(
                template_src, model, res_ids, add_context=add_context, options=options
            )
        if not self._has_unsafe_expression_template_qweb(template_src, model):
            return self._render_template_qweb_regex(template_src, model, res_ids)
        variables = {**self._render_eval_context(), **(add_context or {})}
        element = html.fragment_fromstring(template_src, create_parent="div")
        rendered = {}
        for record in self.env[model].browse(res_ids):
            values = {**variables, "object": record}
            try:
                page = self.env["ir.qweb"]._render(element, values, **(options or {}))
            except Exception:
                # core tells in its own way what is wrong
                return super()._render_template_qweb(
                    template_src, model, res_ids, add_context=add_context, options=options
                )
            rendered[record.id] = page.removeprefix("<div>").removesuffix("</div>")
        return rendered

    def _render_template_postprocess(self, model, rendered):
        """Look for local links only where there are some: core's search of a long body takes
        longer than writing it."""
        linked = {key: html for key, html in rendered.items() if _may_have_local_link(html)}
        return {**rendered, **super()._render_template_postprocess(model, linked)}

    # -- checking that it renders ----------------------------------------------------------

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


def _normalized(source):
    """A body as core's simple rendering cleans it before it replaces the placeholders."""
    source = html_normalize(f"<div>{source}</div>")
    if source.startswith("<div>") and source.endswith("</div>"):
        return source[5:-6]
    return source


def _fixed(text, _record):
    return text


def _placeholder(tag, path, default, record):
    """One placeholder of a simple body for a record, as core writes it."""
    try:
        value = reduce(lambda value, name: value[name], path, record) or default
    except KeyError:
        value = default
    value = escape(value or "")
    return value if tag.lower() == "t" else f"<{tag}>{value}</{tag}>"


def _may_have_local_link(text):
    return bool(text) and ('="/' in text or "url(" in text)


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
