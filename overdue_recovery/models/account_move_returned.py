from odoo import fields, models

RETURNED = "overdue_recovery.hold_reason_returned_payment"
# Days without an automatic notice, where the reason's row says none.
DAYS_TO_LOOK = 7


class AccountMoveReturned(models.AbstractModel):
    """Money that was there and is gone again: a person looks before anything is sent."""

    _name = "account.move.recovery.returned"
    _description = "Entry: payment returned"

    def _reverse_moves(self, default_values_list=None, cancel=False):
        """An accountant reverses the entry of a payment: it was returned."""
        items = self._recovery_paid_items() if cancel else self.line_ids.browse()
        reversals = super()._reverse_moves(default_values_list, cancel)
        self._recovery_payment_returned(items)
        return reversals

    def _recovery_paid_items(self):
        """The overdue items that these entries, if they are payments, are matched with.

        sudo: whoever keeps the books need not be a collector.
        """
        money = self.sudo().filtered(lambda move: move.origin_payment_id or move.statement_line_id)
        items = money._recovery_lines().matched_debit_ids.debit_move_id
        return items.filtered(
            lambda item: (
                (item.date_maturity or item.date) < item.company_id._recovery_today()
                and item.move_id.is_sale_document()
            )
        )

    def _recovery_payment_returned(self, items):
        """No automatic notice on these items for a week, and a task for their case's owner.

        sudo: whoever keeps the books need not be a collector.
        """
        items = items.sudo()
        for (company, debtor), own in items.grouped(
            lambda item: (item.company_id, item.partner_id._recovery_debtor())
        ).items():
            self._recovery_hold_returned(own, company)
            debtor._recovery_case(company).sudo()._plan_activity(
                self.env.ref("overdue_recovery.mail_activity_type_returned"),
                self.env._(
                    "Payment returned: %s", ", ".join(filter(None, own.move_id.mapped("name")))
                ),
                self.env._("Nothing is sent for a week: look at it, and talk to the customer."),
            )

    def _recovery_hold_returned(self, items, company):
        reason = self.env.ref(RETURNED)
        today = company._recovery_today()
        until = fields.Date.add(today, days=reason.review_days or DAYS_TO_LOOK)
        self.env["recovery.hold"].sudo().create(
            [
                {
                    "move_line_id": item.id,
                    "company_id": company.id,
                    "reason_id": reason.id,
                    "date_from": today,
                    "date_to": until,
                }
                for item in items
            ]
        )
