from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError


class RecoveryAbsence(models.Model):
    """A collector is away, and a deputy looks after its customers.

    Nothing is rewritten: cases keep their owner. While the owner is away its customers are also
    the deputy's own ("Mine"), and tasks that begin are the deputy's.
    """

    _name = "recovery.absence"
    _description = "Absence of a Collector"
    _inherit = ["recovery.law.cached"]
    _order = "date_from desc, id desc"
    _rec_name = "user_id"

    user_id = fields.Many2one(
        "res.users",
        string="Who is away",
        required=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self.env.user,
    )
    deputy_id = fields.Many2one(
        "res.users",
        required=True,
        index=True,
        ondelete="cascade",
        help="Sees the customers of who is away among its own, and gets the tasks that begin.",
    )
    date_from = fields.Date(
        string="From", required=True, default=lambda self: self.env.company._recovery_today()
    )
    date_to = fields.Date(string="To", required=True, help="The last day away.")

    _dates = models.Constraint("CHECK(date_from <= date_to)", "An absence ends after it begins.")
    _somebody_else = models.Constraint(
        "CHECK(user_id != deputy_id)", "The deputy is somebody else than who is away."
    )

    @api.constrains("deputy_id")
    def _check_deputy(self):
        for absence in self:
            if not absence.deputy_id.sudo().has_group("overdue_recovery.group_user"):
                raise ValidationError(
                    self.env._(
                        "%s is no collector and would see no customers: choose another deputy.",
                        absence.deputy_id.name,
                    )
                )

    @api.constrains("user_id", "date_from", "date_to")
    def _check_once(self):
        for absence in self:
            domain = [
                ("id", "!=", absence.id),
                ("user_id", "=", absence.user_id.id),
                ("date_from", "<=", absence.date_to),
                ("date_to", ">=", absence.date_from),
            ]
            if self.search_count(domain, limit=1):
                raise ValidationError(
                    self.env._(
                        "%s is away on some of these days already: change that absence instead.",
                        absence.user_id.name,
                    )
                )

    # -- who stands in for whom -------------------------------------------------------------

    @api.model
    def _deputies(self):
        """{id of who is away today: id of its deputy}; a deputy who is away too has its own."""
        return self._deputies_on(self.env.company._recovery_today())

    @api.model
    @tools.ormcache("day")
    def _deputies_on(self, day):
        """Kept in memory: it is asked with every task that begins.

        sudo: it decides for people whose absence the user need not see.
        """
        domain = [("date_from", "<=", day), ("date_to", ">=", day)]
        away = {one.user_id.id: one.deputy_id.id for one in self.sudo().search(domain)}
        return {user_id: self._end_of_chain(user_id, away) for user_id in away}

    @api.model
    def _end_of_chain(self, user_id, away):
        """Who is there in the end, where {user id: deputy's id} are away; in a circle the last one
        before it closes."""
        seen = {user_id}
        while away.get(user_id) and away[user_id] not in seen:
            user_id = away[user_id]
            seen.add(user_id)
        return user_id

    @api.model
    def _mine(self):
        """Ids of the users whose customers are the current user's today: itself, and those it
        stands in for."""
        deputies = self._deputies()
        return [
            self.env.uid,
            *(user for user, deputy in deputies.items() if deputy == self.env.uid),
        ]

    @api.model
    def _stand_in(self, user_id, company):
        """Id of who does a user's work in this company today: the deputy while it is away, if
        the deputy works there too."""
        deputy = self.env["res.users"].sudo().browse(self._deputies().get(user_id, user_id))
        works_there = deputy.active and (not company or company in deputy.company_ids)
        return deputy.id if works_there else user_id
