from odoo import models


class RecoveryAutopayPlan(models.AbstractModel):
    """A consent for the installments of one plan, and for nothing else."""

    _name = "recovery.autopay.plan"
    _description = "Automatic payment: of a plan"

    def _covered_items(self):
        """The items of a plan rest because of the plan, which says what is due."""
        found = super()._covered_items()
        nothing = self.env["account.move.line"]
        return {autopay: nothing if autopay.plan_id else found[autopay] for autopay in self}

    def _fresh_attempts(self):
        if not self.plan_id:
            return super()._fresh_attempts()
        tried = self.attempt_ids.filtered(lambda one: one.is_live or one.state == "done")
        tried |= self._failed_attempts()
        return [
            self._installment_values(row, amount)
            for row in self.plan_id.installment_ids - tried.installment_id
            if self._is_near_day(row.date_due) and (amount := self._installment_due(row)) > 0
        ]

    def _installment_due(self, row):
        """What may be debited of an installment now: nothing while something else than the plan
        itself stops its items, or the plan is not active."""
        is_active = self.plan_id.state == "active"
        return row.amount_open if is_active and not self._stopping_reasons() else 0.0

    def _installment_values(self, row, amount):
        """Values of a debit of this amount for an installment."""
        attempts = self.env["recovery.autopay.attempt"]
        return {
            **self._debit_values(row.currency_id, amount, row.date_due),
            "installment_id": row.id,
            "name": f"{row.plan_id.name}/{row.sequence}",
            "number": attempts._next_number("installment_id", row),
        }

    def _stopping_reasons(self):
        """Codes of the holds on the plan's items, its own pause aside."""
        today = self.company_id._recovery_today()
        debtors = self.env["dunning.measure"]._debtors(
            self.company_id, today, debtor_ids=self.partner_id.ids, heed_skips=False
        )
        ids = set(self.plan_id.claim_ids.move_line_id.ids)
        holds = [
            hold
            for debtor in debtors
            for item in (*debtor.items, *debtor.costs)
            if item.key in ids
            for hold in item.holds
        ]
        return {hold.reason for hold in holds} - {"in_plan"}
