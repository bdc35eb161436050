from odoo import api, models

from .recovery_portal_act_base import FieldError

#: {name in the form: field of the person}
SWITCHES = {
    "sms_consent": "recovery_sms_consent",
    "no_email": "recovery_opt_out_email",
    "no_sms": "recovery_opt_out_sms",
    "no_letter": "recovery_opt_out_letter",
    "no_call": "recovery_opt_out_call",
}


class RecoveryPortalActWishes(models.AbstractModel):
    """How and when the customer is contacted, and the stop of all reminders."""

    _name = "recovery.portal.act.wishes"
    _description = "Portal: wishes"
    _inherit = ["recovery.portal.act.base"]

    @api.model
    def _wishes(self, visitor):
        """{name in the form: what holds now}"""
        person = visitor.partner
        return {
            "channel": visitor.debtor.recovery_channel or "",
            "hours": person.recovery_hours or "",
            "lang": person.lang or "",
            **{name: person[field] for name, field in SWITCHES.items()},
        }

    @api.model
    def _wish_choices(self):
        """{name in the form: [(value, label)]}"""
        partners = self.env["res.partner"]
        return {
            "channel": partners._fields["recovery_channel"]._description_selection(self.env),
            "hours": partners._fields["recovery_hours"]._description_selection(self.env),
            "lang": self.env["res.lang"].sudo().get_installed(),
        }

    @api.model
    def _set_wishes(self, visitor, wishes):
        """Keep what the customer wishes from now on; what is not among ``wishes`` stays, but a
        switch that is not there is off.

        :param wishes: {name in the form: text}
        :raise FieldError: something that nobody can choose
        """
        wanted = {**self._checked_choices(wishes)}
        wanted.update({name: bool(wishes.get(name)) for name in SWITCHES})
        before = self._wishes(visitor)
        changed = {name: value for name, value in wanted.items() if value != before[name]}
        if changed:
            self._write_wishes(visitor, changed)
            labels = "; ".join(f"{name}: {value}" for name, value in sorted(changed.items()))
            self._log_everywhere(visitor, self.env._("Contact preferences changed"), wishes=labels)
        chosen = self.with_context(lang=changed.get("lang") or self.env.lang)
        return chosen.env._("Thank you. Your preferences hold from now on.")

    def _checked_choices(self, wishes):
        choices, found = self._wish_choices(), {}
        for name in wishes.keys() & choices.keys():
            allowed = {value for value, _label in choices[name]}
            if wishes[name] and wishes[name] not in allowed:
                raise FieldError(name, self.env._("Choose one of these."))
            if wishes[name] or name != "lang":
                found[name] = wishes[name] or ""
        return found

    def _write_wishes(self, visitor, changed):
        fields = {**SWITCHES, "hours": "recovery_hours", "lang": "lang"}
        own = {fields[name]: value for name, value in changed.items() if name in fields}
        visitor.partner.write(own)
        if "channel" in changed:
            visitor.debtor.recovery_channel = changed["channel"]

    # -- the stop --------------------------------------------------------------------------

    @api.model
    def _is_stopped(self, visitor):
        """Whether the customer stopped our reminders."""
        return bool(self._stops(visitor))

    @api.model
    def _stop(self, visitor):
        """No reminder any more from what the visitor sees something of; the debt stays."""
        stopped = self._stops(visitor).company_id
        for company in self._wished_companies(visitor) - stopped:
            self._stop_at(visitor, company)
        return self.env._(
            "We send you no more reminders. What is open stays open, and we may still have to "
            "write to you where the law asks us to."
        )

    def _stop_at(self, visitor, company):
        case = self._act_case(visitor, company)
        self.env["recovery.hold"].sudo().create(
            {
                "company_id": company.id,
                "partner_id": visitor.debtor.id,
                "reason_id": self.env.ref("overdue_recovery.hold_reason_other").id,
                "blocks": "contact",
                "cease_contact": True,
                "date_from": company._recovery_today(),
                "note": self.env._("Asked on the portal for no more reminders"),
                "origin_model": "recovery.portal.act",
            }
        )
        sentence = self.env._("Wants no more reminders")
        case._plan_activity(self.env.ref("mail.mail_activity_data_todo"), sentence)
        self._log_act(visitor, case, sentence)

    @api.model
    def _let_go_on(self, visitor):
        """The customer takes its own stop back."""
        stops = self._stops(visitor)
        companies = stops.company_id
        stops.action_end()
        for company in companies:
            case = self._act_case(visitor, company)
            self._log_act(visitor, case, self.env._("Wants reminders again"))
        return self.env._("We remind you again when something is overdue.")

    def _stops(self, visitor):
        """Holds by which the customer stopped us, here; not those that a person noted."""
        holds, found = self.env["recovery.hold"].sudo(), []
        for company in self._wished_companies(visitor):
            domain = [
                ("partner_id", "=", visitor.debtor.id),
                ("company_id", "=", company.id),
                ("cease_contact", "=", True),
                ("origin_model", "=", "recovery.portal.act"),
                *holds._dated_domain(company._recovery_today()),
            ]
            found += holds.search(domain).ids
        return holds.browse(found)

    def _wished_companies(self, visitor):
        return self.env["recovery.portal"]._companies(visitor)

    def _log_everywhere(self, visitor, sentence, **details):
        for company in self._wished_companies(visitor):
            self._log_act(visitor, self._act_case(visitor, company), sentence, **details)
