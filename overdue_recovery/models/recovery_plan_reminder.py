import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from psycopg2 import OperationalError

_logger = logging.getLogger(__name__)


class RecoveryPlanReminder(models.AbstractModel):
    """A friendly word before each installment, once."""

    _name = "recovery.plan.reminder"
    _description = "Installment: reminder"

    date_reminded = fields.Date(string="Reminded on", readonly=True, copy=False)

    @api.model
    def _remind_all(self):
        """Remind customers of what falls due in the days that their company sets.

        The mark stands in the same transaction as the message: whoever is killed, or comes second,
        sends none twice.

        sudo: nobody watches this job, and it looks after every company.
        """
        companies = self.env["res.company"].sudo().search([("recovery_plan_reminder_days", ">", 0)])
        for company in companies:
            rows = self.sudo().search(self._reminder_domain(company))
            for row in rows.filtered("amount_open"):
                row._remind()
            self.env["ir.cron"]._recovery_commit()

    @api.model
    def _reminder_domain(self, company):
        """Installments that are due soon; those that are debited are announced by the debit."""
        today = company._recovery_today()
        last = fields.Date.add(today, days=company.recovery_plan_reminder_days)
        return (
            Domain("company_id", "=", company.id)
            & Domain("plan_id.state", "=", "active")
            & ~Domain("plan_id.autopay_ids", "any", [("state", "=", "active")])
            & Domain("date_reminded", "=", False)
            & Domain("date_due", ">", today)
            & Domain("date_due", "<=", last)
        )

    def _remind(self):
        """Remind of this installment, unless somebody else just does."""
        if not self.try_lock_for_update():
            return
        self.date_reminded = self.company_id._recovery_today()
        plan = self.plan_id
        try:
            with self.env.cr.savepoint():
                plan.case_id._write_answer(
                    "overdue_recovery.mail_template_plan_reminder", self, "plan", plan.name
                )
        except OperationalError:
            raise
        except UserError:
            # no address, or no e-mails wanted: then there is no reminder
            return
        except Exception:
            _logger.exception("Installment %s could not be reminded of", self.id)
