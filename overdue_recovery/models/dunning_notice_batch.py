from collections import defaultdict

from odoo import models
from odoo.tools import SQL

from .dunning_message_batch import MessageBatch, MessageLine


class DunningNoticeBatch(models.AbstractModel):
    """Notices whose messages are written together share what was read and worked out for them.

    The memory travels in the context, so it lasts as long as the writing does and no longer.
    """

    _name = "dunning.notice.batch"
    _description = "Notice: written together with others"

    def _together(self):
        """These notices with one memory: that of the batch they belong to, else a fresh one."""
        if self._known_batch():
            return self
        return self.with_context(recovery_batch=MessageBatch(self))

    def _batch(self):
        """The memory of the batch these notices belong to."""
        return self._known_batch() or MessageBatch(self)

    def _known_batch(self):
        batch = self.env.context.get("recovery_batch")
        return batch if batch and batch.ids.issuperset(self._ids) else None

    def _message_lines(self):
        """The lines of this notice as ``MessageLine``, in the order of a notice."""
        return self._lines_by_notice().get(self._origin.id, [])

    def _lines_by_notice(self):
        batch = self._batch()
        return batch.once("lines", batch.notices._read_message_lines)

    def _read_message_lines(self):
        """{notice id: [``MessageLine``, …]} in one statement.

        sudo: by SQL, below the ORM. A document has some two hundred columns, a message needs five.
        """
        found = defaultdict(list)
        if not self.ids:
            return found
        self.env["dunning.notice.line"].flush_model()
        self.env["account.move.line"].flush_model(["move_id", "partner_id"])
        self.env["res.partner"].flush_model(["name"])
        self.env["account.move"].flush_model(
            ["move_type", "payment_reference", "partner_bank_id", "invoice_user_id"]
            + ["invoice_date", "date"]
        )
        rows = self.env.execute_query(self._message_lines_query())
        # the rounding and symbol of a currency are the same to everybody
        currencies = self.env["res.currency"].sudo().browse({row[11] for row in rows})
        by_id = {currency.id: currency for currency in currencies}
        for row in rows:
            line = MessageLine(*row[:11], by_id[row[11]], *row[12:])
            found[line.notice_id].append(line)
        return found

    def _message_charges(self):
        """What this notice itself charges, as recovery.charge in the order of a message."""
        batch = self._batch()
        found = batch.once("charges", batch.notices._read_message_charges)
        return [charge.with_env(self.env) for charge in found.get(self._origin.id, ())]

    def _read_message_charges(self):
        """{notice id: [recovery.charge]}, fees last; nothing is read where nobody charges."""
        found = defaultdict(list)
        for charge in self._told_charges().sorted(lambda one: (one.kind == "fee", one.id)):
            found[charge.notice_id.id].append(charge)
        return found

    def _message_lines_query(self):
        """Columns as in ``MessageLine``."""
        invoices = self.env["account.move"].get_invoice_types()
        return SQL(
            """
            SELECT line.notice_id, line.id, line.move_line_id, line.kind, line.name, line.date_due,
                   line.level_id, COALESCE(line.days_overdue, 0),
                   COALESCE(line.amount_paid, 0)::float8,
                   COALESCE(line.amount_residual, 0)::float8,
                   COALESCE(line.amount_demanded, 0)::float8,
                   line.currency_id, move.id,
                   CASE WHEN move.move_type IN %(invoices)s THEN move.payment_reference END,
                   move.partner_bank_id, move.invoice_user_id,
                   COALESCE(move.invoice_date, move.date), item.partner_id, customer.name,
                   COALESCE(move.is_recovery_charge, FALSE)
              FROM dunning_notice_line line
         LEFT JOIN account_move_line item ON item.id = line.move_line_id
         LEFT JOIN account_move move ON move.id = item.move_id
         LEFT JOIN res_partner customer ON customer.id = item.partner_id
             WHERE line.notice_id IN %(notices)s
          ORDER BY line.notice_id, line.kind DESC, line.date_due, line.id
            """,
            invoices=tuple(invoices),
            notices=tuple(self.ids),
        )
