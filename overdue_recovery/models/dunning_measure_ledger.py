from collections import defaultdict

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from .dunning_facts import Credit, Row

SHORT_PAYMENT_SHARE = 50  # a fiftieth of the invoice: 2 %
SHORT_PAYMENT_LIMIT = 5.0  # company currency

_DEBTOR = SQL("COALESCE(partner.dunning_payer_id, partner.id)")
_JOINS = SQL(
    """JOIN account_move move ON move.id = line.move_id
       JOIN account_account account ON account.id = line.account_id
       JOIN res_partner partner ON partner.id = line.partner_id"""
)
# Nearly all of the item was paid: somebody deducted bank fees or a little discount.
_SHORT = SQL(
    """(line.amount_residual_currency < line.amount_currency
        AND line.amount_residual_currency * %s
            <= GREATEST(ABS(move.amount_total), line.amount_currency)
        AND line.amount_residual <= %s)""",
    SHORT_PAYMENT_SHARE,
    SHORT_PAYMENT_LIMIT,
)


class DunningMeasureLedger(models.AbstractModel):
    """What the ledger says of debtors: open items, credits, payables and the last contact, each
    in one statement."""

    _name = "dunning.measure.ledger"
    _description = "Measure: what the ledger says"

    def _flush(self):
        self.env["account.move.line"].flush_model()
        self.env["account.move"].flush_model()
        self.env["res.partner"].flush_model()
        for model in (
            "dunning.item",
            "dunning.run",
            "dunning.notice",
            "dunning.notice.line",
            "recovery.hold",
        ):
            self.env[model].flush_model()

    def _all_debtors(self, companies, today, against):
        """All debtors with an open receivable item, by ascending id: {id: (number of items, first
        maturity) where all of them fall due later and nothing is known against any, else None}."""
        query = SQL(
            """
            SELECT %(debtor)s, COUNT(*), MIN(line.date_maturity),
                   BOOL_AND(COALESCE(
                       line.date_maturity > %(today)s
                       AND line.no_followup IS NOT TRUE
                       AND move.is_recovery_charge IS NOT TRUE
                       AND move.payment_state IS DISTINCT FROM 'blocked'
                       AND NOT %(short)s
                       AND NOT %(against)s
                       AND NOT EXISTS (SELECT 1 FROM dunning_item item
                                        WHERE item.move_line_id = line.id),
                       FALSE))
              FROM account_move_line line %(joins)s
             WHERE %(open)s
          GROUP BY 1
          ORDER BY 1
            """,
            debtor=_DEBTOR,
            joins=_JOINS,
            today=today,
            short=_SHORT,
            against=against.touch(_DEBTOR),
            open=self._open_condition(companies),
        )
        return {
            debtor_id: (count, first) if is_waiting else None
            for debtor_id, count, first, is_waiting in self.env.execute_query(query)
        }

    @api.model
    def _without_customer(self, company, today):
        """Open receivable items that name no customer and are due: nobody can be asked for them."""
        lines = self.env["account.move.line"].sudo()
        domain = lines._recovery_receivable_domain() & Domain("partner_id", "=", False)
        domain &= Domain("company_id", "in", self._companies(company).ids)
        return lines.search(domain & Domain("date_maturity", "<=", today))

    def _open_condition(self, companies):
        """The one condition of a collectable item, plus those that fail only by `blocked` or
        `no_followup` (they are read for their reason). See `_recovery_open_domain`."""
        return SQL(
            """line.company_id IN %(companies)s AND line.parent_state = 'posted'
               AND line.reconciled IS NOT TRUE AND line.partner_id IS NOT NULL
               AND account.account_type = 'asset_receivable'
               AND line.amount_residual_currency > 0
               AND (move.move_type = 'entry'
                    OR move.payment_state IN ('not_paid', 'partial', 'blocked'))""",
            companies=tuple(companies.ids),
        )

    def _of_debtors(self, debtor_ids):
        """The condition that an item is owed by one of these: its own, or one it pays for. By the
        item's partner, so that an index finds them."""
        return SQL(
            """line.partner_id IN (
                   SELECT id FROM res_partner
                    WHERE id = ANY(%(ids)s) AND dunning_payer_id IS NULL
                UNION ALL
                   SELECT id FROM res_partner WHERE dunning_payer_id = ANY(%(ids)s))""",
            ids=list(debtor_ids),
        )

    def _open_items(self, companies, debtor_ids):
        """The open items of these debtors as ``Row``, oldest maturity first. An item that waits in
        the queue for its next cycle is read as it will be then: no level, one cycle on."""
        if not debtor_ids:
            return []
        query = SQL(
            """
            WITH restart AS (SELECT DISTINCT move_line_id FROM recovery_case_dirty
                              WHERE move_line_id IS NOT NULL)
            SELECT line.id, %(debtor)s, line.partner_id, line.company_id, move.id,
                   COALESCE(move.name, line.name), move.invoice_date,
                   line.date_maturity, line.currency_id, currency.rounding::float8,
                   ROUND(line.amount_residual_currency / currency.rounding)::bigint,
                   ROUND(line.amount_currency / currency.rounding)::bigint,
                   line.amount_residual::float8,
                   COALESCE(line.no_followup, FALSE), move.payment_state = 'blocked',
                   %(short)s,
                   item.id,
                   CASE WHEN restart.move_line_id IS NULL THEN item.level_id END,
                   CASE WHEN restart.move_line_id IS NULL THEN item.date END,
                   CASE WHEN restart.move_line_id IS NULL THEN item.due_date END,
                   COALESCE(item.cycle, 1) + (restart.move_line_id IS NOT NULL)::int,
                   move.is_recovery_charge IS TRUE
              FROM account_move_line line %(joins)s
              JOIN res_currency currency ON currency.id = line.currency_id
         LEFT JOIN dunning_item item ON item.move_line_id = line.id
         LEFT JOIN restart ON restart.move_line_id = line.id
             WHERE %(open)s AND %(of_debtors)s
          ORDER BY line.date_maturity, line.id
            """,
            debtor=_DEBTOR,
            joins=_JOINS,
            short=_SHORT,
            open=self._open_condition(companies),
            of_debtors=self._of_debtors(debtor_ids),
        )
        return [Row._make(row) for row in self.env.execute_query(query)]

    def _open_credits(self, companies, debtor_ids):
        """Open credit notes and unallocated money of these debtors as ``Credit``, oldest first."""
        if not debtor_ids:
            return []
        query = SQL(
            """
            SELECT line.id, %(debtor)s, move.id, COALESCE(move.name, line.name), line.date,
                   line.currency_id, currency.rounding::float8,
                   -ROUND(line.amount_residual_currency / currency.rounding)::bigint,
                   -line.amount_residual::float8
              FROM account_move_line line %(joins)s
              JOIN res_currency currency ON currency.id = line.currency_id
             WHERE line.company_id IN %(companies)s AND line.parent_state = 'posted'
               AND line.reconciled IS NOT TRUE AND line.amount_residual_currency < 0
               AND account.account_type = 'asset_receivable' AND %(of_debtors)s
          ORDER BY line.date, line.id
            """,
            debtor=_DEBTOR,
            joins=_JOINS,
            companies=tuple(companies.ids),
            of_debtors=self._of_debtors(debtor_ids),
        )
        return [Credit._make(row) for row in self.env.execute_query(query)]

    def _last_contacts(self, company, debtor_ids):
        """{debtor id: day of its last notice that was handed over}; pre-due reminders and notices
        that failed, bounced or were cancelled do not count."""
        query = SQL(
            """
            SELECT notice.partner_id, MAX(notice.date)
              FROM dunning_notice notice
              JOIN dunning_level level ON level.id = notice.level_id
             WHERE notice.company_id = %(company)s AND notice.state = 'sent'
               AND level.delay_days >= 0 AND notice.partner_id IN %(debtors)s
          GROUP BY notice.partner_id
            """,
            company=company.id,
            debtors=tuple(debtor_ids) or (0,),
        )
        return dict(self.env.execute_query(query))

    def _payables(self, companies, policies):
        """{debtor id: {currency id: (units, company amount) we owe it}}, for debtors whose policy
        looks at it."""
        ids = tuple(i for i, policy in policies.items() if policy.net_payables != "show")
        if not ids:
            return {}
        query = SQL(
            """
            SELECT %(debtor)s, line.currency_id,
                   -SUM(ROUND(line.amount_residual_currency / currency.rounding))::bigint,
                   -SUM(line.amount_residual)::float8
              FROM account_move_line line %(joins)s
              JOIN res_currency currency ON currency.id = line.currency_id
             WHERE line.company_id IN %(companies)s AND line.parent_state = 'posted'
               AND line.reconciled IS NOT TRUE AND account.account_type = 'liability_payable'
               AND line.amount_residual_currency != 0 AND %(of_debtors)s
          GROUP BY 1, 2
            HAVING SUM(line.amount_residual_currency) < 0
            """,
            debtor=_DEBTOR,
            joins=_JOINS,
            companies=tuple(companies.ids),
            of_debtors=self._of_debtors(ids),
        )
        found = defaultdict(dict)
        for debtor_id, currency_id, amount, amount_company in self.env.execute_query(query):
            found[debtor_id][currency_id] = amount, amount_company
        return found
