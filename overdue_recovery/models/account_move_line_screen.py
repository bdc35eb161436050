from odoo import api, fields, models
from odoo.fields import Domain

from ..calc import ageing


class AccountMoveLineScreen(models.AbstractModel):
    """The list of items that are older than recovery itself."""

    _name = "account.move.line.recovery.screen"
    _description = "Journal item: the list of old items"

    recovery_days_overdue = fields.Integer(
        compute="_compute_recovery_days_overdue", string="Days overdue"
    )

    @api.depends("date_maturity")
    def _compute_recovery_days_overdue(self):
        for company, lines in self.grouped("company_id").items():
            today = (company or self.env.company)._recovery_today()
            for line in lines:
                due = line.date_maturity or line.date or today
                line.recovery_days_overdue = ageing.days_overdue(due, today)

    @api.model
    def _recovery_takeover_action(self):
        """The items that no run will ever take by itself, as a window action.

        They fell due before the start of their company's policies and were never started, or are
        opening balances and other entries that core excludes from follow-up.
        """
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Old Items"),
            "res_model": "account.move.line",
            "view_mode": "list",
            "views": [
                (self.env.ref("overdue_recovery.account_move_line_view_list_takeover").id, "list")
            ],
            "search_view_id": [
                self.env.ref("overdue_recovery.account_move_line_view_search_takeover").id
            ],
            "domain": list(self._recovery_takeover_domain()),
            "help": self.env._(
                "<p class='o_view_nocontent_smiling_face'>No old items are left</p>"
                "<p>Items that fell due before the start of a policy would wait here for you.</p>"
            ),
        }

    @api.model
    def _recovery_items_action(self, name, domain):
        """The open items that a figure is the sum of, as a window action.

        :param name: what the figure is called
        """
        view = self.env.ref("overdue_recovery.account_move_line_view_list_items")
        search = self.env.ref("overdue_recovery.account_move_line_view_search_items")
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": "account.move.line",
            "view_mode": "list",
            "views": [(view.id, "list")],
            "search_view_id": [search.id],
            "domain": list(domain),
            "context": {"create": False},
            "help": self.env._(
                "<p class='o_view_nocontent_smiling_face'>Nothing is open by now</p>"
            ),
        }

    @api.model
    def _recovery_takeover_domain(self):
        old = Domain.OR(
            Domain("company_id", "child_of", company.id) & Domain("date_maturity", "<", start)
            for company, start in self._recovery_starts().items()
        )
        excluded = Domain("no_followup", "=", True) & Domain("move_id.move_type", "=", "entry")
        return self._recovery_owed_domain() & (
            (self._recovery_open_domain() & Domain("dunning_item_ids", "=", False) & old) | excluded
        )

    def _recovery_owed_domain(self):
        """Open receivable items of the companies in use, whether or not they are collectable."""
        return (
            Domain("parent_state", "=", "posted")
            & Domain("account_id.account_type", "=", "asset_receivable")
            & Domain("reconciled", "=", False)
            & Domain("amount_residual_currency", ">", 0)
            & Domain("company_id", "in", self.env.companies.ids)
        )

    def _recovery_starts(self):
        """{company: latest start of its policies}."""
        starts = (
            self.env["dunning.policy"]
            .sudo()
            ._read_group([("date_start", "!=", False)], ["company_id"], ["date_start:max"])
        )
        return dict(starts)
