from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from .account_move import RECOVERY_GROUPS


class AccountMoveLineLimitation(models.AbstractModel):
    """When an open item can no longer be enforced, and what follows."""

    _name = "account.move.line.recovery.limitation"
    _description = "Journal item: limitation"

    recovery_limitation_date = fields.Date(
        string="Enforceable until",
        compute="_compute_recovery_limitation_date",
        search="_search_recovery_limitation_date",
        groups=RECOVERY_GROUPS,
        help="By the law row in force for the customer; without one, 3 years after the due date.",
    )

    @api.depends("date_maturity", "partner_id", "account_type", "company_id")
    def _compute_recovery_limitation_date(self):
        law = self.env["recovery.law"]
        for line in self:
            is_debt = line.account_type == "asset_receivable" and line.partner_id
            if not (is_debt and line.date_maturity):
                line.recovery_limitation_date = False
                continue
            company, debtor = line.company_id.sudo(), line.sudo().partner_id._recovery_debtor()
            line.recovery_limitation_date = law._last_day(company, debtor, line.date_maturity)

    def _search_recovery_limitation_date(self, operator, value):
        """Open items by the day until which they can be enforced: ``<``, ``<=``, ``>``, ``>=``."""
        self._check_field_access(self._fields["recovery_limitation_date"], "read")
        if operator not in ("<", "<=", ">", ">=") or not value:
            return NotImplemented
        value = fields.Date.to_date(value)
        open_items = self._recovery_owed_domain() & Domain("date_maturity", "!=", False)
        if operator in (">", ">="):
            opposite = "<=" if operator == ">" else "<"
            return open_items & Domain("id", "not in", self._enforceable_until(opposite, value))
        return Domain("id", "in", self._enforceable_until(operator, value))

    def _enforceable_until(self, operator, value):
        """Ids of the open items whose last day is before ``value`` (``<=``: or on it)."""
        bound = self.env["recovery.law"]._time_barred_before(value)
        domain = self._recovery_owed_domain() & Domain("date_maturity", "<=", bound)
        return [
            line.id
            for line in self.sudo().search(domain)
            if line.recovery_limitation_date < value
            or (operator == "<=" and line.recovery_limitation_date == value)
        ]

    def _is_time_barred(self):
        """Those of these items that can no longer be enforced today, started or not."""
        barred = self.browse()
        for company, lines in self.grouped("company_id").items():
            today = company._recovery_today()
            barred |= lines.filtered(
                lambda line, today=today: (
                    line.recovery_limitation_date and line.recovery_limitation_date < today
                )
            )
        return barred

    def _log_barred_start(self):
        """Say on the documents that a manager started them though they are time-barred."""
        bodies = {
            line.move_id.id: self.env._(
                "%(user)s started reminders although the claim is time-barred (last day: %(day)s).",
                user=self.env.user.name,
                day=format_date(self.env, line.recovery_limitation_date),
            )
            for line in self
        }
        self.move_id._message_log_batch(bodies)
