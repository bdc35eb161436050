from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class RecoveryAgeingAsk(models.TransientModel):
    """Asks for the day of which the ageing is wanted."""

    _name = "recovery.ageing.ask"
    _description = "Ageing: Which Day"

    company_id = fields.Many2one("res.company", default=lambda self: self.env.company)
    date = fields.Date(
        string="As of", required=True, default=lambda self: self.env.company._recovery_today()
    )

    def action_show(self):
        """Open the ageing of that day.

        :raise UserError: the day is still to come
        """
        self.ensure_one()
        if self.date > self.env.company._recovery_today():
            raise UserError(self.env._("Choose today or a day before: nobody knows what will be."))
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "overdue_recovery.recovery_ageing_action"
        )
        return {
            **action,
            "name": self.env._("Ageing on %s", format_date(self.env, self.date)),
            "context": {
                "ageing_date": fields.Date.to_string(self.date),
                "search_default_owed": 1,
                "search_default_group_partner": 1,
            },
        }
