from odoo import models

MEGABYTE = 1024 * 1024


class DunningNoticeAttachment(models.AbstractModel):
    """The invoices that a notice speaks of, as documents to go with it."""

    _name = "dunning.notice.attachment"
    _description = "Notice: enclosed invoices"

    def _enclosed_invoices(self):
        """The posted customer invoices of which these notices demand something, of their own
        customers only; none in private mode.

        sudo: what a notice prints does not depend on who wakes the engine.
        """
        chosen = self.sudo().filtered(
            lambda notice: (
                notice.level_id.attach_invoices and not notice.level_id.policy_id.private_mode
            )
        )
        moves = chosen.env["account.move"]
        return moves.union(*(notice._invoices_to_pay() for notice in chosen._together()))

    def _invoices_to_pay(self):
        ids = dict.fromkeys(line.move_id for line in self._lines_to_pay() if line.move_id)
        return self.env["account.move"].browse(ids).filtered(self._is_own_invoice)

    def _is_own_invoice(self, move):
        """Whether this notice's customer owes that invoice, now: an item's document never goes to
        anybody else, whatever happened to it since the proposal."""
        return (
            move.move_type == "out_invoice"
            and move.state == "posted"
            and move.partner_id._recovery_debtor() == self.partner_id
        )

    def _enclosures(self):
        """The attachments to go with this notice; none when they are too large in all."""
        self.ensure_one()
        found = self._enclosed_invoices().invoice_pdf_report_id
        return found.browse() if self._are_too_large(found) else found

    def _are_too_large(self, attachments):
        limit = self.company_id.sudo().recovery_attachment_mb * MEGABYTE
        return sum(attachments.mapped("file_size")) > limit

    def _enclosed_sentence(self):
        """What the message says about the invoices that go with it, or that do not."""
        if not self.level_id.attach_invoices:
            return ""
        documents = self._enclosed_invoices().invoice_pdf_report_id
        if not documents:
            return ""
        if self._are_too_large(documents):
            return self.env._(
                "The invoices are too large to be attached: we send you copies whenever you ask."
            )
        if self._is_for_letter():
            return self.env._("Copies of the invoices are enclosed.")
        return self.env._("Copies of the invoices are attached.")
