from typing import Any, NamedTuple

from odoo import Command, api, models
from odoo.exceptions import UserError

from .recovery_portal_facts import Choice, PortalAccount

# Seconds within which a second payment of the same debt is a second tab, not a second thought.
BEGUN = 60
# States of a plan in which an installment can be paid as such, while the plan has its items.
PAYABLE = ("active", "defaulted")


class Payment(NamedTuple):
    """What a visitor is about to pay, worked out anew: nothing of it came from outside."""

    company: Any
    account: PortalAccount
    choice: Choice
    #: {item id: units that are expected for it}
    parts: dict
    units: int

    @property
    def amount(self):
        """As a float in the account's currency."""
        return self.account.amount(self.units)


class InstallmentDue(NamedTuple):
    """What a plan's next installment asks for now; of a defaulted plan, all that is missing."""

    #: {item id: units}; empty: nothing can be paid for it now
    parts: dict
    #: units that have been sent off for the plan's items
    on_its_way: int


class RecoveryPortalPayment(models.AbstractModel):
    """Paying: what a visitor's choice comes to, and what a payment of it is to do.

    sudo, all over: see ``recovery.portal``.
    """

    _name = "recovery.portal.payment"
    _description = "Portal: paying"

    @api.model
    def _payment(self, visitor, company_id, currency_id, choice):
        """What this choice comes to now.

        :param choice: text of a ``Choice``
        :raise UserError: it is no choice, or nothing of it can be paid now
        """
        company = self._companies(visitor).filtered(lambda one: one.id == company_id)
        account = company and self._page(visitor, company).accounts.get(currency_id)
        if not account:
            raise UserError(self.env._("There is nothing to pay here any more."))
        try:
            choice = Choice.parse(choice)
        except ValueError as error:
            raise UserError(self.env._("Say what you want to pay.")) from error
        parts = getattr(self, f"_parts_of_{choice.kind}")(visitor, account, choice)
        units = sum(parts.values())
        if not units:
            raise UserError(
                self.env._("There is nothing to pay here any more, or it is on its way.")
            )
        return Payment(company, account, choice, parts, units)

    def _parts_of_overdue(self, _visitor, account, _choice):
        return account.parts

    def _parts_of_items(self, _visitor, account, choice):
        """What of these items has not been sent off; other people's ids are not among them."""
        return {
            one.id: one.payable for one in account.items if one.id in choice.ids and one.payable
        }

    def _parts_of_amount(self, _visitor, account, choice):
        """An own amount, on the oldest items first.

        :raise UserError: it is nothing, more than is open, or finer than the currency
        """
        units, fraction = divmod(float(choice.amount) / account.currency.rounding + 1e-6, 1)
        if not 0 < units <= account.payable or fraction > 1e-3:
            raise UserError(
                self.env._(
                    "Enter an amount above zero, and no more than %s.",
                    account.money(account.payable),
                )
            )
        return _spread(int(units), account.items)

    def _parts_of_installment(self, visitor, account, choice):
        """What the next installment of a plan still lacks, on the plan's items.

        :raise UserError: it is not the next one of a plan that the visitor sees and that runs, or
            could run again
        """
        plans = self._payable_plans(self.env["recovery.portal.act"]._plans(visitor, PAYABLE))
        plan = plans.filtered(lambda one: one._next_installment().id in choice.ids)
        if not plan:
            raise UserError(self.env._("This installment is paid, or its plan has ended."))
        return self._installment_due(account, plan).parts

    @api.model
    def _installment_due(self, account, plan):
        """What is to be paid now for a plan's next installment: what is on its way for one of
        the plan's items is for the plan. The plan's items rest, open credits are beside it.

        :param account: ``PortalAccount`` of the plan's currency
        """
        shown = {one.id: one for one in account.items}
        found = [shown[key] for key in plan.claim_ids.move_line_id.ids if key in shown]
        on_its_way = sum(one.residual - one.payable for one in found)
        # what is missing has to come as one: less of it cures nothing
        due = plan._amount_due() if plan.state == "defaulted" else plan.amount_next
        units = round(due / account.currency.rounding) - on_its_way
        return InstallmentDue(_spread(max(0, units), found), on_its_way)

    @api.model
    def _installments_due(self, pages, plans):
        """{plan: ``InstallmentDue``} of those of these plans that run, or could run again."""
        accounts = {page.company: page.accounts for page in pages}
        found = {}
        for plan in self._payable_plans(plans):
            # a branch's items stand on the page of the company that looks after it
            of_company = accounts.get(plan.company_id._recovery_sender(), {})
            if account := of_company.get(plan.currency_id.id):
                found[plan] = self._installment_due(account, plan)
        return found

    def _payable_plans(self, plans):
        """Those that have their items: a plan that could no longer be cured has let go of them."""
        return plans.filtered(lambda one: one.state in PAYABLE and one._has_claims())

    @api.model
    def _transaction_values(self, visitor, payment):
        """Values of the ``payment.transaction`` beyond core's.

        The money pays what was chosen first, in the order of the law; the holds of its way are
        on these items.

        :raise UserError: another payment of this debt has just begun
        """
        self._check_none_begun(visitor, payment)
        items = self.env["account.move.line"].sudo().browse(payment.parts)
        return {
            "recovery_allocates": True,
            "recovery_debtor_id": visitor.debtor.id,
            "recovery_choice": items.ids,
            "recovery_parts": {
                str(key): payment.account.amount(units) for key, units in payment.parts.items()
            },
            "invoice_ids": [Command.set(items.move_id.filtered("invoice_date").ids)],
        }

    def _check_none_begun(self, visitor, payment):
        """Counting it also makes two at once wait for each other."""
        key = f"debtor:{visitor.debtor.id}:{payment.company.id}"
        allowed = self.env["recovery.portal.visit"].sudo()._allow(key, "pay", limit=30)
        begun = (
            self.env["payment.transaction"]
            .sudo()
            ._recovery_begun(visitor.debtor, payment.company, payment.account.currency, BEGUN)
        )
        if begun or not allowed:
            raise UserError(
                self.env._(
                    "A payment was begun a moment ago, maybe in another window. If it did not "
                    "work, try again in a minute."
                )
            )

    # -- how to pay by bank ----------------------------------------------------------------

    @api.model
    def _bank_details(self, visitor, payment):
        """Where to transfer it to, as texts, with a QR code where the bank account has one; empty
        without an account."""
        items = self.env["account.move.line"].sudo().browse(payment.parts)
        company = payment.company
        bank = items.move_id.partner_bank_id[:1] or company.partner_id.bank_ids[:1]
        if not bank:
            return {}
        reference = self._bank_reference(visitor, items)
        return {
            **self.env["dunning.notice"].sudo().new({"company_id": company.id})._bank_values(bank),
            "reference": reference,
            "qr": bank.build_qr_code_base64(
                payment.amount, reference, "", payment.account.currency, visitor.debtor
            ),
        }

    def _bank_reference(self, visitor, items):
        """What to quote: the document's own reference, else the notice's, else the customer."""
        moves = items.move_id
        if len(moves) == 1:
            return moves.payment_reference or moves.name
        return visitor.notice.name or visitor.debtor.ref or visitor.debtor.name or ""


def _spread(units, items):
    """{item id: part} of an amount on these items in their order, as far as they can be paid."""
    parts = {}
    for item in items:
        part = min(units, item.payable)
        units -= part
        if part:
            parts[item.id] = part
    return parts
