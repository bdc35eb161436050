from odoo import api, fields, models
from odoo.exceptions import UserError

OUTCOME = "overdue_recovery.mail_template_dispute_outcome"
DECIDED = ("accepted", "partly_accepted", "rejected")


class RecoveryDisputeMessage(models.AbstractModel):
    """What the customer reads of the outcome, in its own language, and what the log says."""

    _name = "recovery.dispute.message"
    _description = "Dispute: messages"

    outcome_text = fields.Text(compute="_compute_outcome_text")

    @api.depends("state", "amount_disputed", "amount_accepted", "document_name")
    @api.depends_context("lang")
    def _compute_outcome_text(self):
        for dispute in self:
            dispute.outcome_text = dispute._outcome_sentence()

    def _outcome_sentence(self):
        """The outcome in a sentence or two, in the language of the context; empty: none yet."""
        self.ensure_one()
        words = {
            "invoice": self.document_name,
            "amount": self.currency_id.format(self.amount_disputed),
            "accepted": self.currency_id.format(self.amount_accepted),
        }
        if self.state == "accepted":
            return self.env._(
                "You are right about %(amount)s of %(invoice)s. You receive a credit note for it.",
                **words,
            )
        if self.state == "partly_accepted":
            return self.env._(
                "You contested %(amount)s of %(invoice)s. We accept %(accepted)s of it, for which "
                "you receive a credit note. The rest is due as before.",
                **words,
            )
        if self.state == "rejected":
            return self.env._(
                "You contested %(amount)s of %(invoice)s. We looked into it and found the invoice "
                "to be right; the amount is due as before.",
                **words,
            )
        return ""

    def action_send(self):
        """Send the customer the outcome by e-mail, once more where it went out before.

        It is an answer, not a demand: hours and limits of demands don't bind it.

        :raise UserError: nothing is decided, or nobody can be written to
        """
        self.check_access("write")
        for dispute in self:
            if dispute.state not in DECIDED:
                raise UserError(self.env._("%s is not decided: nothing to send.", dispute.name))
            dispute._write_to_debtor(OUTCOME)
        return True

    def _write_outcome(self):
        """Send the outcome; where nobody can be written to, a person tells it."""
        summary = self.env._("Tell the customer the outcome of %s", self.name)
        self._write_or_tell(OUTCOME, summary)

    def _log_step(self, outcome, text=""):
        """Say in the contact log what has become of the dispute."""
        details = {
            "invoice": self.document_name,
            "amount": self.amount_disputed,
            "accepted": self.amount_accepted,
            "currency": self.currency_id.name,
        }
        self._log(direction="note", channel="system", outcome=outcome, text=text, details=details)
