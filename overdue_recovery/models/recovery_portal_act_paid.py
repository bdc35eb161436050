from odoo import api, fields, models

from .recovery_portal_act_base import FieldError


class RecoveryPortalActPaid(models.AbstractModel):
    """ "I have paid": believed once for each item and cycle; the second time it takes a proof."""

    _name = "recovery.portal.act.paid"
    _description = "Portal: I have paid"
    _inherit = ["recovery.portal.act.base"]

    @api.model
    def _say_paid(self, visitor, ids, text="", files=(), reason=None):
        """These items are paid, says the customer: nothing is asked of them for some days.

        With a proof somebody looks at it, and the pause lasts until the answer. The same said
        twice while it is believed changes nothing.

        :raise FieldError: it was believed before, and there is no proof
        """
        items = self._act_items(visitor, ids)
        text, reason = self._act_text(text), self._act_reason(reason)
        case = self._act_case(visitor, items.company_id)
        known = self.env["dunning.item"].sudo()._ensure(items)
        new = known.filtered(lambda one: one.said_paid_cycle != one.cycle)
        if files or (not new and not self._is_believed(items)):
            return self._prove_paid(visitor, case, items, text, files, reason)
        if new:
            self._believe_paid(visitor, case, new, text)
            case._note_late_reason(reason)
        return self.env._(
            "Thank you. We look for your payment and send no reminder about it until %s. If you "
            "have a proof of the payment, please send it here: then somebody looks at it.",
            self._day_in_words(max(self._believing_holds(items).mapped("date_to"))),
        )

    def _prove_paid(self, visitor, case, items, text, files, reason):
        if not files:
            raise FieldError(
                "file",
                self.env._(
                    "You told us before that it is paid, but we can't find the payment. Please "
                    "add a proof, such as the receipt of your bank."
                ),
            )
        attachments = self._act_files(files)
        return self._act_request(
            visitor,
            case,
            "paid_proof",
            text,
            reason,
            move_line_ids=items,
            attachment_ids=attachments,
        )

    def _believe_paid(self, visitor, case, known, text):
        """Items rest for the days that the company gives; whoever owns the case looks."""
        company = case.company_id
        today = company._recovery_today()
        until = fields.Date.add(today, days=company.recovery_says_paid_days)
        self.env["recovery.hold"].sudo().create(
            [
                {
                    "company_id": one.company_id.id,
                    "move_line_id": one.move_line_id.id,
                    "reason_id": self.env.ref("overdue_recovery.hold_reason_says_paid").id,
                    "date_from": today,
                    "date_to": until,
                    "date_review": False,
                    "origin_model": "dunning.item",
                    "origin_id": one.id,
                }
                for one in known
            ]
        )
        for one in known:
            one.said_paid_cycle = one.cycle
        names = ", ".join(known.move_line_id.move_id.mapped("name"))
        sentence = self.env._("Says that it is paid: %s", names)
        case._plan_activity(self.env.ref("mail.mail_activity_data_todo"), sentence, text)
        said = "\n".join(filter(None, (sentence, text)))
        self._log_act(visitor, case, said, until=fields.Date.to_string(until))

    def _believing_holds(self, items):
        holds = self.env["recovery.hold"].sudo()
        return holds.search(
            [
                ("move_line_id", "in", items.ids),
                ("origin_model", "=", "dunning.item"),
                *holds._dated_domain(items.company_id._recovery_today()),
            ]
        )

    def _is_believed(self, items):
        """Whether all of these items rest already because the customer said so."""
        return self._believing_holds(items).move_line_id == items.sorted("id")
