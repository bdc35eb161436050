from odoo import Command, api, models

from .recovery_portal_act_base import FieldError


class RecoveryPortalActDispute(models.AbstractModel):
    """Something is wrong: all or part of an invoice is contested, with words and files; or it
    never came."""

    _name = "recovery.portal.act.dispute"
    _description = "Portal: something is wrong"
    _inherit = ["recovery.portal.act.base"]

    @api.model
    def _dispute(self, visitor, move_id, amount="", text="", files=(), reason=None):
        """The customer contests an invoice, or ``amount`` of it: that part rests until it is
        decided. The same said twice is one dispute.

        :return: what the page says
        :raise FieldError: no open invoice, no reason, or not so much is open and not contested
        """
        move = self._act_document(visitor, move_id)
        text, cause = self._act_text(text, required=True), self._act_reason(reason, sensitive=False)
        if not cause:
            raise FieldError("reason", self.env._("Choose what is wrong."))
        disputes = self.env["recovery.dispute"].sudo()
        live = disputes.search(
            [("move_id", "=", move.id), ("state", "in", ("open", "investigating", "mediation"))]
        )
        same = live.filtered(lambda one: one.description == text)
        if not same:
            same = self._open_dispute(visitor, move, amount, text, files, cause)
        return self.env._(
            "Thank you. We have noted that %(amount)s of %(invoice)s are contested, and answer by "
            "%(date)s. Until then nothing is asked of this amount.",
            amount=same[:1].currency_id.format(same[:1].amount_disputed),
            invoice=same[:1].document_name,
            date=self._day_in_words(same[:1].sla_date),
        )

    def _open_dispute(self, visitor, move, amount, text, files, cause):
        disputes = self.env["recovery.dispute"].sudo()
        rest = move.currency_id.round(sum(disputes._rests(move).values()))
        part = self._act_amount(amount, move.currency_id, rest) if amount else None
        with self._in_own_words("amount"):
            dispute = disputes.create(
                {
                    "move_id": move.id,
                    "amount_disputed": part,
                    "reason_id": cause.id,
                    "description": text,
                    "user_id": self._act_case(visitor, move.company_id)._reply_user().id,
                    "attachment_ids": [Command.set(self._act_files(files).ids)],
                }
            )
        names = [file.name for file in dispute.attachment_ids]
        sentence = self.env._(
            "Contests %(amount)s of %(invoice)s: %(reason)s",
            amount=dispute.currency_id.format(dispute.amount_disputed),
            invoice=move.name,
            reason=cause.name,
        )
        self._log_act(visitor, dispute.case_id, f"{sentence}\n{text}", dispute.name, files=names)
        return dispute

    @api.model
    def _never_received(self, visitor, move_id, text=""):
        """The customer never received an invoice: it is sent again at once and its clock starts
        anew; for the second time somebody looks into it.

        :return: what the page says
        """
        move = self._act_document(visitor, move_id)
        text = self._act_text(text)
        case = self._act_case(visitor, move.company_id)
        items = move._recovery_open_items()
        sent = self.env["dunning.item"].sudo()._ensure(items).mapped("resent_on")
        today = move.company_id._recovery_today()
        if today in sent:
            return self._sent_again_sentence(move)
        address = visitor.debtor._recovery_recipients("email") or move.partner_id.email
        if any(sent) or not address:
            reason = self.env["recovery.late.reason"].sudo()
            return self._act_request(
                visitor, case, "not_received", text, reason, move_line_ids=items
            )
        said = self.env._("Never received %s", move.name)
        self._log_act(visitor, case, "\n".join(filter(None, (said, text))), move.name)
        with self._in_own_words("move"):
            move.action_resend_and_restart()
        return self._sent_again_sentence(move)

    def _sent_again_sentence(self, move):
        return self.env._(
            "Thank you. %s is on its way to you by e-mail, with a new date to pay by. What was "
            "charged for it is taken back.",
            move.name,
        )
