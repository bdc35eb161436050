from odoo import Command, api, models


class RecoveryWriteOff(models.AbstractModel):
    """Book open items off as a loss: one entry, matched with the items it closes."""

    _name = "recovery.write.off"
    _description = "Write-off"

    @api.model
    def _write_off(self, amounts, journal, account, date, label):
        """Close these amounts with one posted entry.

        :param amounts: {item: amount in its currency, at most what is open}; items of one company
            and currency
        :return: the account.move; undone by reversing it, like any entry
        """
        entry = self.env["account.move"].create(
            self._entry_values(amounts, journal, account, date, label)
        )
        entry.action_post()
        for item, counterpart in zip(amounts, entry.line_ids[: len(amounts)], strict=True):
            (item | counterpart).reconcile()
        return entry

    def _entry_values(self, amounts, journal, account, date, label):
        """Credit each item's customer, debit the account with the sum."""
        credits = [
            {
                "name": f"{label}: {item.move_id.name}",
                "account_id": item.account_id.id,
                "partner_id": item.partner_id.id,
                "currency_id": item.currency_id.id,
                "amount_currency": -amount,
                "balance": -self._balance(item, amount),
            }
            for item, amount in amounts.items()
        ]
        total = {
            "name": label,
            "account_id": account.id,
            "currency_id": credits[0]["currency_id"],
            "amount_currency": -sum(line["amount_currency"] for line in credits),
            "balance": -sum(line["balance"] for line in credits),
        }
        return {
            "move_type": "entry",
            "journal_id": journal.id,
            "date": date,
            "ref": label,
            "line_ids": [Command.create(line) for line in (*credits, total)],
        }

    def _balance(self, item, amount):
        """The company's amount of this part, in the proportion of what is open: all of it has no
        exchange difference."""
        share = amount / item.amount_residual_currency
        return item.company_currency_id.round(item.amount_residual * share)
