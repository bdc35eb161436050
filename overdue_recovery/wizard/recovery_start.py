from odoo import Command, api, fields, models
from odoo.exceptions import UserError


class RecoveryStart(models.TransientModel):
    """The first page: how much is overdue, what would go out today, and one button to see it.

    Nothing has to be filled in; everything it says is read when it is opened.
    """

    _name = "recovery.start"
    _description = "First Steps"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company
    )
    policy_id = fields.Many2one("dunning.policy", compute="_compute_policy_id")
    mode = fields.Selection(related="policy_id.mode", string="Each morning")
    headline = fields.Char(compute="_compute_figures")
    outlook_text = fields.Char(compute="_compute_figures")
    notice_count = fields.Integer(compute="_compute_figures")
    old_count = fields.Integer(compute="_compute_figures")
    overdue_count = fields.Integer(compute="_compute_figures")
    unreachable_ids = fields.Many2many("res.partner", compute="_compute_figures")
    check_ids = fields.One2many("recovery.start.check", "start_id", string="Ready?")

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        if "check_ids" in fields_list:
            checks = self.env.company._recovery_readiness()
            values["check_ids"] = [
                Command.create(
                    {
                        "name": check.text,
                        "done": check.done,
                        "blocks": check.blocks,
                        "action": check.action,
                    }
                )
                for check in checks
            ]
        return values

    @api.depends("company_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        self.display_name = self.env._("First Steps")

    @api.depends("company_id")
    def _compute_policy_id(self):
        """The policy that most customers fall under: the first one of the company."""
        for start in self:
            start.policy_id = self.env["dunning.policy"].search(
                [("company_id", "=", start.company_id.id)], limit=1
            )

    @api.depends("company_id")
    @api.depends_context("lang")
    def _compute_figures(self):
        for start in self:
            entries, unreachable = start._who_would_get_one()
            start.notice_count = len(entries)
            start.old_count = start._old_count()
            start.overdue_count, start.headline = start._headline()
            start.unreachable_ids = start.unreachable_ids.browse(sorted(unreachable))
            start.outlook_text = start._outlook_sentence(unreachable)

    def _who_would_get_one(self):
        """(notices that would go out today, customers without an address).

        sudo: the simulation reads the whole ledger of the company, as runs do.
        """
        self.env["dunning.run"].check_access("read")
        today = self.company_id._recovery_today()
        proposed = self._proposed_run().notice_ids
        simulation = self.env["dunning.simulation"].sudo()
        outlook = simulation._outlook(self.company_id, today, today, ignore=proposed.sudo())
        unreachable = {
            partner for partner, _item, codes, _amount in outlook.waiting if "no_address" in codes
        }
        return outlook.entries, unreachable

    def _old_count(self):
        """Items that no run takes by itself, of this company alone as all figures here."""
        lines = self.env["account.move.line"]
        lines = lines.with_context(allowed_company_ids=self.company_id.ids)
        return lines.search_count(lines._recovery_takeover_domain())

    def _headline(self):
        """(number of overdue invoices, the sentence about them)."""
        domain = self.env["recovery.today"]._overdue_domain(self.company_id)
        [(count, customers, amount)] = self.env["account.move.line"]._read_group(
            domain,
            aggregates=[
                "move_id:count_distinct",
                "partner_id:count_distinct",
                "amount_residual:sum",
            ],
        )
        if not count:
            return 0, self.env._("Nothing is overdue. Reminders begin by themselves when it is.")
        return count, self.env._(
            "%(amount)s are overdue: invoices %(invoices)s, customers %(customers)s.",
            invoices=count,
            customers=customers,
            amount=self.company_id.currency_id.format(amount),
        )

    def _outlook_sentence(self, unreachable):
        parts = [
            self.env._("Would get a reminder today: %s.", self.notice_count)
            if self.notice_count
            else self.env._("Nobody would get a reminder today.")
        ]
        if self.old_count:
            parts.append(self.env._("Old items that wait for you: %s.", self.old_count))
        if unreachable:
            parts.append(self.env._("Customers without an address: %s.", len(unreachable)))
        return " ".join(parts)

    # -- buttons ---------------------------------------------------------------------------

    def _proposed_run(self):
        domain = [("company_id", "=", self.company_id.id), ("state", "=", "proposed")]
        return self.env["dunning.run"].search([*domain, ("origin", "!=", "single")], limit=1)

    def _prepared_run(self):
        """Today's proposed run, made where there is none.

        :raise UserError: nothing is due today
        """
        runs = self.env["dunning.run"]
        run = self._proposed_run() or runs.create({"company_id": self.company_id.id})
        run.action_propose()
        if not run.notice_ids.filtered(lambda notice: notice.state == "proposed"):
            raise UserError(self.env._("Nothing is due today: nobody would get a message."))
        return run

    def action_see(self):
        """Prepare today's reminders and show them; nothing is sent."""
        return self._prepared_run().action_view_notices()

    def action_send(self):
        """Send today's reminders.

        :raise UserError: nothing is due, or the run says why it waits
        """
        run = self._prepared_run()
        run.action_issue()
        return {
            "type": "ir.actions.act_window",
            "res_model": run._name,
            "res_id": run.id,
            "view_mode": "form",
        }

    def action_send_to_me(self):
        """Send the first of today's messages to whoever asks, as the customer would get it."""
        if not self.env.user.email:
            raise UserError(self.env._("Give yourself an e-mail address first."))
        notice = self._prepared_run().notice_ids[:1]
        message = notice._render_messages()[notice.id]
        if not isinstance(message, tuple):
            raise message
        subject, body = message
        self._mail_to_me(subject, body)
        return self._notify(self.env._("The message is on its way to %s.", self.env.user.email))

    def _mail_to_me(self, subject, body):
        """sudo: mails are core's, and this one is to oneself."""
        mail = self.env["mail.mail"].sudo()
        mail.create(
            {
                "subject": subject,
                "body_html": body,
                "email_to": self.env.user.email_formatted,
                "email_from": self.company_id.email_formatted or self.env.user.email_formatted,
                "auto_delete": True,
            }
        ).send()

    def action_prepare_daily(self):
        """Each morning reminders are prepared, and wait for a person."""
        self.policy_id.mode = "approve"
        return self._notify(self.env._("Each morning the reminders are ready for you to send."))

    def action_send_daily(self):
        """Each morning reminders are sent by themselves.

        :raise ValidationError: with what must be done first
        """
        self.policy_id.mode = "automatic"
        return self._notify(self.env._("Each morning the reminders are sent by themselves."))

    def action_view_overdue(self):
        """Show the items that the headline counts."""
        domain = self.env["recovery.today"]._overdue_domain(self.company_id)
        return self.env["account.move.line"]._recovery_items_action(self.env._("Overdue"), domain)

    def action_view_unreachable(self):
        """Show the customers that nothing can be sent to."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Customers without an address"),
            "res_model": "res.partner",
            "view_mode": "list,form",
            "domain": [("id", "in", self.unreachable_ids.ids)],
        }

    def action_view_old(self):
        """Show the items that fell due before the start of the policy."""
        return self.env["account.move.line"]._recovery_takeover_action()

    def _notify(self, text):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "success", "message": text},
        }
