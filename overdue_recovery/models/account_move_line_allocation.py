from odoo import api, models
from odoo.exceptions import UserError


class _Amounts(dict):
    """{(debit id, credit id): amount in the debit's currency}; no client can send one."""


class AccountMoveLineAllocation(models.AbstractModel):
    """Match an open credit with open items by exact amounts, by core's own reconciliation.

    Core pairs two items by all that is open of both. Here the pair sees only the amount that was
    decided; rates, exchange differences, cash basis taxes and matching numbers stay core's work,
    and what is matched already is not touched.
    """

    _name = "account.move.line.recovery.allocation"
    _description = "Journal item: matching by exact amounts"

    @api.model
    def _recovery_allocate(self, credit_line, choice=None):
        """Allocate an open credit to what its customer owes, in the order of the law.

        For the portal and for programs; the rights are those of the caller.

        :param credit_line: an open receivable item with a credit balance (money, a credit note)
        :param choice: the debtor's own choice: items (``account.move.line``) to be paid first
        :return: the confirmed recovery.allocation; empty when there was nothing to pay
        """
        allocation = self.env["recovery.allocation"]._propose(credit_line, choice)
        if not any(allocation.line_ids.mapped("amount")):
            allocation.unlink()
            return allocation.browse()
        allocation.action_confirm()
        return allocation

    def _recovery_reconcile(self, amounts):
        """Match this credit with items by exactly these amounts.

        :param amounts: {item: amount in the item's currency, above 0 and not above its residual}
        :return: {item: account.partial.reconcile}
        :raise UserError: the credit is not enough
        """
        self.ensure_one()
        before = self.matched_debit_ids
        exact = _Amounts({(item.id, self.id): amount for item, amount in amounts.items()})
        # the last unit that rates make too much or too little falls to an item of another currency
        foreign_last = sorted(amounts, key=lambda item: item.currency_id != self.currency_id)
        plan = [item | self for item in foreign_last]
        self.with_context(recovery_amounts=exact)._reconcile_plan(plan)
        new = self.matched_debit_ids - before
        partials = {
            partial.debit_move_id: partial for partial in new if partial.debit_move_id in amounts
        }
        self._check_matched(amounts, partials)
        return partials

    def _check_matched(self, amounts, partials):
        """Refuse a match that took another amount than was decided (same currency; with several
        currencies core's own rounding decides the last unit)."""
        for item, amount in amounts.items():
            partial = partials.get(item)
            done = partial.debit_amount_currency if partial else 0.0
            is_exact = item.currency_id == self.currency_id
            if not partial or (is_exact and item.currency_id.compare_amounts(done, amount)):
                raise UserError(
                    self.env._(
                        "%(amount)s of %(credit)s can't be put to %(item)s: not so much is open.",
                        amount=item.currency_id.format(amount),
                        credit=self.move_id.display_name,
                        item=item.move_id.display_name,
                    )
                )

    def _recovery_hold_back(self, debit_values, credit_values):
        """Take off the debit's residuals what this pair must not touch.

        :return: what was taken off; None: this pair is core's own business
        """
        amounts = self.env.context.get("recovery_amounts")
        if not isinstance(amounts, _Amounts):
            return None
        item = debit_values["aml"]
        amount = amounts.get((item.id, credit_values["aml"].id))
        if amount is None:
            return None
        residual = debit_values["amount_residual_currency"]
        part = min(amount / residual, 1.0) if residual else 1.0
        kept = {
            "amount_residual": item.company_currency_id.round(
                debit_values["amount_residual"] * (1 - part)
            ),
            "amount_residual_currency": item.currency_id.round(residual * (1 - part)),
        }
        for name, value in kept.items():
            debit_values[name] -= value
        return kept

    def _recovery_give_back(self, result, debit_values, kept):
        """Undo ``_recovery_hold_back`` and end the pair: it is matched once only."""
        if kept is not None:
            for name, value in kept.items():
                debit_values[name] += value
            result.update(debit_values=None, credit_values=None)
        return result

    def _recovery_price(self, credit):
        """What one unit of this item's currency takes of ``credit``, in the credit's currency,
        by the rates that core will match them with."""
        self.ensure_one()
        if self.currency_id == credit.currency_id:
            return 1.0
        own = self._recovery_residuals(credit)
        other = credit._recovery_residuals(self)
        company_currency = self.company_currency_id
        shared = [
            currency
            for currency in (self.currency_id, credit.currency_id)
            if currency != company_currency and currency in own and currency in other
        ]
        currency = (shared or [company_currency])[0]
        if currency not in own or currency not in other:
            return 0.0
        own_price = own[currency]["residual"] / self.amount_residual_currency
        return own_price * credit.amount_residual_currency / other[currency]["residual"]

    def _recovery_residuals(self, other):
        """What is open of this item in each currency, as core sees it beside ``other``."""
        values = {
            "aml": self,
            "amount_residual": self.amount_residual,
            "amount_residual_currency": self.amount_residual_currency,
        }
        return self._prepare_move_line_residual_amounts(
            values, other.currency_id, other_aml_values={"aml": other}
        )
