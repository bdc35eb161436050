from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import plaintext2html

from ..models.recovery_case_call import LOGGED
from ..models.recovery_contact_facts import NO_ANSWER, TALKED, Request


class RecoveryCallLog(models.TransientModel):
    """Make or log a call: whether the customer may be called now, the number if so, the level's
    script, and afterwards how it ended and what comes next.

    A call that took place is logged whatever the gate said; its verdict stands in the entry.
    """

    _name = "recovery.call.log"
    _description = "Log a Call"
    _inherit = ["recovery.late.reason.ask"]

    case_id = fields.Many2one("recovery.case", required=True, readonly=True)
    partner_id = fields.Many2one(related="case_id.partner_id", string="Customer")
    company_id = fields.Many2one(related="case_id.company_id")
    currency_id = fields.Many2one(related="case_id.currency_id")
    amount_overdue = fields.Monetary(related="case_id.amount_overdue")
    notice_id = fields.Many2one("dunning.notice", readonly=True)
    activity_id = fields.Many2one("mail.activity", string="Planned call", readonly=True)
    direction = fields.Selection(
        [("out", "We called"), ("in", "The customer called")], default="out", required=True
    )
    purpose = fields.Selection(
        [("demand", "What is overdue"), ("answer", "The customer asked to be called")],
        string="About",
        compute="_compute_purpose",
        store=True,
        readonly=False,
    )
    recipient_id = fields.Many2one(
        "res.partner",
        string="With",
        domain="[('id', 'child_of', partner_id)]",
        compute="_compute_recipient_id",
        store=True,
        readonly=False,
    )
    may_call = fields.Boolean(compute="_compute_verdict")
    verdict = fields.Char(compute="_compute_verdict", help="What the contact gate says now.")
    phone = fields.Char(compute="_compute_verdict", string="Number")
    script = fields.Html(compute="_compute_script")
    outcome_id = fields.Many2one("recovery.call.outcome")
    is_conversation = fields.Boolean(related="outcome_id.is_conversation")
    duration = fields.Integer(string="Minutes")
    note = fields.Text(string="What was said")
    next_step = fields.Selection(
        selection=lambda self: self._next_steps(),
        compute="_compute_next_step",
        store=True,
        readonly=False,
    )
    follow_up_date = fields.Date(
        string="On", compute="_compute_follow_up_date", store=True, readonly=False
    )

    @api.model
    def _next_steps(self):
        field = self.env["recovery.call.outcome"]._fields["next_step"]
        return field._description_selection(self.env)

    @api.depends("case_id")
    def _compute_purpose(self):
        """Who waits for our answer is answered."""
        for wizard in self:
            waits = bool(wizard.case_id) and wizard.case_id._reply_activities()
            wizard.purpose = "answer" if waits else "demand"

    @api.depends("case_id")
    def _compute_recipient_id(self):
        for wizard in self:
            reached = wizard.partner_id and wizard.partner_id._recovery_recipients("call")
            wizard.recipient_id = (reached or wizard.partner_id)[:1]

    @api.depends("recipient_id", "purpose", "direction")
    def _compute_verdict(self):
        """The number is shown only when the person may be called now."""
        gate = self.env["recovery.contact.gate"]
        for wizard in self:
            verdict = wizard._ask_gate()
            wizard.may_call = bool(verdict) and verdict.decision == "send"
            wizard.verdict = verdict and gate._announcement(verdict)
            wizard.phone = wizard.may_call and wizard.recipient_id.phone

    def _ask_gate(self):
        """The gate's verdict on this call; None when the customer calls."""
        if self.direction != "out" or not self.recipient_id:
            return None
        request = Request(
            recipient=self.recipient_id,
            channel="call",
            purpose=self.purpose,
            company=self.company_id,
            debtor=self.partner_id,
            key=self.notice_id.name or "",
        )
        gate = self.env["recovery.contact.gate"]
        return gate._verdicts([request], fields.Datetime.now())[0]

    @api.depends("notice_id", "case_id")
    def _compute_script(self):
        """The script of the notice's level, else of the level that the customer has reached."""
        for wizard in self:
            level = wizard.notice_id.level_id or wizard.case_id.dunning_level_id
            wizard.script = level.call_script

    @api.depends("outcome_id")
    def _compute_next_step(self):
        for wizard in self:
            wizard.next_step = wizard.outcome_id.next_step

    @api.depends("outcome_id")
    def _compute_follow_up_date(self):
        for wizard in self:
            days = wizard.outcome_id.days
            today = wizard.company_id._recovery_today() if days else None
            wizard.follow_up_date = days and wizard.partner_id._recovery_add_working_days(
                today, days
            )

    @api.model
    def _open_for(self, case, notice=None, activity=None):
        """The dialog for a call with the customer of this case.

        :param notice: dunning.notice that it is about
        :param activity: mail.activity that planned it; default: of the planned calls the newest
        """
        case.check_access("write")
        planned = case._planned_calls()
        if notice:
            planned = planned.filtered(lambda one: one.notice_id == notice)
        if activity:
            planned = planned.filtered(lambda one: one.activity_id == activity)
        wizard = self.create(
            {
                "case_id": case.id,
                "notice_id": (notice or planned[:1].notice_id).id,
                "activity_id": (activity or planned[:1].activity_id).id,
                "late_reason_id": self._known_reason(case),
            }
        )
        view = self.env.ref("overdue_recovery.recovery_call_log_view_form")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Log a Call"),
            "res_model": self._name,
            "res_id": wizard.id,
            "views": [(view.id, "form")],
            "target": "new",
        }

    def action_log(self):
        """Write the call down, finish the one that was planned, and go on with the next step.

        :raise UserError: how the call ended is not said
        """
        self.ensure_one()
        self.case_id.check_access("write")
        if not self.outcome_id:
            raise UserError(self.env._("Say how the call ended."))
        self._log_this_call()
        self._note_reason()
        if self.follow_up_date:
            self.case_id.follow_up_date = self.follow_up_date
        planned = self.activity_id.with_context(recovery_call_logged=LOGGED)
        planned.filtered("active").action_feedback(feedback=self.outcome_id.name)
        return self._go_on() or {"type": "ir.actions.act_window_close"}

    def _log_this_call(self):
        verdict = self._ask_gate()
        details = {"outcome": self.outcome_id.code, "minutes": self.duration}
        if verdict:
            details["gate"] = [verdict.decision, *verdict.reasons]
        planned = self.case_id._planned_calls().filtered(
            lambda one: one.activity_id == self.activity_id
        )
        self.case_id._log_call(
            planned,
            self.notice_id,
            direction=self.direction,
            outcome=TALKED if self.is_conversation else NO_ANSWER,
            purpose=self.purpose if self.direction == "out" else "none",
            names=self.recipient_id.complete_name or "",
            address=self.recipient_id.phone or "",
            subject=self.outcome_id.name,
            text=self.note or "",
            details=details,
        )

    def _go_on(self):
        """Do the next step; a dialog to go on with, or None. Seam: extend with further steps."""
        case, day = self.case_id, self.follow_up_date
        words = plaintext2html(self.note or self.outcome_id.name)
        if self.next_step == "call":
            case._call_again(day, words)
        elif self.next_step == "task":
            case._look_after(day, words)
        elif self.next_step == "wait":
            case._wait_for_money(day)
        dialogs = {
            "promise": case.action_promise,
            "dispute": case.action_dispute,
            "offer": case.action_offer,
            "hardship": case.action_hardship,
        }
        return self.next_step in dialogs and dialogs[self.next_step]()
