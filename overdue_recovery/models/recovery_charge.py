from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

KINDS = [("fee", "Reminder fee"), ("fixed_sum", "Fixed sum"), ("interest", "Interest")]
# A charge in one of these states counts: its sum was once, or may still be, claimed.
LIVE = ("draft", "posted", "waived")


class RecoveryCharge(models.Model):
    """What being late costs a customer: a fee, a fixed sum, or the interest of some days.

    Draft until its notice is handed over; then an invoice is posted for it, and whatever ends it
    later is a credit note: nothing that was asked for disappears. ``proof`` holds all that its
    amount was computed from, so that anybody can compute it again.

    Interest runs over ``(date_from, date_to]``: ``date_from`` is the due date or the last day
    claimed before. Waived days stay claimed; those of a reversed charge may be charged again.
    """

    _name = "recovery.charge"
    _description = "Charge"
    _inherit = [
        "recovery.state.mixin",
        "recovery.charge.facts",
        "recovery.charge.rule",
        "recovery.charge.interest",
        "recovery.charge.posting",
        "recovery.charge.credit",
        "recovery.charge.daily",
        "recovery.charge.text",
        "recovery.charge.log",
    ]
    _order = "date desc, id desc"
    _check_company_auto = True

    _transitions = {
        "draft": {"posted", "cancelled"},
        "posted": {"waived", "reversed"},
        "waived": set(),
        "reversed": set(),
        "cancelled": set(),
    }

    notice_id = fields.Many2one(
        "dunning.notice", required=True, index=True, readonly=True, ondelete="cascade"
    )
    case_id = fields.Many2one(related="notice_id.case_id")
    company_id = fields.Many2one("res.company", required=True, index=True, readonly=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        index=True,
        readonly=True,
        ondelete="restrict",
    )
    kind = fields.Selection(KINDS, required=True, readonly=True)
    move_line_id = fields.Many2one(
        "account.move.line",
        string="Item",
        index="btree_not_null",
        readonly=True,
        ondelete="set null",
    )
    item_key = fields.Integer(
        readonly=True, index=True, help="Id of the item, kept when the item itself is gone."
    )
    item_name = fields.Char(string="Document", readonly=True)
    date = fields.Date(readonly=True, required=True, help="Day on which it was charged.")
    date_from = fields.Date(
        string="After", readonly=True, help="Due date, or last day claimed before. Not included."
    )
    date_to = fields.Date(string="Until", readonly=True, help="Last day claimed, included.")
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    amount = fields.Monetary(readonly=True)
    amount_waived = fields.Monetary(string="Waived", readonly=True, copy=False)
    amount_left = fields.Monetary(
        string="Left", compute="_compute_amount_left", help="After what was waived or credited."
    )
    law_id = fields.Many2one("recovery.law", readonly=True, index="btree_not_null")
    proof = fields.Json(readonly=True, help="All that the amount was computed from.")
    explanation = fields.Char(string="How", compute="_compute_explanation")
    proof_text = fields.Text(string="Proof in words", compute="_compute_proof_text")
    move_id = fields.Many2one(
        "account.move",
        string="Charge invoice",
        index="btree_not_null",
        readonly=True,
        copy=False,
        ondelete="set null",
    )
    payment_state = fields.Selection(related="move_id.payment_state")
    waiver_ids = fields.One2many("recovery.charge.waiver", "charge_id", string="Waivers")
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("posted", "Posted"),
            ("waived", "Waived"),
            ("reversed", "Reversed"),
            ("cancelled", "Cancelled"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )

    # by the item's number: a key that becomes empty with its item would hinder the accountant
    _once = models.UniqueIndex(
        "(notice_id, kind, item_key, date_from) NULLS NOT DISTINCT"
        " WHERE state NOT IN ('cancelled', 'reversed')",
        "A notice charges the same thing only once.",
    )
    _span_begins_once = models.UniqueIndex(
        "(item_key, date_from) WHERE kind = 'interest' AND state NOT IN ('cancelled', 'reversed')",
        "Interest on these days was charged already.",
    )
    _span_ends_once = models.UniqueIndex(
        "(item_key, date_to) WHERE kind = 'interest' AND state NOT IN ('cancelled', 'reversed')",
        "Interest on these days was charged already.",
    )
    _sum_once = models.UniqueIndex(
        "(item_key) WHERE kind = 'fixed_sum' AND state NOT IN ('cancelled', 'reversed')",
        "The fixed sum of an item is charged only once.",
    )
    _amounts = models.Constraint(
        "CHECK(amount > 0 AND amount_waived >= 0 AND amount_waived <= amount)",
        "A charge is above zero, and no more of it can be waived than it comes to.",
    )

    @api.depends("amount", "amount_waived", "state")
    def _compute_amount_left(self):
        for charge in self:
            is_asked = charge.state in ("draft", "posted")
            charge.amount_left = is_asked and charge.amount - charge.amount_waived

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        for charge in self.filtered(lambda charge: charge.state != "draft"):
            raise UserError(
                self.env._(
                    "%(charge)s was charged to the customer and stays as its record. Waive it "
                    "instead.",
                    charge=charge.display_name,
                )
            )

    @api.model
    def _live_domain(self):
        """Charges that count: neither cancelled nor reversed."""
        return Domain("state", "in", LIVE)

    def _units(self, amount=None):
        """``amount`` (default: the charge's own) in rounding units of its currency."""
        return round((self.amount if amount is None else amount) / self.currency_id.rounding)

    def _after_state(self, target):
        if target in ("waived", "reversed"):
            waiting = self.waiver_ids.filtered(lambda waiver: waiver.state == "requested")
            waiting._set_state("refused")
        return super()._after_state(target)

    def _differ_from(self, computed):
        """Whether these drafts are not what was computed.

        :param computed: [values of recovery.charge]
        """
        names = ("kind", "item_key", "date", "date_from", "amount", "proof")
        own = [[draft[name] or False for name in names] for draft in self]
        new = [[values.get(name) or False for name in names] for values in computed]
        return len(own) != len(new) or any(one not in new for one in own)

    # -- a person's acts -------------------------------------------------------------------

    def action_waive(self, reason, amount=None):
        """Give these charges up, or ``amount`` of each. Their days stay claimed.

        Above the company's limit another manager approves first.

        :param reason: why; required
        :param amount: in the charge's currency; None: all that is left
        :return: recovery.charge.waiver
        :raise UserError: not posted, no reason, or more than is left
        """
        return self.env["recovery.charge.waiver"]._ask(self, "waive", reason, amount)

    def action_reverse(self, reason):
        """Take these charges back whole: they should not have been made. Days of interest may be
        charged again, so only the last span of an item can be reversed.

        :return: recovery.charge.waiver
        :raise UserError: as `action_waive`, or a later span is charged
        """
        return self.env["recovery.charge.waiver"]._ask(self, "reverse", reason)

    def action_open_move(self):
        """Open the charge invoice."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "res_id": self.move_id.id,
            "view_mode": "form",
        }

    def action_open_notice(self):
        """Open the notice that told the customer of it."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "dunning.notice",
            "res_id": self.notice_id.id,
            "view_mode": "form",
        }
