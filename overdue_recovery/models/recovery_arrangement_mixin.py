from collections import defaultdict

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

#: What a person may change of an arrangement by hand; its terms only by a new one.
WRITABLE = {"note", "activity_ids", "message_follower_ids", "message_main_attachment_id"}


class RecoveryArrangementMixin(models.AbstractModel):
    """An arrangement about open items of one debtor, company and currency, as its own record.

    A model that inherits it has ``claim_ids`` and a ``state`` of ``recovery.state.mixin``. Its
    records are made with ``claim_ids`` that name open items (``move_line_id``); what follows from
    the items is filled in by ``_fixed_values()``, and the terms can't be changed afterwards.

    Seams: ``_hold_reason()`` names the pause, ``_log_kind`` and ``_log_details()`` the entries in
    the contact log, ``_terms_sentence()`` says the arrangement in one sentence.
    """

    _name = "recovery.arrangement.mixin"
    _description = "Arrangement with a debtor"
    _inherit = ["recovery.arrangement", "recovery.case.part.mixin"]

    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    date = fields.Date(string="Made on", required=True, readonly=True)
    user_id = fields.Many2one(
        "res.users", string="Made by", required=True, readonly=True, tracking=True
    )
    note = fields.Text(help="For us: why, and what was said.")
    credits_aside = fields.Boolean(
        string="Leave open credits aside",
        readonly=True,
        help="The customer's open credits are not meant to pay these items.",
    )
    terms_text = fields.Text(compute="_compute_terms_text")

    @api.depends_context("lang")
    def _compute_terms_text(self):
        for record in self:
            record.terms_text = record._terms_sentence()

    def _terms_sentence(self):
        """Seam: the arrangement in one sentence, in the language of the context."""
        return self.display_name

    # -- make ------------------------------------------------------------------------------

    @api.model
    def _make_claims(self, commands):
        """(items, values of their claims) that the commands of ``claim_ids`` name.

        :raise UserError: they name no open items, or one stands in another arrangement
        """
        values = [
            command[2]
            for command in commands or ()
            if len(command) == 3 and command[0] == Command.CREATE and isinstance(command[2], dict)
        ]
        ids = [value.get("move_line_id") for value in values]
        items = self.env["account.move.line"].browse([i for i in ids if isinstance(i, int)])
        items = items.exists()
        items.check_access("read")
        if not items:
            raise UserError(self.env._("Choose the open items that it is about."))
        return items, self.env["recovery.claim"].sudo()._values_of(items)

    @api.model
    def _proposed_claims(self, case_id):
        """The commands of ``claim_ids`` for what the case proposes, when nobody names items."""
        case = self.env["recovery.case"].browse(case_id)
        if not case:
            return []
        return [Command.create({"move_line_id": item.id}) for item in case._items_to_arrange()]

    @api.model
    def _fixed_values(self, vals, items):
        """What follows from the items and from who makes the arrangement.

        :raise UserError: they are not of one debtor, company and currency, another currency is
            asked for, or the debtor has open credits that are not set aside
        """
        debtor, company, currency = self._one_of_each(items)
        if vals.get("currency_id", currency.id) != currency.id:
            raise UserError(
                self.env._(
                    "The items are in %(currency)s: so is what is agreed on them.",
                    currency=currency.name,
                )
            )
        if not vals.get("credits_aside"):
            self._check_credits(debtor, company, currency)
        today = company._recovery_today()
        sequence = self.env["ir.sequence"].with_company(company)
        return {
            "name": sequence.next_by_code(self._name, sequence_date=today) or "/",
            "case_id": debtor._recovery_case(company).id,
            "partner_id": debtor.id,
            "company_id": company.id,
            "currency_id": currency.id,
            "date": today,
            "user_id": self.env.uid,
        }

    @api.model
    def _check_credits(self, debtor, company, currency):
        """Refuse while the debtor has open credits: they may pay what would be agreed on."""
        amount = self._open_credits(debtor, company, currency)
        if amount:
            raise UserError(
                self.env._(
                    "%(customer)s has open credits of %(amount)s: allocate them first, or say "
                    "that they are left aside.",
                    customer=debtor.display_name,
                    amount=currency.format(amount),
                )
            )

    @api.model
    def _open_credits(self, debtor, company, currency):
        """What is open of the debtor's payments and credit notes in this currency, above zero."""
        lines = self.env["account.move.line"]._recovery_open_lines(company, debtor)[debtor.id]
        credits = lines.filtered(
            lambda line: line.currency_id == currency and line.amount_residual_currency < 0
        )
        return -sum(credits.mapped("amount_residual_currency"))

    def write(self, vals):
        by_hand = not (self.env.su or self._is_set_state())
        if by_hand and not vals.keys() <= self._writable():
            raise UserError(
                self.env._(
                    "The terms of %s are fixed: end it and agree on another one.",
                    self[:1].display_name,
                )
            )
        return super().write(vals)

    def _writable(self):
        """Seam: names of the fields that a person may write by hand now."""
        return WRITABLE

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What was agreed is kept: end what no longer holds."))

    # -- the pause -------------------------------------------------------------------------

    def _live_holds(self):
        """{record: its holds in force today, or later}, in one query."""
        found = defaultdict(self.env["recovery.hold"].browse)
        domain = [
            ("move_line_id", "in", self.claim_ids.move_line_id.ids),
            ("origin_model", "=", self._name),
            ("origin_id", "in", self.ids),
        ]
        for hold in self.env["recovery.hold"].search(domain):
            record = self.browse(hold.origin_id)
            if not hold.date_to or hold.date_to >= record.company_id._recovery_today():
                found[record] |= hold
        return found

    def _hold(self, amounts, until, holds):
        """Let exactly these amounts rest until a day, that day included.

        :param amounts: {item: amount above zero in its currency}
        :param holds: the holds it has (``_live_holds()``): changed where they differ
        """
        self.ensure_one()
        today = self.company_id._recovery_today()
        wanted = {} if until < today else dict(amounts)
        for hold in holds:
            amount = wanted.pop(hold.move_line_id, 0.0)
            if not amount:
                hold.action_end()
            elif self.currency_id.compare_amounts(hold.amount, amount) or hold.date_to != until:
                hold.write({"amount": amount, "date_to": until})
        claims = {claim.move_line_id: claim for claim in self.claim_ids}
        self.env["recovery.hold"].create(
            [
                {**self._hold_values(claims[item], today, until), "amount": amount}
                for item, amount in wanted.items()
            ]
        )

    def _others(self):
        """Live claims of other arrangements on the items of this one."""
        domain = [("move_line_id", "in", self.claim_ids.move_line_id.ids), ("live", "=", True)]
        return self.env["recovery.claim"].search(domain) - self.claim_ids

    # -- money -----------------------------------------------------------------------------

    def _received_of_each(self):
        """{record: money reconciled with its claims since they were made}, in one statement."""
        by_claim = self.claim_ids._received()
        return {record: sum(by_claim[claim] for claim in record.claim_ids) for record in self}

    def _in_company_currency(self, amount):
        """An amount of this arrangement in the company's currency, as of the day it was made."""
        self.ensure_one()
        company = self.company_id
        day = self.date or fields.Date.today()
        return self.currency_id._convert(amount, company.currency_id, company, day)

    # -- what people read ------------------------------------------------------------------

    def _log_details(self):
        """Seam: figures kept with an entry of the contact log."""
        return {}

    def _log_step(self, outcome, text=None):
        """Say in the contact log what has become of it.

        sudo: the log is written by everybody and by nobody's choice.
        """
        entries = [
            {
                "case": record.case_id,
                "direction": "note",
                "channel": "system",
                "kind": self._log_kind,
                "outcome": outcome,
                "reference": record.name,
                "text": text or record._terms_sentence(),
                "details": record._log_details(),
            }
            for record in self
        ]
        self.env["recovery.interaction"].sudo()._log(entries)

    def _tell_owner(self, kind, summary, text):
        """One task for whoever owns the case; not twice while it waits.

        :param kind: mail.activity.type
        """
        self.ensure_one()
        if summary not in self.case_id.activity_ids.mapped("summary"):
            self.case_id._plan_activity(kind, summary, text)
