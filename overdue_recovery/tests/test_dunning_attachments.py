import io
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger
from odoo.tools.pdf import PdfFileReader, PdfFileWriter

from .common import RecoveryCommon


def _pdf():
    """A PDF of one empty page."""
    writer = PdfFileWriter()
    writer.add_blank_page(width=595, height=842)
    with io.BytesIO() as buffer:
        writer.write(buffer)
        return buffer.getvalue()


PDF = _pdf()


@tagged("post_install", "-at_install")
class TestDunningAttachments(RecoveryCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.levels.attach_invoices = True

    def setUp(self):
        super().setUp()
        self.patch(
            type(self.env["account.move.send"]),
            "_prepare_invoice_pdf_report",
            lambda _model, invoices: self._prepare_pdf(invoices),
        )

    def _prepare_pdf(self, invoices):
        """What core's rendering of an invoice would leave, in no time."""
        for invoice, values in invoices.items():
            values["pdf_attachment_values"] = {
                "name": invoice._get_invoice_report_filename(),
                "raw": PDF,
                "mimetype": "application/pdf",
                "res_model": invoice._name,
                "res_id": invoice.id,
                "res_field": "invoice_pdf_report_file",
            }

    def _sent(self):
        """Today's run; what left for each address: {address: names of the attachments}."""
        self.run_today = self._run_dunning()
        return {
            mail["email_to"][0]: [name for name, _content, _kind in mail["attachments"]]
            for mail in self._mails
        }

    def _notice(self):
        return self.run_today.notice_ids.sudo()

    def test_overdue_invoices_are_attached_and_made_when_missing(self):
        made = self._overdue_invoice()
        made._recovery_make_pdf()
        document = made.invoice_pdf_report_id
        missing = self._overdue_invoice(days=20)
        not_due = self._overdue_invoice(due=self.today.replace(month=6))
        sent = self._sent()
        names = [f"{move.name.replace('/', '_')}.pdf" for move in (made, missing)]
        self.assertCountEqual(sent["a@customer.example"], names)
        self.assertEqual(made.invoice_pdf_report_id, document, "it is not made twice")
        self.assertFalse(not_due.invoice_pdf_report_id)
        self.assertIn("Copies of the invoices are attached.", self._notice().delivery_ids.body)

    def test_nothing_is_attached_at_a_level_without_it(self):
        self.levels.attach_invoices = False
        invoice = self._overdue_invoice()
        self.assertEqual(self._sent(), {"a@customer.example": []})
        self.assertFalse(invoice.invoice_pdf_report_id)
        self.assertNotIn("Copies of the invoices", self._notice().delivery_ids.body)

    def test_nobody_gets_the_invoices_of_another(self):
        own = self._overdue_invoice()
        other = self._overdue_invoice(partner=self.partner_b)
        sent = self._sent()
        self.assertEqual(sent["a@customer.example"], [f"{own.name.replace('/', '_')}.pdf"])
        self.assertEqual(sent["b@customer.example"], [f"{other.name.replace('/', '_')}.pdf"])
        notice = self._notice().filtered(lambda n: n.partner_id == self.partner_a)
        notice.line_ids.write({"kind": "listed", "move_line_id": self._items(other).id})
        self.assertFalse(notice._enclosed_invoices(), "whatever its lines say")

    def test_the_payer_gets_the_invoices_of_those_it_pays_for(self):
        self.partner_b.dunning_payer_id = self.partner_a
        invoice = self._overdue_invoice(partner=self.partner_b)
        sent = self._sent()
        self.assertEqual(sent, {"a@customer.example": [f"{invoice.name.replace('/', '_')}.pdf"]})

    def test_too_large_in_all_and_none_is_attached(self):
        self._overdue_invoice()
        self.company.recovery_attachment_mb = 0
        self.assertEqual(self._sent(), {"a@customer.example": []})
        self.assertIn("too large to be attached", self._notice().delivery_ids.body)

    def test_private_mode_attaches_nothing(self):
        self.policy.private_mode = True
        self._overdue_invoice()
        self.assertEqual(self._sent(), {"a@customer.example": []})

    def test_invoice_that_can_not_be_printed_keeps_nobody_from_its_reminder(self):
        self._overdue_invoice()
        with patch.object(
            type(self.env["account.move"]), "_recovery_make_pdf", side_effect=ValueError("boom")
        ):
            self.assertEqual(self._sent(), {"a@customer.example": []})
        self.assertEqual(self._notice().state, "sent")
        self.assertNotIn("Copies of the invoices", self._notice().delivery_ids.body)

    def test_the_invoice_stays_when_the_mail_is_deleted(self):
        invoice = self._overdue_invoice()
        self._sent()
        self.assertFalse(self._notice().delivery_ids.mail_mail_id)
        self.assertTrue(invoice.invoice_pdf_report_id.exists())

    @mute_logger("odoo.addons.base.models.ir_actions_report")
    def test_letter_is_followed_by_the_invoices(self):
        self.levels.write({"send_email": False, "print_letter": True})
        self.partner_a.write({"street": "Long Road 1", "zip": "12345", "city": "Northam"})
        self._overdue_invoice()
        self._sent()
        letter = self._notice().delivery_ids
        pages = PdfFileReader(io.BytesIO(letter.proof_attachment_id.raw)).pages
        self.assertEqual(len(pages), 2)
        self.assertIn("Copies of the invoices are enclosed.", letter.body)
