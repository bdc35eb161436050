import logging
from collections import defaultdict

from odoo import Command, models
from psycopg2 import OperationalError

_logger = logging.getLogger(__name__)


class RecoveryChargePosting(models.AbstractModel):
    """From a draft to a posted invoice: one for each customer, run and currency."""

    _name = "recovery.charge.posting"
    _description = "Charge: posting"

    def _post_or_wait(self):
        """Post these drafts. What can't be posted (a lock date, a missing account) stays draft,
        somebody is told, and the daily job tries again: the hand-over is a fact already.

        sudo: the engine posts, whoever handed over.
        """
        for charges in self.sudo().grouped("company_id").values():
            charges._book(type(self)._post)

    def _book(self, act):
        """``act`` on these charges of one company, in a savepoint. When it raises, notice by
        notice, so that one customer's error hinders nobody."""
        charges = self.with_company(self.company_id)
        try:
            with self.env.cr.savepoint():
                act(charges)
            return
        except OperationalError:
            raise
        except Exception as error:
            if len(charges.notice_id) == 1:
                _logger.info("Charges %s could not be booked", self.ids, exc_info=True)
                charges._tell_manager(str(error))
                return
        for own in charges.grouped("notice_id").values():
            own._book(act)

    def _tell_manager(self, error):
        """An activity on the notice for a manager of the company, unless there is one already."""
        notice = self.notice_id
        summary = self.env._("Its charges could not be booked")
        if summary in notice.activity_ids.mapped("summary"):
            return
        manager = notice.company_id._recovery_manager()
        notice.with_context(mail_activity_quick_update=True).activity_schedule(
            "mail.mail_activity_data_todo",
            summary=summary,
            note=self.env._("%s It is tried again every day.", error),
            user_id=(manager or self.env.user).id,
        )

    def _post(self):
        """Make and post the invoices of these drafts of one company."""
        groups = defaultdict(self.browse)
        for charge in self:
            groups[charge.notice_id, charge.currency_id] |= charge
        journal, products = self.company_id._recovery_charge_setup()
        today = self.company_id._recovery_today()
        moves = self._quiet_moves().create(
            [
                charges._invoice_values(journal, products, today, notice, currency)
                for (notice, currency), charges in groups.items()
            ]
        )
        moves._post(soft=False)
        for move, charges in zip(moves, groups.values(), strict=True):
            charges._set_state("posted", move_id=move.id)
        self._log_step("posted")

    def _quiet_moves(self):
        """account.move of one company, without chatter that nobody reads."""
        return self.env["account.move"].with_context(
            tracking_disable=True, mail_create_nosubscribe=True, mail_create_nolog=True
        )

    def _invoice_values(self, journal, products, today, notice, currency):
        """Values of the invoice of these charges. It falls due when its notice wants to be paid."""
        return {
            "move_type": "out_invoice",
            "is_recovery_charge": True,
            "company_id": self.company_id.id,
            "journal_id": journal.id,
            "partner_id": notice.partner_id.id,
            "currency_id": currency.id,
            "invoice_date": today,
            "invoice_date_due": max(notice.date_due or today, today),
            "invoice_payment_term_id": False,
            "fiscal_position_id": False,
            "invoice_origin": notice.name,
            "invoice_line_ids": [
                Command.create(charge._invoice_line_values(products, charge.amount))
                for charge in self
            ],
        }

    def _invoice_line_values(self, products, amount):
        """One line of a charge invoice or of its credit note; ``amount`` contains the tax."""
        made_of = products[self.kind]
        return {
            "product_id": made_of.product.id,
            "account_id": made_of.account.id,
            "name": self._invoice_label(),
            "quantity": 1,
            "price_unit": amount,
            "tax_ids": [Command.set(self._taxes(made_of.product).ids)],
        }

    def _taxes(self, product):
        """The taxes that are part of this charge: of fees and sums, where the law row says so."""
        if self.kind == "interest" or not self.law_id.is_taxable:
            return self.env["account.tax"]
        return self.company_id._recovery_charge_taxes(product)

    def _invoice_label(self):
        """What the line of an invoice says, in the customer's language."""
        charge = self.with_context(lang=self.partner_id.lang or self.env.lang)
        return "\n".join(filter(None, (charge._title(), charge._explanation())))
