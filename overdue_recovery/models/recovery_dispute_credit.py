from odoo import Command, models
from odoo.exceptions import UserError


class RecoveryDisputeCredit(models.AbstractModel):
    """The credit note for what was accepted: drafted here, posted by an accountant.

    While it is a draft its amount rests; posted it lowers the same items. So the customer is
    asked for the same, whether it is posted or not.
    """

    _name = "recovery.dispute.credit"
    _description = "Dispute: credit note"
    _inherit = "recovery.credit.note"

    def _label(self):
        return self.env._("%(dispute)s, accepted", dispute=self.name)

    def _draft_refund(self, amount):
        """A draft credit note over ``amount``, with the invoice's own taxes in proportion."""
        invoice = self.move_id
        if invoice.state != "posted" or not invoice.is_sale_document():
            raise UserError(
                self.env._(
                    "%s is no posted invoice, so it can't be credited: reject the dispute, or "
                    "withdraw it.",
                    invoice.display_name or self.document_name,
                )
            )
        if invoice.currency_id.compare_amounts(amount, invoice.amount_total) >= 0:
            return self._reverse_whole(invoice)
        refund = self._draft_credit_note(invoice, amount)
        self._add_missing_unit(refund, amount)
        # one of charges is told so when it is posted, as any that an accountant makes
        refund.write({"reversed_entry_id": invoice.id, "is_recovery_charge": False})
        return refund

    def _reverse_whole(self, invoice):
        """The invoice's mirror image, by core."""
        values = {
            "date": self.company_id._recovery_today(),
            "invoice_date": self.company_id._recovery_today(),
            "invoice_payment_term_id": None,
            "ref": self._label(),
        }
        return invoice._reverse_moves([values])

    def _add_missing_unit(self, refund, amount):
        """The last cent that no price with taxes comes to, as a line without taxes."""
        missing = refund.currency_id.round(amount - refund.amount_total)
        if missing > 0:
            line = refund.invoice_line_ids[:1]
            refund.invoice_line_ids = [
                Command.create(
                    {
                        "name": self.env._("Rounding"),
                        "quantity": 1,
                        "price_unit": missing,
                        "account_id": line.account_id.id,
                        "tax_ids": [Command.clear()],
                    }
                )
            ]

    # -- what the accountant does with it --------------------------------------------------

    def _match_credit(self):
        """The credit note was posted: it lowers the items that rested for it."""
        for dispute in self:
            credit = dispute.refund_move_id._recovery_lines()[:1]
            rest = -credit.amount_residual_currency
            parts = {}
            for hold in dispute._holds_for_credit().sorted("id"):
                item = hold.move_line_id
                part = dispute.currency_id.round(
                    min(hold.amount, item.amount_residual_currency, rest)
                )
                same_account = item.account_id == credit.account_id
                if part > 0 and same_account:
                    parts[item] = part
                    rest -= part
            if parts:
                credit._recovery_reconcile(parts)

    def _holds_for_credit(self):
        today = self.company_id._recovery_today()
        return self._holds().filtered(
            lambda hold: (
                hold.reason_id.code == "credit_note_coming"
                and (not hold.date_to or hold.date_to >= today)
            )
        )

    def _credit_in_draft_again(self):
        """An accountant took the credit note back to change it: its amount rests again. Core
        would leave it matched until the first change."""
        for dispute in self:
            dispute.refund_move_id._recovery_lines().remove_move_reconcile()
            if not dispute._holds_for_credit():
                dispute._hold_for_credit()
