from odoo import Command, api, models
from odoo.exceptions import UserError


class RecoveryRequestAnswer(models.AbstractModel):
    """What a person decides of a request, and what follows from it."""

    _name = "recovery.request.answer.mixin"
    _description = "Request: the answer"

    def action_approve(self):
        """Open the dialog that says yes to these requests."""
        return self._open_answer("approved")

    def action_counter(self):
        """Open the dialog that proposes something else."""
        return self._open_answer("countered")

    def action_reject(self):
        """Open the dialog that says no, and why."""
        return self._open_answer("rejected")

    def _open_answer(self, decision):
        self.check_access("write")
        return self.env["recovery.request.answer"]._open_for(self, decision)

    def action_withdraw(self):
        """The customer asks for it no longer."""
        self.check_access("write")
        self.sudo()._close("withdrawn")
        return True

    def _answer(self, decision, text):
        """Decide these requests, do what was approved, and write to the customers.

        :param decision: approved, countered or rejected
        :param text: what each customer reads
        :raise UserError: one of them is answered already, or can't be fulfilled; none is then
        """
        self.check_access("write")
        text = self._checked_text(text)
        if not text:
            raise UserError(self.env._("Write what the customer reads as the answer."))
        for request in self:
            request.sudo()._close(decision, answer=text)
            if decision == "approved":
                request._fulfil()
            elif decision == "rejected":
                request._turn_down()
            request.sudo()._write_outcome()
        return True

    def _close(self, state, **values):
        """It waits no longer: demands need not either, and nobody has the task any more."""
        for request in self:
            today = request.company_id._recovery_today()
            request._set_state(state, date_answered=today, answered_by_id=self.env.uid, **values)
        self._end_pause()
        self.activity_feedback(["overdue_recovery.mail_activity_type_request"])
        self._log_step(state)

    # -- what was approved -----------------------------------------------------------------

    def _fulfil(self):
        """Do what was asked, with the rights of whoever approves."""
        self.ensure_one()
        act = self._approvals().get(self.kind)
        if act:
            act()

    def _approvals(self):
        """Seam: {kind: what follows when it is approved}; without one the answer is all."""
        return {
            "new_date": self._give_time,
            "promise": self._take_promise,
            "not_received": self._send_again,
            "counter_offer": self._accept_offer,
            "plan": self._begin_plan,
        }

    def _open_items(self):
        """What it is about and still open; all that the customer owes where it named nothing."""
        items = self.move_line_ids or self.case_id.item_ids
        return items.filtered(
            lambda item: item.parent_state == "posted" and item.amount_residual_currency > 0
        )

    def _day_wanted(self):
        today = self.company_id._recovery_today()
        if not self.date_wanted or self.date_wanted < today:
            raise UserError(
                self.env._("The day that %s asks for is over: propose another one.", self.name)
            )
        return self.date_wanted

    def _give_time(self):
        """Nothing is asked or charged until the day, that day included; due dates stay."""
        self.env["recovery.hold"].create(
            [
                {
                    "company_id": item.company_id.id,
                    "move_line_id": item.id,
                    "reason_id": self.env.ref("overdue_recovery.hold_reason_other").id,
                    "blocks": "both",
                    "date_from": self.company_id._recovery_today(),
                    "date_to": self._day_wanted(),
                    "date_review": False,
                    "note": self.env._("More time, as asked in %s", self.name),
                    "origin_model": self._name,
                    "origin_id": self.id,
                }
                for item in self._open_items()
            ]
        )

    def _take_promise(self):
        """The promise as it was asked for, instead of an earlier one on the same items."""
        items, day = self._open_items(), self._day_wanted()
        claims = self.env["recovery.claim"].search(
            [("move_line_id", "in", items.ids), ("live", "=", True)]
        )
        claims.promise_id.action_cancel()
        total = sum(items.mapped("amount_residual_currency"))
        self.env["recovery.promise"].create(
            {
                "origin": "portal",
                "amount": min(self.amount or total, total),
                "date_promised": day,
                "tolerance_days": self.company_id.recovery_promise_tolerance_days,
                "credits_aside": True,
                "note": self.name,
                "claim_ids": [Command.create({"move_line_id": item.id}) for item in items],
            }
        )

    def _send_again(self):
        """Believed a second time, as a person looked into it."""
        moves = self._open_items().move_id.filtered(lambda move: move.is_sale_document())
        moves._check_may_restart()
        for move in moves:
            items = self.env["dunning.item"].sudo()._ensure(move._recovery_open_items())
            move._resend_and_restart(items)

    def _begin_plan(self):
        """The plan as the customer signed it; one that was offered meanwhile is its to accept."""
        if not self.plan_id:
            raise UserError(self.env._("The plan of %s is gone.", self.name))
        if self.plan_id.state == "requested":
            self.plan_id.action_activate()

    def _turn_down(self):
        """What was asked for ends with the answer no."""
        if self.offer_id.state == "proposed":
            self.offer_id.action_decline()
        if self.plan_id.state == "requested":
            self.plan_id.action_reject()

    def _accept_offer(self):
        if not self.offer_id:
            raise UserError(self.env._("The counter-offer of %s is gone.", self.name))
        if self.offer_id.state == "proposed":
            self.offer_id.action_accept()

    @api.model
    def _decided_elsewhere(self, records, state):
        """What a customer's own offers and plans came to answers the requests that they were.

        sudo: whoever decides them answers the request.

        :param records: ``recovery.offer`` or ``recovery.plan``
        :param state: theirs, now
        """
        answers = {
            "accepted": "approved",
            "active": "approved",
            "countered": "countered",
            "offered": "countered",
            "declined": "rejected",
            "rejected": "rejected",
        }
        name = "offer_id" if records._name == "recovery.offer" else "plan_id"
        waiting = self.sudo().search([(name, "in", records.ids), ("state", "=", "open")])
        if waiting and state not in ("proposed", "requested"):
            waiting._close(answers.get(state, "withdrawn"))
