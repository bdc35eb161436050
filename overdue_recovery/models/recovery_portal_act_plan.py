from odoo import Command, api, fields, models

from .recovery_portal_act_base import FieldError

FREQUENCIES = ("weekly", "biweekly", "monthly", "quarterly")
#: The most that a form may ask for; what begins without a person is the company's to say.
MOST_ROWS = 120
OPEN = ("requested", "offered", "active", "needs_review", "defaulted")


class RecoveryPortalActPlan(models.AbstractModel):
    """Pay in installments: within the company's limits at once, beyond them we are asked."""

    _name = "recovery.portal.act.plan"
    _description = "Portal: pay in installments"
    _inherit = ["recovery.portal.act.base"]

    @api.model
    def _plan_preview(self, visitor, ids, terms):
        """What these terms come to, made as it would be and undone: nothing stays.

        :param terms: {count, frequency, day, down}, texts
        :return: dict: ``rows`` [(day, text of the amount)], ``total``, and whether it begins
            ``at_once``
        :raise FieldError: the terms make no plan
        """
        items = self._act_items(visitor, ids)
        savepoint = self.env.cr.savepoint()
        try:
            plan = self._draft_plan(items, terms)
            money = plan.currency_id.format
            return {
                "rows": [(row.date_due, money(row.amount)) for row in plan.installment_ids],
                "total": money(plan.amount_total),
                "at_once": plan._is_accepted_at_once(),
            }
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all(flush=False)

    @api.model
    def _sign_plan(self, visitor, ids, terms, signed_by, text="", reason=None):
        """The customer signs a plan about these items: it begins, or waits for a person.

        :return: what the page says
        :raise FieldError: the terms make no plan, or nobody signed
        """
        items = self._act_items(visitor, ids)
        signed_by = self._act_text(signed_by)[:100]
        if not signed_by:
            raise FieldError("signed_by", self.env._("Write your full name to sign."))
        text, reason = self._act_text(text), self._act_reason(reason)
        case = self._act_case(visitor, items.company_id)
        known = case.plan_ids.filtered(
            lambda plan: plan.state in OPEN and plan.claim_ids.move_line_id & items
        )
        same = known.filtered(lambda plan: self._is_same_plan(plan, items, terms))
        if same:
            return self._planned_sentence(same[:1])
        if known:
            text = self.env._("%s is part of a plan already.", items[:1].move_id.name)
            raise FieldError("item", text)
        plan = self._draft_plan(items, terms)
        plan.write({"signed_by": signed_by, "signed_on": fields.Datetime.now(), "note": text})
        if plan._is_accepted_at_once():
            return self._begin_plan(visitor, case, plan, reason)
        plan.action_request()
        return self._act_request(
            visitor,
            case,
            "plan",
            "\n".join(filter(None, (plan._terms_sentence(), text))),
            reason,
            plan_id=plan.id,
            move_line_ids=items,
            currency_id=plan.currency_id.id,
            amount=plan.amount_total,
        )

    @api.model
    def _accept_plan(self, visitor, plan_id, signed_by):
        """The customer accepts a plan that we offered."""
        plan = self._offered_plan(visitor, plan_id)
        signed_by = self._act_text(signed_by)[:100]
        if not signed_by:
            raise FieldError("signed_by", self.env._("Write your full name to sign."))
        if plan.state == "offered":
            plan.write({"signed_by": signed_by, "signed_on": fields.Datetime.now()})
            reason = self.env["recovery.late.reason"]
            return self._begin_plan(visitor, plan.case_id, plan, reason)
        return self._planned_sentence(plan)

    @api.model
    def _decline_plan(self, visitor, plan_id):
        """The customer doesn't want a plan that we offered."""
        plan = self._offered_plan(visitor, plan_id)
        if plan.state == "offered":
            plan.action_reject()
            said = f"{self.env._('Declines %s', plan.name)}\n{plan._terms_sentence()}"
            self._log_act(visitor, plan.case_id, said, plan.name)
        return self.env._("Thank you for your answer. The plan is off the table.")

    def _offered_plan(self, visitor, plan_id):
        """The plan of this id, if it is one that was offered to the visitor."""
        number = int(plan_id) if str(plan_id).isdecimal() and len(str(plan_id)) < 10 else 0
        plan = self._plans(visitor, ("offered", "active", "rejected")).filtered(
            lambda one: one.id == number
        )
        if not plan:
            raise FieldError("plan", self.env._("This plan is no longer open."))
        return plan

    @api.model
    def _plans(self, visitor, states=OPEN):
        """Plans in these states about nothing but what the visitor sees. ``recovery.plan``"""
        return self.env["recovery.portal.agreement"]._live(visitor, "recovery.plan", states)

    # -- how it is made --------------------------------------------------------------------

    def _draft_plan(self, items, terms):
        self._check_not_arranged(items)
        company, currency = items.company_id, items.currency_id
        today = company._recovery_today()
        total = sum(items.mapped("amount_residual_currency"))
        down = terms.get("down") or ""
        values = {
            "frequency": self._act_frequency(terms.get("frequency")),
            "installment_count": self._act_count(terms.get("count")),
            "date_first": self._act_day(terms.get("day"), today, fields.Date.add(today, years=1)),
            "down_payment": self._act_amount(down, currency, total) if down else 0.0,
            "grace_days": company.recovery_plan_grace_days,
            "cure_days": company.recovery_plan_cure_days,
            "credits_aside": True,
            "claim_ids": [Command.create({"move_line_id": item.id}) for item in items],
        }
        with self._in_own_words("count"):
            plans = self.env["recovery.plan"].sudo().with_company(company)
            return plans.create(values)

    def _act_frequency(self, text):
        if text not in FREQUENCIES:
            raise FieldError("frequency", self.env._("Choose how often you pay."))
        return text

    def _act_count(self, text):
        count = int(text) if str(text).isdecimal() and len(str(text)) < 4 else 0
        if not 1 <= count <= MOST_ROWS:
            raise FieldError("count", self.env._("Choose 1 to %s installments.", MOST_ROWS))
        return count

    def _begin_plan(self, visitor, case, plan, reason):
        with self._in_own_words("item"):
            plan.action_activate()
        said = self.env._("Signed by %s", plan.signed_by)
        self._log_act(visitor, case, f"{plan._terms_sentence()}\n{said}", plan.name)
        case._note_late_reason(reason)
        if plan.state == "active" and case._may_be_answered():
            plan.action_send()
        return self._planned_sentence(plan)

    def _is_same_plan(self, plan, items, terms):
        """Whether it was signed just so already: a second tab, or a form sent twice."""
        return (
            plan.claim_ids.move_line_id == items
            and str(plan.installment_count) == str(terms.get("count"))
            and plan.frequency == terms.get("frequency")
            and fields.Date.to_string(plan.date_first) == terms.get("day")
        )

    def _planned_sentence(self, plan):
        if plan.state == "requested":
            waiting = self.env["recovery.request"].sudo()
            waiting = waiting.search([("plan_id", "=", plan.id), ("state", "=", "open")], limit=1)
            if waiting:
                return waiting._received_sentence()
        return self.env._("Thank you. We have agreed: %s", plan._terms_sentence())
