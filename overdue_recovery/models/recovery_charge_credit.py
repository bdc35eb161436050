from collections import defaultdict

from odoo import Command, api, models
from odoo.fields import Domain


class RecoveryChargeCredit(models.AbstractModel):
    """What ends a charge that was posted: credit notes, for all or part of it."""

    _name = "recovery.charge.credit"
    _description = "Charge: credit"

    def _end_with_notice(self):
        """The notices of these charges ended: drafts are cancelled, what was posted is credited.
        A credit that can't be posted (a lock date) waits for the daily job.

        sudo: the engine credits, whoever cancelled or whatever came back.
        """
        charges = self.sudo()
        charges.filtered(lambda charge: charge.state == "draft")._set_state("cancelled")
        posted = charges.filtered(lambda charge: charge.state == "posted")
        for own in posted.grouped("company_id").values():
            own._book(type(self)._credit_rest)

    def _credit_rest(self):
        """Credit what is left of these posted charges. Days before a later span stay claimed:
        otherwise they would be charged again out of turn."""
        self._credit({charge: charge.amount_left for charge in self})
        # one that an accountant is working on is not booked, so it is not credited either
        self.move_id.filtered(lambda move: move.state == "draft").button_cancel()
        self.filtered(lambda charge: charge.state == "posted")._end_reversed()

    def _end_reversed(self):
        """These charges are credited whole: reversed, but for those with a later span."""
        waived = self.filtered(lambda charge: charge._has_later_span())
        rest = {charge: charge.amount_left for charge in self}
        for charge in waived:
            charge.amount_waived = charge.amount
        waived._set_state("waived")
        (self - waived)._set_state("reversed")
        waived._log_step("waived", rest)
        (self - waived)._log_step("reversed", rest)

    def _credit(self, amounts):
        """Post a credit note for each charge invoice of these {charge: amount}; it is reconciled
        with what is still open of the invoice, the rest is the customer's credit.

        :return: {charge invoice: credit note}
        """
        groups = defaultdict(dict)
        for charge, amount in amounts.items():
            if charge.move_id.state == "posted" and amount > 0:
                groups[charge.move_id][charge] = amount
        if not groups:
            return {}
        company = next(iter(groups)).company_id
        _journal, products = company._recovery_charge_setup()
        refunds = self._quiet_moves().create(
            [self._refund_values(move, parts, products) for move, parts in groups.items()]
        )
        refunds._post(soft=False)
        return dict(zip(groups, refunds, strict=True))

    def _refund_values(self, move, parts, products):
        """Values of the credit note of {charge: amount} of one charge invoice."""
        today = move.company_id._recovery_today()
        return {
            "move_type": "out_refund",
            "is_recovery_charge": True,
            "reversed_entry_id": move.id,
            "company_id": move.company_id.id,
            "journal_id": move.journal_id.id,
            "partner_id": move.partner_id.id,
            "currency_id": move.currency_id.id,
            "invoice_date": today,
            "invoice_payment_term_id": False,
            "fiscal_position_id": False,
            "invoice_origin": move.name,
            "invoice_line_ids": [
                Command.create(charge._invoice_line_values(products, amount))
                for charge, amount in parts.items()
            ],
        }

    def _item_ids(self):
        """Ids of the items that this charge was made for."""
        self.ensure_one()
        items = (self.proof or {}).get("items", ())
        return {item["id"] for item in items} or {self.item_key}

    def _has_later_span(self):
        """Whether later days of the same item are charged."""
        self.ensure_one()
        return self.kind == "interest" and bool(self._later_spans())

    def _later_spans(self):
        return self.search(
            self._live_domain()
            & Domain("kind", "=", "interest")
            & Domain("item_key", "=", self.item_key)
            & Domain("date_from", ">=", self.date_to),
            limit=1,
        )

    @api.model
    def _credited_elsewhere(self, invoice, amount):
        """A credit note that no waiver made (of an offer, of an accountant) gave ``amount`` of a
        charge invoice back; below zero: it was taken back. Its charges are given up that far, so
        that nothing is credited twice. They stay posted: an offer may be taken back. What is taken
        back of charges that have ended since is credited anew: nobody owes them.

        sudo: who closes an offer need not be a manager of recovery.
        """
        domain = [("move_id", "=", invoice.id), ("state", "=", "posted")]
        for charge in self.sudo().search(domain, order="id"):
            least = charge._waived_by_people() - charge.amount_waived
            part = max(min(amount, charge.amount_left), least)
            charge.amount_waived = charge.currency_id.round(charge.amount_waived + part)
            amount -= part
            if part:
                charge._log_step("waived" if part > 0 else "posted", {charge: abs(part)})
        if amount < 0:
            self.sudo()._credit_ended(invoice, -amount)

    @api.model
    def _credit_ended(self, invoice, amount):
        """Credit ``amount`` of the charges of this invoice that were reversed or waived."""
        domain = [("move_id", "=", invoice.id), ("state", "in", ("reversed", "waived"))]
        parts = {}
        for charge in self.search(domain, order="id"):
            parts[charge] = min(amount, charge.amount)
            amount = invoice.currency_id.round(amount - parts[charge])
        self._credit(parts)

    def _waived_by_people(self):
        """What waivers that were approved gave up of this charge."""
        approved = self.waiver_ids.filtered(lambda waiver: waiver.state == "approved")
        return sum(approved.mapped("amount"))

    @api.model
    def _ended_by_hand(self, moves):
        """An accountant cancelled, deleted or credited these charge invoices: so are the charges.

        sudo: an accountant need not be a manager of recovery.
        """
        charges = self.sudo().search([("move_id", "in", moves.ids), ("state", "=", "posted")])
        charges._end_reversed()
