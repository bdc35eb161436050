from odoo import api, fields, models
from odoo.exceptions import UserError

from .dunning_message_batch import demanded_by_currency

DEAD = ("skipped", "cancelled")
# What the engine writes; a person edits the note and nothing else.
ENGINE_FIELDS = frozenset(
    [
        "name",
        "run_id",
        "case_id",
        "company_id",
        "partner_id",
        "level_id",
        "date",
        "date_due",
        "amount_demanded",
        "is_merged",
        "reason",
        "line_ids",
        "delivery_ids",
        "charge_ids",
        "amount_charges",
    ]
)


class DunningNotice(models.Model):
    """What one customer is told by one run: every item on it, at its own level.

    Figures are those of the proposal until a delivery is handed over; then they are brought up
    to date once more and stay as the customer got them.
    """

    _name = "dunning.notice"
    _description = "Dunning Notice"
    _inherit = [
        "recovery.state.mixin",
        "dunning.notice.draft",
        "dunning.notice.issue",
        "dunning.notice.batch",
        "dunning.notice.history",
        "dunning.notice.placeholder",
        "dunning.notice.link",
        "dunning.notice.message",
        "dunning.notice.delivery",
        "dunning.notice.letter",
        "dunning.notice.attachment",
        "dunning.notice.screen",
        "dunning.notice.gate",
        "dunning.notice.charge",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "date desc, id desc"

    _transitions = {
        "proposed": {"issued", "skipped", "cancelled"},
        "issued": {"sent", "failed", "skipped", "cancelled"},
        "failed": {"issued", "cancelled"},
        "sent": {"failed", "cancelled"},
        "skipped": set(),
        "cancelled": set(),
    }

    name = fields.Char(string="Reference", readonly=True, copy=False, index="trigram")
    run_id = fields.Many2one("dunning.run", required=True, index=True, ondelete="cascade")
    case_id = fields.Many2one("recovery.case", index="btree_not_null", ondelete="set null")
    company_id = fields.Many2one("res.company", required=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one(
        "res.partner", string="Customer", required=True, index=True, ondelete="restrict"
    )
    level_id = fields.Many2one("dunning.level", required=True, index=True, ondelete="restrict")
    policy_id = fields.Many2one(related="level_id.policy_id")
    tone = fields.Selection(related="level_id.tone")
    date = fields.Date(help="Day of hand-over; before it, of the proposal.", index=True)
    date_due = fields.Date(string="Pay by")
    state = fields.Selection(
        [
            ("proposed", "Proposed"),
            ("issued", "Issued"),
            ("sent", "Sent"),
            ("failed", "Failed"),
            ("skipped", "Skipped"),
            ("cancelled", "Cancelled"),
        ],
        default="proposed",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
    reason = fields.Char(help="Why it was skipped, cancelled or failed.", copy=False)
    is_merged = fields.Boolean(
        readonly=True, default=False, required=True, help="Its customer was merged with another."
    )
    personal_note = fields.Text(help="Your own paragraph, printed above the items.")
    line_ids = fields.One2many("dunning.notice.line", "notice_id", string="Items")
    delivery_ids = fields.One2many("dunning.delivery", "notice_id", string="Deliveries")
    charge_ids = fields.One2many("recovery.charge", "notice_id", string="Charges", readonly=True)
    amount_charges = fields.Monetary(
        string="Charges included",
        readonly=True,
        copy=False,
        help="What this notice itself charges, in the company's currency; a part of what it "
        "demands.",
    )
    amount_demanded = fields.Monetary(string="Demanded", help="After credits, company currency.")

    _one_per_customer = models.UniqueIndex(
        "(run_id, partner_id) WHERE state NOT IN ('skipped', 'cancelled') AND NOT is_merged",
        "A customer gets one notice in a run.",
    )

    def write(self, vals):
        by_hand = not self.env.su and not self._is_set_state()
        if by_hand and not ENGINE_FIELDS.isdisjoint(vals):
            raise UserError(
                self.env._(
                    "A notice shows what the ledger says. Write a personal note, skip it, or "
                    "change the invoice."
                )
            )
        if "personal_note" in vals:
            self.delivery_ids.sudo()._forget_messages()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_without_history(self):
        for notice in self.filtered(lambda notice: notice.state in ("issued", "sent", "failed")):
            raise UserError(
                self.env._(
                    "Notice %(notice)s was issued and stays as its record. Cancel it instead.",
                    notice=notice.display_name,
                )
            )

    # -- figures -----------------------------------------------------------------------------

    def _totals(self):
        """{currency: net sum demanded} over the lines of these notices and what they charge, in
        each currency."""
        return demanded_by_currency(self.line_ids, self._told_charges())

    # -- a person's acts ---------------------------------------------------------------------

    def action_skip(self, reason=None):
        """Leave these customers out of their run. Neither level nor cycle changes.

        :param reason: shown on the notice and in the log; required
        """
        if not isinstance(reason, str) or not reason.strip():
            raise UserError(self.env._("Say why this notice is skipped."))
        self.check_access("write")
        notices = self.sudo()
        notices.delivery_ids._cancel_open()
        notices._set_state("skipped", reason=reason.strip())
        return True

    def action_retry(self):
        """Try failed notices again: their failed deliveries are queued once more, after a fresh
        look at what is due."""
        self.check_access("write")
        self.sudo()._try_again()
        return True

    def action_cancel(self):
        """Cancel these notices; what was handed over sets its items back (see `_cancel`)."""
        self.check_access("write")
        self.sudo()._cancel(self.env._("Cancelled by %s.", self.env.user.name))
        return True

    def _cancel(self, reason):
        """Cancel what can be cancelled. After a hand-over the items go back to their level before
        this notice, in a new cycle; before it nothing changes."""
        chosen = self.filtered(lambda notice: "cancelled" in self._transitions[notice.state])
        handed_over = chosen.filtered(lambda notice: notice.state == "sent")
        chosen.delivery_ids._cancel_open()
        before = handed_over._levels_before()
        chosen._set_state("cancelled", reason=reason)
        for item, (level, day, pay_by) in before.items():
            item._restart_at(level, day, pay_by)

    def _levels_before(self):
        """{item: (level, date, pay-by)} that the items of these sent notices had before them."""
        rising = self.line_ids.filtered(lambda line: line.kind == "rising" and line.move_line_id)
        items = self.env["dunning.item"]._ensure(rising.move_line_id)
        earlier = self.env["dunning.notice.line"].search(
            [
                ("move_line_id", "in", rising.move_line_id.ids),
                ("kind", "=", "rising"),
                ("live", "=", True),
                ("notice_id.state", "=", "sent"),
                ("notice_id", "not in", self.ids),
            ],
            order="id",
        )
        newest = {(line.move_line_id, line.cycle): line for line in earlier}
        before = {}
        for item in items:
            line = newest.get((item.move_line_id, item.cycle))
            if line:
                before[item] = line.level_id, line.notice_id.date, line.pay_by
            else:
                before[item] = item.start_level_id, item.start_date, item.start_due_date
        return before

    def _after_state(self, target):
        if target in DEAD:
            self.line_ids.sudo().write({"live": False})
        if target in (*DEAD, "failed"):
            self._credit_charges()
            self.env["recovery.link"]._revoke([("notice_id", "in", self.ids)])
        if target == "failed":
            items = self.env["dunning.item"].search(
                [("move_line_id", "in", self.line_ids.move_line_id.ids)]
            )
            items._rebuild()
        self.env["recovery.case.dirty"]._put(self.case_id)
        return super()._after_state(target)
