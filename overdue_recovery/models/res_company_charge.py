from itertools import count
from typing import NamedTuple

from odoo import Command, api, fields, models, tools
from odoo.exceptions import UserError

PRODUCTS = {
    "fee": "overdue_recovery.product_charge_fee",
    "fixed_sum": "overdue_recovery.product_charge_fixed_sum",
    "interest": "overdue_recovery.product_charge_interest",
}


class ChargeProduct(NamedTuple):
    """What a line of a charge invoice is made of."""

    product: object
    account: object


class ResCompanyCharge(models.AbstractModel):
    """What a company charges for late payment, and where it books it."""

    _name = "res.company.recovery.charge"
    _description = "Company: charges for late payment"

    recovery_charge_journal_id = fields.Many2one(
        "account.journal",
        string="Journal of charges",
        domain="[('type', '=', 'sale'), ('company_id', '=', id)]",
        help="Charges are numbered and booked here. Empty: made with the first charge.",
        prefetch="recovery",
    )
    recovery_fee_account_id = fields.Many2one(
        "account.account",
        string="Income from fees",
        help="Fees and fixed sums are booked here. Empty: made with the first charge.",
        prefetch="recovery",
    )
    recovery_interest_account_id = fields.Many2one(
        "account.account",
        string="Income from default interest",
        help="Default interest is booked here. Empty: made with the first charge.",
        prefetch="recovery",
    )
    recovery_charges_on_invoices = fields.Boolean(
        string="Charges on invoices",
        help="Invoices say what is charged for late payment, where the policy charges.",
        prefetch="recovery",
    )
    recovery_charge_late_paid = fields.Boolean(
        string="Interest on invoices paid late",
        help="Interest is also charged when an invoice was paid in full, but late.",
        prefetch="recovery",
    )

    def write(self, vals):
        if "recovery_charge_journal_id" in vals:
            self.env.registry.clear_cache()
        return super().write(vals)

    @api.model
    @tools.ormcache("company_id")
    def _recovery_has_charged(self, company_id):
        """Whether charges are booked in a company's journal by now. Kept in memory: it is asked
        whenever somebody opens a customer.

        sudo: it decides on figures of whoever looks.
        """
        return bool(self.sudo().browse(company_id).recovery_charge_journal_id)

    def _recovery_charge_setup(self):
        """Where charges of this company are booked, made where missing.

        Branches book in the journal and on the accounts of the company they belong to. Two
        transactions that come first at the same time wait for each other.

        sudo: whoever hands a notice over need not be allowed to make journals.

        :return: (account.journal, {kind: ChargeProduct}), kinds fee, fixed_sum, interest
        :raise UserError: the company has no chart of accounts
        """
        self.ensure_one()
        company = self.sudo().root_id
        company = company.with_company(company)
        if not company._recovery_has_charge_setup():
            company.lock_for_update(allow_referencing=True)
            company.invalidate_recordset()
            company._recovery_make_charge_setup()
        products = {kind: company.env.ref(xmlid) for kind, xmlid in PRODUCTS.items()}
        return company.recovery_charge_journal_id, {
            kind: ChargeProduct(product, company._recovery_charge_account(kind))
            for kind, product in products.items()
        }

    @api.model
    def _recovery_charge_product_ids(self):
        """The ids of the products of charges; looked up without a query."""
        data = self.env["ir.model.data"]
        return {data._xmlid_to_res_id(xmlid) for xmlid in PRODUCTS.values()} - {False}

    def _recovery_charge_taxes(self, product):
        """The taxes of a charge where the law taxes it: the product's own, else what the company
        takes on sales (one company)."""
        taxes = product.taxes_id._filter_taxes_by_company(self)
        return taxes or self.account_sale_tax_id

    def _recovery_has_charge_setup(self):
        return bool(
            self.recovery_charge_journal_id
            and self.recovery_fee_account_id
            and self.recovery_interest_account_id
        )

    def _recovery_charge_account(self, kind):
        """The income account of a kind of charge."""
        is_interest = kind == "interest"
        return self.recovery_interest_account_id if is_interest else self.recovery_fee_account_id

    def _recovery_make_charge_setup(self):
        """Make what is missing of the two accounts and the journal."""
        names = {
            "recovery_fee_account_id": self.env._("Dunning fees and compensation"),
            "recovery_interest_account_id": self.env._("Default interest"),
        }
        for field, name in names.items():
            if not self[field]:
                self[field] = self._recovery_make_income_account(name)
        if not self.recovery_charge_journal_id:
            self.recovery_charge_journal_id = self._recovery_make_charge_journal()

    def _recovery_make_income_account(self, name):
        """A new account for other income, numbered next to those that the chart has."""
        accounts = self.env["account.account"]
        domain = accounts._check_company_domain(self)
        for account_type in ("income_other", "income"):
            like = accounts.search([*domain, ("account_type", "=", account_type)], limit=1)
            if like:
                break
        else:
            raise UserError(
                self.env._(
                    "%s has no income account: set up its chart of accounts before it charges.",
                    self.name,
                )
            )
        return accounts.create(
            {
                "name": name,
                "code": accounts._search_new_account_code(like.code),
                "account_type": "income_other",
                "company_ids": [Command.set(self.ids)],
            }
        )

    def _recovery_make_charge_journal(self):
        """A new sale journal, with a code that is free."""
        journals = self.env["account.journal"].with_context(active_test=False)
        taken = set(journals.search([("company_id", "child_of", self.id)]).mapped("code"))
        code = next(code for code in _journal_codes() if code not in taken)
        return journals.create(
            {
                "name": self.env._("Charges for Late Payment"),
                "code": code,
                "type": "sale",
                "company_id": self.id,
                "default_account_id": self.recovery_fee_account_id.id,
                "show_on_dashboard": False,
                "refund_sequence": True,
            }
        )


def _journal_codes():
    """Codes of at most five letters, as journals have them."""
    yield "DUNC"
    yield from (f"DUN{number}" for number in count(1))
