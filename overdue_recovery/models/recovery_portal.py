from dataclasses import replace

from odoo import api, models
from odoo.fields import Domain

from ..calc import ageing
from .dunning_facts import STOPPING
from .dunning_message_batch import MessageFigures
from .recovery_portal_facts import PortalAccount, PortalCompany, PortalItem

MOST_NOTICES = 24
MOST_DOCUMENTS = 40


class RecoveryPortal(models.AbstractModel):
    """What the portal shows and asks for, from measure and decision as everything else.

    Every method takes a ``Visitor`` (see ``recovery.portal.visitor``), which is made after the
    check of who it is; what it doesn't see, no method shows.

    sudo, all over: a visitor has no rights on the ledger; ``Visitor`` is what limits it.
    """

    _name = "recovery.portal"
    _description = "Portal: what it shows"
    _inherit = ["recovery.portal.payment"]

    # -- what is open ----------------------------------------------------------------------

    @api.model
    def _companies(self, visitor):
        """The companies that have something open for the visitor, by name. ``res.company``"""
        if visitor.link:
            return visitor.link.company_id
        domain = [
            ("partner_id", "in", visitor.customers.ids),
            ("parent_state", "=", "posted"),
            ("account_type", "=", "asset_receivable"),
            ("reconciled", "=", False),
        ]
        groups = self.env["account.move.line"].sudo()._read_group(domain, ["company_id"])
        senders = [company._recovery_sender() for (company,) in groups]
        return self.env["res.company"].sudo().union(*senders).sorted("name")

    @api.model
    def _pages(self, visitor):
        """[``PortalCompany``] of each company that something is open in."""
        pages = [self._page(visitor, company) for company in self._companies(visitor)]
        return [page for page in pages if page.accounts]

    @api.model
    def _page(self, visitor, company):
        """What ``company`` shows the visitor now, as ``PortalCompany``."""
        today = company._recovery_today()
        page = PortalCompany(company)
        measure = self.env["dunning.measure"].sudo()
        for debtor in measure._debtors(company, today, [visitor.debtor.id], heed_skips=False):
            self._fill(page, visitor, debtor, today)
        return page

    def _fill(self, page, visitor, debtor, today):
        seen = {key: row for key, row in debtor.rows.items() if visitor.sees(key, row.partner_id)}
        facts = {item.key: item for item in (*debtor.items, *debtor.costs)}
        for key, row in seen.items():
            if not row.no_followup:
                account = self._account(page, row.currency_id)
                account.items.append(self._item(row, facts.get(key), debtor, today))
        self._fill_credits(page, visitor, debtor)
        own = replace(debtor, decisions={k: v for k, v in debtor.decisions.items() if k in seen})
        page.next_day = own.next_step(today)[0]
        if not page.next_day:
            self._fill_pause(page, [facts[key] for key in own.decisions if key in facts], today)

    def _account(self, page, currency_id):
        if currency_id not in page.accounts:
            currency = self.env["res.currency"].browse(currency_id).sudo()
            figures = MessageFigures(self.env)

            def money(units):
                return figures.money(units * currency.rounding, currency)

            page.accounts[currency_id] = PortalAccount(currency, money)
        return page.accounts[currency_id]

    def _item(self, row, fact, debtor, today):
        """One open item; without a maturity it is due on no day."""
        holds = fact.holds if fact else ()
        sent = [hold.amount for hold in holds if hold.reason == "in_transit"]
        payable = 0 if None in sent else max(0, row.residual - sum(sent))
        decision = debtor.decisions.get(row.id)
        codes = [*(decision.reasons if decision else ()), *(hold.reason for hold in holds)]
        return PortalItem(
            id=row.id,
            move_id=row.move_id,
            partner_id=row.partner_id,
            name=row.name,
            date_due=row.date_due,
            days=ageing.days_overdue(row.date_due, today) if row.date_due else 0,
            residual=row.residual,
            demandable=fact.demandable if fact else row.residual,
            payable=payable,
            codes=(*codes, *(["blocked"] if row.blocked else [])),
            is_charge=row.is_charge,
        )

    def _fill_credits(self, page, visitor, debtor):
        """Open credits of those whose items are shown, in the currencies that are."""
        lines = self.env["account.move.line"].sudo()
        partners = {
            line.id: line.partner_id.id
            for line in lines.browse([credit.id for credit in debtor.credits if credit.id])
        }
        for credit in debtor.credits:
            account = page.accounts.get(credit.currency_id)
            if account and partners.get(credit.id, debtor.id) in visitor.customers._ids:
                account.credits.append((credit.name, credit.amount))

    def _fill_pause(self, page, facts, today):
        """Why no reminder is planned, when holds are in the way of all that is overdue."""
        holds = [
            [hold for hold in fact.holds if hold.lowers or hold.reason in STOPPING]
            for fact in facts
            if fact.date_due < today
        ]
        if not holds or not all(holds):
            return
        page.paused = tuple(dict.fromkeys(hold.reason for found in holds for hold in found))
        ends = [hold.until for found in holds for hold in found]
        page.paused_until = None if None in ends else max(ends)

    @api.model
    def _open_count(self, visitor):
        """How many items are open, for the card on the portal's home."""
        lines = self.env["account.move.line"].sudo()
        domain = lines._recovery_open_domain() & Domain("partner_id", "in", visitor.customers.ids)
        return lines.search_count(domain)

    # -- pages -----------------------------------------------------------------------------

    @api.model
    def _page_values(self, visitor):
        """What the account page shows. Seam: cards add what they need."""
        pages = self._pages(visitor)
        agreements = self.env["recovery.portal.agreement"]._values(visitor)
        return {
            **self._common_values(visitor),
            "pages": pages,
            "notices": self._notices(visitor),
            "documents": self._documents(visitor),
            **agreements,
            "installments": self._installments_due(pages, agreements["plans"]),
        }

    @api.model
    def _common_values(self, visitor):
        """What every page needs."""
        figures = MessageFigures(self.env)
        return {"portal": self, "day": figures.day, "visitor": visitor}

    # -- words -----------------------------------------------------------------------------

    @api.model
    def _words(self, codes):
        """What an item's state is called, for the first of these codes that a customer is told;
        empty: nothing to tell."""
        words = {
            "in_transit": self.env._("Payment on its way"),
            "disputed": self.env._("Under review"),
            "promised": self.env._("Promised"),
            "in_plan": self.env._("In your payment plan"),
            "credit_note_coming": self.env._("Credit note coming"),
            "says_paid": self.env._("You told us it is paid"),
        }
        return next((words[code] for code in words if code in codes), "")

    @api.model
    def _age_words(self):
        """What the ages of ``PortalAccount.buckets`` are called."""
        return (
            self.env._("Not due"),
            self.env._("1 to 30 days overdue"),
            self.env._("31 to 60 days overdue"),
            self.env._("61 to 90 days overdue"),
            self.env._("More than 90 days overdue"),
        )

    @api.model
    def _next_words(self, page):
        """What happens next, and when, in one sentence."""
        figures = MessageFigures(self.env)
        if page.next_day and page.next_day <= page.company._recovery_today():
            return self.env._("If it is not paid today, the next reminder is on its way.")
        if page.next_day:
            return self.env._(
                "If it stays unpaid, the next reminder goes out on %s.",
                figures.day(page.next_day, "long"),
            )
        if page.paused and page.paused_until:
            return self.env._(
                "Reminders are paused until %s.", figures.day(page.paused_until, "long")
            )
        if page.paused:
            return self.env._("Reminders are paused.")
        return self.env._("No further reminder is planned.")

    # -- documents -------------------------------------------------------------------------

    @api.model
    def _notices(self, visitor):
        """The notices that the visitor was sent, newest first. ``dunning.notice``"""
        if visitor.link:
            return visitor.notice
        if visitor.debtor not in visitor.customers:
            # what its payer was sent speaks of others too
            return visitor.notice
        domain = [("partner_id", "=", visitor.debtor.id), ("state", "=", "sent")]
        return visitor.notice.search(domain, limit=MOST_NOTICES)

    @api.model
    def _documents(self, visitor):
        """The documents that the visitor may download, newest first: what the link's notice names,
        or the last ones of the customer. ``account.move``"""
        moves = self.env["account.move"].sudo()
        if visitor.only is not None:
            found = self.env["account.move.line"].sudo().browse(visitor.only).move_id
            return found.filtered(visitor.sees_document).sorted("invoice_date", reverse=True)
        domain = [
            ("commercial_partner_id", "in", visitor.customers.ids),
            ("move_type", "in", moves.get_sale_types(include_receipts=True)),
            ("state", "=", "posted"),
        ]
        return moves.search(domain, order="invoice_date DESC, id DESC", limit=MOST_DOCUMENTS)

    @api.model
    def _document(self, visitor, move_id):
        """The document of this id, if it is one that the visitor sees; else empty."""
        move = self.env["account.move"].sudo().browse(move_id).exists()
        return move.filtered(visitor.sees_document)

    @api.model
    def _document_pdf(self, visitor, move_id):
        """(name, content) of a document that the visitor sees; None for any other."""
        move = self._document(visitor, move_id)
        if not move:
            return None
        kept = move.invoice_pdf_report_id
        if kept:
            return kept.name, kept.raw
        reports = self.env["ir.actions.report"].sudo().with_company(move.company_id)
        content, _kind = reports._render("account.account_invoices", move.ids)
        return f"{(move.name or '').replace('/', '_')}.pdf", content
