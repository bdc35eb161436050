from dataclasses import dataclass

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import config

#: Names of addons that dun too, with wildcards: two systems writing to one customer is the worst
#: letter of all.
RIVALS = (
    "%account_followup",
    "account_credit_control",
    "%overdue_reminder%",
    "%payment_reminder%",
    "%dunning%",
)


@dataclass(frozen=True)
class Check:
    """A thing to have done before reminders run by themselves.

    ``text`` says what to do, or what is done; ``blocks`` whether it keeps notices from going out
    by themselves; ``action`` is the XML id of the screen where it is done.
    """

    key: str
    done: bool
    text: str
    blocks: bool = True
    action: str = ""


class ResCompanyReadiness(models.AbstractModel):
    """Whether a company can remind its customers well, and what is missing."""

    _name = "res.company.recovery.readiness"
    _description = "Company: readiness for recovery"

    def _recovery_missing_for_automatic(self):
        """Sentences: what must be done before notices may go out by themselves."""
        self.ensure_one()
        return [
            check.text for check in self._recovery_readiness() if check.blocks and not check.done
        ]

    def _recovery_readiness(self):
        """The list of ``Check`` of one company, those that block first.

        sudo: it tells whether servers and jobs are set up, nothing of what is in them.

        Seam: later rooms add their own checks by ``super()``.
        """
        self.ensure_one()
        company = self.sudo()
        return [
            company._check_sender(),
            company._check_rivals(),
            company._check_policy(),
            company._check_schedule(),
            company._check_first_run(),
            company._check_mail_server(),
            company._check_replies(),
            company._check_templates(),
            company._check_bank(),
            *company._check_law(),
        ]

    def _check_sender(self):
        text = (
            self.env._("Messages come from %s.", self.email)
            if self.email
            else self.env._("Give the company an e-mail address.")
        )
        return Check("sender", bool(self.email), text, action="base.action_res_company_form")

    def _check_rivals(self):
        rivals = self._recovery_rivals()
        text = (
            self.env._(
                "Uninstall the other reminder addon (%s): customers would get two letters.",
                ", ".join(rivals),
            )
            if rivals
            else self.env._("No other addon sends reminders.")
        )
        return Check("rivals", not rivals, text, action="base.open_module_tree")

    def _check_schedule(self):
        job = self.env.ref("overdue_recovery.ir_cron_daily", raise_if_not_found=False)
        text = (
            self.env._("Reminders are prepared every morning.")
            if job and job.active
            else self.env._("Switch on the scheduled action “Recovery: daily”.")
        )
        return Check("schedule", bool(job and job.active), text, action="base.ir_cron_act")

    def _check_first_run(self):
        done = self._recovery_has_issued_run()
        text = (
            self.env._("You have sent reminders yourself.")
            if done
            else self.env._("Send one run yourself, so that you have seen what goes out.")
        )
        return Check("first_run", done, text)

    def _check_policy(self):
        levels = self._recovery_levels()
        text = (
            self.env._("A policy says what goes out when: %s.", levels.policy_id[:1].name)
            if levels
            else self.env._("Say what goes out when: no policy of this company has a level.")
        )
        return Check("policy", bool(levels), text, action="overdue_recovery.dunning_policy_action")

    def _check_templates(self):
        levels = self._recovery_levels().filtered(lambda level: not level.is_internal)
        writing = levels.filtered(lambda level: level.send_email or level.print_letter)
        missing = writing.filtered(lambda level: not level.mail_template_id.active)
        text = (
            self.env._("These levels have no text: %s.", ", ".join(missing.mapped("name")))
            if missing
            else self.env._("Every reminder has its text, in the customer's language.")
        )
        return Check("templates", not missing, text, False, "overdue_recovery.mail_template_action")

    def _check_law(self):
        """Only of a company that charges: what it charges has to be allowed by an active row."""
        if not self.env["dunning.policy"]._is_charging(self.id):
            return []
        laws = self.env["recovery.law"].search([("charges_active", "=", True)])
        text = (
            self.env._("Charges follow: %s.", ", ".join(laws.mapped("name")))
            if laws
            else self.env._("Nothing is charged yet: switch on the law or contract that allows it.")
        )
        return [Check("law", bool(laws), text, False, "overdue_recovery.recovery_law_action")]

    def _recovery_levels(self):
        """The active levels by which this company reminds."""
        sender = self._recovery_sender()
        domain = [("policy_id.company_id", "=", sender.id), ("policy_id.active", "=", True)]
        return self.env["dunning.level"].search(domain)

    def _check_mail_server(self):
        found = self.env["ir.mail_server"].search_count([], limit=1)
        done = bool(found) or config.get("smtp_server") not in (None, "", "localhost")
        text = (
            self.env._("A mail server sends messages.")
            if done
            else self.env._("Say which mail server sends messages.")
        )
        return Check("mail_server", done, text, False, "base.action_ir_mail_server_list")

    def _check_replies(self):
        address = self._recovery_reply_address()
        text = (
            self.env._("Answers arrive at %s and stand with the customer.", address)
            if address
            else self.env._("Set an alias domain, so that answers stand with the customer.")
        )
        return Check("replies", bool(address), text, False, "mail.mail_alias_domain_action")

    def _check_bank(self):
        has_account = bool(self.partner_id.bank_ids)
        text = (
            self.env._("Messages say to which bank account to pay.")
            if has_account
            else self.env._("Add a bank account: messages say where to pay.")
        )
        return Check("bank", has_account, text, False, "account.action_account_journal_form")

    def _recovery_has_issued_run(self):
        domain = [("company_id", "=", self.id), ("state", "=", "issued"), ("origin", "!=", "cron")]
        by_hand = self.env["dunning.run"].sudo().search_count(domain, limit=1)
        approved = (
            self.env["dunning.notice"]
            .sudo()
            .search_count([("company_id", "=", self.id), ("state", "=", "sent")], limit=1)
        )
        return bool(by_hand or approved)

    @api.model
    def _recovery_rivals(self):
        """Names of installed addons that remind customers too."""
        names = Domain.OR(Domain("name", "=like", pattern) for pattern in RIVALS)
        installed = Domain("state", "in", ("installed", "to upgrade"))
        return self.env["ir.module.module"].sudo().search(names & installed).mapped("shortdesc")
