from odoo import fields, models


class RecoveryStartCheck(models.TransientModel):
    """A line of the readiness list on the first page."""

    _name = "recovery.start.check"
    _description = "First Steps: readiness"

    start_id = fields.Many2one("recovery.start", required=True, ondelete="cascade")
    name = fields.Char(string="What", readonly=True)
    done = fields.Boolean(readonly=True)
    blocks = fields.Boolean(readonly=True, help="Keeps reminders from going out by themselves.")
    action = fields.Char(readonly=True)

    def action_open(self):
        """Open the screen where it is done."""
        self.ensure_one()
        known = {check.action for check in self.env.company._recovery_readiness()}
        if self.action not in known:
            return False
        return self.env["ir.actions.act_window"]._for_xml_id(self.action)
