from odoo import fields, models
from odoo.tools import SQL


class RecoveryConcessionReport(models.Model):
    """What we gave up, who did so, when and why: waived charges, offers, and losses.

    Given up is what is booked, read from the receivable lines of the entries that booked it:
    an entry that is reversed gives up nothing. What was asked for, or agreed and is not booked
    yet, stands apart. A loss is an entry in a general journal that takes from the receivable
    account what it puts on an expense account, by whichever dialog or hand. Amounts are in
    company currency. Ids: three times the waiver's, the offer's + 1, the entry's + 2.
    """

    _name = "recovery.concession.report"
    _description = "Waivers and Settlements"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "reason"
    _depends = {
        "account.account": ["account_type"],
        "account.journal": ["type"],
        "account.move": ["journal_id", "state", "date", "ref", "move_type", "amount_total"],
        "account.move.line": ["account_id", "move_id", "balance", "partner_id", "parent_state"],
        "recovery.charge": ["move_id", "partner_id"],
        "recovery.charge.waiver": [
            "charge_id",
            "company_id",
            "kind",
            "amount",
            "reason",
            "date",
            "user_id",
            "approver_id",
            "refund_move_id",
            "state",
        ],
        "recovery.offer": [
            "kind",
            "state",
            "note",
            "user_id",
            "approver_id",
            "date_accepted",
            "amount_given_up_company",
            "closing_move_ids",
        ],
    }

    kind = fields.Selection(
        [
            ("waive", "Charge given up"),
            ("reverse", "Charge taken back"),
            ("correct", "Charged too much"),
            ("settlement", "Settlement"),
            ("discount", "Prompt-payment discount"),
            ("waiver", "Fee waiver"),
            ("loss", "Booked as a loss"),
        ],
        readonly=True,
    )
    waiver_id = fields.Many2one("recovery.charge.waiver", readonly=True)
    offer_id = fields.Many2one("recovery.offer", readonly=True)
    move_id = fields.Many2one("account.move", string="Entry", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    user_id = fields.Many2one(
        "res.users", string="By", readonly=True, help="Who asked for it, made it or booked it."
    )
    approver_id = fields.Many2one("res.users", string="Approved by", readonly=True)
    date = fields.Date(readonly=True)
    reason = fields.Char(readonly=True)
    amount = fields.Monetary(string="Given up", currency_field="company_currency_id", readonly=True)
    amount_waiting = fields.Monetary(
        string="Not booked yet", currency_field="company_currency_id", readonly=True
    )

    @property
    def _table_query(self):
        return SQL(
            "%s UNION ALL %s UNION ALL %s",
            self._waivers_query(),
            self._offers_query(),
            self._losses_query(),
        )

    def _waivers_query(self):
        """Waivers that wait or were approved."""
        return SQL(
            """
            SELECT waiver.id * 3 AS id, waiver.kind, waiver.id AS waiver_id,
                   NULL::int AS offer_id, NULL::int AS move_id, charge.partner_id,
                   waiver.company_id, waiver.user_id, waiver.approver_id, waiver.date,
                   waiver.reason, COALESCE(booked.amount, 0) AS amount,
                   CASE WHEN waiver.state = 'requested'
                        THEN waiver.amount * ABS(invoice.amount_total_signed)
                             / NULLIF(invoice.amount_total, 0)
                        ELSE 0 END AS amount_waiting
              FROM recovery_charge_waiver waiver
              JOIN recovery_charge charge ON charge.id = waiver.charge_id
         LEFT JOIN account_move invoice ON invoice.id = charge.move_id
         LEFT JOIN LATERAL (%(booked)s) booked ON TRUE
             WHERE waiver.state IN ('requested', 'approved')
            """,
            booked=self._booked_query(SQL("line.move_id = waiver.refund_move_id")),
        )

    def _offers_query(self):
        """Offers that were accepted: what closed the rest once the money was in."""
        return SQL(
            """
            SELECT offer.id * 3 + 1, offer.kind, NULL::int, offer.id, NULL::int, offer.partner_id,
                   offer.company_id, offer.user_id, offer.approver_id, offer.date_accepted,
                   COALESCE(NULLIF(offer.note, ''), offer.name), COALESCE(booked.amount, 0),
                   CASE WHEN offer.state = 'accepted' THEN offer.amount_given_up_company
                        ELSE 0 END
              FROM recovery_offer offer
         LEFT JOIN LATERAL (%(booked)s) booked ON TRUE
             WHERE offer.state IN ('accepted', 'fulfilled')
            """,
            booked=self._booked_query(
                SQL(
                    """line.move_id IN (SELECT move_id FROM recovery_offer_closing_move_rel
                                         WHERE offer_id = offer.id)"""
                )
            ),
        )

    def _booked_query(self, condition):
        """What posted entries take from the receivable account."""
        return SQL(
            """
            SELECT -SUM(line.balance) AS amount
              FROM account_move_line line
              JOIN account_account account ON account.id = line.account_id
             WHERE line.parent_state = 'posted' AND account.account_type = 'asset_receivable'
               AND %s
            """,
            condition,
        )

    def _losses_query(self):
        """Receivables that an entry put on an expense account, those of offers aside."""
        return SQL(
            """
            SELECT line.id::bigint * 3 + 2, 'loss', NULL::int, NULL::int, move.id, line.partner_id,
                   move.company_id, move.create_uid, NULL::int, move.date, move.ref,
                   -line.balance, 0
              FROM account_move move
              JOIN account_journal journal ON journal.id = move.journal_id
              JOIN account_move_line line ON line.move_id = move.id
              JOIN account_account account ON account.id = line.account_id
             WHERE move.state = 'posted' AND move.move_type = 'entry' AND journal.type = 'general'
               AND account.account_type = 'asset_receivable'
               AND EXISTS (SELECT FROM account_move_line cost
                             JOIN account_account expense ON expense.id = cost.account_id
                            WHERE cost.move_id = move.id AND expense.account_type LIKE 'expense%%')
               AND NOT EXISTS (SELECT FROM recovery_offer_closing_move_rel closing
                                WHERE closing.move_id = move.id)
               AND NOT EXISTS (SELECT FROM account_partial_reconcile matched
                                WHERE matched.exchange_move_id = move.id)
            """
        )

    def action_open_concession(self):
        """Open what this row is about: the charge, the offer or the entry."""
        self.ensure_one()
        record = self.waiver_id.charge_id or self.offer_id or self.move_id
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "view_mode": "form",
        }
