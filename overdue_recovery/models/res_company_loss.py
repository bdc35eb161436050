from odoo import Command, fields, models
from odoo.exceptions import UserError


class ResCompanyLoss(models.AbstractModel):
    """What a company gives up in offers, and where the loss is booked."""

    _name = "res.company.recovery.loss"
    _description = "Company: losses of recovery"

    recovery_loss_account_id = fields.Many2one(
        "account.account",
        string="Losses on receivables",
        domain="[('account_type', 'in', ('expense', 'expense_other'))]",
        help="Where write-offs of settlements go. Empty: an account is made with the first one.",
        prefetch="recovery",
    )
    recovery_loss_journal_id = fields.Many2one(
        "account.journal",
        string="Journal of write-offs",
        domain="[('type', '=', 'general')]",
        help="Empty: the first journal for miscellaneous entries.",
        prefetch="recovery",
    )
    recovery_offer_count = fields.Integer(
        string="Offers in 24 months",
        default=2,
        help="So many a customer gets without another manager's approval. 0: each needs one.",
        prefetch="recovery",
    )

    def _recovery_loss_account(self):
        """The account of losses: the company's own, else that of the company it belongs to, made
        with the first write-off where none is chosen.

        sudo: it is the company's, whoever settles.
        """
        self.ensure_one()
        company = self.sudo()
        root = company.root_id
        if not (company | root).recovery_loss_account_id:
            name = self.env._("Losses on receivables")
            root.recovery_loss_account_id = root.with_company(root)._recovery_make_account(name)
        return company.recovery_loss_account_id or root.recovery_loss_account_id

    def _recovery_make_account(self, name):
        """A new expense account of this name, numbered next to those that the chart has.

        :raise UserError: the company has no chart of accounts
        """
        accounts = self.env["account.account"]
        domain = [*accounts._check_company_domain(self), ("account_type", "=", "expense")]
        like = accounts.search(domain, limit=1)
        if not like:
            raise UserError(
                self.env._(
                    "%s has no expense account: set up its chart of accounts before it writes off.",
                    self.name,
                )
            )
        return accounts.create(
            {
                "name": name,
                "code": accounts._search_new_account_code(like.code),
                "account_type": "expense",
                "company_ids": [Command.set(self.ids)],
            }
        )

    def _recovery_loss_journal(self):
        """The journal of write-offs.

        sudo: it is the company's, whoever settles.
        """
        self.ensure_one()
        journals = self.env["account.journal"].sudo()
        domain = [("type", "=", "general"), *journals._check_company_domain(self)]
        return self.sudo().recovery_loss_journal_id or journals.search(domain, limit=1)
