from odoo import fields, models
from odoo.exceptions import UserError

from .recovery_contact_facts import Request


class RecoveryCaseContact(models.AbstractModel):
    """Contacts that a person makes: they pass the same gate as those of the engine."""

    _name = "recovery.case.contact"
    _description = "Case: contacts by a person"

    def _check_contact(self, channel, purpose="demand", recipient=None, notice=None):
        """Refuse a contact that a person is about to make, when the gate does not let it pass now.

        Whoever offers a manual contact (a call, a message) calls this right before it and logs
        the contact afterwards; what the engine sends is held by the gate instead.

        :param recipient: res.partner; default: the customer
        :param notice: dunning.notice that the contact belongs to: one demand with its messages
        :raise UserError: with all reasons, and when it may be made
        """
        self.ensure_one()
        request = Request(
            recipient=recipient or self.partner_id,
            channel=channel,
            purpose=purpose,
            company=self.company_id,
            debtor=self.partner_id,
            key=(notice and notice.name) or "",
        )
        gate = self.env["recovery.contact.gate"]
        verdict = gate._verdicts([request], fields.Datetime.now())[0]
        if verdict.decision != "send":
            raise UserError(
                self.env._(
                    "%(customer)s can't be contacted now. %(why)s",
                    customer=request.recipient.display_name,
                    why=gate._announcement(verdict),
                )
            )
