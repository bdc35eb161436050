from odoo import api, fields, models
from odoo.exceptions import UserError


class RecoveryPlanInstallment(models.Model):
    """One payment of a plan. What is paid of it follows from the ledger: the plan's items went
    down, by whatever, and the first installments are paid first."""

    _name = "recovery.plan.installment"
    _description = "Installment of a Plan"
    _inherit = ["recovery.plan.reminder"]
    _order = "plan_id, sequence, id"
    _rec_name = "sequence"

    plan_id = fields.Many2one("recovery.plan", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(string="No.", readonly=True, help="In the order of the days.")
    date_due = fields.Date(string="Due", required=True, index=True)
    amount = fields.Monetary(required=True)
    amount_interest = fields.Monetary(
        string="Of it interest", readonly=True, help="Part of the amount."
    )
    amount_paid = fields.Monetary(compute="_compute_paid", string="Paid")
    amount_open = fields.Monetary(compute="_compute_paid", string="Open")
    state = fields.Selection(
        [
            ("open", "Open"),
            ("partly_paid", "Partly paid"),
            ("paid", "Paid"),
            ("late", "Late"),
        ],
        compute="_compute_state",
    )
    company_id = fields.Many2one(related="plan_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="plan_id.partner_id", string="Customer")
    currency_id = fields.Many2one(related="plan_id.currency_id")
    plan_state = fields.Selection(related="plan_id.state", string="State of the plan")

    _amount_positive = models.Constraint(
        "CHECK(amount > 0)", "Each installment has an amount above zero."
    )

    @api.depends("amount", "plan_id.amount_paid")
    def _compute_paid(self):
        for plan, installments in self.grouped("plan_id").items():
            paid = plan._paid_of_each()
            for installment in installments:
                installment.amount_paid = paid.get(installment, 0.0)
                installment.amount_open = installment.amount - installment.amount_paid

    @api.depends("amount_paid", "date_due")
    def _compute_state(self):
        for company, installments in self.grouped("company_id").items():
            today = (company or self.env.company)._recovery_today()
            for installment in installments:
                installment.state = installment._state_on(today)

    def _state_on(self, day):
        currency = self.currency_id or self.env.company.currency_id
        if currency.compare_amounts(self.amount_paid, self.amount) >= 0:
            return "paid"
        if self.date_due and self.date_due < day:
            return "late"
        return "partly_paid" if self.amount_paid else "open"

    # -- only while the plan is no more than a draft ----------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        installments = super().create(vals_list)
        installments._check_editable()
        return installments

    def write(self, vals):
        self._check_editable()
        result = super().write(vals)
        self._check_editable()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_editable(self):
        self._check_editable()

    def _check_editable(self):
        """Refuse to change what was agreed.

        sudo: a plan counts whoever may see it.
        """
        if self.env.su:
            return
        fixed = self.sudo().plan_id.filtered(lambda plan: not plan.is_editable)[:1]
        if fixed:
            raise UserError(
                self.env._("The installments of %s are agreed: make another plan.", fixed.name)
            )
