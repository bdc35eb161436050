from odoo import fields, models


class DunningLetterPrint(models.TransientModel):
    """One PDF of many letters, and the question whether they were printed."""

    _name = "dunning.letter.print"
    _description = "Print Letters"

    delivery_ids = fields.Many2many("dunning.delivery", readonly=True)
    file = fields.Binary(readonly=True)
    file_name = fields.Char(readonly=True)
    left_out = fields.Text(string="Not printed", readonly=True)

    def action_mark_printed(self):
        """The letters of this PDF are in the post."""
        self.ensure_one()
        done = self.delivery_ids.action_mark_printed()
        return done if isinstance(done, dict) else {"type": "ir.actions.act_window_close"}
