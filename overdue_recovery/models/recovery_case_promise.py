from odoo import api, fields, models


class RecoveryCasePromise(models.AbstractModel):
    """What the customer of a case promised, and how that went so far."""

    _name = "recovery.case.promise"
    _description = "Case: promises"

    promise_ids = fields.One2many("recovery.promise", "case_id", string="Promises")
    live_promise_id = fields.Many2one(
        "recovery.promise",
        compute="_compute_live_promise_id",
        string="Open promise",
        help="The open promise with the nearest day.",
    )
    promise_reliability = fields.Char(
        compute="_compute_promise_reliability", string="Promises kept", compute_sudo=True
    )

    @api.depends("promise_ids.state")
    def _compute_live_promise_id(self):
        for case in self:
            live = case.promise_ids.filtered(lambda promise: promise.state == "open")
            case.live_promise_id = live.sorted("date_promised")[:1]

    @api.depends("promise_ids.state", "partner_id")
    @api.depends_context("lang")
    def _compute_promise_reliability(self):
        for company, cases in self.grouped("company_id").items():
            words = cases.partner_id._recovery_reliability(company)
            for case in cases:
                case.promise_reliability = words.get(case.partner_id, False)

    def action_promise(self):
        """Open the dialog for a promise about what is overdue, else what is open."""
        self.ensure_one()
        return self.env["recovery.promise.create"]._open_for(self)

    def _items_to_arrange(self):
        """What is overdue, else all that is open, in the currency that most of it is in; without
        what stands in a live arrangement.

        sudo: an arrangement counts whoever may see it.
        """
        items = self.item_ids.filtered(lambda item: item.company_id == self.company_id)
        claims = self.env["recovery.claim"].sudo()
        taken = claims.search([("move_line_id", "in", items.ids), ("live", "=", True)])
        items -= taken.move_line_id.with_env(self.env)
        items = items._overdue_on(self.company_id._recovery_today()) or items
        groups = items.grouped("currency_id").values()
        return max(groups, key=lambda same: sum(same.mapped("amount_residual")), default=items)
