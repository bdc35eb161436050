from datetime import timedelta
from itertools import pairwise

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..calc import escalation

# The order in which a level tries what is switched on; the call is not an alternative but on top.
CHANNELS = ("email", "sms", "letter", "call")
TONES = [("gentle", "Gentle"), ("firm", "Firm"), ("formal", "Formal")]


class DunningLevel(models.Model):
    """One step of a policy: when an item reaches it and what happens then."""

    _name = "dunning.level"
    _description = "Dunning Level"
    _inherit = ["dunning.level.fee"]
    _order = "policy_id, sequence, delay_days, id"

    policy_id = fields.Many2one("dunning.policy", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="policy_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True, translate=True)
    tone = fields.Selection(TONES, default="gentle", required=True)
    delay_days = fields.Integer(
        string="Days", required=True, help="Days after the due date; negative: before it."
    )
    basis = fields.Selection(
        [("due_date", "After the due date"), ("previous_notice", "After the previous notice")],
        default="due_date",
        required=True,
    )
    min_amount = fields.Monetary(
        string="Smallest amount", help="The customer's items at this level must reach this sum."
    )
    min_percent = fields.Float(
        string="Smallest share",
        digits=(16, 4),
        help="… and this share of all its open items (0.10 = 10 %).",
    )
    send_email = fields.Boolean(string="E-mail", default=True)
    print_letter = fields.Boolean(string="Letter")
    call = fields.Boolean(help="Also plans a call for the owner of the case.")
    activity_type_id = fields.Many2one(
        "mail.activity.type",
        string="Activity",
        default=lambda self: self.env.ref("mail.mail_activity_data_call", False),
    )
    mail_template_id = fields.Many2one(
        "mail.template",
        string="Template",
        domain="[('model', '=', 'dunning.notice')]",
        compute="_compute_mail_template_id",
        store=True,
        readonly=False,
        ondelete="restrict",
    )
    call_script = fields.Html(
        translate=True, help="What to say on the call: shown on the activity, under the figures."
    )
    attach_invoices = fields.Boolean(
        string="Attach invoices", help="The overdue invoices, to e-mails and letters."
    )
    new_due_days = fields.Integer(
        string="Days to pay", default=10, help="From the day the notice goes out to its pay-by day."
    )
    fee_band_ids = fields.One2many(
        "dunning.level.fee.band", "level_id", string="Fee bands", copy=True
    )
    is_internal = fields.Boolean(
        string="Internal", help="Shows the customer in our list and sends nothing."
    )
    refer = fields.Boolean(string="Referral", help="From here a referral may be considered.")

    _not_negative = models.Constraint(
        "CHECK(min_amount >= 0 AND min_percent >= 0 AND min_percent <= 1 AND new_due_days >= 0)",
        "The amounts, shares (0 to 1) and days of a level can't be negative.",
    )

    _fee_not_negative = models.Constraint(
        "CHECK(fee_amount >= 0 AND fee_percent >= 0 AND fee_percent <= 1"
        " AND fee_minimum >= 0 AND fee_maximum >= 0"
        " AND (fee_maximum = 0 OR fee_maximum >= fee_minimum))",
        "The fee of a level can't be negative, its share is from 0 to 1, and the most it may come "
        "to is not below the least.",
    )

    @api.depends("tone", "delay_days", "send_email", "print_letter")
    def _compute_mail_template_id(self):
        for level in self:
            if (level.send_email or level.print_letter) and not level.mail_template_id:
                level.mail_template_id = level._default_template()

    def _default_template(self):
        """The shipped template of this tone: before the due date, or the first reminder."""
        step = "predue" if self.delay_days < 0 else "reminder1"
        tone = self.tone or "gentle"
        return self.env.ref(f"overdue_recovery.mail_template_{step}_{tone}", False)

    def _letter_template(self):
        """The template whose sentences a letter of this level has, without the e-mail around."""
        return self.mail_template_id or self._default_template()

    @api.constrains("sequence", "delay_days", "basis", "policy_id", "active")
    def _check_ladder(self):
        for policy in self.policy_id:
            policy.level_ids.filtered("active")._check_order()

    def _check_order(self):
        """Refuse duplicate steps and steps that go back in time."""
        for before, after in pairwise(self.sorted(lambda lv: (lv.sequence, lv.delay_days, lv.id))):
            if after.basis == "due_date" and after.delay_days <= before.delay_days:
                raise ValidationError(
                    self.env._(
                        "Policy “%(policy)s”: level “%(after)s” (day %(after_days)s) comes after "
                        "“%(before)s” (day %(before_days)s) and must be later. "
                        "Change the days or the order.",
                        policy=after.policy_id.name,
                        after=after.name,
                        after_days=after.delay_days,
                        before=before.name,
                        before_days=before.delay_days,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_only_unused(self):
        for level in self._used():
            raise UserError(
                self.env._(
                    "Level “%(level)s” of policy “%(policy)s” was reached by items or stands on "
                    "notices, so it can't be deleted. Archive it instead.",
                    level=level.display_name,
                    policy=level.policy_id.display_name,
                )
            )

    def _used(self):
        """Those of these levels that a notice or an item knows.

        sudo: a notice of a company that the user can't see uses a level too.
        """
        keys = [
            ("dunning.notice", "level_id"),
            ("dunning.notice.line", "level_id"),
            ("dunning.item", "level_id"),
            ("dunning.item", "start_level_id"),
        ]
        used = self.browse()
        for model, name in keys:
            groups = self.env[model].sudo()._read_group([(name, "in", self.ids)], [name])
            used |= used.union(*(level for (level,) in groups))
        return used

    @api.constrains("send_email", "print_letter", "call", "is_internal", "mail_template_id")
    def _check_channel(self):
        for level in self:
            if level.send_email and not level.mail_template_id and not level.is_internal:
                raise ValidationError(
                    self.env._(
                        "Level “%(level)s” sends an e-mail: choose its template.", level=level.name
                    )
                )
            if not level._channels() and not level.is_internal:
                raise ValidationError(
                    self.env._(
                        "Level “%(level)s” would tell nobody: choose a channel, or mark it "
                        "internal.",
                        level=level.name,
                    )
                )

    def _channels(self):
        """Channels of this level: the alternatives e-mail, SMS, letter in this order, then the
        call, which is on top. Empty for an internal level."""
        self.ensure_one()
        if self.is_internal:
            return []
        switches = self._channel_switches()
        return [channel for channel in CHANNELS if switches.get(channel)]

    def _channel_switches(self):
        """{channel: whether this level uses it}. Seam: a glue addon adds its channel's switch."""
        return {"email": self.send_email, "letter": self.print_letter, "call": self.call}

    def _alternatives(self, preferred=False):
        """The channels that write, of which one is used: the preferred one first, if it is on."""
        written = [channel for channel in self._channels() if channel != "call"]
        return sorted(written, key=lambda channel: channel != preferred)

    def _channel_for(self, partner, reachable):
        """The channel on which this level writes to ``partner``, of the codes in ``reachable``;
        False for an internal level, or when none reaches it."""
        self.ensure_one()
        order = [*self._alternatives(partner.recovery_channel), *self._channels()]
        return next((channel for channel in order if channel in reachable), False)

    def _purpose(self):
        """What a message of this level is for: a reminder before the due date is no demand yet."""
        return "reminder" if self.delay_days < 0 else "demand"

    def _pay_by(self, day, partner, date_due, letter=False):
        """The day until which an item on a notice of ``day`` may be paid without a further step.

        :param date_due: the item's own maturity: what a reminder before it prints
        :return: hand-over day + days to pay (+ postal days), moved forward to a working day of
            the recipient's country
        """
        if self.delay_days < 0:
            return max(day, date_due)
        days = self.new_due_days + (self.policy_id.postal_days if letter else 0)
        return partner._recovery_working_day(day + timedelta(days=days))

    def _fact(self):
        """This level as ``calc.escalation.Level``."""
        self.ensure_one()
        return escalation.Level(
            key=self.id,
            sequence=self.sequence,
            delay_days=self.delay_days,
            basis=self.basis,
            # by the policy: each level would work its currency out anew
            min_amount=round(self.min_amount / self.policy_id.currency_id.rounding),
            min_percent=self.min_percent,
        )
