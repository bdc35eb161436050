import base64
import re

from markupsafe import Markup
from odoo import api, fields, models
from odoo.addons.base.models import ir_actions_report
from odoo.exceptions import UserError
from odoo.tools import format_date
from odoo.tools.mimetypes import guess_mimetype
from odoo.tools.pdf import merge_pdf
from reportlab.graphics import renderSVG
from reportlab.graphics.barcode import createBarcodeDrawing

from .dunning_message_batch import MessageBatch
from .dunning_notice_placeholder import PLACEHOLDERS

REPORT = "overdue_recovery.dunning_notice_report_letter"
# Debian's wkhtmltopdf (Qt without patches) prints everything at this part of its size; measured
# with positions of 0 and 200 mm.
UNPATCHED_SCALE = 0.7675
# Where the sheet has a QR code, and the address that it opens.
QR_POINTS = 120
QR_PLACE = re.compile(r'<span class="qr" data-address="([^"]+)"></span>')
# More lines than these and the address is set smaller, to stay within the window.
LINES_IN_WINDOW = 6


class DunningNoticeLetter(models.AbstractModel):
    """A notice as a letter: the sheet, and its PDF."""

    _name = "dunning.notice.letter"
    _description = "Notice: as a letter"

    has_letter = fields.Boolean(compute="_compute_has_letter")
    letter_preview = fields.Html(
        string="Letter", compute="_compute_letter_preview", compute_sudo=True, sanitize=False
    )

    @api.depends("level_id", "delivery_ids.channel", "delivery_ids.state")
    def _compute_has_letter(self):
        for notice in self:
            deliveries = notice.delivery_ids.filtered(lambda d: d.state != "cancelled")
            by_letter = "letter" in deliveries.mapped("channel")
            notice.has_letter = by_letter or notice.level_id.print_letter

    @api.depends("personal_note", "line_ids", "level_id", "date_due")
    def _compute_letter_preview(self):
        for notice in self:
            notice.letter_preview = notice._origin and notice._origin._letter_preview()

    def _letter_preview(self):
        """The letter as it would be printed now, or in words why there is none."""
        letters = self.delivery_ids.filtered(lambda d: d.channel == "letter")
        recipient = letters[:1].recipient_id or self.partner_id
        try:
            with self.env.cr.savepoint():
                return self._letter_to(recipient)[1]
        except Exception as error:
            return self._qweb("message_preview", {"error": self._cause(error)})

    # -- the sheet ---------------------------------------------------------------------------

    def _letter_to(self, recipient, lang=False):
        """(subject, html) of the letter to ``recipient``, in its language (or in ``lang``) where
        that is installed, else in the notice's."""
        self.ensure_one()
        # figures come by SQL at hand-over: nothing that was computed earlier may be printed
        self.invalidate_recordset(PLACEHOLDERS)
        installed = {code for code, _name in self.env["res.lang"].get_installed()}
        wanted = (code for code in (lang, recipient.lang) if code in installed)
        lang = next(wanted, self.message_lang)
        batch = MessageBatch(self)
        context = {"lang": lang, "recovery_letter": True, "recovery_batch": batch}
        return self.with_context(**context)._letter(recipient)

    def _letter(self, recipient):
        """(subject, html) of one letter, in the language of the context."""
        template = self.level_id._letter_template()
        if not template:
            raise UserError(self.env._("Level “%s” has no template.", self.level_id.name))
        template = template.with_context(**self.env.context)
        subject = template._render_field("subject", self.ids)[self.id]
        body = template._render_field("body_html", self.ids)[self.id]
        subject = (subject or "").strip() or self._neutral_subject()
        return subject, self._qweb("letter", self._letter_values(recipient, subject, body))

    def _letter_values(self, recipient, subject, body):
        company = self.company_id
        address = recipient._recovery_address_lines(company.country_id)
        return {
            "html_lang": (self.env.lang or "en_US").replace("_", "-"),
            "company": company,
            "logo": not company.uses_default_logo and f"/logo.png?company={company.id}",
            "window": company.recovery_letter_window,
            "sender": company.partner_id._recovery_sender_line(),
            "address": address,
            "address_size": "10.5pt" if len(address) <= LINES_IN_WINDOW else "9pt",
            "facts": self._letter_facts(),
            "subject": subject,
            # it stands above the items; a template without them must not swallow it
            "note": [] if self.items_html in body else self._note_lines(),
            "body": body,
            "link": self._link_address(),
            "company_block": self._company_block(),
        }

    def _letter_facts(self):
        """[(label, text), …] beside the address: who writes, when, and what to quote."""
        day = self.date or fields.Date.context_today(self)
        facts = [
            (self.env._("Date"), format_date(self.env, day)),
            (self.env._("Our reference"), self.name),
            (self.env._("Customer number"), self.partner_id.ref),
            (self.env._("Your contact"), self.contact_name),
            (self.env._("Telephone"), self.contact_phone),
            (self.env._("E-mail"), self.company_id.email),
        ]
        return [(label, text) for label, text in facts if text]

    # -- still due? --------------------------------------------------------------------------

    def _settled(self, today):
        """Those of these notices (of one company) of which nothing may be demanded any more. What
        they say is left as it is."""
        debtors = self.env["dunning.measure"]._debtors(
            self.company_id, today, debtor_ids=self.partner_id.ids, ignore=self
        )
        found = {debtor.id: debtor for debtor in debtors}
        return self.filtered(lambda notice: not notice._is_open_at(found))

    def _is_open_at(self, debtors):
        debtor = debtors.get(self.partner_id.id)
        rising = self.line_ids.filtered(lambda line: line.kind == "rising")
        return bool(debtor) and debtor.still_open(set(rising.move_line_id.ids))

    # -- PDF ---------------------------------------------------------------------------------

    def _letter_pdf(self, html, enclosures=()):
        """The PDF of one letter. Takes 0.3 to 1.4 seconds, and a process of its own.

        :param enclosures: contents of PDFs that follow the letter
        :raise UserError: the program that makes PDFs is missing, or refused
        """
        reports = self.env["ir.actions.report"].with_context(recovery_letter=True)
        if reports.get_wkhtmltopdf_state() in ("install", "broken"):
            raise UserError(
                self.env._(
                    "Letters can't be made: the program wkhtmltopdf is missing on the server. "
                    "Install it, then retry, or choose another channel."
                )
            )
        pdf = reports._run_wkhtmltopdf([self._letter_for_print(html)], report_ref=REPORT)
        return merge_pdf([pdf, *enclosures]) if enclosures else pdf

    def _letter_for_print(self, html):
        """The letter without anything that would have to be fetched, in its true size."""
        patched = ir_actions_report._wkhtml().is_patched_qt
        zoom = 1 if patched else 1 / UNPATCHED_SCALE
        style = Markup("<style>body { zoom: %s; }</style></head>") % f"{zoom:.4f}"
        html = str(html).replace("</head>", str(style), 1)
        html = QR_PLACE.sub(lambda place: self._qr(place[1]), html)
        return re.sub(r"/logo\.png\?company=\d+", lambda _match: self._logo_data(), html)

    def _qr(self, address):
        """The image of a QR code that opens an address; drawn in lines, which needs no program
        for pictures."""
        drawing = createBarcodeDrawing("QR", value=address, width=QR_POINTS, height=QR_POINTS)
        data = base64.b64encode(renderSVG.drawToString(drawing).encode()).decode()
        return Markup('<img class="qr" alt="" src="data:image/svg+xml;base64,%s"/>') % data

    def _logo_data(self):
        """The company's logo as a data address."""
        content = base64.b64decode(self.company_id.logo or b"")
        kind = guess_mimetype(content, default="image/png")
        return f"data:{kind};base64,{base64.b64encode(content).decode()}"
