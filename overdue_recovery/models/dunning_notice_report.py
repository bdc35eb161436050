from odoo import fields, models
from odoo.tools import SQL

from .recovery_claim import MONEY_DEPENDS
from .recovery_contact_facts import TALKED

#: Days after a notice up to which answers and money are counted, in order.
WITHIN = (7, 14, 30)


class DunningNoticeReport(models.Model):
    """What each notice brought: an answer, a promise, money. A row and its id are the notice's.

    What comes in belongs to the last notice before it, so nothing is counted twice: answers to the
    last one of the customer's case, promises and money to the last one that asked for the item.
    Only a notice that was sent and not recalled brings anything.

    Money is payments and bank lines matched with the items that the notice asked for; credit notes
    and write-offs are none. It counts from the day after the notice on, paid online from the day
    itself: a transfer of that day was on its way before. Amounts are in company currency, as the
    items were booked.
    """

    _name = "dunning.notice.report"
    _description = "Notices and Responses"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "notice_id"
    _depends = {
        **MONEY_DEPENDS,
        "dunning.notice": [
            "company_id",
            "partner_id",
            "case_id",
            "level_id",
            "date",
            "state",
            "amount_demanded",
        ],
        "dunning.notice.line": ["notice_id", "move_line_id", "kind"],
        "dunning.delivery": ["notice_id", "channel", "state", "sent_on"],
        "dunning.level": ["policy_id"],
        "recovery.case": ["user_id"],
        "recovery.charge": ["notice_id", "move_id"],
        "recovery.claim": ["promise_id", "move_line_id", "date"],
        "recovery.interaction": ["case_id", "date", "direction", "outcome"],
        "res.partner": ["country_id"],
    }

    notice_id = fields.Many2one("dunning.notice", readonly=True)
    case_id = fields.Many2one("recovery.case", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    country_id = fields.Many2one("res.country", readonly=True)
    user_id = fields.Many2one("res.users", string="Owner", readonly=True)
    policy_id = fields.Many2one("dunning.policy", readonly=True)
    level_id = fields.Many2one("dunning.level", readonly=True)
    channel = fields.Selection(
        [("email", "E-mail"), ("sms", "SMS"), ("letter", "Letter"), ("call", "Call")],
        readonly=True,
        help="The one that reached the customer first.",
    )
    date = fields.Date(readonly=True)
    status = fields.Selection(
        [
            ("sent", "Sent"),
            ("waiting", "On its way"),
            ("held", "Held"),
            ("failed", "Failed"),
            ("recalled", "Recalled"),
        ],
        readonly=True,
    )
    answered = fields.Selection(
        [
            ("7", "Within 7 days"),
            ("14", "Within 8 to 14 days"),
            ("30", "Within 15 to 30 days"),
            ("later", "Later"),
            ("never", "Not answered"),
        ],
        readonly=True,
        help="By mail, on the portal or on the telephone, before the next notice.",
    )
    days_to_answer = fields.Integer(readonly=True, aggregator="avg")
    answer_rate = fields.Float(string="Answered (%)", readonly=True, aggregator="avg")
    has_promise = fields.Boolean(string="Promise followed", readonly=True)
    promise_rate = fields.Float(string="Promise followed (%)", readonly=True, aggregator="avg")
    amount_demanded = fields.Monetary(
        string="Demanded", currency_field="company_currency_id", readonly=True
    )
    paid_7 = fields.Monetary(
        string="Paid in 7 days", currency_field="company_currency_id", readonly=True
    )
    paid_14 = fields.Monetary(
        string="Paid in 14 days", currency_field="company_currency_id", readonly=True
    )
    paid_30 = fields.Monetary(
        string="Paid in 30 days", currency_field="company_currency_id", readonly=True
    )
    paid = fields.Monetary(
        string="Paid before the next notice",
        currency_field="company_currency_id",
        readonly=True,
    )

    @property
    def _table_query(self):
        return SQL(
            """
            WITH told AS (%(told)s), asked AS (%(asked)s)
            SELECT notice.id, notice.id AS notice_id, notice.case_id, notice.company_id,
                   notice.partner_id, partner.country_id, kase.user_id, level.policy_id,
                   notice.level_id, told.channel, notice.date, %(status)s AS status,
                   %(answered)s AS answered, answer.days AS days_to_answer,
                   CASE WHEN notice.state = 'sent'
                        THEN CASE WHEN answer.days IS NULL THEN 0.0 ELSE 100.0 END
                        END AS answer_rate,
                   promised.notice_id IS NOT NULL AS has_promise,
                   CASE WHEN notice.state = 'sent'
                        THEN CASE WHEN promised.notice_id IS NULL THEN 0.0 ELSE 100.0 END
                        END AS promise_rate,
                   notice.amount_demanded, %(paid)s
              FROM dunning_notice notice
              JOIN dunning_level level ON level.id = notice.level_id
              JOIN res_partner partner ON partner.id = notice.partner_id
         LEFT JOIN recovery_case kase ON kase.id = notice.case_id
         LEFT JOIN told ON told.notice_id = notice.id
         LEFT JOIN (%(answers)s) answer ON answer.notice_id = notice.id
         LEFT JOIN (%(promises)s) promised ON promised.notice_id = notice.id
         LEFT JOIN (%(money)s) money ON money.notice_id = notice.id
             WHERE notice.state IN ('issued', 'sent', 'failed')
                OR notice.state = 'cancelled' AND told.was_told
            """,
            status=self._status_sql(),
            answered=self._answered_sql(),
            paid=SQL(", ").join(
                SQL("COALESCE(money.%(name)s, 0) AS %(name)s", name=SQL.identifier(name))
                for name in (*(f"paid_{days}" for days in WITHIN), "paid")
            ),
            told=self._told_query(),
            asked=self._asked_query(),
            answers=self._answers_query(),
            promises=self._promises_query(),
            money=self._paid_query(),
        )

    def _status_sql(self):
        return SQL(
            """
            CASE WHEN notice.state = 'cancelled' THEN 'recalled'
                 WHEN notice.state = 'issued' AND told.is_held THEN 'held'
                 WHEN notice.state = 'issued' THEN 'waiting'
                 ELSE notice.state END
            """
        )

    def _answered_sql(self):
        cases = [SQL("WHEN answer.days <= %s THEN %s", days, str(days)) for days in WITHIN]
        return SQL(
            """
            CASE WHEN notice.state <> 'sent' THEN NULL
                 WHEN answer.days IS NULL THEN 'never' %s ELSE 'later' END
            """,
            SQL(" ").join(cases),
        )

    def _told_query(self):
        """For each notice: the channel that reached the customer first, and when."""
        return SQL(
            """
            SELECT notice_id, MIN(sent_on) AS sent_on,
                   (ARRAY_AGG(channel ORDER BY state <> 'sent', sent_on, id))[1] AS channel,
                   BOOL_OR(state = 'held') AS is_held,
                   BOOL_OR(state IN ('sent', 'bounced')) AS was_told
              FROM dunning_delivery
             WHERE state <> 'cancelled'
          GROUP BY notice_id
            """
        )

    def _answers_query(self):
        """For each notice that was answered: after how many days."""
        return SQL(
            """
            SELECT spoken.notice_id, MIN(answer.date::date - spoken.sent_on::date) AS days
              FROM (
                SELECT notice.id AS notice_id, notice.case_id, told.sent_on,
                       LEAD(told.sent_on) OVER (
                           PARTITION BY notice.case_id ORDER BY told.sent_on, notice.id
                       ) AS until
                  FROM dunning_notice notice
                  JOIN told ON told.notice_id = notice.id
                 WHERE notice.state = 'sent'
              ) spoken
              JOIN recovery_interaction answer
                ON answer.case_id = spoken.case_id AND answer.date >= spoken.sent_on
               AND (spoken.until IS NULL OR answer.date < spoken.until)
             WHERE answer.direction = 'in' AND answer.outcome <> 'automatic'
                OR answer.outcome = %(talked)s
          GROUP BY spoken.notice_id
            """,
            talked=TALKED,
        )

    def _asked_query(self):
        """Each item that a sent notice asked for, what it charged itself included, with the day of
        the next notice that did."""
        return SQL(
            """
            SELECT item.notice_id, item.move_line_id, notice.date,
                   LEAD(notice.date) OVER (
                       PARTITION BY item.move_line_id ORDER BY notice.date, notice.id
                   ) AS until
              FROM (
                SELECT notice_id, move_line_id
                  FROM dunning_notice_line
                 WHERE kind IN ('rising', 'listed') AND move_line_id IS NOT NULL
             UNION ALL
                SELECT DISTINCT charge.notice_id, line.id
                  FROM recovery_charge charge
                  JOIN account_move_line line ON line.move_id = charge.move_id
                 WHERE line.display_type = 'payment_term'
              ) item
              JOIN dunning_notice notice ON notice.id = item.notice_id
             WHERE notice.state = 'sent'
            """
        )

    def _promises_query(self):
        """The notices after which one of their items was promised."""
        return SQL(
            """
            SELECT asked.notice_id
              FROM asked
              JOIN recovery_claim claim
                ON claim.move_line_id = asked.move_line_id AND claim.promise_id IS NOT NULL
               AND claim.date >= asked.date AND (asked.until IS NULL OR claim.date < asked.until)
          GROUP BY asked.notice_id
            """
        )

    def _paid_query(self):
        """For each notice after which money came in: how much within how many days."""
        sums = [
            SQL(
                "SUM(money.value) FILTER (WHERE money.day <= asked.date + %s) AS %s",
                days,
                SQL.identifier(f"paid_{days}"),
            )
            for days in WITHIN
        ]
        return SQL(
            """
            SELECT asked.notice_id, %(sums)s, SUM(money.value) AS paid
              FROM asked
              JOIN (%(money)s) money
                ON money.item_id = asked.move_line_id AND %(after_this)s
               AND (asked.until IS NULL OR NOT %(after_next)s)
          GROUP BY asked.notice_id
            """,
            sums=SQL(", ").join(sums),
            money=self.env["recovery.claim"]._money_query(),
            after_this=self._after_sql(SQL("asked.date")),
            after_next=self._after_sql(SQL("asked.until")),
        )

    def _after_sql(self, day):
        """Whether money came in after the notice of that day."""
        return SQL("(money.day > %(day)s OR money.day = %(day)s AND money.is_online)", day=day)

    def action_open_notice(self):
        """Open the notice of this row."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "dunning.notice",
            "res_id": self.notice_id.id,
            "view_mode": "form",
        }
