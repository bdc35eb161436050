from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import html2plaintext


class RecoveryCaseMessage(models.AbstractModel):
    """Answers to the customer of a case by e-mail: in its language, logged before they leave."""

    _name = "recovery.case.message"
    _description = "Case: answers by e-mail"

    message_lang = fields.Char(compute="_compute_message_lang", compute_sudo=True)

    @api.depends("partner_id.lang")
    def _compute_message_lang(self):
        installed = {code for code, _name in self.env["res.lang"].get_installed()}
        for case in self:
            lang = case.partner_id.lang
            case.message_lang = lang if lang in installed else self.env.user.lang or "en_US"

    def _may_be_answered(self):
        """Whether an answer by e-mail reaches the customer now, and is wanted."""
        self.ensure_one()
        recipients = self.partner_id._recovery_recipients("email")
        gate, now = self.env["recovery.contact.gate"], fields.Datetime.now()
        return bool(recipients) and all(
            gate._verdict(recipient, "email", "answer", now).decision == "send"
            for recipient in recipients
        )

    def _write_answer(self, template, record, kind, reference="", attachments=None):
        """Queue an e-mail to the customer and log it. It is an answer, not a demand: hours and
        limits of demands don't bind it.

        sudo: templates and mails are the engine's, whoever sends.

        :param template: XML id of a mail.template
        :param record: what the template is about
        :param kind: of the entry in the contact log
        :param attachments: ir.attachment that go with it
        :raise UserError: nobody can be written to
        """
        self.ensure_one()
        recipients = self.partner_id._recovery_recipients("email")
        if not recipients:
            raise UserError(
                self.env._("%s has no e-mail address to write to.", self.partner_id.display_name)
            )
        for recipient in recipients:
            self._check_contact("email", purpose="answer", recipient=recipient)
        mail_id = (
            self.env.ref(template)
            .sudo()
            .send_mail(record.id, email_values={"recipient_ids": [Command.set(recipients.ids)]})
        )
        mail = self.env["mail.mail"].sudo().browse(mail_id)
        details = {"message_id": mail.message_id}
        if attachments:
            mail.attachment_ids |= attachments
            details["attachments"] = attachments.mapped("name")
        entry = {
            "case": self,
            "direction": "out",
            "channel": "email",
            "kind": kind,
            "purpose": "answer",
            "outcome": "queued",
            "reference": reference,
            "names": ", ".join(recipients.mapped("display_name")),
            "address": ", ".join(recipients.mapped("email_normalized")),
            "subject": mail.subject,
            "text": html2plaintext(mail.body_html or "", include_references=False),
            "details": details,
        }
        self.env["recovery.interaction"].sudo()._log([entry])
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    # -- thanks ----------------------------------------------------------------------------

    def _thank(self):
        """Thank the customers of these cases, just closed, for their money, where their policy
        says so. A customer who can't be written to is not."""
        for company, cases in self.grouped("company_id").items():
            for case in cases._to_be_thanked(company):
                try:
                    with self.env.cr.savepoint():
                        case._write_answer("overdue_recovery.mail_template_thanks", case, "message")
                except UserError:
                    # no address, or no e-mails wanted: then there are no thanks
                    continue

    def _to_be_thanked(self, company):
        """Those of these cases, of one company, whose customer paid and is thanked for it."""
        domain = [("company_id", "=", company.id), ("thank_you", "=", True)]
        if not self.env["dunning.policy"].sudo().search_count(domain, limit=1):
            return self.browse()
        policies = self.env["dunning.measure"]._policies(company, self.partner_id.ids)
        nothing = self.env["dunning.policy"]
        thanked = self.filtered(
            lambda case: policies.get(case.partner_id.id, nothing).sudo().thank_you
        )
        money = self.env["recovery.claim"]._money(thanked._asked_items())
        return thanked.filtered(lambda case: any(item.id in money for item in case._asked_items()))

    def _asked_items(self):
        """The items that were demanded or promised in these cases."""
        lines = self.notice_ids.line_ids.filtered(lambda line: line.kind in ("rising", "listed"))
        claims = self.promise_ids.claim_ids | self.plan_ids.claim_ids | self.offer_ids.claim_ids
        return (lines.move_line_id | claims.move_line_id).exists()
