from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, html2plaintext

TEMPLATES = {
    "proposed": "overdue_recovery.mail_template_offer",
    "accepted": "overdue_recovery.mail_template_offer_accepted",
}


class RecoveryOfferMessage(models.AbstractModel):
    """What the customer reads of an offer: its terms in its own language, logged as sent."""

    _name = "recovery.offer.message"
    _description = "Offer: messages"

    message_lang = fields.Char(compute="_compute_message_lang", compute_sudo=True)
    terms_text = fields.Text(compute="_compute_terms_text")

    @api.depends("partner_id.lang")
    def _compute_message_lang(self):
        installed = {code for code, _name in self.env["res.lang"].get_installed()}
        for offer in self:
            lang = offer.partner_id.lang
            offer.message_lang = lang if lang in installed else self.env.user.lang or "en_US"

    @api.depends("amount", "expiry_date", "kind")
    @api.depends_context("lang")
    def _compute_terms_text(self):
        for offer in self:
            offer.terms_text = offer._terms_sentence()

    def _terms_sentence(self):
        """The offer in one sentence, in the language of the context."""
        self.ensure_one()
        words = {
            "amount": self.currency_id.format(self.amount),
            "total": self.currency_id.format(self.amount_total),
            "given": self.currency_id.format(self.amount_given_up),
            "date": format_date(self.env, self.expiry_date),
            "documents": ", ".join(self.claim_ids.mapped("name")),
        }
        if self.kind == "discount":
            return self.env._(
                "If %(amount)s arrive by %(date)s, a discount of %(given)s is given on "
                "%(documents)s (%(total)s).",
                **words,
            )
        if self.kind == "waiver":
            return self.env._(
                "If %(amount)s arrive by %(date)s, charges of %(given)s are waived on "
                "%(documents)s (%(total)s).",
                **words,
            )
        return self.env._(
            "If %(amount)s arrive by %(date)s, they settle %(documents)s (%(total)s) in full.",
            **words,
        )

    def action_send(self):
        """Send the customer this offer, or once it is accepted the confirmation, by e-mail.

        It is an answer, not a demand: hours and limits of demands don't bind it.

        :raise UserError: an approval is missing, or nobody can be written to
        """
        self.check_access("write")
        for offer in self:
            if offer.state not in TEMPLATES:
                raise UserError(
                    self.env._("%s is neither proposed nor accepted: nothing to send.", offer.name)
                )
            if offer.state == "proposed":
                offer._check_approved()
            offer._send(TEMPLATES[offer.state])
        return True

    def _send(self, template):
        """Queue the e-mail and log it, before it leaves with the commit.

        sudo: templates and mails are the engine's, whoever sends.
        """
        recipients = self.partner_id._recovery_recipients("email")
        if not recipients:
            raise UserError(
                self.env._("%s has no e-mail address to write to.", self.partner_id.display_name)
            )
        for recipient in recipients:
            self.case_id._check_contact("email", purpose="answer", recipient=recipient)
        mail_id = (
            self.env.ref(template)
            .sudo()
            .send_mail(self.id, email_values={"recipient_ids": [(6, 0, recipients.ids)]})
        )
        self._log_message(self.env["mail.mail"].sudo().browse(mail_id), recipients)
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    def _log_message(self, mail, recipients):
        entry = {
            "case": self.case_id,
            "direction": "out",
            "channel": "email",
            "kind": "offer",
            "purpose": "answer",
            "outcome": "queued",
            "reference": self.name,
            "names": ", ".join(recipients.mapped("display_name")),
            "address": ", ".join(recipients.mapped("email_normalized")),
            "subject": mail.subject,
            "text": html2plaintext(mail.body_html or "", include_references=False),
            "details": {"message_id": mail.message_id},
        }
        self.env["recovery.interaction"].sudo()._log([entry])
