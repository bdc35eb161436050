from odoo import api, fields, models
from odoo.tools import SQL

# The order in which causes are worked: whoever waits for us comes first. Others: see _LAST.
RANKS = {
    "reply": 10,
    "request": 20,
    "returned": 25,
    "broken_promise": 30,
    "dispute": 40,
    "failed": 50,
    "unknown": 55,
    "review": 60,
    "address": 70,
    "phonecall": 75,
    "key_account": 78,
    "follow_up": 80,
    "held": 95,
}
_LAST = 90
# A person's later follow-up date does not put these off: somebody waits for an answer.
WAITING_FOR_US = ("reply", "request")


class RecoveryToday(models.Model):
    """One row for each customer that needs a person today, with every reason why.

    Nothing is stored: the rows are the open tasks, failed messages and follow-up dates themselves.
    A follow-up date that a person has set for later puts a customer off until then, except where
    the customer waits for an answer. The id of a row is the id of its case.

    Seam: ``_sources()`` lists the statements that find causes; ``_labels()`` names their codes.
    """

    _name = "recovery.today"
    _description = "Customer That Needs a Person Today"
    _inherit = ["recovery.deputy.mixin"]
    _auto = False
    _order = "rank, deadline, id"
    _rec_name = "partner_id"

    case_id = fields.Many2one("recovery.case", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    user_id = fields.Many2one("res.users", string="Owner")
    follow_up_date = fields.Date(help="Not before this day; comes before the computed next step.")
    reason = fields.Char(string="Reason code", readonly=True, help="The most urgent one.")
    reason_name = fields.Char(compute="_compute_reason_name", string="Why")
    text = fields.Char(string="What", readonly=True)
    rank = fields.Integer(readonly=True)
    since = fields.Date(readonly=True)
    deadline = fields.Date(readonly=True, string="By")
    count = fields.Integer(string="Reasons", readonly=True)
    state = fields.Selection(related="case_id.state")
    dunning_level_id = fields.Many2one(related="case_id.dunning_level_id")
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount_overdue = fields.Monetary(related="case_id.amount_overdue")
    phone = fields.Char(related="partner_id.phone")

    @api.depends("reason")
    @api.depends_context("lang")
    def _compute_reason_name(self):
        labels = self._labels()
        for row in self:
            row.reason_name = labels.get(row.reason, self.env._("Task"))

    @api.model
    def _labels(self):
        """Seam: words for the codes of causes; a code without a word is a task."""
        return {
            "reply": self.env._("Reply waiting"),
            "request": self.env._("Request"),
            "returned": self.env._("Payment returned"),
            "broken_promise": self.env._("Broken promise"),
            "dispute": self.env._("Dispute"),
            "failed": self.env._("Message failed"),
            "unknown": self.env._("Not known whether it arrived"),
            "held": self.env._("Message waits"),
            "review": self.env._("Review due"),
            "address": self.env._("No address"),
            "follow_up": self.env._("Follow-up"),
            "phonecall": self.env._("Call"),
            "key_account": self.env._("Key account"),
        }

    # -- where the rows come from -------------------------------------------------------------

    @property
    def _table_query(self):
        return SQL(
            """
            WITH found AS (%(sources)s),
                 ranked (code, rank) AS (VALUES %(ranks)s),
                 cause AS (
                     SELECT found.*, COALESCE(ranked.rank, %(last)s) AS rank
                       FROM found
                  LEFT JOIN ranked ON ranked.code = found.code
                 )
            SELECT kase.id, kase.id AS case_id, kase.partner_id, kase.company_id, kase.user_id,
                   kase.follow_up_date,
                   (ARRAY_AGG(cause.code ORDER BY cause.rank, cause.deadline))[1] AS reason,
                   STRING_AGG(DISTINCT NULLIF(cause.text, ''), ' · ') AS text,
                   MIN(cause.rank) AS rank, MIN(cause.since) AS since,
                   MIN(cause.deadline) AS deadline, COUNT(*)::int AS count
              FROM cause
              JOIN recovery_case kase ON kase.id = cause.case_id
             WHERE kase.date_closed IS NULL AND kase.active
               AND (kase.follow_up_date IS NULL OR kase.follow_up_date <= %(today)s
                    OR cause.code IN %(waiting)s)
          GROUP BY kase.id
            """,
            sources=SQL(" UNION ALL ").join(self._sources()),
            ranks=SQL(", ").join(SQL("(%s, %s)", *pair) for pair in RANKS.items()),
            last=_LAST,
            waiting=WAITING_FOR_US,
            today=self.env.company._recovery_today(),
        )

    @api.model
    def _sources(self):
        """Seam: the statements that find causes, each with the columns case_id, code, text,
        since and deadline (dates). Extend by ``super()``.
        """
        return [
            *(self._tasks_source(model) for model in self._task_models()),
            self._failed_source(),
            self._delivery_source(),
            self._follow_up_source(),
        ]

    def _task_models(self):
        """The models that have tasks and belong to a case, and cases themselves."""
        return [
            model
            for name, model in sorted(self.env.items())
            if name.startswith(("dunning.", "recovery."))
            and "activity_ids" in model._fields
            and (name == "recovery.case" or "case_id" in model._fields)
            and model._auto
            and not (model._abstract or model._transient)
        ]

    def _tasks_source(self, model):
        """Tasks on these records that are due; an answer also before its deadline. The code is
        the XML id of the kind of task, without its beginning."""
        return SQL(
            """
            SELECT record.%(case)s AS case_id,
                   COALESCE(REPLACE(kind.name, 'mail_activity_type_', ''),
                            type.category, 'task') AS code,
                   COALESCE(task.summary, type.name ->> 'en_US') AS text,
                   task.create_date::date AS since, task.date_deadline AS deadline
              FROM mail_activity task
              JOIN %(table)s record ON record.id = task.res_id
         LEFT JOIN mail_activity_type type ON type.id = task.activity_type_id
         LEFT JOIN ir_model_data kind
                ON kind.model = 'mail.activity.type' AND kind.module = 'overdue_recovery'
               AND kind.res_id = task.activity_type_id
             WHERE task.res_model = %(model)s AND task.active
               AND (task.date_deadline <= %(today)s OR kind.name IN %(answers)s)
            """,
            case=SQL.identifier("id" if model._name == "recovery.case" else "case_id"),
            table=SQL.identifier(model._table),
            model=model._name,
            answers=tuple(f"mail_activity_type_{code}" for code in WAITING_FOR_US),
            today=self.env.company._recovery_today(),
        )

    def _failed_source(self):
        """Notices that nobody got."""
        return SQL(
            """
            SELECT case_id, 'failed', COALESCE(reason, name), date, date
              FROM dunning_notice
             WHERE state = 'failed' AND case_id IS NOT NULL
            """
        )

    def _delivery_source(self):
        """Messages of which nobody knows whether they arrived, and messages that wait."""
        return SQL(
            """
            SELECT notice.case_id, delivery.state, COALESCE(delivery.reason, notice.name),
                   notice.date, COALESCE(delivery.hold_until::date, notice.date)
              FROM dunning_delivery delivery
              JOIN dunning_notice notice ON notice.id = delivery.notice_id
             WHERE delivery.state IN ('unknown', 'held') AND notice.state IN ('issued', 'sent')
            """
        )

    def _follow_up_source(self):
        return SQL(
            """
            SELECT id, 'follow_up', '', follow_up_date, follow_up_date
              FROM recovery_case
             WHERE follow_up_date <= %s AND date_closed IS NULL
            """,
            self.env.company._recovery_today(),
        )

    @api.model
    def _landing(self):
        """The first screen of the app: today's list, or the first steps while nothing was sent."""
        may_send = self.env["recovery.start"].has_access("create")
        begun = self.env.company._recovery_has_issued_run()
        name = "recovery_start_action" if may_send and not begun else "recovery_today_action"
        return self.env["ir.actions.act_window"]._for_xml_id(f"overdue_recovery.{name}")

    # -- what people do -----------------------------------------------------------------------

    # a row of a query has nothing that could be written
    def write(self, vals):  # pylint: disable=method-required-super
        """Owner and follow-up date belong to the case and are written there."""
        self.case_id.write(vals)
        self.invalidate_model()
        return True

    def action_send_now(self):
        """Send this customer what is due now."""
        return self.case_id.action_send_now()

    def action_log_call(self):
        """Open the dialog to make and log a call."""
        return self.case_id.action_log_call()

    def action_promise(self):
        """Open the dialog for a promise."""
        return self.case_id.action_promise()

    def action_plan(self):
        """Open the dialog for a payment plan."""
        return self.case_id.action_plan()

    def action_hold(self):
        """Open the dialog for a hold on this customer."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "overdue_recovery.recovery_hold_create_action"
        )
        context = {"active_model": "recovery.case", "active_id": self.id, "active_ids": self.ids}
        return {**action, "context": context}

    def action_postpone(self):
        """Not before next week: the follow-up date of these customers is in seven days."""
        for company, rows in self.grouped("company_id").items():
            day = fields.Date.add(company._recovery_today(), days=7)
            rows.case_id.follow_up_date = day
        self.invalidate_model()
        return True
