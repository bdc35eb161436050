import logging
from collections import defaultdict
from decimal import Decimal
from typing import Any, NamedTuple

from odoo import api, models
from psycopg2 import OperationalError

_logger = logging.getLogger(__name__)


class Chargeable(NamedTuple):
    """An item that may be charged, and under which law."""

    line: Any  # ChargeLine
    law: Any  # recovery.law
    level: Any  # dunning.level that it rises to


class RecoveryChargeRule(models.AbstractModel):
    """Which charges a notice makes, and how much each comes to.

    Reads policies, levels and law rows, and ``ChargeFacts``; writes nothing.
    """

    _name = "recovery.charge.rule"
    _description = "Charge: what is charged"

    @api.model
    def _compute_charges(self, notices, facts):
        """{notice id: [values of recovery.charge]} of what these notices charge on
        ``facts.today``."""
        return {notice.id: self._charges_of(notice, facts) for notice in notices}

    def _charges_of(self, notice, facts, level=None):
        """The charges of one notice. What can't be computed is left out: no notice waits for its
        charge.

        :param level: the level that decides on the fee; None: the notice's own
        """
        level = notice.level_id if level is None else level
        chargeable = self._chargeable(notice, level, facts)
        found = []
        for rule in self._charge_rules():
            try:
                found += rule(notice, level, chargeable, facts)
            except OperationalError:
                raise
            except Exception:
                _logger.info("A charge of notice %s is left out", notice.id, exc_info=True)
        return found

    def _charge_rules(self):
        """The functions (notice, its level, chargeable items, facts) -> values. Seam: add a kind
        of charge."""
        return [self._fees, self._fixed_sums, self._interests]

    # -- may it be charged? ----------------------------------------------------------------

    def _chargeable(self, notice, notice_level, facts):
        """The rising items of a notice that may be charged, as ``Chargeable``. A level that tells
        the customer nothing charges nothing."""
        if not notice_level or notice_level.is_internal:
            return []
        levels = self.env["dunning.level"].sudo()
        found = []
        for line in (*facts.lines.get(notice.id, ()), *facts.paid_late.get(notice.id, ())):
            level = levels.browse(line.level_id)
            law = self._law_for(notice, line, level.policy_id, facts)
            if law:
                found.append(Chargeable(line, law, level))
        return found

    def _law_for(self, notice, line, policy, facts):
        """The law under which an item may be charged today; empty when it may not."""
        none = self.env["recovery.law"]
        if not self._policy_charges(policy, line, facts.today):
            return none
        law = none.sudo()._charge_law(notice.company_id, notice.partner_id, line.date_due)
        if not law or not self._law_charges(law, notice, line, facts):
            return none
        held = any(
            pause.covers(facts.today) and not pause.amount
            for pause in facts.pauses_of(line, notice.partner_id.id)
        )
        return none if held else law

    def _policy_charges(self, policy, line, today):
        """The policy's switch, its date and its days of grace."""
        if not (policy.charges and policy.charges_since and (line.demanded > 0 or line.paid_on)):
            return False
        late = ((line.paid_on or today) - line.date_due).days
        return line.date_due >= policy.charges_since and late > max(policy.grace_charge_days, 0)

    def _law_charges(self, law, notice, line, facts):
        """The law's conditions: agreement, limitation, the free reminder and its waiting days."""
        if law.needs_agreement and not self._is_agreed(notice, line):
            return False
        if law._last_day(notice.company_id, notice.partner_id, line.date_due) < facts.today:
            return False
        if not (law.first_reminder_free or law.waiting_days):
            return True
        reminder = facts.reminders.get((line.item_id, line.cycle))
        if not reminder:
            return False
        first_day = law._chargeable_from(reminder.date, reminder.channel, notice.partner_id)
        return first_day <= facts.today

    def _is_agreed(self, notice, line):
        """Whether charges were agreed when the invoice was made out.

        sudo: what was agreed is known to the engine, whoever looks.
        """
        partner = notice.partner_id.with_company(notice.company_id).sudo()
        agreed = partner.charges_agreed_on
        return bool(agreed) and (line.invoice_date or line.date_due) >= agreed

    # -- fee of the notice -----------------------------------------------------------------

    def _fees(self, notice, level, chargeable, facts):
        """The fee of a notice: one, by the notice's level, in the company's currency, within
        what the law of its oldest item allows."""
        chargeable = [one for one in chargeable if not one.line.paid_on]
        if level.fee_type == "none" or not chargeable:
            return []
        law = chargeable[0].law
        currency = notice.company_id.currency_id
        base = round(sum(one.line.demanded_company for one in chargeable) / currency.rounding)
        if level.fee_type == "law":
            fee, terms = law._law_fee(base, currency, facts.today)
        else:
            fee, terms = level._own_fee(base)
        earlier = self._earlier_fees_of(chargeable, facts, currency, notice)
        allowed = law._capped_fee(fee, earlier, base, currency, facts.today)
        if allowed <= 0:
            return []
        proof = {
            "fee": terms,
            "uncapped": fee,
            "earlier": [[day.isoformat(), units] for day, units in earlier],
        }
        return [self._charge_values(notice, "fee", chargeable, currency, allowed, proof, facts)]

    def _earlier_fees_of(self, chargeable, facts, currency, notice):
        """[(day, units)] of the fees that these items bore already, oldest first."""
        known = {}
        for one in chargeable:
            known.update(facts.fees.get(one.line.item_id, {}))
        return sorted(
            (day, self._units_in(amount, currency_id, currency, notice.company_id, day))
            for day, amount, currency_id in known.values()
        )

    def _units_in(self, amount, currency_id, target, company, day):
        source = self.env["res.currency"].browse(currency_id)
        return round(source._convert(amount, target, company, day) / target.rounding)

    # -- fixed sums ------------------------------------------------------------------------

    def _fixed_sums(self, notice, _level, chargeable, facts):
        """The law's fixed sum or scale: once for each item, or once for what is new on the
        notice."""
        new = [
            one
            for one in chargeable
            if one.level.fee_type == "law"
            and not one.line.paid_on
            and one.line.item_id not in facts.fixed_sums
        ]
        groups = defaultdict(list)
        for one in new:
            each = one.line.item_id if one.law.fixed_sum_per == "invoice" else None
            groups[one.law, one.line.currency_id, each].append(one)
        found = []
        for (law, currency_id, _each), items in groups.items():
            currency = self.env["res.currency"].browse(currency_id)
            amount = sum(one.line.demanded for one in items)
            units, terms = law._fixed_sum(amount, currency, facts.today)
            if units > 0:
                proof = {"fixed_sum": terms, "base": amount}
                found.append(
                    self._charge_values(notice, "fixed_sum", items, currency, units, proof, facts)
                )
        return found

    # -- what is written -------------------------------------------------------------------

    def _charge_values(self, notice, kind, items, currency, units, proof, facts):
        """Values of a new charge. One of several items names the oldest.

        :param units: int, rounding units of ``currency``
        :param proof: what this kind of charge adds to the proof
        """
        line, law = items[0].line, items[0].law
        of_item = kind != "fee"
        return {
            "notice_id": notice.id,
            "company_id": notice.company_id.id,
            "partner_id": notice.partner_id.id,
            "kind": kind,
            "move_line_id": of_item and line.item_id,
            "item_key": of_item and line.item_id,
            "item_name": ", ".join(one.line.name or "" for one in items) if of_item else False,
            "date": facts.today,
            "currency_id": currency.id,
            "amount": currency.round(units * currency.rounding),
            "law_id": law.id,
            "proof": {
                "rule": kind,
                "law": law._source_proof(),
                "level": items[0].level.name,
                "day": facts.today.isoformat(),
                "currency": currency.name,
                "rounding": str(Decimal(str(currency.rounding))),
                "items": [self._item_proof(one.line) for one in items],
                **proof,
                "amount": units,
            },
        }

    def _item_proof(self, line):
        return {
            "id": line.item_id,
            "name": line.name,
            "date_due": line.date_due.isoformat(),
            "invoice_date": line.invoice_date and line.invoice_date.isoformat(),
            "demanded": line.demanded,
            "currency_id": line.currency_id,
        }
