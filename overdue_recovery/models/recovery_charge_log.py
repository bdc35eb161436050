from odoo import models


class RecoveryChargeLog(models.AbstractModel):
    """What becomes of charges, in the contact log: posted, waived, credited."""

    _name = "recovery.charge.log"
    _description = "Charge: in the contact log"

    def _log_step(self, outcome, amounts=None):
        """One entry for each of these charges whose notice belongs to a case.

        sudo: the log is written by everybody, an accountant who credits an invoice too.

        :param str outcome: posted, waived or reversed
        :param amounts: {charge: how much of it}; default: all
        """
        entries = [
            charge._log_entry(outcome, (amounts or {}).get(charge, charge.amount))
            for charge in self.sudo()
            if charge.case_id
        ]
        self.env["recovery.interaction"].sudo()._log(entries)

    def _log_entry(self, outcome, amount):
        return {
            "case": self.case_id,
            "direction": "note",
            "channel": "system",
            "kind": "charge",
            "outcome": outcome,
            "reference": self.notice_id.name or "",
            "subject": self._title(),
            "text": self._explanation(),
            "details": {
                "charge": self.id,
                "amount": self.currency_id.round(amount),
                "currency": self.currency_id.name,
                "document": self.move_id.name or "",
            },
        }
