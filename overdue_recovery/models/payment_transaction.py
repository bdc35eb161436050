import logging
from datetime import timedelta

from odoo import api, fields, models
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

    recovery_parts = fields.Json(
        string="Expected on items",
        copy=False,
        readonly=True,
        help="{item id: amount}: what is not asked for while this payment is on its way.",
    )
    recovery_debtor_id = fields.Many2one(
        "res.partner",
        string="Debtor",
        copy=False,
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )

    @api.model
    def _recovery_begun(self, debtor, company, currency, seconds):
        """Payments of this debt that were begun in the portal within ``seconds`` and of which the
        provider has not said anything yet."""
        return self.search(
            [
                ("recovery_debtor_id", "=", debtor.id),
                ("company_id", "=", company.id),
                ("currency_id", "=", currency.id),
                ("state", "=", "draft"),
                ("create_date", ">", self.env.cr.now() - timedelta(seconds=seconds)),
            ]
        )

    def _create_payment(self, **extra_create_values):
        """Core matches the money with the transaction's invoices, oldest first and disputed ones
        too; where the portal said what is expected of which item, all of it is left open for
        ``_recovery_allocate``."""
        if not (self.recovery_allocates and self.recovery_parts):
            return super()._create_payment(**extra_create_values)
        invoices, items = self.invoice_ids, self._recovery_items()
        self.invoice_ids = False
        if items:
            extra_create_values["destination_account_id"] = items[0].account_id.id
        payment = super()._create_payment(**extra_create_values)
        self.invoice_ids = invoices
        return payment

    def _get_invoices_to_notify(self):
        """A message on each of hundreds of invoices helps nobody: the payment has it."""
        if self.recovery_allocates:
            return self.env["account.move"]
        return super()._get_invoices_to_notify()

    def _recovery_items(self):
        """The items that a payment of the portal is for, as far as they are still there."""
        self.ensure_one()
        ids = [int(key) for key in self.recovery_parts or {}]
        return self.env["account.move.line"].sudo().browse(ids).exists()

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
            try:
                with self.env.cr.savepoint():
                    tx._recovery_allocate_one()
            except OperationalError:
                raise
            except Exception:
                # the money is booked; what it pays, a person can say. Core would try for four
                # days, and give up without a word
                _logger.warning("Payment %s can't be allocated", tx.reference, exc_info=True)

    def _recovery_allocate_one(self):
        lines = self.env["account.move.line"].sudo()
        choice = lines.browse(self.recovery_choice or ()).exists()
        for credit in self.payment_id._recovery_open_credits():
            lines.with_company(self.company_id)._recovery_allocate(credit, choice)

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
        if self.recovery_parts:
            parts = self.recovery_parts
            return [
                {
                    "move_line_id": item.id,
                    "amount": parts[str(item.id)],
                    **self._recovery_hold_of(item),
                }
                for item in self._recovery_items()
            ]
        rest, values = self.amount, []
        for invoice in self.invoice_ids.sorted(lambda move: (move.invoice_date_due, move.id)):
            same = invoice.currency_id == self.currency_id
            part = min(rest, invoice.amount_residual) if same else 0.0
            if same and invoice.currency_id.is_zero(part):
                continue
            rest -= part
            values.append(
                {"move_id": invoice.id, "amount": part, **self._recovery_hold_of(invoice)}
            )
        return values

    def _recovery_hold_of(self, document):
        """What the hold on a document or an item has beside it."""
        today = self.company_id._recovery_today()
        working = self.company_id.partner_id._recovery_add_working_days
        return {
            "company_id": document.company_id.id,
            "reason_id": self.env.ref("overdue_recovery.hold_reason_in_transit").id,
            "date_from": today,
            "date_to": fields.Date.to_date(working(today, DAYS_ON_THE_WAY)),
            "origin_model": self._name,
            "origin_id": self.id,
        }
