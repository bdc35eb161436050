from odoo import api, fields, models
from odoo.tools import SQL

from ..calc import ageing

#: The columns of ``calc.ageing.bucket`` with its usual bounds, in order.
COLUMNS = ("not_due", "days_30", "days_60", "days_90", "days_over")


class RecoveryAgeing(models.Model):
    """What was open on the receivable accounts on a day, item by item, by days overdue.

    Reconciliations that came after the day are undone: an item that was paid since is open again.
    ``kind`` parts what is collected from what is not, so that all kinds together are the balance of
    the receivable accounts on that day. Amounts are in company currency.

    The day is ``ageing_date`` of the context, else today. The level is the one that had been
    handed over by then; owner and reason are those of the case now.
    """

    _name = "recovery.ageing"
    _description = "Ageing of Receivables"
    _auto = False
    _order = "date_due, id"
    _rec_name = "move_id"

    move_line_id = fields.Many2one("account.move.line", string="Item", readonly=True)
    move_id = fields.Many2one("account.move", string="Document", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    currency_id = fields.Many2one("res.currency", readonly=True)
    user_id = fields.Many2one("res.users", string="Owner", readonly=True)
    level_id = fields.Many2one("dunning.level", readonly=True)
    late_reason_id = fields.Many2one("recovery.late.reason", readonly=True)
    kind = fields.Selection(
        [
            ("owed", "Collected by us"),
            ("excluded", "Excluded from follow-up"),
            ("credit", "Credits and payments"),
        ],
        readonly=True,
    )
    date_due = fields.Date(string="Due", readonly=True)
    days = fields.Integer(string="Days overdue", readonly=True, aggregator="max")
    age = fields.Selection(
        [
            ("0", "Not due"),
            ("1", "1–30 days"),
            ("2", "31–60 days"),
            ("3", "61–90 days"),
            ("4", "Over 90 days"),
        ],
        readonly=True,
    )
    not_due = fields.Monetary(currency_field="company_currency_id", readonly=True)
    days_30 = fields.Monetary(
        string="1–30 days", currency_field="company_currency_id", readonly=True
    )
    days_60 = fields.Monetary(
        string="31–60 days", currency_field="company_currency_id", readonly=True
    )
    days_90 = fields.Monetary(
        string="61–90 days", currency_field="company_currency_id", readonly=True
    )
    days_over = fields.Monetary(
        string="Over 90 days", currency_field="company_currency_id", readonly=True
    )
    amount = fields.Monetary(string="Open", currency_field="company_currency_id", readonly=True)
    amount_currency = fields.Monetary(
        string="Open in its currency", currency_field="currency_id", readonly=True
    )

    @api.model
    def _day(self):
        """The day that is looked at; never later than today."""
        today = self.env.company._recovery_today()
        asked = fields.Date.to_date(self.env.context.get("ageing_date") or today)
        return min(asked, today)

    @property
    def _table_query(self):
        amounts = [
            SQL(
                "CASE WHEN aged.bucket = %s THEN aged.amount ELSE 0 END AS %s",
                index,
                SQL.identifier(column),
            )
            for index, column in enumerate(COLUMNS)
        ]
        return SQL(
            """
            WITH aged AS (%(open)s)
            SELECT aged.id, aged.id AS move_line_id, aged.move_id, aged.partner_id,
                   aged.company_id, aged.currency_id, aged.date_due, aged.days,
                   aged.bucket::text AS age, aged.kind,
                   aged.amount, aged.amount_currency, aged.level_id,
                   kase.user_id, COALESCE(aged.late_reason_id, kase.late_reason_id)
                       AS late_reason_id,
                   %(amounts)s
              FROM aged
         LEFT JOIN recovery_case kase
                ON kase.partner_id = aged.partner_id AND kase.company_id = aged.company_id
               AND kase.date_closed IS NULL
            """,
            open=self._open_query(),
            amounts=SQL(", ").join(amounts),
        )

    def _open_query(self):
        """Each item that was open on the day, with its column by ``calc.ageing``."""
        return SQL(
            """
            SELECT item.*, %(bucket)s AS bucket
              FROM (
                SELECT line.id, line.move_id, line.partner_id, line.company_id, line.currency_id,
                       move.late_reason_id, COALESCE(line.date_maturity, line.date) AS date_due,
                       GREATEST(0, %(day)s - COALESCE(line.date_maturity, line.date)) AS days,
                       line.balance - COALESCE(matched.amount, 0) AS amount,
                       line.amount_currency - COALESCE(matched.amount_currency, 0)
                           AS amount_currency,
                       CASE WHEN line.balance - COALESCE(matched.amount, 0) < 0 THEN 'credit'
                            WHEN line.no_followup OR move.payment_state = 'blocked'
                                 OR line.partner_id IS NULL THEN 'excluded'
                            ELSE 'owed' END AS kind,
                       told.level_id
                  FROM account_move_line line
                  JOIN account_move move ON move.id = line.move_id
                  JOIN account_account account ON account.id = line.account_id
             LEFT JOIN LATERAL (%(matched)s) matched ON TRUE
             LEFT JOIN LATERAL (%(told)s) told ON TRUE
                 WHERE account.account_type = 'asset_receivable'
                   AND line.parent_state = 'posted' AND line.date <= %(day)s
              ) item
             WHERE item.amount <> 0
            """,
            day=self._day(),
            bucket=self._bucket_sql(),
            matched=self._matched_query(),
            told=self._told_query(),
        )

    def _bucket_sql(self):
        """The column of an item, as ``calc.ageing.bucket`` says it of ``days``."""
        cases = [SQL("WHEN days <= %s THEN %s", last, n) for n, last in enumerate(ageing.BOUNDS)]
        return SQL("CASE %s ELSE %s END", SQL(" ").join(cases), len(ageing.BOUNDS))

    def _matched_query(self):
        """What had been matched with an item by the day: above zero for a debt, below for a
        credit."""
        return SQL(
            """
            SELECT SUM(amount) AS amount, SUM(amount_currency) AS amount_currency
              FROM (
                SELECT partial.amount, partial.debit_amount_currency AS amount_currency
                  FROM account_partial_reconcile partial
                 WHERE partial.debit_move_id = line.id AND partial.max_date <= %(day)s
             UNION ALL
                SELECT -partial.amount, -partial.credit_amount_currency
                  FROM account_partial_reconcile partial
                 WHERE partial.credit_move_id = line.id AND partial.max_date <= %(day)s
              ) parts
            """,
            day=self._day(),
        )

    def _told_query(self):
        """The level that had been handed over for an item by the day."""
        return SQL(
            """
            SELECT rising.level_id
              FROM dunning_notice_line rising
              JOIN dunning_notice notice ON notice.id = rising.notice_id
             WHERE rising.move_line_id = line.id AND rising.kind = 'rising'
               AND notice.state = 'sent' AND notice.date <= %s
          ORDER BY notice.date DESC, rising.id DESC
             LIMIT 1
            """,
            self._day(),
        )

    def action_open_document(self):
        """Open the document of this row."""
        self.ensure_one()
        return self.move_id.action_open_business_doc()
