from odoo import models


class AccountMoveCharge(models.AbstractModel):
    """Invoices and credit notes of charges, and what an accountant does to them by hand."""

    _name = "account.move.recovery.charge"
    _description = "Document: charges for late payment"

    def _prepare_product_base_line_for_taxes_computation(self, product_line):
        """Tax on a charge is part of it: the customer was told the whole sum.

        The product is asked first: every invoice comes by here, and it is known already.
        """
        base_line = super()._prepare_product_base_line_for_taxes_computation(product_line)
        products = self.env["res.company"]._recovery_charge_product_ids()
        if product_line.product_id.id in products and self.is_recovery_charge:
            base_line["special_mode"] = "total_included"
        return base_line

    def _post(self, soft=True):
        """A credit note that an accountant made for a charge invoice is one of costs too."""
        by_hand = self.filtered(
            lambda move: (
                move.move_type == "out_refund"
                and move.reversed_entry_id.is_recovery_charge
                and not move.is_recovery_charge
            )
        )
        by_hand.is_recovery_charge = True
        posted = super()._post(soft)
        (by_hand & posted)._end_credited_charges()
        return posted

    def _end_credited_charges(self):
        """End the charges whose invoice these credit notes give back whole, and lower those of
        one that is given back in part."""
        charges = self.env["recovery.charge"]
        for refund in self:
            invoice = refund.reversed_entry_id
            if refund.currency_id.compare_amounts(refund.amount_total, invoice.amount_total) >= 0:
                charges._ended_by_hand(invoice)
            else:
                charges._credited_elsewhere(invoice, refund.amount_total)

    def button_cancel(self):
        result = super().button_cancel()
        self._end_charges_of_cancelled()
        return result

    def _end_charges_of_cancelled(self):
        ended = self.filtered(lambda move: move.is_recovery_charge and move.state == "cancel")
        if ended:
            self.env["recovery.charge"]._ended_by_hand(ended)

    def unlink(self):
        ended = self.filtered("is_recovery_charge")
        if ended:
            self.env["recovery.charge"]._ended_by_hand(ended)
        return super().unlink()

    def _recovery_charge_preview(self):
        """What paying later costs, as the last notice on this document says it; empty where
        nothing is charged.

        sudo: facts of recovery itself, for who may read the document.
        """
        if not self.env["dunning.policy"]._is_charging(self.company_id.id):
            return ""
        rising = self.env["dunning.notice.line"].sudo()
        line = rising.search(
            [
                ("move_line_id", "in", self._recovery_lines().ids),
                ("move_line_id.reconciled", "=", False),
                ("kind", "=", "rising"),
                ("notice_id.state", "=", "sent"),
            ],
            order="id desc",
            limit=1,
        )
        return line.notice_id.charge_preview or ""

    def _recovery_charge_parts(self):
        """What is still open of a charge invoice: one receivable item may hold costs and interest.
        What was paid so far covers them in the order of the law.

        sudo: an allocation asks that may not read charges.

        :return: {"costs": units, "interest": units}, in rounding units of its currency
        """
        self.ensure_one()
        parts = {"costs": 0, "interest": 0}
        charges = self.env["recovery.charge"].sudo().search([("move_id", "=", self.id)])
        if not charges:  # the interest of a payment plan
            return {**parts, "interest": round(self.amount_residual / self.currency_id.rounding)}
        for charge in charges.filtered(lambda charge: charge.state == "posted"):
            part = "interest" if charge.kind == "interest" else "costs"
            parts[part] += charge._units(charge.amount_left)
        paid = sum(parts.values()) - round(self.amount_residual / self.currency_id.rounding)
        for part in charges.law_id[:1]._allocation():
            if part in parts:
                covered = max(min(paid, parts[part]), 0)
                parts[part] -= covered
                paid -= covered
        return parts
