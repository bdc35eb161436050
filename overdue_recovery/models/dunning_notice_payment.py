import re

from odoo import api, fields, models

from .dunning_message_batch import grouped

# More references than these are not quoted one by one: the notice's own stands for all.
MAX_REFERENCES = 5


class DunningNoticePayment(models.AbstractModel):
    """How a message says until when, where and with which reference to pay."""

    _name = "dunning.notice.payment"
    _description = "Notice: how to pay"

    pay_by_text = fields.Char(
        string="Sentence: pay by", compute="_compute_pay_by_text", compute_sudo=True
    )
    payment_html = fields.Html(
        string="How to pay", compute="_compute_payment_html", compute_sudo=True, sanitize=False
    )

    @api.depends("date_due", "line_ids.pay_by", "level_id")
    @api.depends_context("lang")
    def _compute_pay_by_text(self):
        for notice in self._together():
            notice.pay_by_text = notice._pay_by_sentence()

    def _pay_by_sentence(self):
        """Until when to pay. A reminder before the due date prints each item's own date."""
        if self.level_id.delay_days < 0:
            dates = {line.date_due for line in self._message_lines() if line.kind == "rising"}
            if len(dates) > 1:
                return self.env._("Please pay each amount by its due date.")
        if self.date_due:
            return self.env._("Please pay by %s.", self._long_date(self.date_due))
        days = self.level_id.new_due_days
        return self.env._("Please pay within %s days.", days) if days else ""

    @api.depends("line_ids.move_line_id", "company_id", "name")
    @api.depends_context("lang", "recovery_letter")
    def _compute_payment_html(self):
        for notice in self._together():
            notice.payment_html = notice._fragment(
                "message_payment",
                {"accounts": notice._payment_accounts(), "letter": self._is_for_letter()},
            )

    def _payment_accounts(self):
        """Where to pay what: the bank account of each invoice, else the company's first one."""
        lines = self._lines_to_pay() or self._message_lines()
        own, banks = self._company_bank(), self.env["res.partner.bank"]
        by_bank = grouped(lines, lambda line: line.bank_id or own.id)
        return [
            self._payment_account(banks.browse(bank_id), lines)
            for bank_id, lines in by_bank.items()
            if bank_id
        ]

    def _payment_account(self, bank, lines):
        references = list(dict.fromkeys(filter(None, map(_line_reference, lines))))
        quoted = self._enumerate(references)
        if self.level_id.policy_id.private_mode or not 0 < len(references) <= MAX_REFERENCES:
            quoted = self.name or ""
        key = "bank", bank, self.company_id
        return {
            "title": self.env._("For %s", quoted),
            **self._batch().once(key, lambda: self._bank_values(bank)),
            "reference": quoted,
        }

    def _bank_values(self, bank):
        return {
            "holder": bank.acc_holder_name or bank.partner_id.name or self.company_id.name,
            "number": _in_fours(bank.acc_number or ""),
            "bank": " · ".join(filter(None, (bank.bank_id.name, bank.bank_id.bic))),
        }

    def _company_bank(self):
        partner = self.company_id.partner_id
        return self._batch().once(("company_bank", partner), lambda: partner.bank_ids[:1])


def _in_fours(number):
    """An IBAN in groups of four, as banks print it; any other number as it is."""
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", number):
        return number
    return " ".join(re.findall(".{1,4}", number))


def _line_reference(line):
    return line.payment_reference or line.name
