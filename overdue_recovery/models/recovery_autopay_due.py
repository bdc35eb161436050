from odoo import api, fields, models
from odoo.fields import Domain

from ..calc import demand

COLLECTED = "collected_by_us"


class RecoveryAutopayDue(models.AbstractModel):
    """What a mandate covers, and what of it may be debited now: read from the ledger each time."""

    _name = "recovery.autopay.due"
    _description = "Automatic payment: what is debited"

    def _covered_items(self):
        """{mandate: open items that it covers}: of invoices since the consent, and none that was
        debited before: what came back is looked at by a person."""
        found = {}
        for company, mandates in self.grouped("company_id").items():
            partners = mandates.partner_id
            lines = self.env["account.move.line"]._recovery_open_lines(company, partners)
            for autopay in mandates:
                own = lines.get(autopay.partner_id.id, lines[None])
                found[autopay] = own.filtered(autopay._covers) - autopay._debited_items()
        return found

    def _covers(self, item):
        """Whether the consent is about this item: of an invoice of that day or later."""
        document = item.move_id
        is_debt = item.amount_residual_currency > 0 and document.is_sale_document()
        return is_debt and (document.invoice_date or document.date) >= self.date_given

    def _debited_items(self):
        done = self.attempt_ids.filtered(lambda attempt: attempt.state == "done")
        return done.move_line_id

    def _collectable(self):
        """{item id: amount above zero, in the item's currency} that may be debited today.

        As measure reads it: a dispute, a promise, a payment on its way or a credit note lowers it,
        every other hold stops it, and open credits are taken off, oldest maturity first.
        """
        found = {}
        for company, mandates in self.grouped("company_id").items():
            today = company._recovery_today()
            debtors = self.env["dunning.measure"]._debtors(
                company, today, debtor_ids=mandates.partner_id.ids, heed_skips=False
            )
            for debtor in debtors:
                found.update(self._collectable_of(debtor))
        return found

    @api.model
    def _collectable_of(self, debtor):
        credits = {}
        for credit in debtor.credits:
            credits[credit.currency_id] = credits.get(credit.currency_id, 0) + credit.amount
        found = {}
        for currency_id in {item.currency for item in debtor.items}:
            items = [
                (item.key, item.date_due, 0 if self._is_stopped(item) else item.demandable)
                for item in debtor.items
                if item.currency == currency_id
            ]
            for key, units in demand.net(items, credits.get(currency_id, 0)).items():
                if units > 0:
                    found[key] = units * debtor.rows[key].rounding
        return found

    @api.model
    def _is_stopped(self, item):
        holds = {hold.reason for hold in item.holds} - {COLLECTED}
        return item.blocked or item.no_followup or bool(holds - set(demand.LOWERING))

    # -- what is debited is not demanded -----------------------------------------------------

    def _sync_holds(self):
        """Hold the demand for what these mandates cover, and let go of everything else."""
        active = self.filtered(lambda autopay: autopay.state == "active")
        covered = active._covered_items()
        known = self._own_holds()
        for autopay in self:
            items = covered.get(autopay, self.env["account.move.line"])
            own = known.filtered(lambda hold, autopay=autopay: hold.origin_id == autopay.id)
            over = own.filtered(lambda hold, items=items: hold.move_line_id not in items)
            fresh = items - (own - over).move_line_id
            over.action_end()
            self.env["recovery.hold"].create([autopay._hold_values(item) for item in fresh])

    def _own_holds(self):
        """The holds of these mandates that are in force."""
        holds = self.env["recovery.hold"]
        domain = Domain("origin_model", "=", self._name) & Domain("origin_id", "in", self.ids)
        return holds.search(domain & Domain("date_to", "=", False))

    def _hold_values(self, item):
        return {
            "move_line_id": item.id,
            "company_id": self.company_id.id,
            "reason_id": self.env.ref(f"overdue_recovery.hold_reason_{COLLECTED}").id,
            "date_from": self.company_id._recovery_today(),
            # no person ends it: the mandate does
            "date_review": False,
            "note": self.means,
            "origin_model": self._name,
            "origin_id": self.id,
        }

    # -- when --------------------------------------------------------------------------------

    def _debit_day(self, day):
        """The day on which what falls due on ``day`` is debited: then, or later if that can't be
        announced in time any more; a day on which banks work."""
        return self._banking_day(max(day, self._earliest_day()))

    def _is_near_day(self, day):
        """Whether it is time to announce the debit of what falls due on ``day``."""
        return self._debit_day(day) <= self._banking_day(self._earliest_day())

    def _earliest_day(self):
        today = self.company_id._recovery_today()
        return fields.Date.add(today, days=self.announce_days)

    def _banking_day(self, day):
        return self.company_id.partner_id._recovery_working_day(day)
