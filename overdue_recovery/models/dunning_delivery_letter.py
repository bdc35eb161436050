import hashlib
import logging

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from psycopg2 import OperationalError

_logger = logging.getLogger(__name__)


class DunningDeliveryLetter(models.AbstractModel):
    """The letter channel: a PDF that waits until a person has printed it.

    queued → gate, recheck → sending ("waiting for the printer") → the delivery job makes the PDFs
    one by one, with a commit after each → printed → ``action_mark_printed``: handed over.

    A letter is never lost: one without a PDF is made again. One that waited into another day is
    made anew, with that day's figures and dates, unless it was given to print already.
    """

    _name = "dunning.delivery.letter"
    _description = "Delivery: letters"

    def _waiting_letters(self):
        """Those of these deliveries that are letters waiting for the printer."""
        return self.filtered(lambda d: d.channel == "letter" and d.state == "sending")

    # -- the job -----------------------------------------------------------------------------

    @api.model
    def _renew_letters(self):
        """Back to the queue with letters that waited into another day and were not printed."""
        domain = self._unmade_domain(made=True) & Domain("printed_on", "=", False)
        waiting = self.search(domain)
        for company, letters in waiting.grouped("company_id").items():
            today = company._recovery_today()
            issued = letters.filtered(lambda letter: letter.notice_id.state == "issued")
            issued.filtered(lambda d, day=today: d.notice_id.date < day)._requeue_letters()

    def _requeue_letters(self):
        letters = self.try_lock_for_update()._waiting_letters()
        letters._set_state("queued", reason=False, sending_since=False)

    @api.model
    def _unmade_domain(self, made=False):
        """Letters that wait for their PDF (or, ``made``, that have it)."""
        waiting = Domain("channel", "=", "letter") & Domain("state", "=", "sending")
        return waiting & Domain("proof_attachment_id", "!=" if made else "=", False)

    @api.model
    def _make_letters(self):
        """Make the PDFs that are missing, one by one, until the slice is over."""
        domain = self._unmade_domain()
        letters = self.search(domain, order="id")
        if not letters:
            return
        cron = self.env["ir.cron"]
        left = cron._recovery_commit(remaining=len(letters) + self.search_count(self._due_domain()))
        for letter in letters:
            if not left:
                break
            letter.try_lock_for_update().filtered_domain(domain)._make_letter()
            left = cron._recovery_commit(1)

    def _make_letter(self):
        """Make the PDF of this letter. One that can't be made becomes failed, alone."""
        if not self:
            return
        try:
            with self.env.cr.savepoint():
                # the sheet that was made before, if any, is not the one that is posted
                self.env["recovery.link"]._revoke([("delivery_id", "=", self.id)])
                html = self._with_links({self.id: self.body})[self.id]
                self._keep_proof(self.notice_id._letter_pdf(html, self._enclosures()))
        except OperationalError:
            raise
        except Exception as error:
            _logger.info("Letter %s can't be made", self.id, exc_info=True)
            self._fail(str(error))

    def _keep_proof(self, pdf):
        self.proof_attachment_id.unlink()
        name = self.env._("Letter %s", self.notice_id.name)
        self.proof_attachment_id = self.env["ir.attachment"].create(
            {
                "name": f"{name}.pdf",
                "raw": pdf,
                "mimetype": "application/pdf",
                "res_model": self._name,
                "res_id": self.id,
            }
        )

    # -- steps of the job that differ for letters ----------------------------------------------

    def _render(self):
        letters = self.filtered(lambda d: d.channel == "letter")
        return super(DunningDeliveryLetter, self - letters)._render() | letters._render_letters()

    def _render_letters(self):
        """Fill subject and body. A PDF that says the same already is kept; a letter that can't be
        written fails alone."""
        broken = self.browse()
        for letter in self:
            try:
                with self.env.cr.savepoint():
                    letter._write_letter()
            except OperationalError:
                raise
            except Exception as error:
                letter._fail(str(letter.notice_id._render_error(letter._letter_template(), error)))
                broken |= letter
        return self - broken

    def _letter_template(self):
        return self.notice_id.level_id._letter_template()

    def _write_letter(self):
        subject, html = self.notice_id._letter_to(self.recipient_id, self.lang)
        digest = self._digest_of(html)
        values = {"subject": subject, "body": html, "letter_digest": digest}
        if digest != self.letter_digest:
            self._log_outcome("cancelled")
            self.proof_attachment_id.unlink()
            values |= {"printed_on": False, "log_sequence": 0}
        self.write(values)

    def _digest_of(self, html):
        """What decides whether a PDF is still right: the sheet and what is enclosed."""
        parts = [str(html), *map(str, self._enclosed().ids)]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def _log_departure(self):
        """A letter leaves when it is printed: it is logged then (`_log_printing`)."""
        letters = self.filtered(lambda d: d.channel == "letter")
        return super(DunningDeliveryLetter, self - letters)._log_departure()

    def _log_printing(self):
        """Write down what these letters say, before they leave."""
        self.filtered(lambda letter: not letter.log_sequence)._announce()

    def _send_letter(self):
        """Nothing leaves yet: the PDF is made at the end of the job, then a person prints it."""

    # -- a person's acts -----------------------------------------------------------------------

    def action_mark_printed(self):
        """These letters are in the post: they are handed over, and their levels count.

        A letter whose items were paid, or whose reason is gone, is cancelled instead; one that
        would go to somebody else by now, or elsewhere, is made again. A message names them, so that
        they can be taken out of their envelopes.

        :raise UserError: one of them is no letter that waits for the printer
        """
        self.notice_id.check_access("write")
        letters = self.sudo().try_lock_for_update()._waiting_letters()
        letters = letters.filtered("proof_attachment_id")
        for delivery in self.sudo() - letters:
            raise UserError(
                self.env._(
                    "The delivery to %(recipient)s is no letter waiting to be printed.",
                    recipient=delivery.recipient_id.display_name,
                )
            )
        gone = letters._cancel_settled()
        astray = (letters - gone)._astray()
        astray._take_back()
        posted = letters - gone - astray
        posted._log_printing()
        posted._handed_over()
        return self._tell_not_to_post(gone, astray) if gone | astray else True

    def _cancel_settled(self):
        """Cancel the letters of notices of which nothing is due any more; the others stay as they
        were printed.

        :return: the cancelled ones
        """
        gone = self.browse()
        for company, letters in self.grouped("company_id").items():
            settled = letters.notice_id._settled(company._recovery_today())
            gone |= letters.filtered(lambda d, settled=settled: d.notice_id in settled)
        reason = self.env._("Paid, or no longer to be collected, before the letter was posted.")
        gone._set_state("cancelled", reason=reason)
        gone._log_outcome("cancelled")
        issued = gone.notice_id.filtered(lambda notice: notice.state == "issued")
        issued.filtered(lambda notice: not notice._has_hope())._set_state(
            "cancelled", reason=reason
        )
        return gone

    def _take_back(self):
        """These printed letters, which would go astray, are not posted: they go back to the queue,
        and leave as it is then."""
        if not self:
            return
        reason = self.env._("Printed for a recipient or an address that is no longer right.")
        self._set_state("queued", reason=reason, sending_since=False)
        self._log_outcome("cancelled")
        self.write({"printed_on": False, "log_sequence": 0})
        self._trigger_delivery()

    def _tell_not_to_post(self, gone, astray):
        """The message that names the letters to be taken out of the post."""
        paid = ", ".join(gone.mapped("notice_id.display_name"))
        moved = ", ".join(astray.mapped("notice_id.display_name"))
        texts = [
            paid and self.env._("Paid, or no longer to be collected: %s", paid),
            moved
            and self.env._(
                "Another recipient or address by now; a new letter follows if it is still due: %s",
                moved,
            ),
        ]
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.env._("Do not post these letters"),
                "message": "\n".join(filter(None, texts)),
                "type": "warning",
                "sticky": True,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_came_back(self):
        """The post brought these letters back: their address is dead and their level does not
        count."""
        self.notice_id.check_access("write")
        for delivery in self.sudo():
            if delivery.channel != "letter" or delivery.state != "sent":
                raise UserError(self.env._("Only a letter that was posted can come back."))
        self.sudo()._on_bounce(self.env._("The letter came back."))
        return True
