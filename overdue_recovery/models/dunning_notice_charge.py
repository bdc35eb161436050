from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

from odoo import api, fields, models

from .recovery_charge import LIVE
from .recovery_charge_facts import Reminder


class DunningNoticeCharge(models.AbstractModel):
    """What a notice charges: drafted with it, posted when it is handed over, credited when it
    ends otherwise. Nothing is read or written for companies whose policies charge nothing.

    sudo: charges belong to the engine, whoever sends or cancels.
    """

    _name = "dunning.notice.charge"
    _description = "Notice: what it charges"

    charge_preview = fields.Char(
        string="If paid later", compute="_compute_charge_preview", compute_sudo=True
    )

    # -- draft -----------------------------------------------------------------------------

    def _draft_charges(self):
        """Bring the draft charges of these proposed or issued notices in line with the day they
        are dated and what is known by now: a constant number of statements."""
        charges = self.env["recovery.charge"].sudo()
        for (company, day), notices in self.sudo()._by_company_and_day().items():
            own = charges.with_company(company)
            computed = own._compute_charges(notices, own._facts(notices, day))
            notices._replace_drafts(computed)

    def _by_company_and_day(self):
        return self.filtered("date").grouped(lambda notice: (notice.company_id, notice.date))

    def _replace_drafts(self, computed):
        """Replace the drafts of those of these notices that charge something else by now.

        :param computed: {notice id: [values of recovery.charge]}
        """
        charges = self.env["recovery.charge"]
        drafts = charges.search([("notice_id", "in", self.ids), ("state", "=", "draft")])
        known = drafts.grouped("notice_id")
        changed = self.filtered(
            lambda notice: known.get(notice, charges)._differ_from(computed[notice.id])
        )
        drafts.filtered(lambda charge: charge.notice_id in changed).unlink()
        charges.create([values for notice in changed for values in computed[notice.id]])
        changed.delivery_ids._forget_messages()
        # a redrafted notice whose charges are the same has its sum to be told again
        rates = self._conversion_rates()
        for notice in self:
            notice._include_charges(rates)

    def _conversion_rates(self):
        """{currency: rate into the company's} of what these notices of one company and day charge:
        one look-up for each currency."""
        company, day = self.company_id, self[:1].date
        currencies = self.charge_ids.currency_id
        convert = currencies._get_conversion_rate
        return {one: convert(one, company.currency_id, company, day) for one in currencies}

    def _include_charges(self, rates):
        """Let the sum demanded include what this notice charges."""
        currency = self.company_id.currency_id
        drafts = self.charge_ids.filtered(lambda charge: charge.state == "draft")
        total = sum(currency.round(charge.amount * rates[charge.currency_id]) for charge in drafts)
        if currency.compare_amounts(total, self.amount_charges):
            demanded = self.amount_demanded - self.amount_charges + total
            self.write({"amount_charges": total, "amount_demanded": currency.round(demanded)})

    # -- post and credit -------------------------------------------------------------------

    def _post_charges(self):
        """These notices were handed over: post their drafts."""
        charging = self.filtered("amount_charges").sudo()
        drafts = charging.charge_ids.filtered(lambda charge: charge.state == "draft")
        drafts._post_or_wait()

    def _credit_charges(self):
        """These notices failed, or were cancelled or skipped: what they charged is not owed."""
        charging = self.filtered("amount_charges").sudo()
        live = charging.charge_ids.filtered(lambda charge: charge.state in ("draft", "posted"))
        live._end_with_notice()

    # -- figures ---------------------------------------------------------------------------

    def _told_charges(self):
        """What these notices charge: drafts, and what was charged even if it was waived later."""
        charging = self.filtered("amount_charges").sudo()
        return charging.charge_ids.filtered(lambda charge: charge.state in LIVE)

    # -- what paying later costs -----------------------------------------------------------

    @api.depends("date_due", "state", "amount_charges", "level_id")
    @api.depends_context("lang")
    def _compute_charge_preview(self):
        previews = self._charge_preview()
        for notice in self:
            amounts = previews.get(notice.id) or {}
            notice.charge_preview = notice._preview_sentence(amounts)

    def _charge_preview(self):
        """What paying after the pay-by date would cost more than this notice asks: the charges
        of the next level, on the day after.

        :return: {notice id: {currency: amount}}, without those that cost nothing more
        """
        coming = self.sudo().filtered(
            lambda notice: (
                notice.state in ("proposed", "issued", "sent")
                and notice.date_due
                and notice.policy_id.charges
            )
        )
        charges = self.env["recovery.charge"].sudo()
        found = {}
        for company, notices in coming.grouped("company_id").items():
            own = charges.with_company(company)
            last = max(notices.mapped("date_due")) + timedelta(days=1)
            facts = own._facts(notices, last)
            for notice in notices:
                later = own._charges_of(notice, *notice._next_step(facts))
                found[notice.id] = notice._sums_by_currency(later)
        return {notice_id: sums for notice_id, sums in found.items() if sums}

    def _next_step(self, facts):
        """(facts, level) as they would be on the day after the pay-by date, had nothing been
        paid: items one level higher, what this notice charges claimed."""
        lines = facts.lines.get(self.id, [])
        steps = {line.level_id: self._level_after(line.level_id) for line in lines}
        raised = [
            line._replace(level_id=steps[line.level_id].id)
            for line in lines
            if steps[line.level_id]
        ]
        keys = [(line.item_id, line.cycle) for line in lines]
        told = dict.fromkeys(keys, Reminder(self.date, self._written_channel()))
        own = self._told_charges()
        interest = own.filtered(lambda charge: charge.kind == "interest")
        fixed = own.filtered(lambda charge: charge.kind == "fixed_sum")
        later = replace(
            facts,
            today=self.date_due + timedelta(days=1),
            lines={self.id: raised},
            paid_late={},
            reminders={**told, **facts.reminders},
            claimed_until={
                **facts.claimed_until,
                **{charge.item_key: charge.date_to for charge in interest},
            },
            fixed_sums=facts.fixed_sums
            | {item["id"] for charge in fixed for item in charge.proof["items"]},
            fees=self._fees_with(own, facts, lines),
        )
        return later, self._level_after(self.level_id.id)

    def _fees_with(self, own, facts, lines):
        """The earlier fees and fixed sums of these lines, this notice's among them."""
        new = {
            charge.id: (charge.date, charge.amount, charge.currency_id.id)
            for charge in own
            if charge.kind in ("fee", "fixed_sum")
        }
        return {line.item_id: {**facts.fees.get(line.item_id, {}), **new} for line in lines}

    def _level_after(self, level_id):
        """The level of this policy that follows, empty after the last one."""
        level = self.env["dunning.level"].sudo().browse(level_id)
        ladder = level.policy_id.level_ids.filtered("active").sorted(
            lambda one: (one.sequence, one.delay_days, one.id)
        )
        rank = level.sequence, level.delay_days, level.id
        after = ladder.filtered(lambda one: (one.sequence, one.delay_days, one.id) > rank)
        return after[:1]

    def _written_channel(self):
        """On which channel this notice is, or would be, written to the customer."""
        channels = self.delivery_ids.filtered(lambda d: d.state != "cancelled").mapped("channel")
        written = [channel for channel in channels if channel != "call"]
        return "letter" if written and set(written) == {"letter"} else "email"

    def _sums_by_currency(self, values):
        sums = defaultdict(float)
        for one in values:
            sums[one["currency_id"]] += one["amount"]
        currencies = self.env["res.currency"].sudo().browse(sums)
        return {currency: currency.round(sums[currency.id]) for currency in currencies}

    def _preview_sentence(self, amounts):
        """“If you pay after 14 March: 12.40 € more”; empty when it costs nothing more."""
        if not amounts:
            return ""
        texts = [self._money(amounts[currency], currency) for currency in self._own_first(amounts)]
        return self.env._(
            "If you pay after %(date)s: %(amount)s more.",
            date=self._long_date(self.date_due),
            amount=self._enumerate(texts),
        )

    def _cost_sentences(self):
        """What stands below the items: what paying later costs, and the terms; empty where
        nothing is charged."""
        if not self.policy_id.charges:
            return []
        return [text for text in (self.charge_preview, *self._charge_terms()) if text]

    def _charge_terms(self):
        """What is charged for being late, by law: sentences, each once; empty where nothing is."""
        levels = self.policy_id.level_ids
        if not any(level.charge_interest or level.fee_type == "law" for level in levels):
            return []
        laws = self.env["recovery.law"].sudo()
        days = {line.date_due for line in self._message_lines() if line.kind == "rising"}
        found = laws.union(
            *(laws._charge_law(self.company_id, self.partner_id, day) for day in days if day)
        )
        return list(dict.fromkeys(filter(None, (law._terms_sentence() for law in found))))
