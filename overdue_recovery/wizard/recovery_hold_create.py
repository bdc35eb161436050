from odoo import api, fields, models
from odoo.exceptions import UserError

# The records a hold may be put on, by the model the dialog was opened from.
TARGETS = {
    "res.partner": "partner_id",
    "recovery.case": "partner_id",
    "account.move": "move_id",
    "account.move.line": "move_line_id",
}


class RecoveryHoldCreate(models.TransientModel):
    """Put customers, documents or items on hold: one dialog for all."""

    _name = "recovery.hold.create"
    _description = "Put on Hold"

    reason_id = fields.Many2one("recovery.hold.reason", required=True)
    blocks = fields.Selection(
        [("contact", "Contact"), ("charge", "Charges"), ("both", "Contact and charges")],
        compute="_compute_blocks",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
    )
    date_to = fields.Date(string="Until", help="Included. Empty: until it is ended.")
    note = fields.Char()
    whole_customer = fields.Boolean(related="reason_id.whole_customer")
    representative_only = fields.Boolean(related="reason_id.representative_only")
    representative_id = fields.Many2one(
        "res.partner", help="Written to instead of the customer: a lawyer, an administrator."
    )
    count = fields.Integer(compute="_compute_count")

    @api.depends("reason_id")
    def _compute_blocks(self):
        """What the reason's row proposes."""
        for wizard in self:
            wizard.blocks = wizard.reason_id._blocks() if wizard.reason_id else "contact"

    @api.depends_context("active_model", "active_ids")
    def _compute_count(self):
        self.count = len(self._records())

    def _records(self):
        model = self.env.context.get("active_model")
        if model not in TARGETS:
            raise UserError(self.env._("Open this dialog from customers, invoices or items."))
        return self.env[model].browse(self.env.context.get("active_ids"))

    def action_hold(self):
        """One hold for each chosen record, of the record's company; for a reason that concerns
        the whole customer one for each of their customers."""
        holds = self.env["recovery.hold"].create(
            [
                {**self._hold_values(), target: record.id, "company_id": company.id}
                for target, record, company in self._targets()
            ]
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("%s put on hold.", len(holds)),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _hold_values(self):
        return {
            "reason_id": self.reason_id.id,
            "blocks": self.blocks,
            "date_to": self.date_to,
            "note": self.note,
            "representative_id": self.representative_only and self.representative_id.id,
        }

    def _targets(self):
        """[(field of the hold, record, company)], each record once."""
        field = TARGETS[self._records()._name]
        found = []
        for record in self._records():
            company = self._company_of(record)
            if self.whole_customer or record._name == "recovery.case":
                found.append(("partner_id", self._customer_of(record), company))
            else:
                found.append((field, record, company))
        return list(dict.fromkeys(found))

    def _customer_of(self, record):
        if record._name == "res.partner":
            return record.commercial_partner_id
        if record._name == "account.move":
            return record.commercial_partner_id._recovery_debtor()
        return record.partner_id._recovery_debtor()

    def _company_of(self, record):
        company = record.company_id if record._name != "res.partner" else None
        return company or self.env.company
