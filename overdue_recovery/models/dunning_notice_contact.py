from urllib.parse import quote

from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import email_normalize


class DunningNoticeContact(models.AbstractModel):
    """Who stands at the end of a message, and how to answer."""

    _name = "dunning.notice.contact"
    _description = "Notice: who answers"

    contact_name = fields.Char(
        string="Contact: name", compute="_compute_contact", compute_sudo=True
    )
    contact_phone = fields.Char(
        string="Contact: telephone", compute="_compute_contact", compute_sudo=True
    )
    contact_text = fields.Char(
        string="Sentence: how to reach us", compute="_compute_contact_text", compute_sudo=True
    )
    help_html = fields.Html(
        string="Ways to answer", compute="_compute_help_html", compute_sudo=True, sanitize=False
    )
    signature_html = fields.Html(
        string="Signature", compute="_compute_signature_html", compute_sudo=True, sanitize=False
    )

    @api.depends("case_id.user_id", "line_ids.move_line_id", "partner_id", "company_id")
    def _compute_contact(self):
        for notice in self._together():
            owner = notice._contact_user()
            notice.contact_name = owner.name or notice.company_id.name
            notice.contact_phone = owner.phone or notice.company_id.phone

    def _contact_user(self):
        """The owner of the case, else the salesperson of the newest invoice, else of the
        customer; empty when that is no person."""
        owner = self.case_id.user_id or self._salesperson() or self.partner_id.user_id
        return owner.filtered(lambda user: user.active and user.id != SUPERUSER_ID)

    def _is_for_letter(self):
        """Whether a letter is being written: nobody can reply to it by a click."""
        return bool(self.env.context.get("recovery_letter"))

    def _salesperson(self):
        """Who sold the newest invoice on this notice."""
        sold = [line for line in self._message_lines() if line.invoice_user_id]
        newest = max(sold, key=lambda line: (line.invoice_date, line.move_id), default=None)
        return self.env["res.users"].browse(newest and newest.invoice_user_id)

    @api.depends("contact_phone")
    @api.depends_context("lang", "recovery_letter")
    def _compute_contact_text(self):
        for notice in self:
            # a number is not torn at the end of a line
            phone = (notice.contact_phone or "").replace(" ", "\N{NO-BREAK SPACE}")
            if self._is_for_letter():
                notice.contact_text = notice._contact_text_of_letter(phone)
                continue
            notice.contact_text = (
                self.env._("Reply to this message or call %s.", phone)
                if phone
                else self.env._("Simply reply to this message.")
            )

    def _contact_text_of_letter(self, phone):
        email = self.company_id.email
        if email and phone:
            return self.env._(
                "Write to us (%(email)s) or call %(phone)s.", email=email, phone=phone
            )
        if phone:
            return self.env._("Write to us or call %s.", phone)
        return self.env._("Write to us: %s.", email) if email else self.env._("Write to us.")

    @api.depends("contact_text", "name", "company_id")
    @api.depends_context("lang", "recovery_letter")
    def _compute_help_html(self):
        for notice in self._together():
            values = {"contact_text": notice.contact_text, "mailto": notice._help_link()}
            notice.help_html = notice._fragment("message_help", values)

    def _help_link(self):
        """Link that starts a message to us with the reference in its subject, so that it finds its
        case; False without an address, and in a letter."""
        if self._is_for_letter():
            return False
        company = self.company_id
        address = self._batch().once(
            ("help", company.id),
            lambda: company._recovery_reply_address() or email_normalize(company.email or ""),
        )
        return address and f"mailto:{quote(address, safe='@+')}?subject={quote(self.name or '')}"

    @api.depends("contact_name", "company_id")
    @api.depends_context("lang")
    def _compute_signature_html(self):
        for notice in self._together():
            lines = list(dict.fromkeys(filter(None, (notice.contact_name, notice.company_id.name))))
            notice.signature_html = notice._fragment("message_signature", {"signature": lines})
