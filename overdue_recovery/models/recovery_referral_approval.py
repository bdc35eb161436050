from odoo import fields, models
from odoo.exceptions import UserError


class RecoveryReferralApproval(models.AbstractModel):
    """Who must agree before an agency hears of a customer.

    A manager approves; nobody an own referral above the company's limit; a key account needs two.
    """

    _name = "recovery.referral.approval"
    _description = "Referral: approval"

    approver_id = fields.Many2one(
        "res.users", string="Approved by", readonly=True, copy=False, tracking=True
    )
    second_approver_id = fields.Many2one(
        "res.users", string="Approved too by", readonly=True, copy=False, tracking=True
    )
    needs_second = fields.Boolean(
        string="Two approvals", compute="_compute_needs_second", help="It is a key account."
    )

    def _compute_needs_second(self):
        for referral in self:
            referral.needs_second = referral.partner_id.is_key_account

    def action_approve(self):
        """Agree that the agency collects these items. For a key account the first manager's
        approval is noted, and a second manager's approves.

        :raise UserError: by somebody who is no manager, on an own referral above the limit, twice
            by the same person, or something stands in the way by now
        """
        self.check_access("write")
        for referral in self:
            referral._check_may_approve()
            if referral.needs_second and not referral.approver_id:
                referral.sudo().approver_id = self.env.user
                referral._log_step("approved")
                continue
            first = referral.approver_id or self.env.user
            second = self.env.user if referral.approver_id else self.env["res.users"]
            referral._set_state("approved", approver_id=first.id, second_approver_id=second.id)
            referral._log_step("approved")
            referral._tell_owner_of_approval()
        return True

    def _check_may_approve(self):
        if "approved" not in self._transitions[self.state]:
            raise UserError(self._illegal_transition_message("approved"))
        if not self.env.user.has_group("overdue_recovery.group_manager"):
            raise UserError(self.env._("Only a recovery manager approves referrals."))
        if self.user_id == self.env.user and self._is_above_limit():
            raise UserError(
                self.env._(
                    "%(referral)s is your own and above %(limit)s: another manager has to approve "
                    "it.",
                    referral=self.name,
                    limit=self.company_id.currency_id.format(
                        self.company_id.recovery_referral_limit
                    ),
                )
            )
        if self.approver_id == self.env.user:
            raise UserError(
                self.env._(
                    "%(customer)s is a key account: a second manager has to approve %(referral)s.",
                    customer=self.partner_id.display_name,
                    referral=self.name,
                )
            )
        self._check_obstacles()

    def _is_above_limit(self):
        company = self.company_id
        limit = company.recovery_referral_limit
        return company.currency_id.compare_amounts(self.amount_company, limit) > 0

    def _tell_owner_of_approval(self):
        """Whoever owns the case hears that its customer goes to an agency."""
        if self.case_id.user_id != self.env.user:
            self._tell_owner(self.env._("%s is approved", self.name), self._terms_sentence())
