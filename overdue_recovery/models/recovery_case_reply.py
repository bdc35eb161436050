from odoo import api, fields, models


class RecoveryCaseReply(models.AbstractModel):
    """What follows when a customer answers: its owner has a task, demands wait for it."""

    _name = "recovery.case.reply"
    _description = "Case: replies"

    def _reply_received(self, entry, pause=True):
        """The customer wrote to us: log it, wake the owner, and hold demands for a while.

        Seam: every channel that can receive ends here, say an SMS glue with ``channel`` "sms".

        :param entry: the entry of the log, without its case (see ``recovery.interaction._log``)
        :param pause: whether demands wait; not for a writer who may be anybody
        """
        self.ensure_one()
        interactions = self.env["recovery.interaction"]._log([{"case": self, **entry}])
        self._wake_owner(entry)
        if pause:
            self._pause_for_reply()
        return interactions

    def _wake_owner(self, entry):
        """One open task for any number of replies."""
        if self._reply_activities():
            return
        company = self.company_id
        writer = entry.get("names") or entry.get("address") or self.partner_id.display_name
        self.with_company(company).activity_schedule(
            "overdue_recovery.mail_activity_type_reply",
            date_deadline=company._recovery_reply_deadline(),
            summary=self.env._("Answer %s", writer),
            user_id=self._reply_user().id or self.env.uid,
        )

    def _reply_user(self):
        """Who answers: the owner, else the company's collector, else a manager of recovery."""
        users = self.user_id | self.company_id.recovery_user_id
        able = users.filtered(
            lambda user: user.active and self.with_user(user).sudo(False).has_access("read")
        )
        return able[:1] or self.company_id._recovery_manager()

    def _reply_activities(self):
        kind = self.env.ref("overdue_recovery.mail_activity_type_reply", False)
        return self.activity_ids.filtered(lambda activity: activity.activity_type_id == kind)

    def _pause_for_reply(self):
        """Hold demands for the days that the company sets; a second reply adds nothing."""
        days = self.company_id.recovery_reply_hold_days
        if not days or self._reply_holds().filtered(lambda hold: hold.date_to):
            return
        today = self.company_id._recovery_today()
        self.env["recovery.hold"].create(
            {
                "company_id": self.company_id.id,
                "partner_id": self.partner_id.id,
                "reason_id": self._reply_reason().id,
                "blocks": "contact",
                "date_from": today,
                "date_to": fields.Date.add(today, days=days),
                "origin_model": "recovery.case",
                "origin_id": self.id,
            }
        )

    def _reply_holds(self):
        """Holds in force that wait for our answer to these customers."""
        holds = self.env["recovery.hold"]
        found = holds.browse()
        for case in self:
            found |= holds.search(
                [
                    ("partner_id", "=", case.partner_id.id),
                    ("company_id", "=", case.company_id.id),
                    ("reason_id", "=", self._reply_reason().id),
                    *holds._dated_domain(case.company_id._recovery_today()),
                ]
            )
        return found

    @api.model
    def _reply_reason(self):
        reasons = self.env["recovery.hold.reason"].sudo().with_context(active_test=False)
        return reasons.search([("code", "=", "reply_waiting")], limit=1)

    def _reply_answered(self):
        """The task is done: demands need not wait any longer. Holds that a person set stay.

        sudo: whoever owns the task need not be a collector.
        """
        holds = self.sudo()._reply_holds()
        holds.filtered(lambda hold: hold.origin_model == "recovery.case").action_end()
