from collections import Counter
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

QUARTER = timedelta(minutes=15)
# A letter burdens no server, and a call is a task of ours.
NOT_COUNTED = ("letter", "call")


class DunningDeliveryPace(models.AbstractModel):
    """At most so many messages of a company in a quarter of an hour."""

    _name = "dunning.delivery.pace"
    _description = "Delivery: pace"

    def _due_domain(self):
        """Without the messages of companies that have sent enough for now."""
        exhausted = [company.id for company, left in self._quotas().items() if left <= 0]
        if not exhausted:
            return super()._due_domain()
        self._trigger_next_quarter()
        free = Domain("channel", "in", NOT_COUNTED) | Domain("company_id", "not in", exhausted)
        return super()._due_domain() & free

    def _within_pace(self):
        """Those of these messages that may leave now; the job wakes again for the others."""
        left = self._quotas(self.company_id)
        if not left:
            return self
        chosen = self.browse()
        for delivery in self:
            company = delivery.company_id
            if company not in left or delivery.channel in NOT_COUNTED:
                chosen |= delivery
            elif left[company] > 0:
                left[company] -= 1
                chosen |= delivery
        if chosen != self:
            self._trigger_next_quarter()
        return chosen

    @api.model
    def _quotas(self, companies=None):
        """{company: messages it may still send in this quarter of an hour}, of companies with a
        limit only."""
        if companies is None:
            companies = self.env["res.company"].search([("recovery_pace", ">", 0)])
        limited = companies.filtered("recovery_pace")
        if not limited:
            return {}
        since = fields.Datetime.now() - QUARTER
        groups = self._read_group(
            [
                ("company_id", "in", limited.ids),
                ("channel", "not in", NOT_COUNTED),
                ("sending_since", ">", since),
                ("state", "not in", ("queued", "held")),
            ],
            ["company_id"],
            ["__count"],
        )
        gone = Counter({company.id: count for company, count in groups})
        return {company: company.recovery_pace - gone[company.id] for company in limited}

    @api.model
    def _trigger_next_quarter(self):
        job = self.env.ref("overdue_recovery.ir_cron_deliver").sudo()
        job._trigger(fields.Datetime.now() + QUARTER)
