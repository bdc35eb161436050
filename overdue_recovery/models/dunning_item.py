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
        """The rows of these items, made where missing. One INSERT for all.

        A new row has its level at once: a row that is changed in the transaction that made it has
        each of its links checked anew.
        """
        if move_lines:
            self._flush_told()
            self.env.cr.execute(
                SQL(
                    """
                    INSERT INTO dunning_item
                           (move_line_id, company_id, partner_id, cycle,
                            level_id, date, due_date,
                            create_uid, write_uid, create_date, write_date)
                    SELECT line.id, line.company_id, line.partner_id, 1,
                           told.level_id, told.date, told.pay_by, %(uid)s, %(uid)s,
                           now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
                      FROM account_move_line line
                 LEFT JOIN LATERAL (%(told)s) told ON TRUE
                     WHERE line.id IN %(ids)s
                        ON CONFLICT (move_line_id) DO NOTHING
                    """,
                    uid=self.env.uid,
                    told=_told(SQL("line.id"), SQL("1")),
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
        self._flush_told()
        told = _told(SQL("item.move_line_id"), SQL("item.cycle"))
        self.env.cr.execute(SQL(_REBUILD, told=told, ids=tuple(self.ids)))
        self.invalidate_recordset(["level_id", "date", "due_date"])
        self.modified(["level_id", "date", "due_date"])

    def _flush_told(self):
        self.env["dunning.notice.line"].flush_model()
        self.env["dunning.notice"].flush_model()
        self.flush_model()

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


def _told(item, cycle):
    """The newest handed-over rising line of an item's cycle, as SQL.

    :param item: SQL of the id of the journal item
    :param cycle: SQL of the number of its cycle
    """
    return SQL(
        """SELECT told.level_id, notice.date, told.pay_by, notice.id AS notice_id
             FROM dunning_notice_line told
             JOIN dunning_notice notice ON notice.id = told.notice_id AND notice.state = 'sent'
            WHERE told.move_line_id = %(item)s AND told.cycle = %(cycle)s
              AND told.kind = 'rising' AND told.live
         ORDER BY notice.date DESC, notice.id DESC
            LIMIT 1""",
        item=item,
        cycle=cycle,
    )


_REBUILD = """
    WITH last AS (
        SELECT item.id,
               CASE WHEN told.notice_id IS NULL THEN item.start_level_id
                    ELSE told.level_id END AS level,
               CASE WHEN told.notice_id IS NULL THEN item.start_date ELSE told.date END AS day,
               CASE WHEN told.notice_id IS NULL THEN item.start_due_date
                    ELSE told.pay_by END AS pay_by
          FROM dunning_item item
     LEFT JOIN LATERAL (%(told)s) told ON TRUE
         WHERE item.id IN %(ids)s
    )
    UPDATE dunning_item item
       SET level_id = last.level, date = last.day, due_date = last.pay_by
      FROM last
     WHERE last.id = item.id
       AND (item.level_id, item.date, item.due_date)
           IS DISTINCT FROM (last.level, last.day, last.pay_by)
"""
