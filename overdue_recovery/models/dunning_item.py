from odoo import api, fields, models
from odoo.tools import SQL


class DunningItem(models.Model):
    """What recovery knows of one receivable item that the ledger does not.

    The level, date and pay-by date are those of the newest handed-over rising line of the
    item's cycle, else those of its start (``start_*``: an item started at a level by a person, or
    set back by a cancelled notice). ``_rebuild`` derives them again from these facts.
    """

    _name = "dunning.item"
    _description = "Item in Recovery"
    _order = "date desc, id desc"
    _rec_name = "move_line_id"

    move_line_id = fields.Many2one(
        "account.move.line", string="Item", required=True, ondelete="cascade"
    )
    move_id = fields.Many2one(related="move_line_id.move_id")
    company_id = fields.Many2one("res.company", required=True, index=True)
    partner_id = fields.Many2one("res.partner", index="btree_not_null", ondelete="set null")
    level_id = fields.Many2one("dunning.level", index="btree_not_null", ondelete="restrict")
    date = fields.Date(help="Day on which the level was reached.")
    due_date = fields.Date(string="Pay by", help="As printed on the last notice.")
    cycle = fields.Integer(default=1, required=True)
    start_level_id = fields.Many2one("dunning.level", ondelete="restrict")
    start_date = fields.Date()
    start_due_date = fields.Date()
    barred_start = fields.Boolean(
        string="Started though time-barred", help="A manager started it all the same."
    )
    resent_on = fields.Date(
        string="Sent again on",
        readonly=True,
        help="The customer had not received the invoice: it was sent again and begun afresh.",
    )
    said_paid_cycle = fields.Integer(
        string="Said to be paid in cycle",
        readonly=True,
        help="The last cycle in which the customer said that it is paid; 0: never.",
    )
    limitation_date = fields.Date(related="move_line_id.recovery_limitation_date")
    taken_in = fields.Boolean(help="A person took this miscellaneous item into recovery.")
    original_date_maturity = fields.Date(help="Before it was taken in; empty: it had none.")
    had_date_maturity = fields.Boolean()

    _move_line_uniq = models.UniqueIndex("(move_line_id)", "An item is in recovery only once.")

    @api.model
    def _ensure(self, move_lines):
        """The rows of these items, made where missing. One INSERT for all."""
        if move_lines:
            self.flush_model()
            self.env.cr.execute(
                SQL(
                    """
                    INSERT INTO dunning_item
                           (move_line_id, company_id, partner_id, cycle,
                            create_uid, write_uid, create_date, write_date)
                    SELECT line.id, line.company_id, line.partner_id, 1, %(uid)s, %(uid)s,
                           now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
                      FROM account_move_line line
                     WHERE line.id IN %(ids)s
                        ON CONFLICT (move_line_id) DO NOTHING
                    """,
                    uid=self.env.uid,
                    ids=tuple(move_lines.ids),
                )
            )
            move_lines.invalidate_recordset(["dunning_item_ids"])
        return self.search([("move_line_id", "in", move_lines.ids)])

    def _rebuild(self):
        """Set level, date and pay-by date again from the handed-over notices and the start.

        Two statements for any number of items; nothing is written where nothing changed.
        """
        if not self:
            return
        self.env["dunning.notice.line"].flush_model()
        self.env["dunning.notice"].flush_model()
        self.flush_model()
        self.env.cr.execute(SQL(_REBUILD, ids=tuple(self.ids)))
        self.invalidate_recordset(["level_id", "date", "due_date"])
        self.modified(["level_id", "date", "due_date"])

    def _restart_at(self, level=None, date=None, due_date=None):
        """Begin a new cycle at ``level`` (None: none reached) as reached on ``date``."""
        for item in self:
            item.write(
                {
                    "cycle": item.cycle + 1,
                    "start_level_id": level.id if level else False,
                    "start_date": date,
                    "start_due_date": due_date,
                }
            )
        self._rebuild()


_REBUILD = """
    WITH last AS (
        SELECT DISTINCT ON (item.id)
               item.id,
               CASE WHEN notice.id IS NULL THEN item.start_level_id ELSE line.level_id END AS level,
               CASE WHEN notice.id IS NULL THEN item.start_date ELSE notice.date END AS day,
               CASE WHEN notice.id IS NULL THEN item.start_due_date
                    ELSE line.pay_by END AS pay_by
          FROM dunning_item item
     LEFT JOIN dunning_notice_line line
            ON line.move_line_id = item.move_line_id
           AND line.kind = 'rising' AND line.live AND line.cycle = item.cycle
     LEFT JOIN dunning_notice notice ON notice.id = line.notice_id AND notice.state = 'sent'
         WHERE item.id IN %(ids)s
      ORDER BY item.id, notice.id IS NULL, notice.date DESC, notice.id DESC
    )
    UPDATE dunning_item item
       SET level_id = last.level, date = last.day, due_date = last.pay_by
      FROM last
     WHERE last.id = item.id
       AND (item.level_id, item.date, item.due_date)
           IS DISTINCT FROM (last.level, last.day, last.pay_by)
"""
