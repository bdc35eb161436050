"""Keep a company's books as they were kept: invoices on their day, payments on theirs.

Everything goes through the documents a person would make (invoices that are posted, payments
that are registered on them), so that the ledger is what it would have been.
"""

from collections import defaultdict
from datetime import timedelta

from odoo.fields import Command

# The file names countries by numbers of its own; these stand for them (by order of appearance).
COUNTRIES = ("DE", "FR", "GB", "NL", "US")
ZONES = {
    "DE": "Europe/Berlin",
    "FR": "Europe/Paris",
    "GB": "Europe/London",
    "NL": "Europe/Amsterdam",
    "US": "America/New_York",
}
# A disputed invoice is on hold from its due date for this long, both ends included.
DISPUTE_DAYS = 14


class Books:
    """The invoices, payments and disputes of a history, written day by day.

    :param receivables: list of ``receivables_csv.Receivable``
    """

    def __init__(self, env, company, receivables):
        # field tracking would only fill the chatter of invoices and customers
        self.env = env(context={**env.context, "tracking_disable": True})
        self.company = company
        self.receivables = receivables
        self.by_month = defaultdict(list)
        self.by_invoice_date = defaultdict(list)
        self.by_due_date = defaultdict(list)
        self.by_settled_date = defaultdict(list)
        for one in receivables:
            self.by_month[month_of(one.invoice_date)].append(one)
            self.by_invoice_date[one.invoice_date].append(one)
            self.by_settled_date[one.date_settled].append(one)
            if one.is_disputed:
                self.by_due_date[one.date_due].append(one)
        self.customers = {}
        self.invoices = {}

    # -- customers -------------------------------------------------------------------------

    def open_customers(self):
        """A company with an address and an e-mail address for each customer of the file."""
        codes = sorted({one.country for one in self.receivables})
        countries = {code: COUNTRIES[i % len(COUNTRIES)] for i, code in enumerate(codes)}
        homes = {one.customer: countries[one.country] for one in self.receivables}
        known = self.env["res.country"].search([("code", "in", COUNTRIES)])
        ids = {country.code: country.id for country in known}
        partners = self.env["res.partner"].create(
            [
                {
                    "name": name,
                    "is_company": True,
                    "email": f"{name.lower()}@customer.example",
                    "country_id": ids[code],
                    "tz": ZONES[code],
                    "lang": "en_US",
                }
                for name, code in sorted(homes.items())
            ]
        )
        self.customers = {partner.name: partner for partner in partners}

    # -- documents -------------------------------------------------------------------------

    def draft_invoices(self, day):
        """Draft the invoices of a month at once, on the first day of it that is played; untaxed,
        so that they come to the file's amounts."""
        todo = self.by_month.pop(month_of(day), [])
        moves = self.env["account.move"].create([self._invoice_values(one) for one in todo])
        for one, move in zip(todo, moves, strict=True):
            self.invoices[one.number] = move.id

    def post_invoices(self, day):
        """Post the invoices of a day: only now are they in the ledger."""
        moves = self._moves(self.by_invoice_date[day])
        if moves:
            moves.action_post()

    def _invoice_values(self, one):
        line = {
            "name": f"Delivery {one.number}",
            "price_unit": float(one.amount),
            "tax_ids": [Command.clear()],
        }
        return {
            "move_type": "out_invoice",
            "company_id": self.company.id,
            "partner_id": self.customers[one.customer].id,
            "ref": one.number,
            "invoice_date": one.invoice_date,
            "invoice_date_due": one.date_due,
            "invoice_payment_term_id": False,
            "invoice_line_ids": [Command.create(line)],
        }

    def register_payments(self, day):
        """Register and reconcile the payments of a day, each for one invoice in full."""
        todo = self.by_settled_date[day]
        if not todo:
            return
        moves = self._moves(todo)
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=moves.ids
        )
        wizard.create({"payment_date": day, "group_payment": False})._create_payments()
        left = [move.name for move in moves if move.amount_residual]
        if left:
            raise ValueError(f"The payments of {day} left something open on {', '.join(left)}.")

    def hold_disputed(self, day):
        """Hold what is disputed and falls due today, if it is still open, for DISPUTE_DAYS."""
        moves = self._moves(self.by_due_date[day]).filtered("amount_residual")
        reason = self.env["recovery.hold.reason"].search([("code", "=", "disputed")])
        self.env["recovery.hold"].create(
            [
                {
                    "move_id": move.id,
                    "company_id": self.company.id,
                    "reason_id": reason.id,
                    "date_from": day,
                    "date_to": day + timedelta(days=DISPUTE_DAYS - 1),
                }
                for move in moves
            ]
        )

    def _moves(self, receivables):
        return self.env["account.move"].browse(self.invoices[one.number] for one in receivables)

    # -- audit -----------------------------------------------------------------------------

    def audit(self, day):
        """Compare the ledger at the end of a day with the file.

        :return: sentences about what does not agree: the balance of the receivable accounts, what
            is open on their items, and what the file says was owed on that day
        """
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT COALESCE(SUM(line.balance), 0), COALESCE(SUM(line.amount_residual), 0)
                 FROM account_move_line line
                 JOIN account_account account ON account.id = line.account_id
                WHERE account.account_type = 'asset_receivable' AND line.parent_state = 'posted'
                  AND line.company_id = %s AND line.date <= %s AND line.partner_id IN %s""",
            (self.company.id, day, tuple(partner.id for partner in self.customers.values())),
        )
        balance, residual = (round(float(figure), 2) for figure in self.env.cr.fetchone())
        owed = float(sum(one.amount for one in self.receivables if is_open(one, day)))
        if balance == residual == round(owed, 2):
            return []
        return [f"receivables: balance {balance}, open {residual}, by the file {owed}"]


def is_open(one, day):
    """Whether the file says that an invoice was owed at the end of a day."""
    return one.invoice_date <= day and (one.date_settled is None or one.date_settled > day)


def month_of(day):
    """The month of a date, as a key."""
    return day.year, day.month
