from collections import defaultdict

from odoo import models


class RecoveryOfferClosing(models.AbstractModel):
    """What closes the rest when the agreed money is in, and takes it back when it is undone."""

    _name = "recovery.offer.closing"
    _description = "Offer: closing the rest"
    _inherit = "recovery.credit.note"

    def _close_rest(self):
        """Close what the offer gave up: written off, or credited; charges are always credited."""
        amounts = self._amounts_to_close()
        credited = {
            item: amount
            for item, amount in amounts.items()
            if self.close_by == "credit_note" or item.move_id.is_recovery_charge
        }
        rest = {item: amount for item, amount in amounts.items() if item not in credited}
        rest.update(self._credit(credited))
        if rest:
            self.closing_move_ids |= self._write_off(rest)

    def _amounts_to_close(self):
        """{item: amount} that the offer gives up: what is open, never more than the baseline
        without the money that came in (an older payment undone since was not given up)."""
        received = self.claim_ids._received()
        amounts = {}
        for claim in self.claim_ids.filtered("move_line_id"):
            amount = min(claim.residual, claim.baseline - received[claim])
            if self.currency_id.compare_amounts(amount, 0) > 0:
                amounts[claim.move_line_id] = amount
        return amounts

    def _label(self):
        return self.env._("%(offer)s, agreed with the customer", offer=self.name)

    # -- write-off -------------------------------------------------------------------------

    def _write_off(self, amounts):
        """sudo: the loss account is the company's, whoever may see it."""
        company = self.company_id
        return self.env["recovery.write.off"]._write_off(
            amounts,
            company._recovery_loss_journal(),
            company._recovery_loss_account(),
            company._recovery_today(),
            self._label(),
        )

    # -- credit note -----------------------------------------------------------------------

    def _credit(self, amounts):
        """Credit each invoice with its own taxes.

        :return: what no credit note can close: {item: amount} of entries that are no invoice, and
            the last cent that no price with taxes comes to
        """
        left = {}
        invoices = defaultdict(dict)
        for item, amount in amounts.items():
            if item.move_id.is_invoice():
                invoices[item.move_id][item] = amount
            else:
                left[item] = amount
        for invoice, parts in invoices.items():
            left.update(self._credit_invoice(invoice, parts))
        return left

    def _credit_invoice(self, invoice, parts):
        """Credit these parts {item: amount} of one invoice; return what is left of them."""
        refund = self._draft_credit_note(invoice, sum(parts.values()))
        refund.action_post()
        refund.reversed_entry_id = invoice
        self._tell_charges(refund, refund.amount_total)
        self.closing_move_ids |= refund
        credit = refund._recovery_lines()
        rest = refund.amount_total
        matched, left = {}, {}
        for item, amount in parts.items():
            matched[item] = min(rest, amount)
            rest -= matched[item]
            missing = item.currency_id.round(amount - matched[item])
            if missing > 0:
                left[item] = missing
        credit._recovery_reconcile({item: part for item, part in matched.items() if part > 0})
        return left

    def _tell_charges(self, move, amount):
        """Charges know what a credit note gave back of them (below zero: took back)."""
        if move.reversed_entry_id.is_recovery_charge:
            self.env["recovery.charge"]._credited_elsewhere(move.reversed_entry_id, amount)

    # -- take back -------------------------------------------------------------------------

    def _undo_closing(self):
        """Reverse what closed the rest: the items are open again as if it had not been."""
        moves = self.closing_move_ids.filtered(lambda move: move.state == "posted")
        today = self.company_id._recovery_today()
        values = [
            {
                "date": today,
                "invoice_date": today,
                "ref": self._reversal_label(move),
                "is_recovery_charge": move.is_recovery_charge,
            }
            for move in moves
        ]
        moves._reverse_moves(values, cancel=True)
        for move in moves:
            self._tell_charges(move, -move.amount_total)
        self.closing_move_ids = False

    def _reversal_label(self, move):
        return self.env._("%(move)s taken back: a payment was undone", move=move.name)
