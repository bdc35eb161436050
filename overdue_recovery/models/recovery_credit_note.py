from collections import defaultdict

from odoo import Command, models

# Price corrections that bring a credit note's total to the unit, taxes rounded as they are.
CORRECTIONS = 4


class RecoveryCreditNote(models.AbstractModel):
    """A credit note for a part of an invoice, with the invoice's own taxes.

    A model that inherits it has ``company_id`` and says with ``_label()`` why it credits.
    """

    _name = "recovery.credit.note"
    _description = "Credit note for a part of an invoice"

    def _label(self):
        """Seam: what the credit note and its lines are called."""
        return self.display_name

    def _draft_credit_note(self, invoice, amount):
        """A draft over ``amount`` with taxes, in the proportions of the invoice; at most some
        units less where taxes don't come to it exactly."""
        share = amount / invoice.amount_total
        refund = self.env["account.move"].create(
            {
                "move_type": "out_refund",
                "partner_id": invoice.partner_id.id,
                "journal_id": invoice.journal_id.id,
                "currency_id": invoice.currency_id.id,
                "fiscal_position_id": invoice.fiscal_position_id.id,
                "invoice_date": self.company_id._recovery_today(),
                "invoice_payment_term_id": False,
                "invoice_origin": invoice.name,
                "ref": self._label(),
                "is_recovery_charge": invoice.is_recovery_charge,
                "invoice_line_ids": [
                    Command.create(values) for values in self._credit_lines(invoice, share)
                ],
            }
        )
        refund._recovery_lines().account_id = invoice._recovery_lines()[:1].account_id
        self._round_to(refund, amount)
        return refund

    def _credit_lines(self, invoice, share):
        """One line for each account and set of taxes of the invoice."""
        groups = defaultdict(lambda: self.env["account.move.line"])
        lines = invoice.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        for line in lines:
            groups[line.account_id, line.tax_ids] |= line
        for (account, taxes), same in groups.items():
            included = any(tax.price_include for tax in taxes)
            total = sum(same.mapped("price_total" if included else "price_subtotal"))
            yield {
                "name": self.env._(
                    "%(label)s: %(invoice)s", label=self._label(), invoice=invoice.name
                ),
                "quantity": 1,
                "price_unit": invoice.currency_id.round(total * share),
                "account_id": account.id,
                "tax_ids": [Command.set(taxes.ids)],
                "analytic_distribution": same[0].analytic_distribution,
            }

    def _round_to(self, refund, amount):
        """Bring the draft's total to ``amount`` by its largest line, never above it."""
        unit = refund.currency_id.rounding
        line = refund.invoice_line_ids.sorted("price_total")[-1:]
        for _attempt in range(CORRECTIONS):
            missing = refund.currency_id.round(amount - refund.amount_total)
            if not missing:
                return
            ratio = line.price_unit / line.price_total if line.price_total else 1.0
            step = refund.currency_id.round(missing * ratio) or (-unit if missing < 0 else 0.0)
            if not step:
                return
            line.price_unit += step
        while refund.currency_id.compare_amounts(refund.amount_total, amount) > 0:
            line.price_unit -= unit
