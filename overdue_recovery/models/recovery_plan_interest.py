from odoo import Command, fields, models


class RecoveryPlanInterest(models.AbstractModel):
    """What paying in installments costs: posted as a charge of its own when the plan begins, and
    an item of the plan like all others. None unless a person says so.

    It falls due with the last installment. Where the plan ends before, what no installment has
    earned by then is credited; entries that were posted never change.
    """

    _name = "recovery.plan.interest"
    _description = "Payment Plan: interest"
    _inherit = "recovery.credit.note"

    currency_id = fields.Many2one("res.currency")
    amount_interest = fields.Monetary(
        string="Interest", readonly=True, copy=False, help="Comes on top of what was open."
    )
    # money and documents: the key of the journal entry that the interest was posted with
    interest_move_id = fields.Many2one(
        "account.move",
        string="Invoice of the interest",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )

    def _label(self):
        return self.env._("%s, ended early", self.name)

    def _charge_interest(self):
        """Post the interest and take its item into the plan."""
        journal, products = self.company_id._recovery_charge_setup()
        charges = self.env["recovery.charge"].with_company(self.company_id)
        move = charges._quiet_moves().create(self._interest_values(journal, products["interest"]))
        move._post(soft=False)
        self.interest_move_id = move
        claims = self.env["recovery.claim"]._values_of(move._recovery_lines())
        self.claim_ids = [Command.create(claim) for claim in claims]

    def _interest_values(self, journal, made_of):
        """Values of the invoice, without tax, as other interest."""
        plan = self.with_context(lang=self.message_lang)
        line = {
            "product_id": made_of.product.id,
            "account_id": made_of.account.id,
            "name": plan.env._(
                "Interest for payment in installments, %(plan)s, %(rate)s %% a year",
                plan=self.name,
                rate=f"{100 * self.interest_rate:g}",
            ),
            "quantity": 1,
            "price_unit": self.amount_interest,
            "tax_ids": [Command.clear()],
        }
        return {
            "move_type": "out_invoice",
            "is_recovery_charge": True,
            "company_id": self.company_id.id,
            "journal_id": journal.id,
            "partner_id": self.partner_id.id,
            "currency_id": self.currency_id.id,
            "invoice_date": self.company_id._recovery_today(),
            "invoice_date_due": self.installment_ids[-1:].date_due,
            "invoice_payment_term_id": False,
            "fiscal_position_id": False,
            "invoice_origin": self.name,
            "invoice_line_ids": [Command.create(line)],
        }

    def _credit_unearned(self):
        """Credit the interest of the installments that are not due yet: the plan ended early."""
        today = self.company_id._recovery_today()
        later = self.installment_ids.filtered(lambda row: row.date_due > today)
        item = self.interest_move_id._recovery_lines()
        unearned = min(sum(later.mapped("amount_interest")), item.amount_residual_currency)
        if self.interest_move_id.state != "posted" or self.currency_id.is_zero(unearned):
            return
        refund = self.with_company(self.company_id)._draft_credit_note(
            self.interest_move_id, unearned
        )
        refund._post(soft=False)
        refund._recovery_lines()._recovery_reconcile({item: unearned})
