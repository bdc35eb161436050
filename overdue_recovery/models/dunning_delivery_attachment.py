import logging

from odoo import Command, models
from psycopg2 import OperationalError

_logger = logging.getLogger(__name__)


class DunningDeliveryAttachment(models.AbstractModel):
    """The invoices that go with a message."""

    _name = "dunning.delivery.attachment"
    _description = "Delivery: attachments"

    def _prepare_enclosures(self):
        """Make the PDFs that are missing of invoices to be attached: one by one, each committed,
        before the messages' chunk begins. One that can't be made is not attached."""
        levels = self.notice_id.level_id.filtered("attach_invoices")
        notices = self.notice_id.filtered(lambda notice: notice.level_id in levels)
        for invoice in notices._enclosed_invoices().filtered(lambda m: not m.invoice_pdf_report_id):
            try:
                with self.env.cr.savepoint():
                    invoice._recovery_make_pdf()
            except OperationalError:
                raise
            except Exception:
                _logger.info("Invoice %s can't be printed", invoice.id, exc_info=True)
            self.env["ir.cron"]._recovery_commit()

    def _mail_attachments(self):
        """The invoices' PDFs, as command for a ``mail.mail``."""
        return [Command.set(self._enclosed().ids)]

    def _enclosed(self):
        """The attachments that go with this message."""
        return self.notice_id._enclosures()

    def _enclosures(self):
        """The contents of the PDFs that follow a letter."""
        return [pdf.raw for pdf in self._enclosed() if pdf.raw.startswith(b"%PDF")]
