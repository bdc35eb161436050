from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL

from ..calc import demand, escalation
from .dunning_facts import Credit, Debtor, Ladders

# Debtors read and decided at a time: memory does not grow with the ledger.
DEBTORS_PER_RANGE = 5000


class DunningMeasure(models.AbstractModel):
    """Measure and decide: the ledger's facts of one company as plain tuples, and the verdicts.

    A constant number of SQL statements per range of debtors, none per item. Run, exceptions,
    simulation, invoice and customer text all read it through ``_debtors`` and ``_decide``.
    """

    _name = "dunning.measure"
    _inherit = ["dunning.measure.ledger", "dunning.measure.against"]
    _description = "Facts of the Ledger for Dunning"

    # -- who -------------------------------------------------------------------------------

    @api.model
    def _companies(self, company):
        """``company`` and those of its branches that have no policy of their own."""
        found, queue = company, company.sudo().child_ids
        with_policy = self._companies_with_own_policy() if queue else queue
        while queue:
            queue -= with_policy
            found |= queue
            queue = queue.child_ids
        return found

    @api.model
    def _companies_with_own_policy(self):
        """sudo: which companies have a policy decides for branches a user may not see."""
        groups = self.env["dunning.policy"].sudo()._read_group([], ["company_id"])
        return self.env["res.company"].sudo().union(*(company for (company,) in groups))

    @api.model
    def _debtors(
        self,
        company,
        today,
        debtor_ids=None,
        ignore=None,
        coming=False,
        heed_skips=True,
        policy=None,
        reach=True,
    ):
        """Yield a ``Debtor`` with its decisions for each customer with open receivables.

        The same as ``_debtor_ranges``, one by one.
        """
        ranges = self._debtor_ranges(
            company, today, debtor_ids, ignore, coming, heed_skips, policy, reach=reach
        )
        for debtors in ranges:
            yield from debtors

    @api.model
    def _debtor_ranges(
        self,
        company,
        today,
        debtor_ids=None,
        ignore=None,
        coming=False,
        heed_skips=True,
        policy=None,
        counted=False,
        reach=True,
    ):
        """Yield lists of ``Debtor`` with their decisions, 5,000 customers with open receivables at
        a time: whoever forgets a range before the next needs memory for one only.

        :param company: the sender; its branches without own policy belong to it
        :param today: date in the company's time zone
        :param debtor_ids: only these (None: all)
        :param ignore: notices whose rising lines do not count as under way
        :param coming: later days will be decided too: ask for everybody's channels
        :param policy: try this policy instead of the customers' own
        :param heed_skips: leave out the customers that a person skipped in the proposed run
        :param reach: look whether the messages of their levels can reach them
        :param counted: of customers of whom nothing is due yet, only count the items (``not_due``)
        """
        companies = self._companies(company)
        self._flush()
        if debtor_ids is None:
            against = self._against(companies, today, ignore)
            waiting = self._all_debtors(companies, today, against)
        else:
            # few, mostly: only what stands against their items is read, with them
            against, waiting = None, dict.fromkeys(sorted(set(debtor_ids)))
        ids = list(waiting)
        for start in range(0, len(ids), DEBTORS_PER_RANGE):
            if start:
                # what was read of the customers of the range before
                self.env["res.partner"].invalidate_model()
            chosen = ids[start : start + DEBTORS_PER_RANGE]
            policies = self._policies(company, chosen, policy)
            quiet = self._quiet(chosen, waiting, policies, today) if counted else {}
            loud = [debtor_id for debtor_id in chosen if debtor_id not in quiet]
            debtors = self._debtor_range(company, companies, today, loud, against, ignore, policies)
            debtors.update(quiet)
            if reach:
                self._refuse_unreachable(debtors, coming)
            if heed_skips:
                self._refuse_skipped(company, debtors)
            yield list(debtors.values())

    def _debtor_range(self, company, companies, today, debtor_ids, against, ignore, policies):
        """Measure and decide one range of debtors: a constant number of statements.

        :param against: see ``_against``; None: what stands against the items that are read here
        """
        if not debtor_ids:
            return {}
        rows = self._open_items(companies, debtor_ids)
        against = against or self._against(companies, today, ignore, rows)
        credit_rows = self._open_credits(companies, debtor_ids)
        contacts = self._last_contacts(company, debtor_ids)
        payables = self._payables(companies, policies)
        partners = self.env["res.partner"].sudo().browse({row.debtor_id for row in rows})
        found = {}
        for row in rows:
            debtor = found.get(row.debtor_id)
            if debtor is None:
                policy = policies.get(row.debtor_id)
                debtor = found[row.debtor_id] = Debtor(row.debtor_id, policy, partners)
            debtor.rows[row.id] = row
        for credit in credit_rows:
            if credit.debtor_id in found:
                found[credit.debtor_id].credits.append(credit)
        ladders = self._ladders()
        self.env["dunning.limitation"]._limit(company, found.values(), today)
        for debtor in found.values():
            debtor.last_contact = contacts.get(debtor.id)
            self._fill_items(debtor, against, ladders, payables)
            self._decide(debtor, today, ladders)
        return found

    def _quiet(self, debtor_ids, waiting, policies, today):
        """{debtor id: ``Debtor``} of those whose items their policy will not look at before some
        later day, see ``calc.escalation.not_due_after``: they are counted, not read.

        :param waiting: see ``_all_debtors``
        """
        ladders, partners = self._ladders(), self.env["res.partner"].sudo().browse(debtor_ids)
        last_days = {
            policy: ladders.not_due_after(policy, today) for policy in set(policies.values())
        }
        found = {}
        for debtor_id in debtor_ids:
            count, first = waiting[debtor_id] or (0, None)
            last_day = last_days.get(policies.get(debtor_id))
            if count and last_day and first > last_day:
                policy = policies[debtor_id]
                found[debtor_id] = Debtor(debtor_id, policy, partners, not_due=count)
        return found

    @api.model
    def _ladders(self):
        """A fresh cache of levels and rules, for callers of `_decide`."""
        return Ladders(self.env)

    @api.model
    def _policies(self, company, debtor_ids, policy=None):
        """{debtor id: its policy}: the one named on the customer, else the first that matches;
        ``policy`` for all where it is given."""
        if policy:
            return dict.fromkeys(debtor_ids, policy)
        env = self.with_company(company).env
        debtors = env["res.partner"].sudo().with_context(active_test=False).browse(debtor_ids)
        debtors.fetch(["dunning_policy_id"])
        policies = env["dunning.policy"].sudo().search([("company_id", "=", company.id)])
        found = {
            debtor.id: debtor.dunning_policy_id
            for debtor in debtors
            if debtor.dunning_policy_id in policies
        }
        for policy in policies:
            rest = [debtor_id for debtor_id in debtors.ids if debtor_id not in found]
            matching = policy._matching(debtors.browse(rest))
            found.update(dict.fromkeys(matching.ids, policy))
        return found

    # -- decide ----------------------------------------------------------------------------

    def _fill_items(self, debtor, against, ladders, payables):
        """Turn the rows of a debtor into ``calc`` items with what may be demanded of each."""
        owed = payables.get(debtor.id)
        own = against.of(debtor)
        if owed and debtor.policy.net_payables == "hold":
            own = {key: (*found, demand.Hold("we_owe_them")) for key, found in own.items()}
        elif owed:
            self._subtract_payables(debtor, owed)
        for row in debtor.rows.values():
            if row.date_due is None:
                debtor.undated.append(row.id)
            else:
                kind = debtor.costs if row.is_charge else debtor.items
                under_way = row.id in against.under_way
                kind.append(self._item(row, own[row.id], under_way, debtor, ladders))

    def _subtract_payables(self, debtor, owed):
        """Let what we owe the customer count like a credit."""
        for currency_id, (amount, amount_company) in owed.items():
            rounding = self.env["res.currency"].browse(currency_id).rounding
            name = self.env._("We owe you")
            debtor.credits.append(
                Credit(
                    None, debtor.id, None, name, None, currency_id, rounding, amount, amount_company
                )
            )

    def _item(self, row, holds, under_way, debtor, ladders):
        """``calc.escalation.Item`` of one row; units of its own currency, value in company's."""
        if row.short:
            holds = (*holds, demand.Hold("short_payment"))
        if row.id in debtor.barred:
            holds = (*holds, demand.Hold("time_barred"))
        demandable = demand.demandable(row.residual, holds) if holds else row.residual
        level_id, terms_from = row.level_id, row.invoice_date
        return escalation.Item.of(
            key=row.id,
            date_due=row.date_due,
            residual=row.residual,
            currency=row.currency_id,
            level=ladders.current(debtor.policy, level_id) if level_id and debtor.policy else None,
            level_date=row.level_date,
            pay_by=row.pay_by,
            cycle=row.cycle,
            holds=holds,
            demandable=demandable,
            value=ladders.value(row, demandable),
            no_followup=row.no_followup,
            blocked=row.blocked,
            under_way=under_way,
            started=row.item_id is not None,
            term_days=(row.date_due - terms_from).days if terms_from else None,
        )

    def _decide(self, debtor, today, ladders):
        """Fill ``debtor.decisions`` for ``today``. Without a policy nothing is decided."""
        if not debtor.policy:
            return
        debtor.decisions = escalation.decide_customer(
            debtor.items,
            ladders.levels(debtor.policy),
            today,
            step=debtor.policy.step,
            policy=ladders.rules(debtor.policy),
            credits=self._credit_totals(debtor),
            last_contact=debtor.last_contact,
        )

    def _credit_totals(self, debtor):
        """{currency id: units} of the debtor's open credits."""
        totals = defaultdict(int)
        for credit in debtor.credits:
            totals[credit.currency_id] += credit.amount
        return dict(totals)

    def _refuse_unreachable(self, debtors, coming=False):
        """Let nothing rise for those whom no message of their level can reach.

        :param coming: later days will be decided too: remember everybody's channels
        """
        ladders = self._ladders()
        partners = self.env["res.partner"].sudo()
        if coming:
            for partner, channels in partners.browse(debtors)._recovery_channels().items():
                debtors[partner.id].channels = channels
                debtors[partner.id].refuse_unreachable(ladders)
            return
        wanted = {debtor.id: debtor.wanted_channels(ladders) for debtor in debtors.values()}
        wanted = {key: channels for key, channels in wanted.items() if channels is not None}
        for partner in partners.browse(wanted)._recovery_unreachable(wanted):
            debtors[partner.id].refuse("no_address")

    def _refuse_skipped(self, company, debtors):
        """Let nothing rise for customers whom a person skipped in the run that is proposed."""
        rising = tuple(debtor.id for debtor in debtors.values() if debtor.rises())
        if not rising:
            return
        query = SQL(
            """
            SELECT DISTINCT notice.partner_id
              FROM dunning_notice notice
              JOIN dunning_run run ON run.id = notice.run_id
             WHERE run.company_id = %s AND run.state IN ('proposing', 'proposed')
               AND run.origin != 'single' AND notice.state = 'skipped'
               AND notice.partner_id IN %s
            """,
            company.id,
            rising,
        )
        for (debtor_id,) in self.env.execute_query(query):
            debtors[debtor_id].refuse("skipped")
