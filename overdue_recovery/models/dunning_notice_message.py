from collections import defaultdict

from markupsafe import Markup
from odoo import api, fields, models
from odoo.exceptions import UserError
from psycopg2 import OperationalError

from .dunning_notice_placeholder import PLACEHOLDERS

# The stripe on top of a message, where the company has chosen no colour of its own.
ACCENT = "#2f5d8a"
# What stands in a letterhead until a message takes its place.
BODY = "<!-- message -->"


class DunningNoticeMessage(models.AbstractModel):
    """How a notice becomes a message: template, language, letterhead, preview."""

    _name = "dunning.notice.message"
    _description = "Notice: how it becomes a message"

    preview = fields.Html(
        string="Message", compute="_compute_preview", compute_sudo=True, help="As it is sent."
    )

    # -- the whole message -----------------------------------------------------------------

    def _render_messages(self):
        """Subject and body of each notice, in its recipient's language and the company's layout.

        :return: {notice id: (subject, body_html)}; a notice whose message can't be rendered has
            the exception (a UserError that names the template) in place of the pair
        """
        # figures come by SQL at hand-over: nothing that was computed earlier may be printed
        self.invalidate_recordset(PLACEHOLDERS)
        messages = {}
        # one batch to read, whatever way these records came together
        notices = self.sudo().browse(self.ids)._together()
        # a partner has a hundred columns, a message needs three
        notices.partner_id.fetch(["name", "lang", "user_id"])
        for template, chosen in notices.grouped(lambda n: n.level_id.mail_template_id).items():
            messages.update(chosen._render_or_split(template))
        return messages

    def _render_or_split(self, template):
        """Render a batch; when it raises, each notice by itself, so that one fails alone."""
        try:
            with self.env.cr.savepoint():
                return self._render_with(template)
        except OperationalError:
            raise
        except Exception as error:
            if len(self) == 1:
                return {self.id: self._render_error(template, error)}
        messages = {}
        for notice in self:
            messages.update(notice._render_or_split(template))
        return messages

    def _render_error(self, template, error):
        """A short UserError: core's own text quotes the whole template and a traceback."""
        if not template:
            return error
        return UserError(
            self.env._(
                "The message for %(customer)s can't be written with the template “%(template)s”: "
                "%(error)s",
                customer=self.partner_id.display_name,
                template=template.name,
                error=self._cause(error),
            )
        )

    def _render_with(self, template):
        if not template:
            raise UserError(
                self.env._("Level “%s” has no e-mail template.", self.level_id[:1].name or "")
            )
        messages = {}
        for lang, ids in self._languages(template).items():
            notices = self.with_context(lang=lang).browse(ids)
            translated = template.with_env(notices.env)
            subjects = translated._render_field("subject", ids)
            bodies = translated._render_field("body_html", ids)
            for notice in notices:
                messages[notice.id] = (
                    (subjects[notice.id] or "").strip() or notice._neutral_subject(),
                    notice._in_layout("mail_layout", bodies[notice.id]),
                )
        return messages

    def _languages(self, template):
        """{language: [notice id, …]} as the template says, else the recipient's language."""
        installed = {code for code, _name in self.env["res.lang"].get_installed()}
        rendered = template._render_lang(self.ids)
        by_lang = defaultdict(list)
        for notice in self:
            wanted = rendered.get(notice.id)
            by_lang[wanted if wanted in installed else notice.message_lang].append(notice.id)
        return by_lang

    def _neutral_subject(self):
        """The rule for subjects: neither amount nor level nor product."""
        return self.env._(
            "Your account with %(company)s, ref. %(reference)s",
            company=self.company_id.name,
            reference=self.name,
        )

    def _in_layout(self, layout, body):
        """``body`` within the company's letterhead."""
        note = self._note_lines()
        # it stands above the items; a template without them must not swallow it
        note = [] if not note or self.items_html in body else note
        key = "frame", layout, self.company_id, self.env.lang, tuple(note)
        frame = self._batch().once(key, lambda: self._frame(layout, note))
        return Markup(frame.replace(BODY, body))

    def _frame(self, layout, note):
        """The letterhead around ``BODY``."""
        company = self.company_id
        html = self._qweb(
            layout,
            {
                "html_lang": (self.env.lang or "en_US").replace("_", "-"),
                "company": company,
                "logo": not company.uses_default_logo and f"/logo.png?company={company.id}",
                "accent": company.email_secondary_color or ACCENT,
                "note": note,
                "body": Markup(BODY),
                "company_block": self._company_block(),
            },
        )
        return str(self.env["mail.render.mixin"]._replace_local_links(html, company.get_base_url()))

    def _company_block(self):
        """Who writes: name, address, telephone, e-mail, VAT and register numbers, as lines."""
        company = self.company_id
        address = company.partner_id._display_address(without_company=True)
        vat_label = company.country_id.vat_label or self.env._("VAT number")
        numbers = [
            f"{vat_label}: {company.vat}" if company.vat else "",
            self.env._("Register: %s", company.company_registry)
            if company.company_registry
            else "",
        ]
        ways = [company.phone, company.email, company.website]
        return [
            text
            for text in (
                company.name,
                ", ".join(filter(None, map(str.strip, address.splitlines()))),
                " · ".join(filter(None, ways)),
                " · ".join(filter(None, numbers)),
            )
            if text
        ]

    # -- preview ---------------------------------------------------------------------------

    @api.depends("personal_note", "line_ids", "level_id", "date_due")
    @api.depends_context("lang")
    def _compute_preview(self):
        for notice in self:
            notice.preview = notice._preview_html()

    def _preview_html(self):
        """Subject and body as the customer gets them, or in words why there is no message.

        The field that shows it is sanitised, and its view puts it into a sandboxed frame.
        """
        self.ensure_one()
        # while a form is being edited the message is that of the saved notice
        saved = self._origin
        if not saved:
            return ""
        message = saved._render_messages()[saved.id]
        values = {"error": str(message)} if isinstance(message, Exception) else {}
        if not values:
            subject, body = message
            recipients = self._emails().mapped("address") or [self.partner_id.display_name]
            values = {"subject": subject, "body": body, "recipients": ", ".join(recipients)}
        return self._qweb("message_preview", {"error": False, **values})

    # -- errors and samples ----------------------------------------------------------------

    @api.model
    def _cause(self, error):
        """The innermost reason of a rendering error, in one line."""
        while error.__cause__ is not None:
            error = error.__cause__
        return f"{type(error).__name__}: {error}".strip().splitlines()[0]

    @api.model
    def _message_sample(self):
        """A notice to try a template on: the newest one, else one that is in no database."""
        return self.search([], limit=1) or self.new(
            {
                "name": "DN000000",
                "company_id": self.env.company.id,
                "partner_id": self.env.company.partner_id.id,
                "date": fields.Date.context_today(self),
            }
        )
