import csv
import io

from odoo import models

from ..calc import archive
from .res_partner_data import CHARGE

LAW = ("code", "name", "valid_from", "source", "source_url", "terms")
POLICY = ("name", "mode", "date_start", "grace_contact_days", "grace_charge_days", "charges")
LEVEL = (
    "policy_id",
    "sequence",
    "name",
    "tone",
    "delay_days",
    "new_due_days",
    "fee_type",
    "fee_amount",
    "fee_percent",
    "charge_interest",
)
CONTACT_RULE = (
    "law_id",
    "channel",
    "hour_from",
    "hour_to",
    "max_contacts",
    "window_days",
    "gap_days",
    "conversation_days",
)
#: The sheet of charges: a line for each stretch of days with one principal and one rate.
SHEET = (
    "charge",
    "document",
    "charged on",
    "after",
    "until",
    "days",
    "principal",
    "rate",
    "interest",
    "amount charged",
    "currency",
    "state",
    "source",
)


class RecoveryCaseEvidenceTerms(models.AbstractModel):
    """What the pack says about money and rules: the sheet of interest and fees with its proofs, and
    the terms that were applied."""

    _name = "recovery.case.evidence.terms"
    _description = "Case: charges and terms as evidence"

    def _evidence_all_charges(self):
        return self.notice_ids.charge_ids.filtered(lambda c: c.state != "draft").sorted("id")

    def _evidence_charges(self):
        """Every charge that was posted: its proof, and the sheet to follow it."""
        charges = self._evidence_all_charges()
        proofs = [{"charge": c.id, "kind": c.kind, "proof": c.proof} for c in charges]
        return {
            "charges/charges.json": self._evidence_table(charges, CHARGE),
            "charges/proofs.json": archive.canonical(proofs),
            "charges/sheet.csv": self._evidence_sheet(charges),
        }

    def _evidence_sheet(self, charges):
        with io.StringIO() as text:
            writer = csv.writer(text, lineterminator="\n")
            writer.writerow(SHEET)
            for charge in charges:
                writer.writerows(_sheet_rows(charge))
            return text.getvalue().encode()

    def _evidence_terms(self):
        """The law's rows that charges and contacts obeyed, and the policies with their levels."""
        laws = self._evidence_all_charges().law_id
        laws |= self.env["recovery.law"].search([("contact_active", "=", True)])
        levels = self.notice_ids.level_id
        policies = levels.policy_id
        plain = self.partner_id._recovery_plain
        return {
            "laws": plain(LAW, laws.sorted("id")),
            "contact_rules": plain(CONTACT_RULE, laws.contact_rule_ids.sorted("id")),
            "policies": plain(POLICY, policies.sorted("id")),
            "levels": plain(LEVEL, policies.level_ids.sorted("id")),
        }


def _sheet_rows(charge):
    """The lines of one charge in the sheet."""
    proof = charge.proof or {}
    head = [charge._title(), charge.item_name or "", charge.date]
    tail = [_amount(charge, charge.amount / charge.currency_id.rounding), charge.currency_id.name]
    tail += [charge.state, (proof.get("law") or {}).get("source") or ""]
    for part in proof.get("segments") or [{}]:
        yield [
            *head,
            part.get("from", ""),
            part.get("to", ""),
            part.get("days", ""),
            _amount(charge, part["principal"]) if part else "",
            part.get("rate", ""),
            part.get("interest", ""),
            *tail,
        ]


def _amount(charge, units):
    """A number of the currency's units as an amount."""
    currency = charge.currency_id
    return f"{round(units) * currency.rounding:.{currency.decimal_places}f}"
