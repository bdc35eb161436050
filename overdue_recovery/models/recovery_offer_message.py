from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

TEMPLATES = {
    "proposed": "overdue_recovery.mail_template_offer",
    "accepted": "overdue_recovery.mail_template_offer_accepted",
}


class RecoveryOfferMessage(models.AbstractModel):
    """What the customer reads of an offer: its terms in its own language, logged as sent."""

    _name = "recovery.offer.message"
    _description = "Offer: messages"

    terms_text = fields.Text(compute="_compute_terms_text")

    @api.depends("amount", "expiry_date", "kind")
    @api.depends_context("lang")
    def _compute_terms_text(self):
        for offer in self:
            offer.terms_text = offer._terms_sentence()

    def _terms_sentence(self):
        """The offer in one sentence, in the language of the context."""
        self.ensure_one()
        words = {
            "amount": self.currency_id.format(self.amount),
            "total": self.currency_id.format(self.amount_total),
            "given": self.currency_id.format(self.amount_given_up),
            "date": format_date(self.env, self.expiry_date),
            "documents": ", ".join(self.claim_ids.mapped("name")),
        }
        if self.kind == "discount":
            return self.env._(
                "If %(amount)s arrive by %(date)s, a discount of %(given)s is given on "
                "%(documents)s (%(total)s).",
                **words,
            )
        if self.kind == "waiver":
            return self.env._(
                "If %(amount)s arrive by %(date)s, charges of %(given)s are waived on "
                "%(documents)s (%(total)s).",
                **words,
            )
        return self.env._(
            "If %(amount)s arrive by %(date)s, they settle %(documents)s (%(total)s) in full.",
            **words,
        )

    def action_send(self):
        """Send the customer this offer, or once it is accepted the confirmation, by e-mail.

        It is an answer, not a demand: hours and limits of demands don't bind it.

        :raise UserError: an approval is missing, or nobody can be written to
        """
        self.check_access("write")
        for offer in self:
            if offer.state not in TEMPLATES:
                raise UserError(
                    self.env._("%s is neither proposed nor accepted: nothing to send.", offer.name)
                )
            if offer.state == "proposed":
                offer._check_approved()
            offer._write_to_debtor(TEMPLATES[offer.state])
        return True
