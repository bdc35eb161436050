from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

#: States that say themselves why nobody is reminded.
AT_REST = ("dispute", "hardship", "legal", "plan", "promised", "referred")


class RecoveryCaseScreen(models.AbstractModel):
    """What the screens of a case show and open."""

    _name = "recovery.case.screen"
    _description = "Case: its screens"

    dunning_level_id = fields.Many2one(
        "dunning.level",
        compute="_compute_dunning_level_id",
        string="Level",
        help="The highest level of its open items.",
    )

    @api.depends("item_ids")
    def _compute_dunning_level_id(self):
        for case in self:
            levels = case.item_ids.dunning_level_id
            ladder = levels.sorted(lambda level: (level.sequence, level.delay_days))
            case.dunning_level_id = ladder[-1:]

    def _outlook(self):
        """What comes next, or why nothing does, in a few words; empty where neither is known."""
        if self.next_step_date:
            day = format_date(self.env, self.next_step_date)
            step = self.next_step or self.env._("Next step")
            return self.env._("%(step)s on %(day)s", step=step, day=day)
        if self.state in AT_REST:
            labels = dict(self._fields["state"]._description_selection(self.env))
            return self.env._("No reminders: %s", labels[self.state])
        return ""

    def action_view_invoices(self):
        """Open the customer's posted invoices and credit notes."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice")
        domain = [
            ("move_type", "in", ("out_invoice", "out_refund", "out_receipt")),
            ("commercial_partner_id", "=", self.partner_id.id),
            ("state", "=", "posted"),
        ]
        return {**action, "domain": domain, "context": {"create": False}}

    # -- what a figure is the sum of ------------------------------------------------------------

    def action_open_overdue(self):
        """Open the items that are overdue."""
        return self._open_items(self.env._("Overdue"), self._parts()[0])

    def action_open_not_due(self):
        """Open the items that are not due yet."""
        return self._open_items(self.env._("Not due"), self._parts()[1])

    def action_open_credits(self):
        """Open the payments and credit notes that are not allocated."""
        return self._open_items(self.env._("Open credits"), self._parts()[2])

    def action_open_age(self, column):
        """Open the items of one part of the ageing bar.

        :param column: its number, from 0 (not due) on
        :raise UserError: the bar has no such part
        """
        self.ensure_one()
        self.check_access("read")
        labels = self._ageing_labels()
        if column not in range(len(labels)):
            raise UserError(self.env._("The ageing bar has no part %s.", column))
        return self._open_items(labels[column], self._items_by_age()[column])

    def _parts(self):
        self.ensure_one()
        self.check_access("read")
        return self._open_lines()[self]

    def _open_items(self, name, items):
        return items._recovery_items_action(name, [("id", "in", items.ids)])
