from odoo import api, fields, models
from odoo.exceptions import UserError


class RecoveryCasePartMixin(models.AbstractModel):
    """A matter of one customer's case: whose it is, how the customer is told, what the log says.

    A model that inherits it is a ``mail.activity.mixin`` too where it has tasks, and says in
    ``_log_kind`` which kind its entries in the contact log are.
    """

    _name = "recovery.case.part.mixin"
    _description = "Part of a case"

    _log_kind = "note"

    name = fields.Char(string="Number", required=True, readonly=True, default="/", copy=False)
    case_id = fields.Many2one(
        "recovery.case", required=True, readonly=True, index=True, ondelete="restrict"
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    message_lang = fields.Char(related="case_id.message_lang")

    # -- the customer ----------------------------------------------------------------------

    def _write_to_debtor(self, template, attachments=None):
        """Queue an e-mail about it to the debtor and log it, as an answer.

        :param template: XML id of a mail.template of this model
        :param attachments: ir.attachment that go with it
        :raise UserError: nobody can be written to
        """
        self.ensure_one()
        self.case_id._write_answer(template, self, self._log_kind, self.name, attachments)

    def _write_or_tell(self, template, summary):
        """Write to the debtor; where nobody can be written to, a person tells it.

        :param summary: of that person's task
        """
        try:
            with self.env.cr.savepoint():
                self._write_to_debtor(template)
        except UserError as error:
            self.with_context(mail_activity_quick_update=True).activity_schedule(
                "mail.mail_activity_data_todo",
                date_deadline=self.company_id._recovery_today(),
                summary=summary,
                note=str(error),
                user_id=(self.user_id or self.env.user).id,
            )

    # -- the owner -------------------------------------------------------------------------

    @api.model
    def _task_of_owner(self):
        """Seam: (XML id of the mail.activity.type, name of the field with its deadline)."""
        raise NotImplementedError

    def _plan_task(self, summary):
        """The owner's task: to decide it by its deadline."""
        kind, deadline = self._task_of_owner()
        self.with_context(mail_activity_quick_update=True).activity_schedule(
            kind,
            date_deadline=self[deadline],
            summary=summary,
            user_id=(self.user_id or self.env.user).id,
        )

    def _replan_task(self):
        """Another owner or deadline: the task follows."""
        kind, deadline = self._task_of_owner()
        for record in self:
            record.activity_reschedule(
                [kind], date_deadline=record[deadline], new_user_id=record.user_id.id
            )

    # -- the log ---------------------------------------------------------------------------

    def _log(self, **entry):
        """Put an entry into the contact log of the case.

        sudo: the log is written by everybody and by nobody's choice.
        """
        entry = {"case": self.case_id, "kind": self._log_kind, "reference": self.name, **entry}
        self.env["recovery.interaction"].sudo()._log([entry])
