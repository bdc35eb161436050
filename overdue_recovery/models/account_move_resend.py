from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import html2plaintext

# Days to pay what was sent again, where no level of a policy says so.
DAYS_TO_PAY = 10


class AccountMoveResend(models.AbstractModel):
    """ "I never received the invoice": believed once, looked into by a person the second time."""

    _name = "account.move.recovery.resend"
    _description = "Invoice: sent again"

    def action_resend_and_restart(self):
        """The customer never received these invoices: send them again and begin afresh.

        Their open items get a new pay date, no level and the next cycle; what was charged for
        them is given back, and no interest runs until the new pay date. An item for which that
        was done before is left as it is: a person looks into it.

        :raise UserError: an invoice is not open, or its customer has no e-mail address
        """
        self._check_may_restart()
        for move in self:
            items = self.env["dunning.item"].sudo()._ensure(move._recovery_open_items())
            if any(items.mapped("resent_on")):
                move._tell_second_claim()
            else:
                move._resend_and_restart(items)
        return True

    def _check_may_restart(self):
        self.check_access("write")
        if not (self.env.su or self.env.user.has_group("overdue_recovery.group_user")):
            raise AccessError(self.env._("Only collectors send invoices again and start afresh."))
        for move in self:
            if not (move.is_sale_document() and move._recovery_open_items()):
                raise UserError(
                    self.env._("Nothing is open of %s: choose open invoices.", move.display_name)
                )

    def _recovery_open_items(self):
        return self._recovery_lines().filtered(
            lambda item: item.parent_state == "posted" and item.amount_residual_currency > 0
        )

    def _resend_and_restart(self, items):
        """sudo: the engine restarts and gives back, whoever the customer told."""
        move = self.sudo()
        case = move.commercial_partner_id._recovery_debtor()._recovery_case(move.company_id)
        move._resend_invoice(case.sudo())
        move._cancel_waiting_notices()
        move._drop_charges()
        today = move.company_id._recovery_today()
        pay_by = move._new_pay_date(today)
        items._restart_at(date=today, due_date=pay_by)
        items.resent_on = today
        move._spare_days_until(items, pay_by)
        if not move.late_reason_id:
            move.late_reason_id = self.env.ref("overdue_recovery.late_reason_not_received", False)
        self.env["recovery.case.dirty"]._put(case)

    # -- send it again, with proof ---------------------------------------------------------

    def _resend_invoice(self, case):
        """Send the invoice as core does; the log keeps who got what."""
        send = self.env["account.move.send"].with_context(mail_notify_force_send=False)
        settings = send._get_default_sending_settings(self, sending_methods=["email"])
        partners = self.env["res.partner"].browse(settings["mail_partner_ids"])
        partners = partners.filtered("email")
        if not partners:
            raise UserError(
                self.env._(
                    "%s has no e-mail address: enter one, or send the invoice by post.",
                    self.partner_id.display_name,
                )
            )
        for partner in partners:
            case._check_contact("email", purpose="answer", recipient=partner)
        before = self.message_ids
        send._generate_and_send_invoices(
            self, sending_methods=["email"], mail_partner_ids=partners.ids
        )
        message = (self.message_ids - before).filtered("partner_ids")[:1]
        self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()
        self._log_resent(case, partners, message)

    def _log_resent(self, case, partners, message):
        files = [{"name": file.name, "checksum": file.checksum} for file in message.attachment_ids]
        self._log_claim(
            case,
            direction="out",
            channel="email",
            purpose="answer",
            outcome="queued",
            names=", ".join(partners.mapped("display_name")),
            address=", ".join(filter(None, partners.mapped("email_normalized"))),
            subject=message.subject or "",
            text=html2plaintext(message.body or "", include_references=False),
            details={"message_id": message.message_id, "files": files},
        )

    def _log_claim(self, case, **entry):
        entry = {"case": case, "kind": "not_received", "reference": self.name, **entry}
        self.env["recovery.interaction"].sudo()._log([entry])

    # -- begin afresh ----------------------------------------------------------------------

    def _cancel_waiting_notices(self):
        """What was prepared about the invoice no longer holds; the next run looks again."""
        lines = self.env["dunning.notice.line"].search(
            [
                ("move_line_id", "in", self._recovery_open_items().ids),
                ("live", "=", True),
                ("notice_id.state", "in", ("proposed", "issued", "failed")),
            ]
        )
        lines.notice_id._cancel(self.env._("%s was sent again.", self.name))

    def _drop_charges(self):
        """Give back what was charged for this invoice alone: of its items, and fees of notices
        that asked for nothing else."""
        items = set(self._recovery_open_items().ids)
        asked = self.env["dunning.notice.line"].search(
            [("move_line_id", "in", list(items)), ("kind", "=", "rising")]
        )
        charges = asked.notice_id.charge_ids | self.env["recovery.charge"].search(
            [("item_key", "in", list(items))]
        )
        charges = charges.filtered(lambda charge: charge.state in ("draft", "posted"))
        charges.filtered(lambda charge: charge._item_ids() <= items)._end_with_notice()

    def _new_pay_date(self, today):
        """As on a first notice of today, by the policy that the customer falls under."""
        debtor = self.commercial_partner_id._recovery_debtor()
        policies = self.env["dunning.measure"]._policies(self.company_id, debtor.ids)
        levels = policies[debtor.id].level_ids if policies.get(debtor.id) else ()
        for level in levels:
            if level.delay_days >= 0:
                return level._pay_by(today, debtor, today)
        return debtor._recovery_working_day(fields.Date.add(today, days=DAYS_TO_PAY))

    def _spare_days_until(self, items, pay_by):
        """Who has no invoice is not in default: the days until the new pay date are free."""
        self.env["recovery.hold"].create(
            [
                {
                    "move_line_id": item.move_line_id.id,
                    "company_id": item.company_id.id,
                    "reason_id": self.env.ref("overdue_recovery.hold_reason_other").id,
                    "blocks": "charge",
                    "date_from": min(item.move_line_id.date_maturity or self.invoice_date, pay_by),
                    "date_to": pay_by,
                    "date_review": False,
                    "note": self.env._("Sent again: the customer had not received it"),
                    "origin_model": "account.move",
                    "origin_id": self.id,
                }
                for item in items
            ]
        )

    # -- a second time ---------------------------------------------------------------------

    def _tell_second_claim(self):
        """sudo: the task is for the owner of the case, whoever the customer told."""
        move = self.sudo()
        case = move.commercial_partner_id._recovery_debtor()._recovery_case(move.company_id).sudo()
        move._log_claim(case, direction="note", channel="system", outcome="second_claim")
        summary = self.env._("%s: not received, for the second time", move.name)
        if summary not in case.activity_ids.mapped("summary"):
            case._plan_activity(
                self.env.ref("mail.mail_activity_data_todo"),
                summary,
                self.env._("Nothing was sent again or restarted. Look up the address, and call."),
            )
