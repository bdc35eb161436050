from odoo import models

from ..calc import promise as calc


class RecoveryPromiseJudge(models.AbstractModel):
    """What has become of a promise: read from the ledger, daily and whenever money moved."""

    _name = "recovery.promise.judge"
    _description = "Promise: what has become of it"
    _inherit = "recovery.arrangement.judge"

    _judged_daily = ("open",)
    _judged_on_money = ("open", "kept", "partly_kept")

    def _findings(self):
        """{promise: (money received, its holds)}."""
        received, holds = self._received_of_each(), self._live_holds()
        return {promise: (received[promise], holds[promise]) for promise in self}

    def _has_news(self, found):
        received, holds = found
        verdict = self._outcome(received)
        resting = self._resting(self.amount - received) if verdict == "open" else {}
        held = {hold.move_line_id: hold.amount for hold in holds}
        return self.state != verdict or held != resting or self._has_vanished()

    def _judge_one(self, found):
        received, holds = found
        if self._has_vanished():
            self.action_cancel()
            return
        verdict = self._outcome(received)
        if self.state == "kept" and verdict != "kept" and self._is_whole():
            self._reopen()
        if self.state == "open" and verdict == "open":
            self._hold(self._resting(self.amount - received), self.date_last, holds)
        elif verdict != "open" and verdict in self._transitions[self.state]:
            self._conclude(verdict)

    def _outcome(self, received):
        """What has become of it as of today, by the one function that says so."""
        unit = self.currency_id.rounding
        return calc.outcome(
            round(self.amount / unit),
            round(received / unit),
            self.date_promised,
            self.company_id._recovery_today(),
            self.tolerance_days,
        )

    def _has_vanished(self):
        """Whether it is open and every one of its items was cancelled or deleted: nothing can be
        paid."""
        items = self.claim_ids.move_line_id
        return self.state == "open" and all(item.parent_state == "cancel" for item in items)

    def _is_whole(self):
        """Whether none of its items was deleted: else their money can't be read any more."""
        return all(claim.move_line_id for claim in self.claim_ids)

    def _resting(self, amount):
        """{item: amount} of what is still promised, the oldest maturity first; together never
        more than what is open."""
        resting = {}
        for claim in self.claim_ids.filtered("live"):
            part = self.currency_id.round(min(amount, claim.residual))
            if part > 0:
                resting[claim.move_line_id] = part
                amount -= part
        return resting

    def _conclude(self, verdict):
        """It is judged: let go of the items; whoever owns the case hears of what is missing."""
        self._set_state(verdict, date_judged=self.company_id._recovery_today())
        self._end_claims()
        self._log_step(verdict)
        if verdict != "kept" and any(claim.residual for claim in self.claim_ids):
            self._tell_broken()

    def _tell_broken(self):
        # the one it was made in may be closed by now
        self.case_id = self.partner_id._recovery_case(self.company_id)
        self._tell_owner(
            self.env.ref("overdue_recovery.mail_activity_type_broken_promise"),
            self.env._("%s was not kept", self.name),
            self._broken_sentence(),
        )

    def _broken_sentence(self):
        return self.env._(
            "%(received)s of %(amount)s arrived.",
            received=self.currency_id.format(self.amount_received),
            amount=self.currency_id.format(self.amount),
        )

    def _reopen(self):
        """A payment was undone: it counts again, unless another arrangement has the items."""
        self.case_id = self.partner_id._recovery_case(self.company_id)
        self._set_state("open", date_judged=False)
        if not self._others():
            self.claim_ids.filtered("move_line_id").live = True
        self._log_step("reopened")
