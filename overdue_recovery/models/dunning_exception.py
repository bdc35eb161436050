from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

KEPT_DAYS = 90


class DunningException(models.Model):
    """An item that is due or overdue and was left out of a run, with every reason."""

    _name = "dunning.exception"
    _description = "Left out of a Run"
    _order = "run_id desc, reason, partner_id, id"
    _rec_name = "partner_id"

    run_id = fields.Many2one("dunning.run", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, index=True)
    partner_id = fields.Many2one("res.partner", index="btree_not_null", ondelete="cascade")
    move_line_id = fields.Many2one(
        "account.move.line", string="Item", index="btree_not_null", ondelete="cascade"
    )
    move_id = fields.Many2one(related="move_line_id.move_id", string="Document")
    date_maturity = fields.Date(related="move_line_id.date_maturity")
    amount_residual = fields.Monetary(
        related="move_line_id.amount_residual_currency", currency_field="currency_id"
    )
    currency_id = fields.Many2one(related="move_line_id.currency_id")
    reason = fields.Selection(
        lambda self: list(self.env["dunning.reason"]._texts().items()),
        required=True,
        help="The most serious reason.",
    )
    reason_codes = fields.Char(required=True, help="All codes, most serious first.")
    text = fields.Char(compute="_compute_text", string="Why")

    @api.depends("reason_codes", "partner_id", "move_line_id")
    @api.depends_context("lang")
    def _compute_text(self):
        texts = self.env["dunning.reason"]._texts()
        for exception in self:
            codes = (exception.reason_codes or "").split(",")
            exception.text = " ".join(texts.get(code, code) for code in codes)

    def _by_item(self, line_ids):
        """{(customer id or None, item id, codes): id} of these that are about one of the items."""
        if not self or not line_ids:
            return {}
        query = SQL(
            """SELECT partner_id, move_line_id, reason_codes, id FROM dunning_exception
                WHERE id = ANY(%s) AND move_line_id = ANY(%s)""",
            self.ids,
            list(line_ids),
        )
        return {tuple(key): id_ for *key, id_ in self.env.execute_query(query)}

    @api.autovacuum
    def _gc_exceptions(self):
        """Forget what was left out more than 90 days ago."""
        limit = fields.Date.today() - timedelta(days=KEPT_DAYS)
        self.sudo().search([("run_id.date", "<", limit)], limit=10000).unlink()
