from collections import Counter, defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

# History: what counts as a loyal payer, and as one who is reminded again and again.
LOYAL_INVOICES = 6
REPEAT_ITEMS = 3
REPEAT_WITHIN = timedelta(days=365)
# From this reminder on a message no longer supposes that the payment was only overlooked.
LATE_STEP = 3


class DunningNoticeHistory(models.AbstractModel):
    """What the past says about a customer, and the sentence that a message makes of it."""

    _name = "dunning.notice.history"
    _description = "Notice: the customer's history"

    history = fields.Selection(
        [("first", "First miss"), ("loyal", "Loyal payer"), ("repeat", "Reminded before")],
        compute="_compute_history",
        compute_sudo=True,
    )
    history_text = fields.Char(
        string="Sentence by history",
        compute="_compute_history_text",
        compute_sudo=True,
        help="A sentence that fits the customer's history; may be empty.",
    )

    @api.depends("partner_id", "company_id", "date")
    def _compute_history(self):
        """Two queries for all notices: what was reminded of before, what was paid."""
        notices = self._together()
        batch = notices._batch()
        reminded = batch.once("reminded", batch.notices._items_reminded)
        paid = batch.once("paid", batch.notices._invoices_paid)
        for notice in notices:
            own = {line.item_id for line in notice._message_lines()}
            days = [day for item, day in reminded[notice._debtor_key()] if item not in own]
            notice.history = notice._classify_history(days, paid[notice._debtor_key()])

    def _classify_history(self, days, paid):
        """:param days: when other items than the ones on this notice were last reminded of
        :param paid: number of invoices the customer has paid
        """
        since = (self.date or fields.Date.context_today(self)) - REPEAT_WITHIN
        recent = sum(day >= since for day in days)
        if recent >= REPEAT_ITEMS:
            return "repeat"
        if paid >= LOYAL_INVOICES:
            return "loyal"
        return False if days else "first"

    def _debtor_key(self):
        return self.partner_id.id, self.company_id.id

    def _items_reminded(self):
        """{(customer, company): [(item, last day of a sent reminder after its due date), …]}"""
        found = defaultdict(list)
        if not self.partner_id:
            return found
        self.env["dunning.notice.line"].flush_model()
        self.env["dunning.notice"].flush_model(["state", "partner_id", "company_id", "date"])
        query = SQL(
            """
            SELECT notice.partner_id, notice.company_id, line.move_line_id, MAX(notice.date)
              FROM dunning_notice_line line
              JOIN dunning_notice notice ON notice.id = line.notice_id
             WHERE notice.state = 'sent'
               AND notice.date IS NOT NULL
               AND notice.partner_id IN %(partners)s
               AND notice.company_id IN %(companies)s
               AND line.kind = 'rising'
               AND line.days_overdue > 0
               AND line.move_line_id IS NOT NULL
             GROUP BY notice.partner_id, notice.company_id, line.move_line_id
            """,
            partners=tuple(self.partner_id.ids),
            companies=tuple(self.company_id.ids),
        )
        for partner_id, company_id, item, day in self.env.execute_query(query):
            found[partner_id, company_id].append((item, day))
        return found

    def _invoices_paid(self):
        """Counter of paid invoices by (customer, company), branches counted with their company."""
        rows = self.env["account.move.line"]._read_group(
            [
                ("partner_id", "in", self.partner_id.ids),
                ("company_id", "child_of", self.company_id.ids),
                ("account_type", "=", "asset_receivable"),
                ("reconciled", "=", True),
                ("parent_state", "=", "posted"),
                ("move_id.move_type", "=", "out_invoice"),
                ("move_id.payment_state", "in", ("paid", "in_payment")),
            ],
            ["partner_id", "company_id"],
            ["move_id:count_distinct"],
        )
        found = Counter()
        for partner, company, count in rows:
            for parent in company.parent_ids:
                found[partner.id, parent.id] += count
        return found

    @api.depends("history", "level_id")
    @api.depends_context("lang")
    def _compute_history_text(self):
        notices = self._together()
        steps = notices._level_steps()
        batch = notices._batch()
        paid = batch.once("paid", batch.notices._invoices_paid)
        for notice in notices:
            notice.history_text = notice._history_sentence(
                steps.get(notice.level_id.id, 1), paid[notice._debtor_key()]
            )

    def _history_sentence(self, step, paid):
        """:param step: 0 before the due date, 1 at the first reminder, …"""
        sentence = {
            "first": self._sentence_first,
            "loyal": self._sentence_loyal,
            "repeat": self._sentence_repeat,
        }.get(self.history)
        return sentence(step, paid) if sentence else ""

    def _sentence_first(self, step, paid):
        if not step:
            return ""
        if step < LATE_STEP:
            return self.env._(
                "Apart from this we have never had to remind you of a payment, so it may well be "
                "an oversight."
            )
        return self.env._(
            "Apart from this we have never had to remind you of a payment, so we would like to "
            "understand what has happened."
        )

    def _sentence_loyal(self, step, paid):
        if not step:
            return self.env._("You have paid %s invoices with us: thank you.", paid)
        if step < LATE_STEP:
            return self.env._(
                "You have paid %s invoices with us, thank you: this may simply have been "
                "overlooked.",
                paid,
            )
        return self.env._(
            "You have paid %s invoices with us, thank you: so please tell us if something has "
            "gone wrong this time.",
            paid,
        )

    def _sentence_repeat(self, step, paid):
        if not step:
            return self.env._("If this date does not suit you, please tell us now.")
        return self.env._(
            "Over the last twelve months we have had to remind you of other payments too. If our "
            "dates do not suit you, please tell us, and we will look for better ones together."
        )
