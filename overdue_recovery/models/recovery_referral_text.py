from odoo import api, models
from odoo.exceptions import UserError


class RecoveryReferralText(models.AbstractModel):
    """What people read of a referral: the debtor, whoever works on it, and the contact log."""

    _name = "recovery.referral.text"
    _description = "Referral: what people read"

    def _portal_note(self):
        """What the debtor reads where these items are listed."""
        self.ensure_one()
        agency = self.agency_id.sudo().partner_id
        contact = ", ".join(filter(None, (agency.phone, agency.email)))
        parts = [self.env._("This debt is with %s: please pay and talk to them.", agency.name)]
        if contact:
            parts.append(self.env._("Contact: %s.", contact))
        if self.external_ref:
            parts.append(self.env._("Their reference: %s.", self.external_ref))
        return " ".join(parts)

    @api.model
    def _of_items(self, items):
        """{item: the referral it is placed with now}, in one query.

        sudo: what is placed is placed, whoever may see the referral.
        """
        lines = self.env["recovery.referral.line"].sudo()
        found = lines.search([("move_line_id", "in", items.ids), ("live", "=", True)])
        return {
            line.move_line_id.with_env(self.env): line.referral_id.with_env(self.env)
            for line in found
        }

    @api.model
    def _check_not_placed(self, items):
        """Refuse what would be agreed on an item that an agency collects, by its referral."""
        for item, referral in self._of_items(items).items():
            raise UserError(
                self.env._(
                    "%(item)s is placed with %(agency)s (%(referral)s): recall it first.",
                    item=item.move_id.name or item.display_name,
                    agency=referral.sudo().agency_id.display_name,
                    referral=referral.sudo().name,
                )
            )

    def _log_step(self, outcome, text=""):
        """Say in the contact log what has become of it.

        sudo: the log is written by everybody and by nobody's choice.
        """
        entries = [
            {
                "case": referral.case_id,
                "direction": "note",
                "channel": "system",
                "kind": referral._log_kind,
                "outcome": outcome,
                "reference": referral.name,
                "text": text or referral._terms_sentence(),
                "details": {
                    "amount": referral.amount,
                    "currency": referral.currency_id.name,
                    "documents": referral.line_ids.mapped("name"),
                },
            }
            for referral in self
        ]
        self.env["recovery.interaction"].sudo()._log(entries)

    def _terms_sentence(self):
        self.ensure_one()
        return self.env._(
            "%(amount)s placed with %(agency)s: %(documents)s.",
            amount=self.currency_id.format(self.amount),
            agency=self.agency_id.display_name,
            documents=", ".join(self.line_ids.mapped("name")),
        )

    def _action_form(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
        }
