from odoo import fields, models


class ResCompanyReferral(models.AbstractModel):
    """What a company lets one person place with agencies, and where their money is booked."""

    _name = "res.company.recovery.referral"
    _description = "Company: agencies"

    recovery_agency_account_id = fields.Many2one(
        "account.account",
        string="Commission of agencies",
        domain="[('account_type', 'in', ('expense', 'expense_other'))]",
        help="Empty: an account is made with the first commission.",
        prefetch="recovery",
    )
    recovery_agency_journal_id = fields.Many2one(
        "account.journal",
        string="Remittances of agencies",
        domain="[('type', '=', 'bank')]",
        help="The bank that agencies pay to. Empty: the first one.",
        prefetch="recovery",
    )
    recovery_agency_tax_id = fields.Many2one(
        "account.tax",
        string="VAT on commission",
        domain="[('type_tax_use', '=', 'purchase')]",
        help="Its account takes the input VAT. Empty: the purchase tax of the agency's rate, else "
        "the company's usual one.",
        prefetch="recovery",
    )

    def _recovery_agency_account(self):
        """The account of commissions: the company's own, else that of the company it belongs to,
        made with the first one where none is chosen.

        sudo: it is the company's, whoever books.
        """
        self.ensure_one()
        company = self.sudo()
        root = company.root_id
        if not (company | root).recovery_agency_account_id:
            name = self.env._("Commission of collection agencies")
            root.recovery_agency_account_id = root.with_company(root)._recovery_make_account(name)
        return company.recovery_agency_account_id or root.recovery_agency_account_id

    def _recovery_agency_journal(self):
        """The bank journal that agencies pay to.

        sudo: it is the company's, whoever books.
        """
        self.ensure_one()
        journals = self.env["account.journal"].sudo()
        domain = [("type", "=", "bank"), *journals._check_company_domain(self)]
        return self.sudo().recovery_agency_journal_id or journals.search(domain, limit=1)

    def _recovery_agency_tax(self, percent=None):
        """The purchase tax on an agency's commission; empty where there is none.

        sudo: it is the company's, whoever books.

        :param percent: the rate that the agency adds; 0: no tax, None: not known
        """
        self.ensure_one()
        company, taxes = self.sudo(), self.env["account.tax"].sudo()
        if percent is not None and not percent:
            return taxes
        if company.recovery_agency_tax_id:
            return company.recovery_agency_tax_id
        domain = [
            ("type_tax_use", "=", "purchase"),
            ("amount_type", "=", "percent"),
            ("amount", "=", percent),
            *taxes._check_company_domain(self),
        ]
        of_rate = taxes.search(domain, limit=1) if percent else taxes
        return of_rate or company.account_purchase_tax_id

    def _recovery_agency_vat_account(self, percent=None):
        """The account of input VAT on commissions; empty: it can't be deducted."""
        lines = self._recovery_agency_tax(percent).invoice_repartition_line_ids
        return lines.filtered(lambda line: line.repartition_type == "tax").account_id[:1]
