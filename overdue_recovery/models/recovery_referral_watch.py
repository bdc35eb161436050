import logging
from collections import Counter, defaultdict

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date
from psycopg2 import OperationalError

_logger = logging.getLogger(__name__)

#: Days within which the agency hears of money that reached us.
DAYS_TO_TELL = 3


class RecoveryReferralWatch(models.AbstractModel):
    """What happens here to items that an agency collects: it must hear of it.

    Read from the ledger, daily and whenever money moved: what the items went down by, less what
    the agency remitted and what it was told already. So nothing is told twice, and what is undone
    is told too.
    """

    _name = "recovery.referral.watch"
    _description = "Referral: what the agency must hear"

    @api.model
    def _watch_all(self):
        """Look at everything that is placed.

        sudo: nobody watches this job, and it looks after every company.
        """
        self.sudo().search([("line_ids.live", "=", True)])._watch()

    @api.model
    def _watch_customers(self, pairs):
        """Look at what is placed of these {(partner id, company id)}: their money moved.

        sudo: it is the ledger that decides, whoever wrote in it.
        """
        if not pairs:
            return
        partners, companies = map(set, zip(*pairs, strict=True))
        domain = (
            Domain("partner_id", "in", list(partners))
            & Domain("company_id", "in", list(companies))
            & Domain("line_ids.live", "=", True)
        )
        self.sudo().search(domain)._watch()

    def _watch(self):
        """Tell the agencies what is new, each referral for itself: one that raises stops no other
        and is tried again the next day. Those without news cost five statements together."""
        facts = self._reductions()
        disputes = self._news_of_disputes()
        for referral in self:
            direct, credited = facts[referral]
            if not (direct or credited or disputes[referral]):
                continue
            try:
                with self.env.cr.savepoint():
                    referral.with_company(referral.company_id)._pass_on(
                        direct, credited, disputes[referral]
                    )
            except OperationalError:
                raise
            except Exception as error:
                _logger.warning("Referral %s could not be watched: %s", referral.id, error)
                referral.invalidate_recordset()

    def _pass_on(self, direct, credited, disputes):
        if direct:
            self._on_direct_payment(direct)
        if credited:
            self._report(
                "credit_note",
                self.env._("%s was credited by us.", self.currency_id.format(credited)),
                amount=credited,
            )
        for dispute, times in disputes.items():
            self._on_dispute(dispute, times)

    def _on_direct_payment(self, amount):
        """Money reached us instead of the agency (below zero: it was undone). The agency is told
        within three days, and its commission on it is prepared as a bill."""
        fee, vat = self._commission(amount) if amount > 0 else (0.0, 0.0)
        event = self._report(
            "direct_payment",
            self.env._("%s was paid to us.", self.currency_id.format(amount)),
            amount=amount,
            amount_fee=fee,
            amount_vat=vat,
        )
        if fee:
            self._bill_commission(event)

    def _on_dispute(self, dispute, times):
        """A dispute began, or one that the agency knows of has ended.

        :param times: how often the agency was told of it before; one that was rejected may begin
            again
        """
        kind = "dispute" if dispute.is_live else "dispute_ended"
        key = f"{kind}:{dispute.id}"
        amount, text = self._words_of_dispute(dispute)
        self._report(
            kind,
            text,
            amount=amount,
            more={"outcome": dispute.state},
            own_key=f"{key}:{times}" if times > 1 else key,
        )

    def _words_of_dispute(self, dispute):
        """(amount, text): what of the document may not be demanded, or may be now that it ended."""
        words = {
            "amount": self.currency_id.format(dispute.amount_disputed),
            "document": dispute.move_id.name,
        }
        if dispute.is_live:
            text = self.env._("%(amount)s of %(document)s is disputed.", **words)
            return dispute.amount_disputed, text
        rests = dispute._rests(dispute.move_id)
        amount = sum(rests.get(item, 0.0) for item in self.line_ids.move_line_id)
        states = dict(dispute._fields["state"]._description_selection(self.env))
        text = self.env._(
            "%(amount)s of %(document)s is disputed no longer (%(outcome)s). %(open)s of it may "
            "be demanded now.",
            outcome=states[dispute.state],
            open=self.currency_id.format(amount),
            **words,
        )
        return amount, text

    def _report(self, kind, text, amount, more=None, **values):
        """Note what the agency must hear, and let it be told.

        :param more: what machines read beside the text, JSON-ready
        :param values: of the event
        """
        today = self.company_id._recovery_today()
        tell_by = fields.Date.add(today, days=DAYS_TO_TELL)
        event = self._add_event(kind, text=text, amount=amount, day=today, **values)
        data = {
            "text": text,
            "amount": amount,
            "currency": self.currency_id.name,
            "date": fields.Date.to_string(today),
            "tell_by": fields.Date.to_string(tell_by),
            "event_id": event.id,
            **(more or {}),
        }
        self._tell_agency(kind, data)
        told = self.env._(
            "%(what)s To be told by %(day)s.", what=text, day=format_date(self.env, tell_by)
        )
        self._log_step(kind, told)
        return event

    # -- facts -----------------------------------------------------------------------------

    def _reductions(self):
        """{referral: (money that reached us, credit notes)} that the agency was not told yet."""
        money = self.env["recovery.claim"]._money(self.line_ids.move_line_id)
        own, told = self._remitted_credits(), self._told_amounts()
        # read together, not referral by referral
        residuals = {line: line.residual for line in self.line_ids}
        found = {}
        for referral in self:
            lines = referral.line_ids.filtered("move_line_id")
            paid = sum(line._money_since(money, ()) for line in lines)
            direct = sum(line._money_since(money, own) for line in lines)
            gone = sum(line.baseline - residuals[line] for line in lines)
            found[referral] = (
                referral.currency_id.round(direct - told[referral, "direct_payment"]),
                referral.currency_id.round(max(0.0, gone - paid) - told[referral, "credit_note"]),
            )
        return found

    def _remitted_credits(self):
        """Ids, as text, of the journal items that the agencies' remittances made."""
        moves = self.event_ids.payment_id.move_id
        return {str(line.id) for line in moves.line_ids}

    def _told_amounts(self):
        """{(referral, kind): amount of these events so far}."""
        groups = self.env["recovery.referral.event"]._read_group(
            [("referral_id", "in", self.ids), ("kind", "in", ("direct_payment", "credit_note"))],
            ["referral_id", "kind"],
            ["amount:sum"],
        )
        return defaultdict(float, {(one, kind): amount for one, kind, amount in groups})

    def _news_of_disputes(self):
        """{referral: {dispute: how often the agency was told of it}} of those that began or ended
        since the agency was told."""
        moves = self.line_ids.move_line_id.move_id
        disputes = self.env["recovery.dispute"].search_fetch(
            [("move_id", "in", moves.ids)], ["move_id", "state"]
        )
        told, by_move = self._told_disputes(), disputes.grouped("move_id")
        return {
            referral: {
                one: told[referral, one.id]
                for move in referral.line_ids.move_line_id.move_id
                for one in by_move.get(move, ())
                # it is told in turns: it began, it ended
                if one.is_live != bool(told[referral, one.id] % 2)
            }
            for referral in self
        }

    def _told_disputes(self):
        """{(referral, id of a dispute): how often the agency was told of it}."""
        events = self.env["recovery.referral.event"].search_fetch(
            [
                ("referral_id", "in", self.ids),
                ("kind", "in", ("dispute", "dispute_ended")),
                # what the agency itself tells of a dispute has none
                ("own_key", "!=", False),
            ],
            ["referral_id", "own_key"],
        )
        return Counter((event.referral_id, int(event.own_key.split(":")[1])) for event in events)
