from odoo import fields, models
from odoo.exceptions import UserError

REFERRED = "overdue_recovery.hold_reason_referred"
BACK = "overdue_recovery.hold_reason_other"


class RecoveryReferralPlacing(models.AbstractModel):
    """What becomes of the items: placed, they rest; given back, they wait for a person."""

    _name = "recovery.referral.placing"
    _description = "Referral: placing and giving back"

    def action_send(self):
        """Place the items with the agency: what was agreed with it today is fixed, and everything
        of our own about them stops.

        :raise UserError: it is not approved, or something stands in the way by now
        """
        self.check_access("write")
        for referral in self:
            if referral.state != "approved":
                raise UserError(referral._illegal_transition_message("sent"))
            referral.sudo()._refresh_amounts()
            referral._check_obstacles()
            referral.sudo()._place()
            referral._send_to_agency()
        return True

    def action_cancel(self):
        """Give up a referral that is not sent."""
        self.check_access("write")
        self._set_state("cancelled")
        self._log_step("cancelled")
        return True

    def action_answer(self):
        """The agency's question is answered by what the note says; it goes on."""
        self.check_access("write")
        for referral in self:
            if referral.state != "needs_info":
                raise UserError(
                    self.env._("%s has asked for nothing.", referral.agency_id.display_name)
                )
            referral._set_state("sent")
            referral._add_event("answered", text=referral.note)
            referral._tell_agency("answered", {"text": referral.note or ""})
        return True

    def _send_to_agency(self):
        """Seam: carry this referral, just sent, to the agency. By hand there is nothing to do: a
        person gives the agency what the connector prepared."""

    def _tell_agency(self, kind, data):
        """Seam: tell the agency what happened to what it collects. By hand, a person has the task
        until ``data["tell_by"]``.

        :param kind: of the event: ``direct_payment``, ``credit_note``, ``dispute``,
            ``dispute_ended``, ``answered``, ``recall_requested``
        :param data: JSON-ready dict: ``text``, and what else belongs to it
        """
        self.ensure_one()
        if kind == "answered":
            return
        summary = self.env._(
            "Tell %(agency)s: %(what)s",
            agency=self.agency_id.display_name,
            what=data.get("text") or kind,
        )
        self._tell_owner(summary, "", deadline=data.get("tell_by"))

    # -- placing ---------------------------------------------------------------------------

    def _place(self):
        """sudo: whoever sends, the items' holds are the engine's."""
        self.ensure_one()
        today = self.company_id._recovery_today()
        agency = self.agency_id
        terms = agency._terms(self.amount, self.currency_id, self._oldest(), today) or {}
        months = agency.exclusivity_months
        self._set_state(
            "sent",
            date_sent=today,
            exclusive_until=months and fields.Date.add(today, months=months),
            **terms,
        )
        self.line_ids._freeze()
        note = self.env._("%s collects it.", agency.display_name)
        self._hold_items(self.line_ids.move_line_id, REFERRED, note)
        if agency.unpaid_charges == "reversed":
            self._reverse_unpaid_charges()
        self._add_event("sent", amount=self.amount, text=self.note)
        self._log_step("sent")

    def _oldest(self):
        """The day on which the oldest of the items fell due: the age of the debt."""
        debts = self.line_ids.filtered(lambda line: not line.is_charge) or self.line_ids
        return min(debts.mapped("date_due"))

    def _hold_items(self, items, reason, note, **values):
        """Let these items rest, until somebody ends it."""
        today = self.company_id._recovery_today()
        self.env["recovery.hold"].create(
            [
                {
                    "move_line_id": item.id,
                    "company_id": item.company_id.id,
                    "reason_id": self.env.ref(reason).id,
                    "date_from": today,
                    "note": note,
                    "origin_model": self._name,
                    "origin_id": self.id,
                    **values,
                }
                for item in items
            ]
        )

    # -- giving back -----------------------------------------------------------------------

    def _give_back(self):
        """The agency has the items no longer. What is open of them keeps its level and waits for
        a person, who has the task today."""
        self.ensure_one()
        today = self.company_id._recovery_today()
        self._end_holds()
        self.line_ids.live = False
        self.date_ended = today
        back = self.line_ids.filtered("residual").move_line_id
        note = self.env._("Came back from %s: decide what follows.", self.agency_id.display_name)
        self._hold_items(back, BACK, note, blocks="both", date_review=today)

    def _end_holds(self):
        """End every pause that this referral made."""
        holds = self.env["recovery.hold"]
        domain = [("origin_model", "=", self._name), ("origin_id", "in", self.ids)]
        domain += holds._dated_domain(self.company_id._recovery_today())
        holds.search(domain).action_end()
        self.env["recovery.case.dirty"]._put(self.case_id)

    # -- help ------------------------------------------------------------------------------

    def _add_event(self, kind, external_id=None, **values):
        return self.env["recovery.referral.event"]._add(self, kind, external_id, **values)

    def _tell_owner(self, summary, text, deadline=None):
        """One task for whoever owns the case; not twice while it waits."""
        self.ensure_one()
        case = self.case_id
        if summary not in case.activity_ids.mapped("summary"):
            kind = self.env.ref("mail.mail_activity_data_todo")
            activity = case._plan_activity(kind, summary, text)
            if deadline:
                activity.date_deadline = deadline
