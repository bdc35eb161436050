from odoo import api, fields, models
from odoo.fields import Domain

# Days until the next look, where the reason's row says none.
DAYS_TO_REVIEW = 30


class RecoveryHoldReview(models.AbstractModel):
    """A pause that no arrangement ends is looked at again by a person, on its day."""

    _name = "recovery.hold.review"
    _description = "Hold: review"

    review_asked = fields.Boolean(
        readonly=True, copy=False, help="Somebody has the task to review it."
    )

    @api.model
    def _ask_for_reviews(self):
        """One task for who handles holds whose review has come, else for the customer's owner.

        sudo: nobody watches this job, and it looks after every company.
        """
        tomorrow = fields.Date.add(fields.Date.today(), days=1)
        waiting = self.sudo().search(
            Domain("date_review", "<=", tomorrow) & Domain("review_asked", "=", False)
        )
        for company, holds in waiting.grouped("company_id").items():
            today = company._recovery_today()
            due = holds.filtered(lambda hold, today=today: hold.date_review <= today)
            due.filtered_domain(self._dated_domain(today))._ask_for_review(company)

    def _ask_for_review(self, company):
        groups = self.grouped(lambda hold: (hold._customers()[:1], hold.is_private, hold.user_id))
        debtors = self.env["res.partner"].union(*(debtor for debtor, *_ in groups))
        cases = self.env["recovery.case"].sudo()._open_cases(company, debtors)
        kind = self.env.ref("overdue_recovery.mail_activity_type_review")
        for (debtor, _private, handler), holds in groups.items():
            case = self.env["recovery.case"].sudo().browse(cases.get(debtor.id))
            if case:
                case._plan_activity(kind, holds._review_summary(), user=handler)
        self.review_asked = True

    def action_keep(self):
        """Reviewed, and kept: the next look is due after the days of the reason."""
        for hold in self:
            days = hold.reason_id.review_days or DAYS_TO_REVIEW
            hold.date_review = fields.Date.add(hold.company_id._recovery_today(), days=days)
        return True
