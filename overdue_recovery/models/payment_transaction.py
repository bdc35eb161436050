import logging

from odoo import fields, models
from psycopg2 import OperationalError

_logger = logging.getLogger(__name__)

# Money that has not come by then is no longer believed in: whoever chose a bank transfer and
# never made it would otherwise never be reminded.
DAYS_ON_THE_WAY = 5
ON_THE_WAY = ("pending", "authorized", "done")


class PaymentTransaction(models.Model):
    """Money on its way: what an online payment is about to settle is not asked for meanwhile."""

    _inherit = "payment.transaction"

    recovery_allocates = fields.Boolean(
        string="Allocated by recovery",
        copy=False,
        readonly=True,
        help="What this payment leaves open pays the customer's items in the order of the law.",
    )
    recovery_choice = fields.Json(
        string="Customer's choice",
        copy=False,
        readonly=True,
        help="Ids of the items that the customer chose: they are paid first.",
    )

    def _update_state(self, allowed_states, target_state, state_message):
        changed = super()._update_state(allowed_states, target_state, state_message)
        changed._recovery_follow()
        changed._recovery_tell_debits()
        return changed

    def _post_process(self):
        result = super()._post_process()
        # from here on the ledger knows the money itself
        self._recovery_follow()
        self._recovery_allocate()
        return result

    def _recovery_allocate(self):
        """Let what core left open of these payments pay what the customer owes.

        Core matches a payment with the transaction's own invoices; the portal sets
        ``recovery_allocates`` and leaves them out where the debtor's choice or the law decides.

        sudo: it is the payment provider's answer that decides, whoever is logged in.
        """
        for tx in self.filtered(lambda tx: tx.state == "done" and tx.recovery_allocates).sudo():
            lines = self.env["account.move.line"].sudo()
            choice = lines.browse(tx.recovery_choice or ()).exists()
            for credit in tx.payment_id._recovery_open_credits():
                lines.with_company(tx.company_id)._recovery_allocate(credit, choice)

    def _recovery_tell_debits(self):
        """Tell the automatic debits what has become of them. What the provider said is a fact
        even if that fails: the daily job asks again.

        sudo: it is the payment provider's answer that decides, whoever is logged in.
        """
        try:
            with self.env.cr.savepoint():
                self.env["recovery.autopay.attempt"].sudo()._follow(self)
        except OperationalError:
            raise
        except Exception as error:
            _logger.warning("Debits of transactions %s could not follow: %s", self.ids, error)

    def _recovery_follow(self):
        """Hold what these transactions are about to pay; let go of what they no longer will.

        sudo: it is the payment provider's answer that decides, whoever is logged in.
        """
        waiting = self.filtered(lambda tx: tx.state in ON_THE_WAY and not tx.is_post_processed)
        holds = self.env["recovery.hold"].sudo()
        known = holds.search([("origin_model", "=", self._name), ("origin_id", "in", self.ids)])
        known.filtered(lambda hold: hold.origin_id not in waiting.ids).action_end()
        fresh = waiting.filtered(lambda tx: tx.id not in known.mapped("origin_id"))
        holds.create([values for tx in fresh for values in tx._recovery_hold_values()])

    def _recovery_hold_values(self):
        """Values of the holds on this transaction's invoices, oldest first, for its amount.

        An invoice in another currency is held whole: what the money will settle of it is not
        known yet.
        """
        rest, values = self.amount, []
        reason = self.env.ref("overdue_recovery.hold_reason_in_transit")
        today = self.company_id._recovery_today()
        working = self.company_id.partner_id._recovery_add_working_days
        for invoice in self.invoice_ids.sorted(lambda move: (move.invoice_date_due, move.id)):
            same = invoice.currency_id == self.currency_id
            part = min(rest, invoice.amount_residual) if same else 0.0
            if same and invoice.currency_id.is_zero(part):
                continue
            rest -= part
            values.append(
                {
                    "move_id": invoice.id,
                    "company_id": invoice.company_id.id,
                    "reason_id": reason.id,
                    "amount": part,
                    "date_from": today,
                    "date_to": fields.Date.to_date(working(today, DAYS_ON_THE_WAY)),
                    "origin_model": self._name,
                    "origin_id": self.id,
                }
            )
        return values
