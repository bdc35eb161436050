from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import formatLang

from .account_move import RECOVERY_GROUPS
from .res_partner_representative import Represented

WEEKEND = (5, 6)


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = [
        "res.partner",
        "res.partner.recovery.contact",
        "res.partner.recovery.data",
        "res.partner.recovery.erasure",
        "res.partner.recovery.promise",
        "res.partner.recovery.representative",
    ]

    dunning_policy_id = fields.Many2one(
        "dunning.policy",
        company_dependent=True,
        groups=RECOVERY_GROUPS,
        help="Empty: the first policy of the company that matches this customer.",
        prefetch=False,
    )
    dunning_payer_id = fields.Many2one(
        "res.partner",
        string="Reminders go to",
        index="btree_not_null",
        help="The company that pays for this one: it gets one notice for all.",
        prefetch="recovery",
    )
    is_dunning_contact = fields.Boolean(
        help="Gets the reminders of its company.", prefetch="recovery"
    )
    recovery_debtor_type = fields.Selection(
        [("business", "Business"), ("consumer", "Consumer"), ("public", "Public body")],
        string="Debtor type",
        compute="_compute_recovery_debtor_type",
        store=True,
        readonly=False,
        prefetch="recovery",
    )
    charges_agreed_on = fields.Date(
        company_dependent=True,
        groups=RECOVERY_GROUPS,
        help="Since when an agreement allows charges for late payment, where the law asks for one: "
        "it holds for invoices dated from that day on.",
        prefetch=False,
    )
    is_key_account = fields.Boolean(
        string="Key account",
        help="Never reminded automatically; from 30 days overdue its owner decides first.",
        prefetch="recovery",
    )
    recovery_channel = fields.Selection(
        [("email", "E-mail"), ("sms", "SMS"), ("letter", "Letter")],
        string="Preferred channel",
        prefetch="recovery",
    )
    recovery_dead_email = fields.Char(
        string="Dead e-mail address",
        copy=False,
        help="Mail to this address came back: no notice goes there until the e-mail address "
        "changes, a mail comes from it, or you empty this field.",
        prefetch="recovery",
    )
    recovery_dead_postal = fields.Char(
        string="Dead postal address",
        copy=False,
        help="A letter to this address came back: no letter goes there until the address "
        "changes, or you empty this field.",
        prefetch="recovery",
    )
    recovery_case_ids = fields.One2many(
        "recovery.case", "partner_id", string="Recovery cases", groups=RECOVERY_GROUPS
    )
    dunning_level_id = fields.Many2one(
        "dunning.level",
        compute="_compute_dunning_level_id",
        search="_search_dunning_level_id",
        groups=RECOVERY_GROUPS,
    )
    recovery_case_id = fields.Many2one(
        "recovery.case",
        compute="_compute_recovery_case_id",
        search="_search_recovery_case_id",
        groups=RECOVERY_GROUPS,
    )
    amount_overdue = fields.Monetary(
        compute="_compute_amount_overdue",
        search="_search_amount_overdue",
        groups=RECOVERY_GROUPS,
    )
    is_referred = fields.Boolean(
        compute="_compute_is_referred", search="_search_is_referred", groups=RECOVERY_GROUPS
    )

    _payer_is_another = models.Constraint(
        "CHECK(dunning_payer_id IS NULL OR dunning_payer_id != id)",
        "A customer is its own payer already: leave the field empty.",
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_only_unknown_to_recovery(self):
        """sudo: what is known of a customer counts in every company."""
        known = self._known_to_recovery()
        if known:
            raise UserError(
                self.env._(
                    "%(customer)s has a recovery case or was written to about open items, which "
                    "is kept as evidence. Archive the contact instead.",
                    customer=known[0].display_name,
                )
            )

    def _known_to_recovery(self):
        keys = [
            ("recovery.case", "partner_id"),
            ("dunning.notice", "partner_id"),
            ("dunning.delivery", "recipient_id"),
        ]
        known = self.browse()
        for model, name in keys:
            groups = (
                self.env[model]
                .sudo()
                .with_context(active_test=False)
                ._read_group([(name, "in", self.ids)], [name])
            )
            known |= known.union(*(partner for (partner,) in groups))
        return known

    # -- who owes, who is written to ---------------------------------------------------------

    @api.depends("vat", "is_company")
    def _compute_recovery_debtor_type(self):
        for partner in self:
            business = partner.vat or partner.is_company
            partner.recovery_debtor_type = "business" if business else "consumer"

    def _recovery_debtor(self):
        """Who owes: the commercial partner, or the one that pays for it."""
        commercial = (partner.commercial_partner_id for partner in self)
        debtors = (partner.dunning_payer_id or partner for partner in commercial)
        return self.browse(dict.fromkeys(debtor.id for debtor in debtors))

    def _recovery_recipients(self, channel):
        """Who is written to on ``channel``: the dunning contacts that have an address for it,
        else the invoice contact, else the customer itself. Empty when none has."""
        self.ensure_one()
        return self._recovery_recipients_by_channel()[self][channel]

    def _recovery_recipients_by_channel(self):
        """{partner: {channel: recipients}} for many customers; one query for their contacts."""
        by_customer = self._recovery_contacts()
        return {
            partner: {
                channel: partner._pick_recipients(by_customer.get(partner, self.browse()), channel)
                for channel in ("email", "sms", "letter", "call")
            }
            for partner in self
        }

    def _recovery_contacts(self):
        """{customer: its contacts that may be written to instead, or ``Represented``}."""
        contacts = self.search(
            [
                ("commercial_partner_id", "in", self.ids),
                ("id", "not in", self.ids),
                "|",
                ("is_dunning_contact", "=", True),
                ("type", "=", "invoice"),
            ],
            order="id",
        )
        return {**contacts.grouped("commercial_partner_id"), **self._recovery_represented()}

    def _recovery_unreachable(self, channels):
        """Those of these customers who have no recipient on any of their ``channels``
        {partner id: codes}. Looks no further than the first that reaches somebody."""
        self._recovery_fetch()
        by_customer, nobody = self._recovery_contacts(), self.browse()
        return self.filtered(
            lambda partner: (
                not any(
                    partner._pick_recipients(by_customer.get(partner, nobody), channel)
                    for channel in channels[partner.id]
                )
            )
        )

    def _pick_recipients(self, contacts, channel):
        if not self.active:
            return self.browse()
        if isinstance(contacts, Represented):
            only = contacts.representative
            return only if only and only._recovery_address(channel) else self.browse()
        if not contacts:
            return self if self._recovery_address(channel) else self.browse()
        reachable = (contacts | self).filtered(lambda p: p.active and p._recovery_address(channel))
        return (
            reachable.filtered("is_dunning_contact")
            or (reachable & contacts)[:1]
            or (reachable & self)
        )

    def _recovery_address(self, channel):
        """This person's own address on ``channel``, False when it has none that can work.

        Seam: glue addons answer for their channels; core knows e-mail and letter, and that a call
        is an activity, which needs no number.
        """
        self.ensure_one()
        if channel == "email":
            address = self.email_normalized
            return address if address != self.recovery_dead_email else False
        if channel == "letter":
            address = self._recovery_postal_address()
            return address if address != self.recovery_dead_postal else False
        return (self.phone or self.name or "-") if channel == "call" else False

    def _recovery_address_died(self, channel, address):
        """A message to this address of these persons came back for good.

        Only the present address is remembered, on the person itself, so that choosing a channel
        for thousands of customers costs no query. Seam: glue addons remember their channels'.
        """
        if channel == "email":
            living = self.filtered(lambda partner: partner._recovery_address(channel) == address)
            living.recovery_dead_email = address
        elif channel == "letter":
            living = self.filtered(lambda partner: partner._recovery_address(channel) == address)
            living.recovery_dead_postal = address

    def _message_reset_bounce(self, email):
        """Mail came from an address: it is alive."""
        self.filtered("recovery_dead_email").recovery_dead_email = False
        return super()._message_reset_bounce(email)

    def _recovery_postal_address(self):
        """Where a letter goes, in one line; False unless a postman could find it: street, city
        and, where the country has them, postal code."""
        street = " ".join(filter(None, (self.street, self.street2)))
        has_zip = self.zip or (self.country_id and not self.country_id.zip_required)
        if not street or not self.city or not has_zip:
            return False
        place = " ".join(filter(None, (self.zip, self.city)))
        return ", ".join(filter(None, (street, place, self.country_id.name)))

    def _recovery_address_lines(self, from_country):
        """The address of a letter as it stands in the window: names, street, town, and the country
        in capitals when the letter comes from another one (Universal Postal Union).

        :param from_country: res.country of the sender
        """
        self.ensure_one()
        names = dict.fromkeys(filter(None, (self.commercial_partner_id.name, self.name)))
        lines = self._display_address(without_company=True).splitlines()
        lines = [line.strip() for line in lines if line.strip()]
        country = self.country_id
        if country and lines and lines[-1] == country.name:
            lines.pop()
        if country and country != from_country:
            lines.append(country.name.upper())
        return [*names, *lines]

    def _recovery_sender_line(self):
        """Who sends a letter, in the one small line above the address."""
        place = " ".join(filter(None, (self.zip, self.city)))
        return " · ".join(filter(None, (self.name, self.street, place)))

    def _recovery_channels(self):
        """{partner: set of channels on which somebody can be reached}."""
        found = self._recovery_recipients_by_channel()
        return {
            partner: {channel for channel, recipients in channels.items() if recipients}
            for partner, channels in found.items()
        }

    def _recovery_owner(self, company):
        """Who looks after this customer: its salesperson, else the company's collector."""
        return self.user_id or company.recovery_user_id

    def _recovery_filter(self, domain):
        """Those of ``self`` that match ``domain``."""
        if domain.is_true() or not self:
            return self
        return self.search(Domain("id", "in", self.ids) & domain)

    def _recovery_working_day(self, day):
        """``day``, or the next working day of this partner's country: no weekend, no public
        holiday."""
        days_off = self._recovery_holidays(self.country_id, self.state_id)
        while day.weekday() in WEEKEND or day in days_off:
            day += timedelta(days=1)
        return day

    def _recovery_add_working_days(self, day, count):
        """The working day that is ``count`` working days after ``day`` (before it, where
        ``count`` is negative), in this partner's country."""
        days_off = self._recovery_holidays(self.country_id, self.state_id)
        step = timedelta(days=1 if count > 0 else -1)
        left = abs(count)
        while left:
            day += step
            left -= not (day.weekday() in WEEKEND or day in days_off)
        return day

    # -- figures -----------------------------------------------------------------------------

    def _recovery_case(self, company):
        """The open case of this customer in ``company``, made if there is none."""
        self.ensure_one()
        cases = self.env["recovery.case"].sudo()
        return self.env["recovery.case"].browse(cases._open_cases(company, self)[self.id])

    def _compute_recovery_case_id(self):
        debtors = {partner: partner._recovery_debtor() for partner in self}
        cases = self.env["recovery.case"].search(
            [
                ("partner_id", "in", [debtor.id for debtor in debtors.values()]),
                ("company_id", "=", self.env.company.id),
                ("date_closed", "=", False),
            ]
        )
        found = {case.partner_id: case for case in cases}
        for partner, debtor in debtors.items():
            partner.recovery_case_id = found.get(debtor, False)

    def _search_recovery_case_id(self, operator, value):
        cases = self.env["recovery.case"].search([("id", operator, value)])
        return [("id", "in", cases.partner_id.ids)]

    def _compute_dunning_level_id(self):
        groups = (
            self.env["dunning.item"]
            .sudo()
            ._read_group(
                [
                    ("partner_id", "in", self.commercial_partner_id.ids),
                    ("company_id", "child_of", self.env.company.id),
                    ("level_id", "!=", False),
                    ("move_line_id.reconciled", "=", False),
                ],
                ["partner_id", "level_id"],
            )
        )
        levels = defaultdict(self.env["dunning.level"].browse)
        for partner, level in groups:
            levels[partner] |= level
        for partner in self:
            own = levels[partner.commercial_partner_id]
            ladder = own.sorted(lambda level: (level.sequence, level.delay_days))
            partner.dunning_level_id = ladder[-1:]

    def _search_dunning_level_id(self, operator, value):
        self._check_field_access(self._fields["dunning_level_id"], "read")
        items = Domain("level_id", operator, value) & Domain("move_line_id.reconciled", "=", False)
        partners = self.env["dunning.item"].sudo().search(items).partner_id
        return [("id", "in", partners.ids)]

    @api.depends_context("company")
    def _compute_amount_overdue(self):
        overdue = self._overdue_by_partner(self.commercial_partner_id)
        for partner in self:
            partner.amount_overdue = overdue.get(partner.commercial_partner_id.id, 0.0)

    def _overdue_by_partner(self, partners=None):
        """{partner id: overdue, in the company's currency}; one query."""
        company = self.env.company
        domain = self.env["account.move.line"]._recovery_open_domain()
        domain &= Domain("date_maturity", "<", company._recovery_today())
        domain &= Domain("company_id", "child_of", company.id)
        if partners is not None:
            domain &= Domain("partner_id", "in", partners.ids)
        lines = self.env["account.move.line"].sudo()
        groups = lines._read_group(domain, ["partner_id"], ["amount_residual:sum"])
        return {partner.id: amount for partner, amount in groups}

    def _search_amount_overdue(self, operator, value):
        # core looks at the groups of a field that is read, not of one that is searched
        self._check_field_access(self._fields["amount_overdue"], "read")
        if operator not in (">", ">=", "<", "<="):
            return NotImplemented
        compare = {
            ">": lambda amount: amount > value,
            ">=": lambda amount: amount >= value,
            "<": lambda amount: amount < value,
            "<=": lambda amount: amount <= value,
        }[operator]
        overdue = self._overdue_by_partner()
        ids = [partner_id for partner_id, amount in overdue.items() if compare(amount)]
        found = Domain("id", "in", ids)
        return found | Domain("id", "not in", list(overdue)) if compare(0.0) else found

    def _referred_ids(self):
        """Ids of customers with something referred to an agency now."""
        holds = self.env["recovery.hold"].sudo()
        today = self.env.company._recovery_today()
        domain = holds._dated_domain(today) & Domain("reason_id.code", "=", "referred")
        return holds.search(domain)._customers().ids

    def _compute_is_referred(self):
        referred = set(self._referred_ids())
        for partner in self:
            partner.is_referred = partner.commercial_partner_id.id in referred

    def _search_is_referred(self, operator, value):
        self._check_field_access(self._fields["is_referred"], "read")
        if operator != "in":
            return NotImplemented
        found = Domain("id", "in", self._referred_ids())
        return found if True in value else ~found

    @api.depends("credit")
    def _compute_days_sales_outstanding(self):
        """Charges for late payment are neither sales nor owed for sales."""
        result = super()._compute_days_sales_outstanding()
        today = fields.Date.context_today(self)
        for partner, (sales, first, charges) in self._sales_beside_charges().items():
            days = (today - first).days if first else 0
            owed = partner.credit - charges
            partner.days_sales_outstanding = owed / sales * days if sales else 0
        return result

    def _sales_beside_charges(self):
        """{partner: (sales, first invoice date, open charges)} of those that were charged; nothing
        is asked in a company that has no journal for it."""
        company = self.env.company
        if not company._recovery_has_charged(company.sudo().root_id.id):
            return {}
        domain = [
            ("state", "=", "posted"),
            ("company_id", "=", self.env.company.id),
            ("commercial_partner_id", "in", self.commercial_partner_id.ids),
            ("move_type", "in", self.env["account.move"].get_sale_types(include_receipts=True)),
        ]
        moves = self.env["account.move"]
        charged = moves._read_group(
            [*domain, ("is_recovery_charge", "=", True)],
            ["commercial_partner_id"],
            ["amount_residual_signed:sum"],
        )
        ids = [partner.id for partner, _charges in charged]
        if not ids:
            return {}
        sold = moves._read_group(
            [*domain, ("is_recovery_charge", "=", False), ("commercial_partner_id", "in", ids)],
            ["commercial_partner_id"],
            ["amount_total_signed:sum", "invoice_date:min"],
        )
        sales = {partner: (total, first) for partner, total, first in sold}
        found = {partner: (*sales.get(partner, (0, None)), owed) for partner, owed in charged}
        return {partner: found[partner] for partner in self if partner in found}

    # -- a person's acts ---------------------------------------------------------------------

    def recovery_status(self):
        """Where this customer stands, for the line on its form: ``level`` (name or empty),
        ``text`` and whether there ``has_case``."""
        self.ensure_one()
        self.check_access("read")
        return {
            "level": self.dunning_level_id.name or "",
            "text": " · ".join(self._recovery_sentences()),
            "has_case": bool(self.recovery_case_id),
        }

    def _recovery_sentences(self):
        """What is overdue, and how promises were kept: sentences, none where there is nothing."""
        found = []
        if overdue := self.amount_overdue:
            amount = formatLang(self.env, overdue, currency_obj=self.env.company.currency_id)
            found.append(self.env._("Overdue: %s", amount))
        if self.promise_reliability:
            found.append(self.env._("Promises kept: %s", self.promise_reliability))
        return found

    def action_recovery_offer(self):
        """Open the dialog for an offer to this customer."""
        self.ensure_one()
        self.env["recovery.offer"].check_access("create")
        return self._recovery_debtor()._recovery_case(self.env.company).action_offer()

    def action_recovery_promise(self):
        """Open the dialog for a promise of this customer."""
        self.ensure_one()
        self.env["recovery.promise"].check_access("create")
        return self._recovery_debtor()._recovery_case(self.env.company).action_promise()

    def action_open_recovery_case(self):
        """Open this customer's case, made if there is none."""
        self.ensure_one()
        return self._action_open_case(self.env.company)

    def _action_open_case(self, company):
        self.env["recovery.case"].check_access("create")
        case = self._recovery_debtor()._recovery_case(company)
        return {
            "type": "ir.actions.act_window",
            "res_model": "recovery.case",
            "res_id": case.id,
            "view_mode": "form",
        }
