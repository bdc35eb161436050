from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import formatLang

from .account_move import RECOVERY_GROUPS


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = [
        "res.partner",
        "res.partner.recovery.contact",
        "res.partner.recovery.data",
        "res.partner.recovery.erasure",
        "res.partner.recovery.promise",
        "res.partner.recovery.recipient",
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

    # -- who owes ----------------------------------------------------------------------------

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

    def _message_reset_bounce(self, email):
        """Mail came from an address: it is alive."""
        self.filtered("recovery_dead_email").recovery_dead_email = False
        return super()._message_reset_bounce(email)

    def _recovery_owner(self, company):
        """Who looks after this customer: its salesperson, else the company's collector."""
        return self.user_id or company.recovery_user_id

    def _recovery_filter(self, domain):
        """Those of ``self`` that match ``domain``."""
        if domain.is_true() or not self:
            return self
        return self.search(Domain("id", "in", self.ids) & domain)

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
        """What is overdue, how promises were kept, and what comes next or why nothing does:
        sentences, none where there is nothing."""
        found = []
        if overdue := self.amount_overdue:
            amount = formatLang(self.env, overdue, currency_obj=self.env.company.currency_id)
            found.append(self.env._("Overdue: %s", amount))
        if self.promise_reliability:
            found.append(self.env._("Promises kept: %s", self.promise_reliability))
        if outlook := self.recovery_case_id._outlook():
            found.append(outlook)
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
