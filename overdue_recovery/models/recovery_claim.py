from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

#: {model: what ``_money_query()`` reads of it}: to be flushed before.
MONEY_DEPENDS = {
    "account.partial.reconcile": [
        "debit_move_id",
        "credit_move_id",
        "exchange_move_id",
        "debit_amount_currency",
        "amount",
    ],
    "account.journal": ["type"],
    "account.move": ["journal_id", "origin_payment_id", "statement_line_id"],
    "account.move.line": ["date", "move_id", "parent_state"],
    "account.payment": ["payment_transaction_id"],
}


class RecoveryClaim(models.Model):
    """An item in an arrangement: what was open of it when the arrangement was made.

    The baseline is fixed then; everything later is read from the ledger. What was paid since is
    money only (payments, bank lines); credit notes and write-offs reduce an item too, but nobody
    has paid.
    """

    _name = "recovery.claim"
    _description = "Item in an Arrangement"
    _order = "date_due, id"

    offer_id = fields.Many2one(
        "recovery.offer", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    promise_id = fields.Many2one(
        "recovery.promise", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    plan_id = fields.Many2one(
        "recovery.plan", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    # set null: an item with new terms is a new item, and nobody is kept from deleting one
    move_line_id = fields.Many2one(
        "account.move.line",
        string="Item",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    name = fields.Char(string="Document", required=True, readonly=True)
    date_due = fields.Date(string="Due", readonly=True)
    date = fields.Date(required=True, readonly=True, help="When the baseline was taken.")
    baseline = fields.Monetary(
        string="Open then", required=True, readonly=True, help="In the document's currency."
    )
    baseline_money = fields.Json(
        readonly=True, help="{id of a credit: its money on the item when the baseline was taken}"
    )
    is_charge = fields.Boolean(string="Charge", readonly=True)
    live = fields.Boolean(
        readonly=True, help="From acceptance or activation to the end of the arrangement."
    )
    residual = fields.Monetary(compute="_compute_residual", string="Open now")
    reduction = fields.Monetary(
        compute="_compute_residual", help="What the baseline has gone down by, by whatever."
    )
    received = fields.Monetary(
        compute="_compute_received", help="Money since the baseline was taken."
    )

    _one_live = models.UniqueIndex(
        "(move_line_id) WHERE live", "This item is in another arrangement already."
    )
    _of_one_arrangement = models.Constraint(
        "CHECK(num_nonnulls(offer_id, promise_id, plan_id) = 1)",
        "A claim belongs to one arrangement.",
    )
    _baseline_positive = models.Constraint(
        "CHECK(baseline > 0)", "An item in an arrangement is open when it is made."
    )

    @api.depends("baseline", "move_line_id.amount_residual_currency")
    def _compute_residual(self):
        for claim in self:
            item = claim.move_line_id
            claim.residual = max(0.0, item.amount_residual_currency)
            gone = claim.baseline - item.amount_residual_currency if item else 0.0
            claim.reduction = min(max(0.0, gone), claim.baseline)

    @api.depends("baseline", "baseline_money", "move_line_id.amount_residual_currency")
    def _compute_received(self):
        received = self._received()
        for claim in self:
            claim.received = received[claim]

    # -- make ------------------------------------------------------------------------------

    @api.model
    def _values_of(self, items):
        """Values of claims on these open items, baselines as of now.

        :raise UserError: an item is not open, or stands in a live arrangement
        """
        self._check_open(items)
        self._check_free(items)
        money = self._money(items)
        return [
            {
                "move_line_id": item.id,
                "company_id": item.company_id.id,
                "currency_id": item.currency_id.id,
                "name": item.move_id.name or item.display_name,
                "date_due": item.date_maturity or item.date,
                "date": item.company_id._recovery_today(),
                "baseline": item.amount_residual_currency,
                "baseline_money": {credit: amount for credit, amount, _day in money[item.id]},
                "is_charge": item.move_id.is_recovery_charge,
            }
            for item in items
        ]

    @api.model
    def _check_open(self, items):
        for item in items:
            is_receivable = item.account_type == "asset_receivable" and item.partner_id
            is_open = item.parent_state == "posted" and item.amount_residual_currency > 0
            if not (is_receivable and is_open):
                raise UserError(
                    self.env._("Nothing is open of %s: choose open items.", item.display_name)
                )

    @api.model
    def _check_free(self, items, but=None):
        """Refuse items that stand in a live arrangement, or that an agency collects, by the name
        of that one.

        sudo: an arrangement counts whoever may see it.

        :param but: claims that don't count
        """
        self.env["recovery.referral"]._check_not_placed(items)
        domain = [("move_line_id", "in", items.ids), ("live", "=", True)]
        taken = self.sudo().search(domain) - (but or self.browse())
        for claim in taken[:1]:
            raise UserError(
                self.env._(
                    "%(item)s is in the arrangement “%(first)s” already: end that one first.",
                    item=claim.name,
                    first=claim._arrangement().display_name,
                )
            )

    def _arrangement(self):
        """What this claim belongs to. Seam: further kinds of arrangement add their key."""
        self.ensure_one()
        return self.offer_id or self.promise_id or self.plan_id

    def _gone(self):
        """What of the baseline is owed no more, by whatever: all of an item that was cancelled or
        deleted. In the claim's currency."""
        self.ensure_one()
        return self.reduction if self._is_posted() else self.baseline

    def _vanished(self):
        """{claim: what of its baseline is owed no more and was not paid}: credited, written off,
        cancelled or deleted. In one statement."""
        money = self._money(self.move_line_id, drafts=True)
        received = self._received(money=money)
        return {
            claim: claim.currency_id.round(max(0.0, claim._gone() - received[claim]))
            for claim in self
        }

    def _is_posted(self):
        return self.move_line_id.parent_state == "posted"

    # -- what has come in ------------------------------------------------------------------

    def _received(self, until=None, money=None):
        """{claim: money reconciled with its item since the baseline}, in one statement.

        Counted credit by credit: a payment that was there before, undone and matched again, is
        not received twice, and one that is undone takes nothing off the others.

        :param until: last day of the money, included
        :param money: what ``_money()`` said of these items and others; read when it is missing
        """
        if money is None:
            money = self._money(self.move_line_id)
        received = {}
        for claim in self:
            before = claim.baseline_money or {}
            received[claim] = sum(
                max(0.0, amount - before.get(credit, 0.0))
                for credit, amount, day in money[claim.move_line_id.id]
                if not until or day <= until
            )
        return received

    @api.model
    def _received_query(self):
        """``_received()`` as a statement, for reports: a row for each claim on which a credit
        brought something, with promise_id, plan_id, the amount and its day. A test compares them.
        """
        return SQL(
            """
            SELECT claim.promise_id, claim.plan_id, money.day,
                   GREATEST(0, money.amount - COALESCE(
                       (claim.baseline_money ->> money.credit_id::text)::numeric, 0
                   )) AS amount
              FROM recovery_claim claim
              JOIN (SELECT item_id, credit_id, SUM(amount) AS amount, MAX(day) AS day
                      FROM (%s) matched
                  GROUP BY 1, 2) money ON money.item_id = claim.move_line_id
            """,
            self._money_query(),
        )

    @api.model
    def _money(self, items, drafts=False):
        """{item id: [(id of a credit, as text, its money on the item, its day)]}, in the item's
        currency: of payments and bank or cash lines, with the exchange difference that such a
        match brought; no credit note, write-off or other entry.

        :param drafts: also of payments that were reset to draft: core leaves them matched
        """
        found = defaultdict(list)
        if not items:
            return found
        for model, names in MONEY_DEPENDS.items():
            self.env[model].flush_model(names)
        query = SQL(
            """
            SELECT item_id, credit_id::text, SUM(amount)::float8, MAX(day)
              FROM (%(money)s) money
             WHERE item_id IN %(items)s
          GROUP BY 1, 2
            """,
            items=tuple(items.ids),
            money=self._money_query(drafts),
        )
        for item_id, *row in self.env.execute_query(query):
            found[item_id].append(row)
        return found

    @api.model
    def _money_query(self, drafts=False):
        """The one statement that tells money from credit notes, write-offs and other entries.

        A row for each match with an item: item_id, credit_id (of the payment or bank line, also
        for the exchange difference that its match brought), ``amount`` in the item's currency,
        ``value`` in the company's as the item was booked, its day, and whether it was paid online.
        """
        return SQL(
            """
            SELECT matched.debit_move_id AS item_id, COALESCE(origin.id, line.id) AS credit_id,
                   matched.debit_amount_currency AS amount, matched.amount AS value,
                   COALESCE(origin.date, line.date) AS day,
                   payment.payment_transaction_id IS NOT NULL AS is_online
              FROM account_partial_reconcile matched
              JOIN account_move_line line ON line.id = matched.credit_move_id
              JOIN account_move move ON move.id = line.move_id
              JOIN account_journal journal ON journal.id = move.journal_id
         LEFT JOIN account_partial_reconcile cause
                ON cause.exchange_move_id = move.id
               AND cause.debit_move_id = matched.debit_move_id
         LEFT JOIN account_move_line origin ON origin.id = cause.credit_move_id
         LEFT JOIN account_move origin_move ON origin_move.id = origin.move_id
         LEFT JOIN account_payment payment
                ON payment.id = COALESCE(origin_move.origin_payment_id, move.origin_payment_id)
             WHERE line.parent_state IN %(states)s
               AND (move.origin_payment_id IS NOT NULL OR move.statement_line_id IS NOT NULL
                    OR journal.type IN ('bank', 'cash', 'credit')
                    OR origin_move.origin_payment_id IS NOT NULL
                    OR origin_move.statement_line_id IS NOT NULL)
            """,
            states=("posted", "draft") if drafts else ("posted",),
        )

    def _early_share(self):
        """What the terms of payment of its document give for paying early, as a fraction."""
        term = self.move_line_id.move_id.invoice_payment_term_id
        is_early = term.early_discount and not self.is_charge
        return term.discount_percentage / 100 if is_early else 0.0
