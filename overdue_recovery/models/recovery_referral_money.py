from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from .recovery_agency import commission


class RecoveryReferralMoney(models.AbstractModel):
    """Money of a referral: what the agency remits, what it bills, and what is lost.

    A remittance is one payment of the customer: what came to the bank, the commission and its VAT
    close the items together. Commission on what was paid to us, and the cost of a recall, become
    draft bills of the agency.
    """

    _name = "recovery.referral.money"
    _description = "Referral: money"

    currency_id = fields.Many2one("res.currency")
    amount_recovered = fields.Monetary(
        string="Collected", compute="_compute_money", help="By the agency, as it told."
    )
    amount_direct = fields.Monetary(string="Paid to us", compute="_compute_money")
    amount_fees = fields.Monetary(string="Commission", compute="_compute_money")
    amount_to_remit = fields.Monetary(
        string="To be remitted", compute="_compute_money", help="Collected, and not booked yet."
    )

    @api.depends("event_ids.amount", "event_ids.payment_id")
    def _compute_money(self):
        for referral in self:
            payments = referral.event_ids.filtered(lambda event: event.kind == "payment")
            direct = referral.event_ids.filtered(lambda event: event.kind == "direct_payment")
            referral.amount_recovered = sum(payments.mapped("amount"))
            referral.amount_direct = sum(direct.mapped("amount"))
            referral.amount_fees = sum((payments | direct).mapped("amount_fee"))
            waiting = payments.filtered(lambda event: not event.payment_id)
            referral.amount_to_remit = sum(waiting.mapped("amount_remitted"))

    def _commission(self, amount):
        """(commission, VAT on it) that the agency takes of this amount, by the terms of the day
        on which it was sent; its minimum counts once, with the first money."""
        self.ensure_one()
        unit = self.currency_id.rounding
        so_far = sum(self.event_ids.mapped("amount_fee"))
        missing = max(0.0, self.fee_minimum - so_far)
        terms = {"fee_percent": self.fee_percent, "vat_percent": self.vat_percent}
        fee, vat, _remitted = commission(round(amount / unit), terms, round(missing / unit))
        return self.currency_id.round(fee * unit), self.currency_id.round(vat * unit)

    # -- remittance ------------------------------------------------------------------------

    def action_book(self):
        """Open the dialog that books what the agency remits."""
        self.ensure_one()
        self.check_access("write")
        return self.env["recovery.referral.book"]._open_for(self)

    def _unbooked(self):
        """Payments that the agency told, and that are not booked yet."""
        return self.event_ids.filtered(
            lambda event: event.kind == "payment" and not event.payment_id
        )

    def _book_remittance(self, journal=None, date=None, fee=None, vat=None):
        """Book what the agency collected and remits less its commission: bank, commission and
        input VAT against the customer's items, oldest first; more than is open stays as the
        customer's credit.

        :param journal: of the bank; default: the company's setting, else its first bank
        :param fee: commission, where the agency's statement says another than ours
        :param vat: VAT on it, likewise
        :return: the account.payment
        :raise UserError: nothing is to be booked, or commission and VAT are more than it
        """
        self.ensure_one()
        events = self._unbooked()
        amount = sum(events.mapped("amount"))
        fee = sum(events.mapped("amount_fee")) if fee is None else fee
        vat = sum(events.mapped("amount_vat")) if vat is None else vat
        self._check_remittance(amount, fee, vat)
        payment = self._create_payment(amount, fee, vat, journal, date)
        events.sudo().payment_id = payment
        self._match(payment)
        self._add_event("remitted", amount=amount - fee - vat, text=payment.name)
        self._log_step("remitted")
        return payment

    def _check_remittance(self, amount, fee, vat):
        if amount <= 0:
            raise UserError(
                self.env._("%s has told of no payment to book.", self.agency_id.display_name)
            )
        if min(fee, vat, self.currency_id.round(amount - fee - vat)) < 0:
            raise UserError(
                self.env._(
                    "Commission and VAT lie between 0 and the %s that were collected.",
                    self.currency_id.format(amount),
                )
            )

    def _create_payment(self, amount, fee, vat, journal, date):
        """The payment of the customer that the agency passes on."""
        company = self.company_id
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.partner_id.id,
                "company_id": company.id,
                "journal_id": (journal or company._recovery_agency_journal()).id,
                "date": date or company._recovery_today(),
                "currency_id": self.currency_id.id,
                "amount": self.currency_id.round(amount - fee - vat),
                "destination_account_id": self.line_ids.move_line_id.account_id[:1].id
                or self.partner_id.property_account_receivable_id.id,
                "memo": f"{self.name}: {self.agency_id.display_name}",
                "write_off_line_vals": self._deductions(fee, vat, date),
            }
        )
        payment.action_post()
        return payment

    def _deductions(self, fee, vat, date):
        """Values of the lines for commission and VAT; VAT that can't be deducted is cost."""
        company = self.company_id
        account = company._recovery_agency_account()
        vat_account = company._recovery_agency_vat_account(self.vat_percent or None)
        if not vat_account:
            fee, vat = fee + vat, 0.0
        parts = [
            (self.env._("Commission of %s", self.agency_id.display_name), account, fee),
            (self.env._("VAT on it"), vat_account, vat),
        ]
        day = date or company._recovery_today()
        return [
            {
                "name": name,
                "account_id": where.id,
                "partner_id": self.agency_id.partner_id.id,
                "currency_id": self.currency_id.id,
                "amount_currency": part,
                "balance": self.currency_id._convert(part, company.currency_id, company, day),
            }
            for name, where, part in parts
            if part
        ]

    def _match(self, payment):
        """Close the items with the customer's part of the payment, oldest maturity first."""
        items = self.line_ids.move_line_id.filtered(
            lambda item: item.parent_state == "posted" and not item.reconciled
        )
        credit = payment.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and line.balance < 0
        )
        same = items.filtered(lambda item: item.account_id == credit.account_id)
        if same:
            (credit | same).reconcile()

    # -- bills of the agency ---------------------------------------------------------------

    def _bill_commission(self, event):
        """The commission on what was paid to us, as the agency will bill it: a draft."""
        label = self.env._(
            "%(referral)s: commission on %(amount)s paid to us",
            referral=self.name,
            amount=self.currency_id.format(event.amount),
        )
        self._bill_or_tell(event.amount_fee, label)

    def _bill_recall(self):
        """The cost of a recall, as the agency will bill it: a draft."""
        label = self.env._("%s: recall", self.name)
        if self.recall_cost:
            self._bill_or_tell(self.recall_cost, label)

    def _bill_or_tell(self, amount, label):
        """Prepare a bill. What hinders it (no journal for purchases) is told to whoever owns the
        case and hinders nothing else."""
        try:
            with self.env.cr.savepoint():
                self._bill(amount, label)
        except UserError as error:
            self._tell_owner(self.env._("A bill is missing: %s", label), str(error))

    def _bill(self, amount, label):
        """A draft bill of the agency.

        sudo: the engine prepares it, whoever brought the news; an accountant posts it.
        """
        company = self.company_id
        tax = company._recovery_agency_tax(self.vat_percent)
        line = {
            "name": label,
            "price_unit": amount,
            "account_id": company._recovery_agency_account().id,
            "tax_ids": [Command.set(tax.ids)],
        }
        return (
            self.env["account.move"]
            .sudo()
            .with_company(company)
            .create(
                {
                    "move_type": "in_invoice",
                    "company_id": company.id,
                    "partner_id": self.agency_id.partner_id.id,
                    "currency_id": self.currency_id.id,
                    "invoice_origin": self.name,
                    "invoice_line_ids": [Command.create(line)],
                }
            )
        )

    # -- what is lost ----------------------------------------------------------------------

    def action_write_off_rest(self):
        """Book what the agency could not collect off as a loss; charges are credited.

        sudo: the loss account is the company's, whoever may see it.

        :raise UserError: by somebody who is no manager, it is not closed, or nothing is open
        """
        self.check_access("write")
        if not self.env.user.has_group("overdue_recovery.group_manager"):
            raise UserError(self.env._("Only a recovery manager writes off."))
        for referral in self:
            if referral.state != "closed" or not referral.amount_open:
                raise UserError(
                    self.env._("%s is not closed with a rest to write off.", referral.name)
                )
            referral.sudo()._write_off_rest()
        return True

    def _write_off_rest(self):
        lines = self.line_ids.filtered("residual")
        self._end_charges(lines.filtered("is_charge").move_line_id.move_id)
        rest = {line.move_line_id: line.residual for line in self.line_ids if line.residual > 0}
        lost = sum(rest.values())
        if rest:
            company = self.company_id
            self.env["recovery.write.off"]._write_off(
                rest,
                company._recovery_loss_journal(),
                company._recovery_loss_account(),
                company._recovery_today(),
                self.env._("%s, not collected by the agency", self.name),
            )
        self._end_holds()
        self._add_event("written_off", amount=lost)
        self._log_step("written_off")

    # -- our charges -----------------------------------------------------------------------

    def _reverse_unpaid_charges(self):
        """Credit our charges on these items of which nothing is paid: the contract says so."""
        charges = self.env["recovery.charge"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("partner_id", "in", self.line_ids.move_line_id.partner_id.ids),
                ("state", "=", "posted"),
                ("move_id.payment_state", "=", "not_paid"),
            ]
        )
        items = set(self.line_ids.move_line_id.ids)
        of_items = charges.filtered(lambda charge: not items.isdisjoint(charge._item_ids()))
        of_items._end_with_notice()

    def _end_charges(self, moves):
        charges = self.env["recovery.charge"].search(
            [("move_id", "in", moves.ids), ("state", "=", "posted")]
        )
        charges._end_with_notice()
