import logging

from odoo import api, fields, models
from odoo.fields import Domain
from psycopg2 import OperationalError

_logger = logging.getLogger(__name__)


class RecoveryOfferJudge(models.AbstractModel):
    """What has become of an offer: read from the ledger, daily and whenever money moved."""

    _name = "recovery.offer.judge"
    _description = "Offer: what has become of it"

    @api.model
    def _judge_all(self):
        """Judge what the day decides: proposals and accepted offers. Fulfilled ones are judged
        when a match of theirs is undone.

        sudo: nobody watches this job, and it looks after every company.
        """
        self.sudo().search([("state", "in", ("proposed", "accepted"))])._judge()

    @api.model
    def _judge_customers(self, pairs):
        """Judge the offers to these {(partner id, company id)}: their money moved.

        sudo: it is the ledger that decides, whoever wrote in it.
        """
        if not pairs:
            return
        partners, companies = map(set, zip(*pairs, strict=True))
        domain = (
            Domain("partner_id", "in", list(partners))
            & Domain("company_id", "in", list(companies))
            & Domain("state", "in", ("accepted", "fulfilled"))
        )
        self.sudo().search(domain)._judge()

    def _judge(self):
        """Judge these offers, each for itself: one that raises stops no other, is told to its
        owner, and is tried again the next day. Those of which nothing is new cost one statement
        together."""
        money = self.env["recovery.claim"]._money(self.claim_ids.move_line_id)
        for offer in self.filtered(lambda offer: offer._has_news(money)):
            try:
                with self.env.cr.savepoint():
                    offer.with_company(offer.company_id)._judge_one()
            except OperationalError:
                raise
            except Exception as error:
                _logger.warning("Offer %s could not be judged: %s", offer.id, error)
                offer.invalidate_recordset()
                offer._tell_owner(str(error))

    def _judge_one(self):
        today = self.company_id._recovery_today()
        is_over = self._is_over()
        if self.state == "fulfilled" and not self._is_met():
            self._reopen()
        if self.state == "proposed" and is_over:
            self._set_state("expired")
            self._log_step("expired", self._terms_sentence())
        elif self.state == "accepted" and self._is_met():
            self._fulfil(today)
        elif self.state == "accepted" and is_over:
            self._void()

    def _has_news(self, money):
        """Whether the ledger or the day says something else than the state."""
        if self.state == "proposed":
            return self._is_over()
        if self._is_met(money):
            return self.state == "accepted"
        return self.state == "fulfilled" or self._is_over()

    def _is_over(self):
        return self.expiry_date < self.company_id._recovery_today()

    def _is_met(self, money=None):
        """Whether the money is in by the last day, or nothing is left that could be paid."""
        received = self._received(self.expiry_date, money)
        enough = self.currency_id.compare_amounts(received, self.amount) >= 0
        return enough or self._is_settled()

    def _fulfil(self, today):
        """The money is in: close the rest, and let go of the items."""
        self._close_rest()
        self._set_state("fulfilled", date_fulfilled=today)
        self._end_claims()
        self._log_step("fulfilled", self._terms_sentence())

    def _void(self):
        """The money is not in: the items are demanded again, as they were."""
        self._set_state("voided")
        self._end_claims()
        self._log_step("voided", self._terms_sentence())

    def _reopen(self):
        """A payment was undone: what was closed for it is open again."""
        self._undo_closing()
        # the one it was made in may be closed by now
        self.case_id = self.partner_id._recovery_case(self.company_id)
        self._set_state("accepted", date_fulfilled=False)
        if not self._others():
            self._begin_claims(self.expiry_date)
        self._log_step("reopened", self._terms_sentence())

    def _others(self):
        """Live claims of other arrangements on the items of this one."""
        domain = [("move_line_id", "in", self.claim_ids.move_line_id.ids), ("live", "=", True)]
        return self.env["recovery.claim"].search(domain) - self.claim_ids

    def _tell_owner(self, text):
        """One task for whoever owns the case: something hinders the offer."""
        kind = self.env.ref("mail.mail_activity_data_todo")
        summary = self.env._("%s could not be closed", self.name)
        if summary not in self.case_id.activity_ids.mapped("summary"):
            self.case_id._plan_activity(kind, summary, text)

    def _log_step(self, outcome, text):
        """Say in the contact log and on the offer what has become of it.

        sudo: the log is written by everybody and by nobody's choice.
        """
        entries = [
            {
                "case": offer.case_id,
                "direction": "note",
                "channel": "system",
                "kind": "offer",
                "outcome": outcome,
                "reference": offer.name,
                "text": text,
                "details": {
                    "amount": offer.amount,
                    "open": offer.amount_total,
                    "currency": offer.currency_id.name,
                    "until": fields.Date.to_string(offer.expiry_date),
                },
            }
            for offer in self
        ]
        self.env["recovery.interaction"].sudo()._log(entries)
