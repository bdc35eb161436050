from odoo import api, fields, models
from odoo.exceptions import UserError

MONTHS = 24
#: Objections that are more than a limit of one's own: approved, they are reported.
GUARDS = {"better", "often"}


class RecoveryOfferGuard(models.AbstractModel):
    """What an offer may give up, and who must agree to more.

    Limits are rows by role, kind and age of the debt. Two guards protect those who pay in time:
    an offer is never better than paying on time, and a customer gets so many in 24 months. What
    goes beyond needs another manager, and is told in the report.
    """

    _name = "recovery.offer.guard"
    _description = "Offer: limits and approval"

    needs_approval = fields.Boolean(compute="_compute_objections")
    objections = fields.Text(
        compute="_compute_objections", help="Why another manager has to approve it."
    )

    @api.depends("state", "approver_id", "amount", "expiry_date")
    def _compute_objections(self):
        for offer in self:
            found = offer._objections(offer.user_id) if offer.state == "proposed" else {}
            offer.objections = "\n".join(found.values())
            offer.needs_approval = bool(found) and not offer.approver_id

    def _objections(self, user):
        """{code: sentence} of everything that ``user`` can't decide alone."""
        self.ensure_one()
        found = {}
        allowed = self._allowed_percent(user)
        if self.percent_given_up > allowed + 1e-6:
            found["limit"] = self.env._(
                "%(given)s %% are given up; %(user)s may give up %(allowed)s %% of debts of this "
                "age.",
                given=_number(self.percent_given_up),
                allowed=_number(allowed),
                user=user.sudo().name,
            )
        if self._is_better_than_on_time():
            found["better"] = self.env._(
                "It is better than paying on time: more of the price is given up than the terms "
                "of payment allow."
            )
        if self._count_granted() >= self.company_id.recovery_offer_count:
            found["often"] = self.env._(
                "%(customer)s has got %(count)s offers in the last %(months)s months.",
                customer=self.partner_id.name,
                count=self._count_granted(),
                months=MONTHS,
            )
        return found

    def _allowed_percent(self, user):
        """What ``user`` may give up of a debt of this age, in percent."""
        is_manager = user.sudo().has_group("overdue_recovery.group_manager")
        roles = ["collector", "manager"] if is_manager else ["collector"]
        return self.env["recovery.offer.limit"]._allowed(self.kind, roles, self._age())

    def _age(self):
        """Days since the youngest of the items fell due, when the offer was made; 0 for what is
        not due yet. Charges are as old as what they were charged for."""
        debts = self.claim_ids.filtered(lambda claim: not claim.is_charge) or self.claim_ids
        dues = [claim.date_due for claim in debts if claim.date_due]
        return max(0, (self.date_proposed - max(dues)).days) if dues else 0

    def _is_better_than_on_time(self):
        """Whether a discount or a waiver takes more than charges and what the terms of payment
        give for paying early; for a settlement: whether it is younger than any limit allows."""
        if self.kind == "settlement":
            rows = self.env["recovery.offer.limit"]
            return not rows._allowed(self.kind, ["collector", "manager"], self._age())
        charges = sum(claim.baseline for claim in self.claim_ids if claim.is_charge)
        early = sum(claim.baseline * claim._early_share() for claim in self.claim_ids)
        allowed = charges + (early if self.kind == "discount" else 0.0)
        return self.currency_id.compare_amounts(self.amount_given_up, allowed) > 0

    def _count_granted(self):
        """Offers that this customer accepted in the last 24 months, whatever became of them."""
        since = fields.Date.subtract(self.date_proposed, months=MONTHS)
        return self.sudo().search_count(
            [
                ("partner_id", "=", self.partner_id.id),
                ("company_id", "=", self.company_id.id),
                ("date_accepted", ">=", since),
                ("id", "!=", self.id),
            ]
        )

    # -- approval --------------------------------------------------------------------------

    def action_approve(self):
        """Agree to what its author can't decide alone.

        :raise UserError: by somebody who is no manager, or on an own offer
        """
        self.check_access("write")
        for offer in self:
            offer._check_may_approve()
            guards = GUARDS.intersection(offer._objections(offer.user_id))
            values = {"approver_id": self.env.uid, "guard_overridden": bool(guards)}
            text = offer.objections or offer._terms_sentence()
            offer.sudo().write(values)
            offer._log_step("approved", text)
        return True

    def _check_may_approve(self):
        if not self.env.user.has_group("overdue_recovery.group_manager"):
            raise UserError(self.env._("Only a recovery manager approves offers."))
        if self.user_id == self.env.user:
            raise UserError(
                self.env._("%s is your own offer: another manager has to approve it.", self.name)
            )
        if self.state != "proposed" or not self.needs_approval:
            raise UserError(self.env._("%s waits for no approval.", self.name))

    def _check_approved(self):
        """Refuse an offer that waits for an approval: of what its author, or for the customer's
        own offer whoever accepts it, can't decide alone."""
        grantor = self.env.user if self.author == "debtor" else self.user_id
        approved = self.approver_id and self.approver_id != grantor
        objections = {} if approved else self._objections(grantor)
        if objections:
            raise UserError(
                self.env._(
                    "%(offer)s needs the approval of another manager:\n%(why)s",
                    offer=self.name,
                    why="\n".join(objections.values()),
                )
            )


def _number(value):
    return f"{value:.2f}".rstrip("0").rstrip(".")
