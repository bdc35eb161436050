"""A link without a foreign key."""

from odoo import fields
from odoo.tools import sql


class UncheckedMany2one(fields.Many2one):
    """A link that PostgreSQL does not look up again for each row.

    For tables into which a run writes 100,000 rows that all name the same few records: there the
    check of one such key is a tenth of the run. What a foreign key warrants is warranted otherwise:
    who writes the rows locks what they name, once (``dunning.proposal._write_lines``), and what
    is named refuses to be deleted (an ``ondelete`` method of its model).
    """

    def update_db_foreign_key(self, model, column):
        """Make no key, and drop the one of an earlier version."""
        cr, comodel = model.env.cr, model.env[self.comodel_name]
        named = (model._table, self.name, comodel._table, "id", self.ondelete)
        for key in sql.get_foreign_keys(cr, *named):
            sql.drop_constraint(cr, model._table, key)
