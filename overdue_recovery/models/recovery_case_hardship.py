from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

REASON = "overdue_recovery.hold_reason_hardship"


class RecoveryCaseHardship(models.AbstractModel):
    """A customer in need: nothing is demanded or charged, one trained person looks after it, and
    nobody else learns why."""

    _name = "recovery.case.hardship"
    _description = "Case: hardship"

    private_text = fields.Char(
        compute="_compute_private_text", compute_sudo=True, string="Private matter"
    )

    @api.depends("partner_id", "company_id")
    @api.depends_context("lang")
    def _compute_private_text(self):
        """sudo: that there is something everybody may know, so that nobody calls."""
        for company, cases in self.grouped("company_id").items():
            holds = cases._private_holds(company)
            for case in cases:
                own = holds.filtered(lambda hold, case=case: case.partner_id in hold._customers())
                case.private_text = own._private_sentence()

    def _private_holds(self, company):
        """The holds for a private reason on these cases' customers, or on something of theirs,
        that are in force today."""
        holds, customers = self.env["recovery.hold"].sudo(), self.partner_id.ids
        theirs = (
            Domain("partner_id", "in", customers)
            | Domain("move_id.commercial_partner_id", "in", customers)
            | Domain("move_line_id.partner_id", "in", customers)
        )
        return holds.search(
            theirs
            & Domain("company_id", "=", company.id)
            & Domain("reason_id.is_sensitive", "=", True)
            & holds._dated_domain(company._recovery_today())
        )

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        """Who may not know of a hardship reads of its state that the customer is on hold."""
        found = super().fields_get(allfields, attributes)
        choices = found.get("state", {}).get("selection")
        if choices and not self.env.user.has_group("overdue_recovery.group_sensitive"):
            neutral = {"hardship": self.env._("On hold")}
            found["state"]["selection"] = [(code, neutral.get(code, n)) for code, n in choices]
        return found

    def action_hardship(self):
        """Open the dialog that notes a hardship."""
        self.ensure_one()
        return self.env["recovery.hardship.create"]._open_for(self)

    def _begin_hardship(self, handler, date_review, note=""):
        """Nothing is demanded of this customer or charged to it until a person has looked again.

        sudo: whoever hears of a hardship notes it; few may read it afterwards.

        :param handler: res.users, who looks after the customer
        :return: the hold
        :raise UserError: there is one already, or the day of the review is past
        """
        self.ensure_one()
        self.check_access("write")
        reason, today = self.env.ref(REASON), self.company_id._recovery_today()
        if reason in self._private_holds(self.company_id).reason_id:
            raise UserError(
                self.env._("%s Review that instead of noting another one.", self.private_text)
            )
        if not date_review or date_review <= today:
            raise UserError(self.env._("Say when somebody looks at it again: after today."))
        hold = (
            self.env["recovery.hold"]
            .sudo()
            .create(
                {
                    "partner_id": self.partner_id.id,
                    "company_id": self.company_id.id,
                    "reason_id": reason.id,
                    "date_from": today,
                    "date_review": date_review,
                    "user_id": handler.id,
                    "note": note,
                }
            )
        )
        self._hardship_begun(handler, date_review)
        return hold

    def _hardship_begun(self, handler, date_review):
        """Log it without its reason, and give its handler the task to offer a plan."""
        entry = {
            "case": self,
            "direction": "note",
            "channel": "system",
            "kind": "hold",
            "text": self.private_text,
            "details": {"review": fields.Date.to_string(date_review)},
        }
        self.env["recovery.interaction"].sudo()._log([entry])
        self._plan_activity(
            self.env.ref("mail.mail_activity_data_todo"),
            self.env._("Offer %s small installments", self.partner_id.display_name),
            self.env._("Ask no details: what can be paid, and when?"),
            user=handler,
        )
