from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class RecoveryChargeWaiver(models.Model):
    """A charge given up or taken back, all or part: who asked, why, and who agreed.

    Up to the company's limit a manager decides alone; above it another manager approves, and
    nobody approves an own one. What is approved is posted as a credit note at once.
    """

    _name = "recovery.charge.waiver"
    _description = "Waiver of a Charge"
    _inherit = ["recovery.state.mixin"]
    _order = "id desc"
    _rec_name = "reason"

    _transitions = {
        "requested": {"approved", "refused"},
        "approved": set(),
        "refused": set(),
    }

    charge_id = fields.Many2one(
        "recovery.charge", required=True, index=True, readonly=True, ondelete="restrict"
    )
    notice_id = fields.Many2one(related="charge_id.notice_id")
    company_id = fields.Many2one(related="charge_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="charge_id.partner_id", string="Customer")
    kind = fields.Selection(
        [
            ("waive", "Given up"),
            ("reverse", "Taken back"),
            ("correct", "Charged too much"),
        ],
        required=True,
        readonly=True,
    )
    currency_id = fields.Many2one(related="charge_id.currency_id")
    amount = fields.Monetary(readonly=True)
    reason = fields.Char(required=True, readonly=True)
    date = fields.Date(readonly=True, required=True)
    user_id = fields.Many2one(
        "res.users", string="Asked by", readonly=True, help="Empty: found by the daily job."
    )
    approver_id = fields.Many2one("res.users", string="Decided by", readonly=True)
    refund_move_id = fields.Many2one(
        "account.move",
        string="Credit note",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    state = fields.Selection(
        [("requested", "Waits"), ("approved", "Approved"), ("refused", "Refused")],
        default="requested",
        required=True,
        readonly=True,
        index=True,
    )

    # -- ask -------------------------------------------------------------------------------

    @api.model
    def _ask(self, charges, kind, reason, amount=None):
        """Ask to waive or reverse these charges; what needs nobody else is done at once.

        sudo: rows of this model are made by its rules only, never by hand.
        """
        self._check_manager()
        charges.check_access("read")
        if not isinstance(reason, str) or not reason.strip():
            raise UserError(self.env._("Say why this charge is waived."))
        waivers = self.sudo().create(
            [
                {
                    "charge_id": charge.id,
                    "kind": kind,
                    "amount": self._amount_of(charge, kind, amount),
                    "reason": reason.strip(),
                    "date": charge.company_id._recovery_today(),
                    "user_id": self.env.uid,
                }
                for charge in charges.sudo()
            ]
        )
        alone = waivers.filtered(lambda waiver: not waiver._needs_another())
        alone._carry_out()
        (waivers - alone)._tell_another()
        return waivers.with_env(self.env)

    @api.model
    def _propose(self, charge, amount):
        """A credit that the daily job found to be due: a person decides."""
        waiver = self.sudo().create(
            {
                "charge_id": charge.id,
                "kind": "correct",
                "amount": amount,
                "reason": self.env._("A payment is dated before the last day that was charged."),
                "date": charge.company_id._recovery_today(),
            }
        )
        waiver._tell_another()
        return waiver

    def _check_manager(self):
        if not (self.env.su or self.env.user.has_group("overdue_recovery.group_manager")):
            raise AccessError(self.env._("Charges are waived by a manager of recovery."))

    def _amount_of(self, charge, kind, amount):
        """The amount that may be given up.

        :raise UserError: nothing, or not so much, is left; or later days are charged
        """
        if charge.state != "posted":
            raise UserError(
                self.env._(
                    "%(charge)s is not posted. Before its notice goes out, put a hold on charges "
                    "on the customer or the invoice instead.",
                    charge=charge.display_name,
                )
            )
        if kind == "reverse":
            self._check_reversible(charge)
        left = charge.amount_left - sum(
            waiver.amount for waiver in charge.waiver_ids if waiver.state == "requested"
        )
        wanted = left if amount is None else self._as_amount(amount)
        wanted = charge.currency_id.round(wanted)
        if wanted <= 0 or charge.currency_id.compare_amounts(wanted, left) > 0:
            raise UserError(
                self.env._(
                    "Of %(charge)s %(left)s are left to waive: choose an amount above zero and "
                    "not above that.",
                    charge=charge.display_name,
                    left=charge.currency_id.format(left),
                )
            )
        return wanted

    def _as_amount(self, amount):
        if isinstance(amount, bool) or not isinstance(amount, (int, float)):
            raise UserError(self.env._("%s is not an amount.", amount))
        return float(amount)

    def _check_reversible(self, charge):
        if charge.amount_waived or charge.waiver_ids.filtered(lambda w: w.state == "requested"):
            raise UserError(
                self.env._(
                    "A part of %s is waived already: waive the rest instead.", charge.display_name
                )
            )
        if charge._has_later_span():
            raise UserError(
                self.env._(
                    "%s is followed by interest for later days: reverse the last span first, or "
                    "waive this one.",
                    charge.display_name,
                )
            )

    def _needs_another(self):
        """Whether it is above what one manager may waive alone."""
        company = self.company_id
        amount = self.currency_id._convert(
            self.amount, company.currency_id, company, self.date or fields.Date.today()
        )
        return company.currency_id.compare_amounts(amount, company.recovery_waiver_limit) > 0

    def _tell_another(self):
        """An activity on the notice for a manager, unless one waits already."""
        for waiver in self:
            notice, summary = waiver.notice_id, self.env._("Decide on a waiver")
            if summary in notice.activity_ids.mapped("summary"):
                continue
            manager = waiver.company_id._recovery_manager()
            notice.with_context(mail_activity_quick_update=True).activity_schedule(
                "mail.mail_activity_data_todo",
                summary=summary,
                note=waiver.reason,
                user_id=(manager or self.env.user).id,
            )

    # -- decide ----------------------------------------------------------------------------

    def action_approve(self):
        """Agree to what another asked for, or the daily job found; the credit note is posted."""
        self._check_manager()
        self.check_access("read")
        own = self.filtered(lambda waiver: waiver.user_id.id == self.env.uid)
        if own:
            raise UserError(
                self.env._(
                    "You asked for “%s” yourself: another manager approves it.",
                    own[0].display_name,
                )
            )
        self.sudo()._carry_out()
        return True

    def action_refuse(self):
        """The charge stays. Who asked for a waiver may take it back so."""
        self._check_manager()
        self.check_access("read")
        self.sudo()._set_state("refused", approver_id=self.env.uid)
        return True

    def _carry_out(self):
        """Approve: credit the amounts; a charge of which nothing is left has ended."""
        for waiver in self:
            waiver._check_still_left()
            waiver._set_state("approved", approver_id=self.env.uid)
            charge = waiver.charge_id
            refunds = charge.with_company(waiver.company_id)._credit({charge: waiver.amount})
            waiver.refund_move_id = refunds.get(charge.move_id)
            waiver._lower_charge()

    def _check_still_left(self):
        charge = self.charge_id
        left = charge.currency_id.compare_amounts(self.amount, charge.amount_left) <= 0
        if charge.state != "posted" or not left:
            raise UserError(
                self.env._("Less than that is left of %s by now: refuse it.", charge.display_name)
            )
        if self.kind == "reverse":
            self._check_still_last(charge)

    def _check_still_last(self, charge):
        if charge._has_later_span():
            raise UserError(
                self.env._(
                    "%s is followed by interest for later days by now: refuse it.",
                    charge.display_name,
                )
            )

    def _lower_charge(self):
        charge = self.charge_id
        if self.kind == "reverse":
            charge._set_state("reversed")
            charge._log_step("reversed", {charge: self.amount})
            return
        charge.amount_waived = charge.currency_id.round(charge.amount_waived + self.amount)
        charge._log_step("waived", {charge: self.amount})
        if charge.currency_id.is_zero(charge.amount_left):
            charge._set_state("waived")
