from odoo import Command, api, fields, models


class RecoveryPlanCreate(models.TransientModel):
    """Agree on a payment plan: prefilled with what is overdue, with its installments as a preview
    that is exact to the cent."""

    _name = "recovery.plan.create"
    _description = "Payment Plan: Dialog"
    _inherit = ["recovery.plan.terms", "recovery.arrangement.dialog"]

    line_ids = fields.One2many(
        "recovery.plan.create.line",
        "wizard_id",
        string="Schedule",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )
    amount_missing = fields.Monetary(
        compute="_compute_amount_missing", help="What the installments don't come to."
    )

    @api.depends(
        "move_line_ids",
        "frequency",
        "date_first",
        "installment_count",
        "down_payment",
        "holiday_month",
        "interest_rate",
    )
    def _compute_line_ids(self):
        for wizard in self:
            if wizard.frequency == "own":
                wizard.line_ids = wizard.line_ids
                continue
            # while somebody types, the terms need not make a plan
            rows = [] if wizard._objection() else wizard._rows()
            wizard.line_ids = [
                Command.clear(),
                *[Command.create(row.values()) for row in rows],
            ]

    @api.depends("line_ids.amount", "line_ids.amount_interest", "amount_total")
    def _compute_amount_missing(self):
        for wizard in self:
            principal = sum(line.amount - line.amount_interest for line in wizard.line_ids)
            wizard.amount_missing = wizard.amount_total - principal

    @api.model
    def _open_for(self, case):
        """The dialog for this case."""
        wizard = self.create(
            {
                "case_id": case.id,
                "late_reason_id": self._known_reason(case),
                "move_line_ids": [Command.set(case._items_to_arrange().ids)],
            }
        )
        return wizard._action_dialog(self.env._("Payment Plan"))

    def action_make(self):
        """Both sides agree: the plan begins, and is confirmed in writing if asked to.

        :raise UserError: nothing is chosen, or it can't be agreed on
        """
        plan = self._make()
        plan.action_activate()
        if self.confirm and plan.state == "active":
            plan.action_send()
        return plan._action_form()

    def action_offer(self):
        """Offer the plan: the customer may accept it until the last day of the offer."""
        plan = self._make()
        plan.action_offer()
        if self.confirm:
            plan.action_send()
        return plan._action_form()

    def action_keep(self):
        """Keep it as a draft."""
        return self._make()._action_form()

    def _make(self):
        self.ensure_one()
        self._check_items()
        plan = self.env["recovery.plan"].create(self._plan_values())
        self._note_reason()
        return plan

    def _plan_values(self):
        names = [
            "frequency",
            "date_first",
            "installment_count",
            "down_payment",
            "holiday_month",
            "interest_rate",
            "grace_days",
            "cure_days",
            "credits_aside",
            "note",
        ]
        values = {name: self[name] for name in names}
        if self.frequency == "own":
            values["installment_ids"] = [
                Command.create({"date_due": line.date_due, "amount": line.amount})
                for line in self.line_ids
            ]
        values["claim_ids"] = [Command.create({"move_line_id": i.id}) for i in self.move_line_ids]
        return values
