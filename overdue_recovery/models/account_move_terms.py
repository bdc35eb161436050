from odoo import models


class AccountMoveTerms(models.AbstractModel):
    """What an invoice says of late payment."""

    _name = "account.move.recovery.terms"
    _description = "Invoice: what late payment costs"

    def _recovery_terms(self):
        """What is charged when this invoice is paid late, in the language of the context: sentences
        to print, none where nothing is charged or the company prints nothing.

        sudo: a customer prints his invoice from the portal.
        """
        self.ensure_one()
        move = self.sudo()
        law = move._recovery_law_printed()
        texts = [law._terms_sentence()] if law else []
        if law.consumer_notice:
            texts.append(law.consumer_notice_text)
        return [text for text in texts if text]

    def _recovery_law_printed(self):
        """The row under which this invoice may be charged; empty: none, or nothing is printed."""
        nothing = self.env["recovery.law"]
        is_sale = self.move_type in ("out_invoice", "out_receipt") and not self.is_recovery_charge
        if not (is_sale and self.company_id.recovery_charges_on_invoices):
            return nothing
        company, due = self.company_id, self.invoice_date_due or self.invoice_date
        debtor = self.commercial_partner_id._recovery_debtor()
        company_of_policy = self.line_ids[:1]._recovery_company() or company
        policies = self.env["dunning.measure"]._policies(company_of_policy, debtor.ids)
        policy = policies.get(debtor.id)
        since = policy and policy.charges and policy.charges_since
        if not (due and since and since <= due):
            return nothing
        law = nothing._charge_law(company, debtor, due)
        return nothing if law.needs_agreement and not self._recovery_is_agreed(debtor) else law

    def _recovery_is_agreed(self, debtor):
        """Whether an agreement with ``debtor`` allows charges on this invoice."""
        agreed_on = debtor.with_company(self.company_id).charges_agreed_on
        return bool(agreed_on and self.invoice_date and agreed_on <= self.invoice_date)
