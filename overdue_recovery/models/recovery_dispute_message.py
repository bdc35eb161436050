from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import html2plaintext

OUTCOME = "overdue_recovery.mail_template_dispute_outcome"
DECIDED = ("accepted", "partly_accepted", "rejected")


class RecoveryDisputeMessage(models.AbstractModel):
    """What the customer reads of the outcome, in its own language, and what the log says."""

    _name = "recovery.dispute.message"
    _description = "Dispute: messages"

    message_lang = fields.Char(compute="_compute_message_lang", compute_sudo=True)
    outcome_text = fields.Text(compute="_compute_outcome_text")

    @api.depends("partner_id.lang")
    def _compute_message_lang(self):
        installed = {code for code, _name in self.env["res.lang"].get_installed()}
        for dispute in self:
            lang = dispute.partner_id.lang
            dispute.message_lang = lang if lang in installed else self.env.user.lang or "en_US"

    @api.depends("state", "amount_disputed", "amount_accepted", "document_name")
    @api.depends_context("lang")
    def _compute_outcome_text(self):
        for dispute in self:
            dispute.outcome_text = dispute._outcome_sentence()

    def _outcome_sentence(self):
        """The outcome in a sentence or two, in the language of the context; empty: none yet."""
        self.ensure_one()
        words = {
            "invoice": self.document_name,
            "amount": self.currency_id.format(self.amount_disputed),
            "accepted": self.currency_id.format(self.amount_accepted),
        }
        if self.state == "accepted":
            return self.env._(
                "You are right about %(amount)s of %(invoice)s. You receive a credit note for it.",
                **words,
            )
        if self.state == "partly_accepted":
            return self.env._(
                "You contested %(amount)s of %(invoice)s. We accept %(accepted)s of it, for which "
                "you receive a credit note. The rest is due as before.",
                **words,
            )
        if self.state == "rejected":
            return self.env._(
                "You contested %(amount)s of %(invoice)s. We looked into it and found the invoice "
                "to be right; the amount is due as before.",
                **words,
            )
        return ""

    def action_send(self):
        """Send the customer the outcome by e-mail, once more where it went out before.

        It is an answer, not a demand: hours and limits of demands don't bind it.

        :raise UserError: nothing is decided, or nobody can be written to
        """
        self.check_access("write")
        for dispute in self:
            if dispute.state not in DECIDED:
                raise UserError(self.env._("%s is not decided: nothing to send.", dispute.name))
            dispute._send(OUTCOME)
        return True

    def _write_outcome(self):
        """Send the outcome; where nobody can be written to, a person tells it."""
        try:
            with self.env.cr.savepoint():
                self._send(OUTCOME)
        except UserError as error:
            self.with_context(mail_activity_quick_update=True).activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=self.company_id._recovery_today(),
                summary=self.env._("Tell the customer the outcome of %s", self.name),
                note=str(error),
                user_id=(self.user_id or self.env.user).id,
            )

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
        self._log(
            direction="out",
            channel="email",
            purpose="answer",
            outcome="queued",
            names=", ".join(recipients.mapped("display_name")),
            address=", ".join(recipients.mapped("email_normalized")),
            subject=mail.subject,
            text=html2plaintext(mail.body_html or "", include_references=False),
            details={"message_id": mail.message_id},
        )

    def _log_step(self, outcome, text=""):
        """Say in the contact log what has become of the dispute."""
        details = {
            "invoice": self.document_name,
            "amount": self.amount_disputed,
            "accepted": self.amount_accepted,
            "currency": self.currency_id.name,
        }
        self._log(direction="note", channel="system", outcome=outcome, text=text, details=details)

    def _log(self, **entry):
        """sudo: the log is written by everybody and by nobody's choice."""
        entry = {"case": self.case_id, "kind": "dispute", "reference": self.name, **entry}
        self.env["recovery.interaction"].sudo()._log([entry])
