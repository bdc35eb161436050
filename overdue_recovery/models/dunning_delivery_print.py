import base64

from odoo import Command, fields, models
from odoo.exceptions import UserError
from odoo.tools.pdf import merge_pdf

from .dunning_delivery_job import CHUNK

# Letters that are made while a person waits; the others are made by the job.
MADE_AT_ONCE = 40


class DunningDeliveryPrint(models.AbstractModel):
    """Printing letters: a fresh look at each, then one PDF of all."""

    _name = "dunning.delivery.print"
    _description = "Delivery: printing letters"

    def action_print_letters(self):
        """One PDF of these waiting letters, in a dialog that asks whether they were printed.

        Each is looked at again first: what was paid meanwhile is cancelled with its reason and
        left out, what changed or waited since another day is made anew.

        :raise UserError: nothing of it can be printed now, with the reason
        """
        self.notice_id.check_access("write")
        chosen = self.sudo().try_lock_for_update()._waiting_letters()
        letters = chosen._refresh_letters()
        if not letters:
            raise UserError(chosen._why_nothing_to_print())
        letters._log_printing()
        letters.printed_on = fields.Datetime.now()
        return letters._print_dialog(chosen - letters)

    def _refresh_letters(self):
        """Bring these letters up to date.

        :return: those that can be printed now
        """
        self._set_state("queued", reason=False, sending_since=False)
        for start in range(0, len(self), CHUNK):
            self[start : start + CHUNK]._deliver()
        self.filtered(lambda letter: letter.state == "cancelled")._log_outcome("cancelled")
        unmade = self._waiting_letters().filtered(lambda letter: not letter.proof_attachment_id)
        for letter in unmade[:MADE_AT_ONCE]:
            letter._make_letter()
        if unmade[MADE_AT_ONCE:]:
            self._trigger_delivery()
        return self._waiting_letters().filtered("proof_attachment_id")

    def _why_nothing_to_print(self):
        """The sentence for a person who asked to print and gets nothing."""
        if not self:
            return self.env._("None of these is a letter that waits to be printed.")
        if self._waiting_letters():
            return self.env._("These letters are being made: try again in a few minutes.")
        return self.env._("There is nothing to print any more.\n%s", self._why_left_out())

    def _why_left_out(self):
        """One line a letter: whose it is, and why it is not printed."""
        later = self.env._("It is being made: print it in a few minutes.")
        return "\n".join(
            f"{letter.notice_id.display_name}: {letter.reason or later}" for letter in self
        )

    def _print_dialog(self, left_out):
        """The dialog with one PDF of these letters, which asks whether they were printed."""
        dialog = self.env["dunning.letter.print"].create(
            {
                "delivery_ids": [Command.set(self.ids)],
                "file": base64.b64encode(
                    merge_pdf([letter.proof_attachment_id.raw for letter in self])
                ),
                "file_name": self.env._("Letters %s", fields.Date.context_today(self)) + ".pdf",
                "left_out": left_out._why_left_out(),
            }
        )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "overdue_recovery.dunning_letter_print_action"
        )
        return {**action, "res_id": dialog.id}
