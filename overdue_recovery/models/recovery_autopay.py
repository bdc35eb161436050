from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

#: What a person may change by hand; whose means is debited only by another mandate.
WRITABLE = {"note", "activity_ids", "message_follower_ids", "message_main_attachment_id"}


class RecoveryAutopay(models.Model):
    """A customer's consent to be debited: by a saved card or a mandate with its bank.

    While it is active, nothing is demanded of what it covers: each debit is announced, made once,
    and tried again as the company says. When the last try fails the mandate rests, and the items
    are dunned as all others.
    """

    _name = "recovery.autopay"
    _description = "Automatic Payment"
    _inherit = [
        "recovery.autopay.plan",
        "recovery.autopay.due",
        "recovery.autopay.daily",
        "recovery.state.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "id desc"
    _transitions = {
        "active": {"suspended", "revoked"},
        "suspended": {"active", "revoked"},
        "revoked": set(),
    }

    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    plan_id = fields.Many2one(
        "recovery.plan",
        string="Only for",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Empty: all invoices from the day of the consent on.",
    )
    payment_token_id = fields.Many2one(
        "payment.token",
        string="Debited from",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    means = fields.Char(string="Card or account", readonly=True, help="As the customer reads it.")
    state = fields.Selection(
        [("active", "Active"), ("suspended", "Resting"), ("revoked", "Revoked")],
        default="active",
        required=True,
        readonly=True,
        index=True,
        copy=False,
        tracking=True,
    )
    date_given = fields.Date(
        string="Given on", required=True, readonly=True, help="Covers invoices from this day on."
    )
    date_active = fields.Date(
        string="Active since", readonly=True, help="Failed debits from before count no more."
    )
    date_revoked = fields.Date(string="Revoked on", readonly=True, copy=False)
    announce_days = fields.Integer(
        string="Announced", readonly=True, help="Days before each debit, as agreed."
    )
    origin = fields.Selection(
        [("clerk", "Spoke with us"), ("portal", "Portal")],
        default="clerk",
        required=True,
        readonly=True,
    )
    note = fields.Text(help="How the customer agreed, and to whom.")
    reason = fields.Char(string="Why it rests", readonly=True, copy=False)
    attempt_ids = fields.One2many("recovery.autopay.attempt", "autopay_id", string="Debits")
    message_lang = fields.Char(compute="_compute_message_lang", compute_sudo=True)

    _one_live = models.UniqueIndex(
        "(partner_id, company_id) WHERE state != 'revoked' AND plan_id IS NULL",
        "This customer has a mandate already: revoke that one first.",
    )
    _one_live_of_plan = models.UniqueIndex(
        "(plan_id) WHERE state != 'revoked'", "This plan has a mandate already."
    )
    _announce_days_positive = models.Constraint(
        "CHECK(announce_days >= 0)", "Debits can't be announced after they are made."
    )

    @api.depends("partner_id", "means")
    @api.depends_context("recovery_case_pill")
    def _compute_display_name(self):
        """On a customer's own case it says what it is, elsewhere whose."""
        for autopay in self:
            if self.env.context.get("recovery_case_pill"):
                autopay.display_name = self.env._("Automatic payment · %s", autopay.means)
            else:
                autopay.display_name = f"{autopay.partner_id.display_name} · {autopay.means}"

    @api.depends("partner_id.lang")
    def _compute_message_lang(self):
        for autopay in self:
            autopay.message_lang = autopay._case().message_lang

    # -- give ------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Note the consent of customers: ``partner_id``, ``payment_token_id``, perhaps
        ``company_id`` and ``announce_days``; the rest is filled in.

        :raise UserError: the saved means is not the customer's, or not of this company
        """
        self.check_access("create")
        made = self.browse()
        for vals in vals_list:
            autopay = super().create([{**vals, **self._fixed_values(vals)}])
            autopay.sudo()._begin()
            made |= autopay
        return made

    @api.model
    def _fixed_values(self, vals):
        """sudo: whoever may read tokens is the payment app's matter; the mandate names its
        customer's only."""
        company = self.env["res.company"].browse(vals.get("company_id") or self.env.company.id)
        partner = self.env["res.partner"].browse(vals.get("partner_id")).exists()
        token = self.env["payment.token"].sudo().browse(vals.get("payment_token_id")).exists()
        debtor = partner._recovery_debtor() if partner else partner
        if not debtor or token not in self._tokens(debtor, company):
            raise UserError(
                self.env._("Choose a card or account that this customer saved with this company.")
            )
        today, days = company._recovery_today(), vals.get("announce_days")
        return {
            "partner_id": debtor.id,
            "company_id": company.id,
            "means": token.display_name,
            "date_given": today,
            "date_active": today,
            "date_revoked": False,
            "announce_days": company.recovery_autopay_days if days is None else days,
        }

    @api.model
    def _tokens(self, debtor, company):
        """The saved cards and accounts of a customer that this company can debit.

        sudo: the payment app lets people read their own only.
        """
        return (
            self.env["payment.token"]
            .sudo()
            .search(
                Domain("partner_id.commercial_partner_id", "=", debtor.commercial_partner_id.id)
                & Domain("company_id", "parent_of", company.ids)
                & Domain("provider_id.state", "!=", "disabled")
            )
        )

    def _begin(self):
        self._log_step("active")
        self._sync_holds()

    def write(self, vals):
        by_hand = not (self.env.su or self._is_set_state())
        if by_hand and not vals.keys() <= WRITABLE:
            raise UserError(
                self.env._("What the customer agreed to is fixed: revoke it and note another one.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A consent is kept: revoke it when it holds no longer."))

    # -- end -------------------------------------------------------------------------------

    def action_revoke(self):
        """The customer revokes it: nothing more is debited, and what is open is demanded."""
        self.check_access("write")
        for autopay in self.sudo():
            today = autopay.company_id._recovery_today()
            autopay._set_state("revoked", date_revoked=today, reason=False)
            autopay._ended("revoked")
        return True

    def action_resume(self):
        """The card or account works again: debits are announced again.

        :raise UserError: it can't be debited any more
        """
        self.check_access("write")
        for autopay in self.sudo():
            if not autopay._can_be_debited():
                raise UserError(
                    self.env._("%s can't be debited any more: ask for another.", autopay.means)
                )
            today = autopay.company_id._recovery_today()
            autopay._set_state("active", date_active=today, reason=False)
            autopay._begin()
        return True

    def _suspend(self, reason):
        """It rests until a person looks: nothing is debited, what is open is demanded again."""
        self._set_state("suspended", reason=reason)
        self._ended("suspended")
        self._tell_owner(self.env._("%s can't be debited", self.display_name), reason)

    def _ended(self, outcome):
        waiting = self.attempt_ids.filtered(lambda attempt: attempt.state == "announced")
        waiting._cancel(self.env._("The automatic payment ended."))
        self._sync_holds()
        self._log_step(outcome)

    def _can_be_debited(self):
        token = self.payment_token_id
        return bool(token.active and token.provider_id.state != "disabled")

    # -- who hears of it -------------------------------------------------------------------

    def _case(self):
        return self.partner_id._recovery_case(self.company_id)

    def _tell_owner(self, summary, text):
        """One task for the owner of the case; not twice while it waits."""
        case = self._case()
        if summary not in case.activity_ids.mapped("summary"):
            case._plan_activity(self.env.ref("mail.mail_activity_data_todo"), summary, text)

    def _log_step(self, outcome, text="", **details):
        """sudo: the log is written by everybody and by nobody's choice."""
        entry = {
            "case": self._case(),
            "direction": "note",
            "channel": "system",
            "kind": "autopay",
            "outcome": outcome,
            "reference": self.means,
            "text": text,
            "details": details,
        }
        self.env["recovery.interaction"].sudo()._log([entry])
