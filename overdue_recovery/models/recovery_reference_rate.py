from datetime import timedelta

from odoo import api, fields, models, tools
from odoo.exceptions import UserError
from odoo.tools import format_date

from .recovery_law_interest import as_rate, half_year, next_half_year, percent


class RecoveryReferenceRate(models.Model):
    """A published rate that laws refer to, with its history.

    Each value holds from its day until the next one. Values are public facts with a source: they
    are added to, and changed only where one was wrong. A value that nobody looked at in the
    present half-year may be out of date, and then a manager is told.
    """

    _name = "recovery.reference.rate"
    _inherit = ["recovery.law.cached", "mail.thread", "mail.activity.mixin"]
    _description = "Reference Rate"
    _order = "code"
    _rec_names_search = ["name", "code"]

    code = fields.Char(required=True, help="Such as ECB-MRO.")
    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    source = fields.Char(required=True, help="Who publishes it, and where.")
    source_url = fields.Char(string="Source Link")
    note = fields.Text(translate=True)
    base_rate_id = fields.Many2one(
        "recovery.reference.rate",
        string="Compared With",
        ondelete="restrict",
        help="This rate follows another one at a fixed distance; where it does not, you are told.",
    )
    base_points = fields.Float(
        string="Distance", digits=(16, 6), help="Above the other rate: -0.0088 = 0.88 points below."
    )
    value_ids = fields.One2many("recovery.reference.rate.value", "rate_id", string="Values")
    checked_on = fields.Date(
        string="Verified Up To",
        tracking=True,
        help="Nothing had changed by this day: a person looked it up at the source.",
    )
    rate = fields.Float(
        string="Now", digits=(16, 6), compute="_compute_rate", help="In force today."
    )
    warning = fields.Text(compute="_compute_warning")

    _code_uniq = models.Constraint("UNIQUE (code)", "There is a reference rate of this code.")
    _base_is_another = models.Constraint(
        "CHECK (base_rate_id IS NULL OR base_rate_id != id)",
        "A reference rate can't be compared with itself.",
    )
    _distance_is_fraction = models.Constraint(
        "CHECK (base_points BETWEEN -1 AND 1)",
        "Points are fractions: 0.88 points below is -0.0088.",
    )

    @api.depends("code", "name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for rate in self:
            rate.display_name = f"{rate.code}: {rate.name}"

    @api.depends("value_ids.rate", "value_ids.valid_from")
    def _compute_rate(self):
        today = fields.Date.context_today(self)
        for rate in self:
            values = rate.value_ids.filtered(lambda value: value.valid_from <= today)
            rate.rate = values.sorted("valid_from")[-1:].rate

    @api.depends("value_ids.rate", "value_ids.valid_from", "checked_on", "base_points")
    @api.depends("base_rate_id.value_ids.rate", "base_rate_id.value_ids.valid_from")
    def _compute_warning(self):
        today = fields.Date.context_today(self)
        for rate in self:
            rate.warning = "\n".join(rate._complaints(today))

    def _rate_on(self, day):
        """The rate in force on ``day``, as Decimal fraction, without a query per debt.

        :raise UserError: no value is known for that day
        """
        self.ensure_one()
        rate = _value_on(self._history_of(self.id), day)
        if rate is None:
            raise UserError(
                self.env._(
                    "%(rate)s has no value for %(day)s: enter or import it.",
                    rate=self.sudo().display_name,
                    day=format_date(self.env, day),
                )
            )
        return rate

    @api.model
    @tools.ormcache("rate_id")
    def _history_of(self, rate_id):
        """The history of one rate, kept in memory.

        sudo: the rate is public.
        """
        return self.sudo().browse(rate_id)._history()

    # -- is it right, is it up to date -------------------------------------------------------

    def _known_until(self):
        """The last day for which somebody vouched; False without any value."""
        days = [*self.value_ids.mapped("valid_from"), self.checked_on]
        return max((day for day in days if day), default=False)

    def _is_stale(self, today):
        """Whether nobody looked at this rate since the half-year of ``today`` began."""
        known = self._known_until()
        return not known or known < half_year(today)

    def _deviations(self, today):
        """[(first day of a half-year, rate, expected)] where this rate is not at its distance
        from the other one, since its first value."""
        self.ensure_one()
        if not self.base_rate_id or not self.value_ids:
            return []
        own, base = self._history(), self.base_rate_id._history()
        found = []
        day = half_year(min(self.value_ids.mapped("valid_from")))
        while day <= today:
            rate, other = _value_on(own, day), _value_on(base, day - timedelta(days=1))
            if None not in (rate, other) and rate != other + as_rate(self.base_points):
                found.append((day, rate, other + as_rate(self.base_points)))
            day = next_half_year(day)
        return found

    def _history(self):
        """((valid from, Decimal), …), ascending."""
        values = self.value_ids.sorted("valid_from")
        return tuple((value.valid_from, as_rate(value.rate)) for value in values)

    def _complaints(self, today):
        """What a person has to look at: sentences, empty if nothing."""
        self.ensure_one()
        found = [
            self.env._(
                "On %(day)s it is %(rate)s, but %(expected)s by %(other)s: one of them is wrong.",
                day=format_date(self.env, day),
                rate=percent(rate),
                expected=percent(expected),
                other=self.base_rate_id.code,
            )
            for day, rate, expected in self._deviations(today)
        ]
        if self._is_stale(today):
            found.append(
                self.env._(
                    "Nobody has looked it up since %(day)s: enter the new value, or say that it "
                    "has not changed.",
                    day=format_date(self.env, half_year(today)),
                )
            )
        return found

    def action_still_valid(self):
        """Say that the rate has not changed up to today."""
        self.check_access("write")
        self.checked_on = fields.Date.context_today(self)
        self._watch()
        return True

    @api.model
    def _cron_watch(self):
        """Tell a manager, once, of the rates in use that are out of date or contradict another.

        sudo: nobody watches the daily job.
        """
        self.sudo().search([("code", "!=", False)])._watch()

    def _watch(self):
        """Plan the task for what has complaints and is used by a law that charges, end it for the
        others."""
        kind = "overdue_recovery.mail_activity_type_reference_rate"
        today = fields.Date.context_today(self)
        in_use = self._in_use()
        for rate in self.sudo():
            complaints = rate._complaints(today) if rate in in_use else []
            planned = rate.activity_search([kind])
            if not complaints:
                rate.activity_unlink([kind])
            elif not planned:
                manager = self.env.company._recovery_manager()
                rate.with_context(mail_activity_quick_update=True).activity_schedule(
                    kind, note="<br/>".join(complaints), user_id=manager.id or self.env.uid
                )

    def _in_use(self):
        """Those that a law row with charges switched on refers to.

        sudo: as for the rows themselves.
        """
        laws = self.env["recovery.law"].sudo()
        return laws.search([("charges_active", "=", True)]).reference_rate_id & self.sudo()


def _value_on(history, day):
    return next((rate for start, rate in reversed(history) if start <= day), None)
