from dataclasses import replace
from typing import NamedTuple

from odoo import api, models

from .dunning_proposal import LINE_COLUMNS
from .recovery_charge_facts import ChargeFacts, ChargeLine, Reminder

# Where a draft's lines, which begin with the column after the notice, have what a charge needs.
_KIND, _ITEM, _NAME, _DUE, _LEVEL, _CYCLE, _DEMANDED, _COMPANY, _CURRENCY = (
    LINE_COLUMNS.index(name) - 1
    for name in (
        "kind",
        "move_line_id",
        "name",
        "date_due",
        "level_id",
        "cycle",
        "amount_demanded",
        "amount_company",
        "currency_id",
    )
)


class Foreseen(NamedTuple):
    """A notice that is not made, as the rules of charges read one; its id is its place among the
    entries."""

    id: int
    company_id: object
    partner_id: object


class DunningSimulationCharge(models.AbstractModel):
    """What the foreseen notices would charge: by the rules of real ones, in the order of their
    days, each on top of what those before it claimed.

    They change neither levels nor amounts of the entries, so they are told when all are known.
    Interest on invoices that were paid late is not foreseen: it waits for a notice that is made.
    """

    _name = "dunning.simulation.charge"
    _description = "Simulation: charges"

    def _charge_lines(self, debtor, draft):
        """The rising lines of a draft as ``ChargeLine``; the notice is not known yet."""
        return [
            self._charge_line(debtor.rows[line[_ITEM]], line)
            for line in draft.lines
            if line[_KIND] == "rising"
        ]

    def _charge_line(self, row, line):
        return ChargeLine(
            notice_id=None,
            item_id=line[_ITEM],
            level_id=line[_LEVEL],
            cycle=line[_CYCLE],
            date_due=line[_DUE],
            invoice_date=row.invoice_date,
            demanded=round(line[_DEMANDED] / row.rounding),
            demanded_company=line[_COMPANY],
            rounding=row.rounding,
            currency_id=line[_CURRENCY],
            name=line[_NAME],
            partner_id=row.partner_id,
            move_id=row.move_id,
        )

    @api.model
    def _tell_charges(self, company, today, entries, ignore, under_way):
        """Fill ``charge`` of entries, which go by their days, in the company's currency; take
        away their ``lines``. A constant number of statements for facts.

        :param ignore: notices that the entries replace (None: none)
        :param under_way: {item id: level id} of what counts as handed over today
        """
        lines_of = [entry.pop("lines") for entry in entries]
        lines = [line for lines in lines_of for line in lines]
        if not lines:
            return
        partners = self.env["res.partner"].sudo().browse({e["partner_id"] for e in entries})
        facts = self._charge_facts(company, partners, lines, entries[-1]["date"], ignore)
        self._remind(facts, [line for line in lines if line.item_id in under_way], today, under_way)
        by_id = {partner.id: partner for partner in partners}
        for place, (entry, lines) in enumerate(zip(entries, lines_of, strict=True)):
            if lines:
                notice = Foreseen(place, company, by_id[entry["partner_id"]])
                entry["charge"] = self._foresee_charges(notice, entry, lines, facts)

    def _charge_facts(self, company, partners, lines, last_day, ignore):
        """``ChargeFacts`` of these lines, of all days up to ``last_day``."""
        charges = self.env["recovery.charge"].sudo()
        charges._flush_facts()
        facts = ChargeFacts(last_day)
        own = self.env["dunning.notice"] if ignore is None else ignore
        charges._fill(facts, lines, own, partners, company)
        return facts

    def _foresee_charges(self, notice, entry, lines, facts):
        """What one notice charges; it counts for those of later days."""
        day = entry["date"]
        charges = self.env["recovery.charge"].sudo().with_company(notice.company_id)
        level = self.env["dunning.level"].sudo().browse(entry["level_id"])
        asked = replace(facts, today=day, lines={notice.id: lines})
        found = charges._charges_of(notice, asked, level)
        self._claim(facts, notice.id, lines, found)
        levels = {line.item_id: line.level_id for line in lines}
        self._remind(facts, lines, day, levels, entry["channel"])
        return self._foreseen_sum(notice.company_id, found)

    def _foreseen_sum(self, company, found):
        """The charges of one notice in the company's currency, converted as a notice does."""
        currency, total = company.currency_id, 0.0
        for values in found:
            own = self.env["res.currency"].browse(values["currency_id"])
            total += own._convert(values["amount"], currency, company, values["date"])
        return currency.round(total)

    def _claim(self, facts, place, lines, found):
        """Let the charges ``found`` count against those of later days."""
        for number, values in enumerate(found):
            if values["kind"] == "interest":
                facts.claimed_until[values["item_key"]] = values["date_to"]
                continue
            if values["kind"] == "fixed_sum":
                facts.fixed_sums.update(item["id"] for item in values["proof"]["items"])
            fee = values["date"], values["amount"], values["currency_id"]
            for line in lines:
                facts.fees[line.item_id][place, number] = fee

    def _remind(self, facts, lines, day, levels, channel="email"):
        """Remember the first written reminder after the due date of each of these items.

        :param levels: {item id: id of the level that it is told}
        """
        for line in lines:
            level = self.env["dunning.level"].sudo().browse(levels[line.item_id])
            if channel and level.delay_days >= 0:
                reminder = Reminder(day, "letter" if channel == "letter" else "email")
                facts.reminders.setdefault((line.item_id, line.cycle), reminder)
