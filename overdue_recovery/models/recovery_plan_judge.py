from typing import NamedTuple

from odoo import fields, models
from odoo.tools import format_date

from ..calc import installment as calc

#: States in which a plan has its items.
LIVE = ("active", "defaulted", "needs_review")


class Found(NamedTuple):
    """What the ledger says of a plan, in its currency, and the holds that it has."""

    gone: float
    vanished: float
    holds: models.BaseModel


class RecoveryPlanJudge(models.AbstractModel):
    """What has become of a plan: read from the ledger, daily and whenever money moved.

    It is defaulted on the first day after an installment's day and grace on which that installment
    is short, and active again when all that is due by then is paid within the days to cure; after
    them it lets go of its items for good. What is owed no more and was not paid is for a person.
    """

    _name = "recovery.plan.judge"
    _description = "Payment Plan: what has become of it"
    _inherit = "recovery.arrangement.judge"

    _judged_daily = ("offered", *LIVE)
    _judged_on_money = ("completed", *LIVE)

    def _findings(self):
        vanished, holds = self.claim_ids._vanished(), self._live_holds()
        return {
            plan: Found(
                sum(claim._gone() for claim in plan.claim_ids),
                sum(vanished[claim] for claim in plan.claim_ids),
                holds[plan],
            )
            for plan in self
        }

    def _has_news(self, found):
        if self._next_state(found) or self._is_cure_over():
            return True
        resting = self._resting() if self.state in ("active", "needs_review") else {}
        held = {hold.move_line_id: hold.amount for hold in found.holds}
        return resting != held and self.state != "defaulted"

    def _judge_one(self, found):
        while target := self._next_state(found):
            getattr(self, f"_become_{target}")(found)
        if self.state in ("active", "needs_review"):
            self._hold(self._resting(), self._last_day(), found.holds.exists())
        elif self._is_cure_over():
            self._end_for_good()
            self._log_step("cure_over")

    # -- where it is -----------------------------------------------------------------------

    def _next_state(self, found):
        """The state that follows by the ledger and the day; None where it stays.

        Amounts are compared in rounding units.
        """
        today = self.company_id._recovery_today()
        is_paid = self._units(found.gone) >= self._units(self.amount_total)
        is_seen = self._units(found.vanished) <= self._units(self.amount_excused)
        if self.state == "offered":
            return "expired" if self.expiry_date and self.expiry_date < today else None
        if self.state == "completed":
            return None if is_paid else "active"
        if self.state == "needs_review":
            return "active" if is_seen else None
        if self.state == "defaulted":
            return self._next_after_default(found, today, is_paid and is_seen)
        if self.state != "active":
            return None
        if not is_seen:
            return "needs_review"
        if is_paid:
            return "completed"
        return "defaulted" if self._is_short(found, today, self.grace_days + 1) else None

    def _next_after_default(self, found, today, is_completed):
        if not self._has_claims():
            return None
        if is_completed:
            return "completed"
        return None if self._is_short(found, today) else "active"

    def _is_short(self, found, today, days=0):
        """Whether less is paid than what was due ``days`` ago."""
        rows = [(row.date_due, self._units(row.amount)) for row in self.installment_ids]
        return calc.due(rows, fields.Date.subtract(today, days=days)) > self._units(found.gone)

    def _is_cure_over(self):
        """Whether it is defaulted for longer than it could be cured, and has its items still."""
        if self.state != "defaulted" or not self._has_claims():
            return False
        last = fields.Date.add(self.date_defaulted, days=self.cure_days)
        return last < self.company_id._recovery_today()

    def _end_for_good(self):
        """It ends without having been paid: nothing of it rests, or is earned, any more."""
        self._end_claims()
        self._credit_unearned()

    def _has_claims(self):
        return any(self.claim_ids.mapped("live"))

    def _units(self, amount):
        return round(amount / self.currency_id.rounding)

    # -- what follows ----------------------------------------------------------------------

    def _become_active(self, _found):
        """It goes on: cured, reviewed, or a payment was undone. Another arrangement may have some
        of its items by now; those stay there."""
        self.case_id = self.partner_id._recovery_case(self.company_id)
        before = self.state
        self._set_state("active", date_defaulted=False, review_reason=False)
        taken = self._others().move_line_id
        self.claim_ids.filtered(lambda c: c.move_line_id - taken).live = True
        self._log_step("cured" if before == "defaulted" else "reopened")

    def _become_completed(self, _found):
        self._set_state("completed", date_defaulted=False)
        self._end_claims()
        self._log_step("completed")
        self._thank()

    def _become_defaulted(self, found):
        """An installment is missing: the whole rest may be demanded, from tomorrow on."""
        today = self.company_id._recovery_today()
        self.case_id = self.partner_id._recovery_case(self.company_id)
        self._set_state("defaulted", date_defaulted=today)
        self._hold(self._resting(), today, found.holds)
        self._log_step("defaulted")
        self._tell_plan(
            self.env._("%s: an installment is missing", self.name), self._missing_sentence()
        )
        self._write_missed()

    def _become_needs_review(self, _found):
        """Part of the debt vanished without money: a person says how it goes on."""
        reason = self._vanished_sentence()
        self._set_state("needs_review", review_reason=reason)
        self._log_step("needs_review", reason)
        self._tell_plan(self.env._("%s: look at the plan", self.name), reason)

    def _become_expired(self, _found):
        self._set_state("expired")
        self._log_step("expired")

    def _tell_plan(self, summary, text):
        self._tell_owner(self.env.ref("overdue_recovery.mail_activity_type_plan"), summary, text)

    def _missing_sentence(self):
        return self.env._(
            "%(amount)s are due by now and missing. The plan goes on if they arrive by %(date)s.",
            amount=self.currency_id.format(self._amount_due()),
            date=format_date(self.env, self._date_cure()),
        )

    def _vanished_sentence(self):
        """Which items are owed no more, or less, without money."""
        vanished = self.claim_ids._vanished()
        gone = self.claim_ids.filtered(lambda claim: vanished[claim])
        return self.env._(
            "Less is owed of %s, and not because of a payment: it was credited, written off or "
            "cancelled.",
            ", ".join(gone.mapped("name")),
        )
