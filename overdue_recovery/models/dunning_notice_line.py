from odoo import fields, models

from ..tools.unchecked_many2one import UncheckedMany2one


class DunningNoticeLine(models.Model):
    """An item, or a credit, as it stands on a notice."""

    _name = "dunning.notice.line"
    _description = "Item on a Notice"
    _order = "notice_id, kind desc, date_due, id"
    # a run over a large ledger makes 100,000 of these rows: no key that its notice has already
    _log_access = False

    notice_id = fields.Many2one("dunning.notice", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="notice_id.company_id")
    state = fields.Selection(related="notice_id.state")
    partner_id = fields.Many2one(related="notice_id.partner_id")
    kind = fields.Selection(
        [
            ("rising", "Rises"),
            ("listed", "Listed"),
            ("not_due", "Not yet due"),
            ("credit", "Credit"),
        ],
        required=True,
    )
    move_line_id = fields.Many2one(
        "account.move.line", string="Item", index="btree_not_null", ondelete="set null"
    )
    move_id = fields.Many2one(related="move_line_id.move_id", string="Document record")
    name = fields.Char(string="Document")
    date_due = fields.Date(string="Due")
    level_id = UncheckedMany2one("dunning.level", ondelete="restrict")
    cycle = fields.Integer(default=1)
    days_overdue = fields.Integer(string="Days overdue", aggregator="max")
    pay_by = fields.Date()
    currency_id = UncheckedMany2one("res.currency", required=True, ondelete="restrict")
    amount_total = fields.Monetary(string="Amount")
    amount_paid = fields.Monetary(string="Paid")
    amount_residual = fields.Monetary(string="Open")
    amount_demanded = fields.Monetary(string="Demanded")
    amount_company = fields.Monetary(
        string="Demanded (company currency)", currency_field="company_currency_id"
    )
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company currency"
    )
    live = fields.Boolean(default=True, help="Counts: its notice is neither skipped nor cancelled.")

    _once_per_level = models.UniqueIndex(
        "(move_line_id, level_id, cycle) WHERE live AND kind = 'rising'",
        "An item rises to a level only once in a cycle.",
    )
