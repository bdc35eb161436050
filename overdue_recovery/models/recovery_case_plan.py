from odoo import api, fields, models

from .recovery_plan_judge import LIVE


class RecoveryCasePlan(models.AbstractModel):
    """The payment plans of the customer of a case."""

    _name = "recovery.case.plan"
    _description = "Case: payment plans"

    plan_ids = fields.One2many("recovery.plan", "case_id", string="Payment plans")
    live_plan_id = fields.Many2one(
        "recovery.plan",
        compute="_compute_live_plan_id",
        string="Live plan",
        help="The newest plan that is under way, or waits for an answer.",
    )

    @api.depends("plan_ids.state")
    def _compute_live_plan_id(self):
        for case in self:
            live = case.plan_ids.filtered(
                lambda plan: plan.state in ("requested", "offered", *LIVE)
            )
            case.live_plan_id = live.sorted("id")[-1:]

    def action_plan(self):
        """Open the dialog for a payment plan of what is overdue, else of what is open."""
        self.ensure_one()
        return self.env["recovery.plan.create"]._open_for(self)
