from decimal import Decimal
from uuid import uuid4

from odoo import fields, models

LONGEST_REFERENCE = 64
#: What we tell an agency, and as which kind of call; all else is a report.
CALLS = {"answered": "inform", "recall_requested": "recall"}


class RecoveryReferralConnector(models.AbstractModel):
    """A referral is carried to the agency by its connector, and hears what became of the calls."""

    _name = "recovery.referral.connector"
    _description = "Referral: what the agency is told"

    call_count = fields.Integer(compute="_compute_call_count")

    def _compute_call_count(self):
        groups = self.env["recovery.outbox"]._read_group(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)], ["res_id"], ["__count"]
        )
        counts = dict(groups)
        for referral in self:
            referral.call_count = counts.get(referral.id, 0)

    def action_view_calls(self):
        """Open what was said to the agency about this referral."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "overdue_recovery.recovery_outbox_action"
        )
        domain = [("res_model", "=", self._name), ("res_id", "=", self.id)]
        return {**action, "domain": domain, "context": {}}

    # -- what is told ----------------------------------------------------------------------

    def _send_to_agency(self):
        """Hand the referral to the agency's connector."""
        for referral in self:
            referral.agency_id._tell("submit", referral, referral.idempotency_key)
        return super()._send_to_agency()

    def _tell_agency(self, kind, data):
        """Let the connector tell it; by hand, an answer makes the ZIP anew and all else is a
        person's task."""
        agency = self.agency_id
        is_by_hand = agency.connector in agency._local_connectors
        if kind == "answered" or not is_by_hand:
            told = {"type": kind, **data}
            agency._tell(CALLS.get(kind, "report"), self, str(uuid4()), told)
        return super()._tell_agency(kind, data) if is_by_hand else None

    def _facts(self):
        """What may be told of this referral: {our word: value}, and the same for each item. See
        ``recovery.agency.field``.

        sudo: what an agency is told does not depend on who sends it.
        """
        self.ensure_one()
        one = self.sudo()
        debtor = one.partner_id
        facts = {
            "reference": one.name,
            "date": fields.Date.to_string(one.date_sent or one.date),
            "amount": one._plain(one.amount),
            "currency": one.currency_id.name,
            "note": one.note or "",
            "creditor_name": one.company_id.name,
            "creditor_vat": one.company_id.vat or "",
            "debtor_type": debtor.recovery_debtor_type or "",
            "debtor_country": debtor.country_id.code or "",
        }
        for name in ("name", "vat", "street", "street2", "zip", "city", "email", "phone", "lang"):
            facts[f"debtor_{name}"] = debtor[name] or ""
        return facts, [one._item_facts(line) for line in one.line_ids.sorted()]

    def _item_facts(self, line):
        move = line.move_line_id.move_id
        return {
            "item_document": line.name,
            "item_date": fields.Date.to_string(move.invoice_date or move.date) or "",
            "item_due": fields.Date.to_string(line.date_due) or "",
            "item_total": self._plain(abs(line.move_line_id.amount_currency)),
            "item_amount": self._plain(line.amount),
            "item_is_charge": line.is_charge,
        }

    def _plain(self, amount):
        """An amount as every machine reads it, such as 1234.50."""
        return f"{amount:.{self.currency_id.decimal_places}f}"

    def _statement(self):
        """What was booked on the items: {column of ``statement.csv``: value} for each booking."""
        self.ensure_one()
        return [
            row for line in self.sudo().line_ids.sorted() for row in self.sudo()._bookings(line)
        ]

    def _bookings(self, line):
        """The document of an item, then what was reconciled with it, oldest first."""
        item = line.move_line_id
        rows = [(item.date, item.move_id.name or "", item.amount_currency)]
        rows += sorted(
            (part.max_date, part.credit_move_id.move_id.name or "", -part.debit_amount_currency)
            for part in item.matched_credit_ids
        )
        return [
            {
                "document": line.name,
                "date": fields.Date.to_string(day) or "",
                "booked": name,
                # numbers: a spreadsheet may take one below zero as what it is
                "amount": Decimal(self._plain(amount)),
                "open": Decimal(self._plain(line.residual)),
                "currency": self.currency_id.name,
            }
            for day, name, amount in rows
        ]

    def _invoices(self):
        """The invoices whose documents the agency may have."""
        return self.sudo().line_ids.move_line_id.move_id.filtered(
            lambda move: move.is_invoice() and move.state == "posted"
        )

    def _deliveries(self):
        """The messages in which these items were demanded and that were handed over."""
        lines = self.env["dunning.notice.line"].sudo()
        found = lines.search([("move_line_id", "in", self.line_ids.move_line_id.ids)])
        deliveries = found.notice_id.filtered(
            lambda notice: notice.partner_id == self.partner_id
        ).delivery_ids
        return deliveries.filtered(lambda one: one.state == "sent").sorted("id")

    # -- what became of the calls ----------------------------------------------------------

    def _outbox_done(self, call, data):
        """The agency has it, under its own number if the answer says one."""
        reference = data.get("reference") if isinstance(data, dict) else None
        if call.kind in ("submit", "inform"):
            if isinstance(reference, str) and 0 < len(reference) <= LONGEST_REFERENCE:
                self.external_ref = self.external_ref or reference
            if self.state == "needs_info":
                self._set_state("sent")
            self.env["recovery.inbox"]._look_again(call.agency_id)

    def _outbox_failed(self, call):
        """The agency doesn't have it. What it complains of is a question to us; else the owner of
        the case has to look at the call."""
        referral = self.with_company(self.company_id)
        is_question = call.complaints and call.kind in ("submit", "inform")
        if is_question and referral.state in ("sent", "needs_info"):
            referral._on_info_needed(call.complaints)
        else:
            referral._tell_owner(
                self.env._("%s could not be told", call.agency_id.display_name), call.reason or ""
            )
