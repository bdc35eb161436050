from odoo import fields, models
from odoo.tools import SQL

from .recovery_claim import MONEY_DEPENDS


class RecoveryArrangementReport(models.Model):
    """What became of what customers promised: promises to pay, and payment plans that began.

    Received is money since the agreement was made, as its own form says it; received late is the
    part that came after the last day. Amounts are in company currency, at the rate of the day on
    which it was made. Even ids are promises, odd ones plans.
    """

    _name = "recovery.arrangement.report"
    _description = "Promises Kept"
    _auto = False
    _order = "date_due desc, id desc"
    _rec_name = "name"
    _depends = {
        **MONEY_DEPENDS,
        "recovery.case": ["user_id"],
        "recovery.claim": ["promise_id", "plan_id", "move_line_id", "baseline_money"],
        "recovery.plan": ["state", "date_activated", "amount_total", "amount_company"],
        "recovery.plan.installment": ["plan_id", "date_due"],
        "recovery.promise": ["state", "date_last", "amount", "amount_company"],
    }

    name = fields.Char(string="Number", readonly=True)
    kind = fields.Selection([("promise", "Promise"), ("plan", "Payment plan")], readonly=True)
    promise_id = fields.Many2one("recovery.promise", readonly=True)
    plan_id = fields.Many2one("recovery.plan", readonly=True)
    case_id = fields.Many2one("recovery.case", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    user_id = fields.Many2one("res.users", string="Owner", readonly=True)
    maker_id = fields.Many2one("res.users", string="Made by", readonly=True)
    date = fields.Date(string="Made on", readonly=True)
    date_due = fields.Date(string="Last day", readonly=True)
    outcome = fields.Selection(
        [
            ("kept", "Kept"),
            ("partly_kept", "Partly kept"),
            ("broken", "Broken"),
            ("open", "Open"),
            ("cancelled", "Cancelled"),
        ],
        readonly=True,
    )
    kept_rate = fields.Float(
        string="Kept (%)",
        readonly=True,
        aggregator="avg",
        help="Of those judged; what is open or was cancelled doesn't count.",
    )
    amount = fields.Monetary(string="Promised", currency_field="company_currency_id", readonly=True)
    amount_received = fields.Monetary(
        string="Received", currency_field="company_currency_id", readonly=True
    )
    amount_late = fields.Monetary(
        string="Received late", currency_field="company_currency_id", readonly=True
    )

    @property
    def _table_query(self):
        return SQL(
            """
            WITH made AS (%(promises)s UNION ALL %(plans)s),
                 money AS (
                     SELECT made.id, SUM(received.amount) AS amount,
                            SUM(received.amount) FILTER (WHERE received.day > made.date_due)
                                AS late
                       FROM made
                       JOIN (%(received)s) received
                         ON made.id = COALESCE(received.promise_id * 2, received.plan_id * 2 + 1)
                   GROUP BY made.id
                 )
            SELECT made.*, kase.user_id,
                   CASE WHEN made.outcome = 'kept' THEN 100.0
                        WHEN made.outcome IN ('partly_kept', 'broken') THEN 0.0
                        END AS kept_rate,
                   COALESCE(money.amount, 0) * made.rate AS amount_received,
                   COALESCE(money.late, 0) * made.rate AS amount_late
              FROM made
         LEFT JOIN money ON money.id = made.id
         LEFT JOIN recovery_case kase ON kase.id = made.case_id
            """,
            promises=self._promises_query(),
            plans=self._plans_query(),
            received=self.env["recovery.claim"]._received_query(),
        )

    def _promises_query(self):
        return SQL(
            """
            SELECT id * 2 AS id, name, 'promise' AS kind, id AS promise_id, NULL::int AS plan_id,
                   case_id, partner_id, company_id, user_id AS maker_id, date,
                   date_last AS date_due, state AS outcome, amount_company AS amount,
                   amount_company / amount AS rate
              FROM recovery_promise
            """
        )

    def _plans_query(self):
        return SQL(
            """
            SELECT plan.id * 2 + 1, plan.name, 'plan', NULL::int, plan.id, plan.case_id,
                   plan.partner_id, plan.company_id, plan.user_id, plan.date_activated,
                   schedule.date_due + plan.grace_days,
                   CASE plan.state WHEN 'completed' THEN 'kept' WHEN 'defaulted' THEN 'broken'
                        WHEN 'cancelled' THEN 'cancelled' ELSE 'open' END,
                   plan.amount_company, plan.amount_company / NULLIF(plan.amount_total, 0)
              FROM recovery_plan plan
         LEFT JOIN (SELECT plan_id, MAX(date_due) AS date_due
                      FROM recovery_plan_installment
                  GROUP BY plan_id) schedule ON schedule.plan_id = plan.id
             WHERE plan.date_activated IS NOT NULL
            """
        )

    def action_open_arrangement(self):
        """Open the promise or the plan of this row."""
        self.ensure_one()
        return (self.promise_id or self.plan_id)._action_form()
