from typing import NamedTuple

from odoo import api, models


class Reason(NamedTuple):
    """Why an item is not dunned now: its code, a sentence, and until when (None: open end)."""

    code: str
    text: str
    until: object = None


class DunningReason(models.AbstractModel):
    """The sentence of every reason code, in the reader's language: the same ones everywhere."""

    _name = "dunning.reason"
    _description = "Reasons why nothing is sent"

    @api.model
    def _texts(self):
        """{code: sentence}; holds take the name of their reason row, unless it is private:
        these sentences are kept, and everybody reads them."""
        reasons = self.env["recovery.hold.reason"].sudo().with_context(active_test=False)
        holds = reasons.search([("code", "!=", False)])
        private = self.env._("On hold for a private reason.")
        texts = {
            hold.code: private if hold.is_sensitive else self.env._("On hold: %s.", hold.name)
            for hold in holds
        }
        return {**texts, **self._own_texts()}

    def _own_texts(self):
        return {
            "no_followup": self.env._("Excluded from follow-up in its journal entry."),
            "blocked": self.env._("The invoice is blocked."),
            "before_start": self.env._(
                "Fell due before the start of the policy: start it yourself."
            ),
            "time_barred": self.env._(
                "Time-barred, or older than 3 years: only a manager starts it."
            ),
            "no_customer": self.env._("Has no customer: set one on the journal item."),
            "no_due_date": self.env._("Has no due date: set one on the journal item."),
            "no_policy": self.env._("No policy matches this customer."),
            "skipped": self.env._("Skipped by a person in the proposed run."),
            "under_way": self.env._("Already on a notice that is under way."),
            "short_payment": self.env._("Only a small rest of a payment is open: write it off."),
            "pay_by": self.env._("The pay-by date of the last notice has not passed."),
            "interval": self.env._("The customer had a notice a short while ago."),
            "credits": self.env._("Open credits cover what is overdue."),
            "min_amount": self.env._("Less is overdue than the smallest amount for a notice."),
            "min_percent": self.env._("Too small a share of all that is open."),
            "no_address": self.env._("No address that works, or the customer is archived."),
            "grace": self.env._("Within the days of grace."),
            "not_due": self.env._("The next step is not due yet."),
            "charge": self.env._("Costs: they are listed on reminders and never cause one."),
            "last_level": self.env._("The last level is reached."),
        }

    @api.model
    def _reasons(self, codes, holds=(), until=None, texts=None):
        """``Reason`` tuples of these codes; a hold's end comes from ``holds`` (``calc`` holds),
        the end of a dated reason from ``until``. Who asks for many passes ``_texts()``."""
        texts = texts or self._texts()
        ends = {hold.reason: hold.until for hold in holds}
        dated = {"pay_by", "interval", "grace", "not_due"}
        return [
            Reason(code, texts.get(code, code), ends.get(code, until if code in dated else None))
            for code in codes
        ]
