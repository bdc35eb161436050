import csv
import io

from markupsafe import Markup
from odoo import fields, models

from ..calc import csv_text
from ..tools import archive
from ..tools.http_call import Answer
from .recovery_agency_field import OF_ITEMS

ZIP = "application/zip"
EXTENSIONS = {"application/pdf": ".pdf", "text/html": ".html"}


class RecoveryAgencyManual(models.AbstractModel):
    """The connector ``manual``: a ZIP to download and bring to the agency, by its portal, by
    encrypted mail, however it wants it. What it has to be told later is a person's task, see
    ``recovery.referral._tell_agency``.

    ``referral.csv`` and ``items.csv`` say what the agency's fields name, ``statement.csv`` what was
    booked on the items, and ``invoices/`` and ``notices/`` hold the documents that it wants. The
    same referral makes the same bytes, as long as nothing was booked on it.
    """

    _name = "recovery.agency.manual"
    _description = "Agency: by hand"

    def _manual_submit(self, call):
        """Attach the ZIP to the referral."""
        referral = call._record()
        self.env["ir.attachment"].create(
            {
                "name": archive.safe_name(referral.name, ".zip"),
                "raw": archive.pack(self._files(referral)),
                "mimetype": ZIP,
                "res_model": referral._name,
                "res_id": referral.id,
            }
        )
        return Answer("done")

    def _manual_inform(self, call):
        """Attach it anew, with what was added since."""
        return self._manual_submit(call)

    # -- what is in the ZIP ----------------------------------------------------------------

    def _files(self, referral):
        """{name: bytes} of what the agency gets. Seam: an addon adds documents."""
        files = self._tables(referral)
        if self.wants_invoices:
            for invoice in referral._invoices():
                if not invoice.invoice_pdf_report_id:
                    invoice._recovery_make_pdf()
                name = f"invoices/{archive.safe_name(invoice.name)}"
                self._add_document(files, name, invoice.invoice_pdf_report_id)
        if self.wants_notices:
            for delivery in referral._deliveries():
                self._add_notice(files, delivery)
        return files

    def _tables(self, referral):
        """The CSV files, in the agency's words."""
        facts, items = referral._facts()
        pairs = self.field_ids._pairs()
        of_all = [(code, place) for code, place in pairs if code not in OF_ITEMS]
        of_items = [("reference", "reference")] + [pair for pair in pairs if pair[0] in OF_ITEMS]
        statement = referral._statement()
        return {
            "referral.csv": table(of_all, [facts]),
            "items.csv": table(of_items, [{**facts, **item} for item in items]),
            "statement.csv": table([(name, name) for name in STATEMENT], statement),
        }

    def _add_document(self, files, name, document):
        extension = EXTENSIONS.get(document.mimetype, ".bin")
        archive.add(files, f"{name}{extension}", document.raw or b"")

    def _add_notice(self, files, delivery):
        """A notice as it was sent: its letter, or its message."""
        day = fields.Date.to_string(delivery.sent_on or delivery.notice_date)
        name = f"notices/{archive.safe_name(f'{day}-{delivery.notice_id.name}-{delivery.channel}')}"
        if delivery.proof_attachment_id:
            self._add_document(files, name, delivery.proof_attachment_id)
        elif delivery.body:
            archive.add(files, f"{name}.html", message_page(delivery).encode())


#: The columns of ``referral._statement``.
STATEMENT = ("document", "date", "booked", "amount", "open", "currency")


def table(columns, rows):
    """CSV as bytes. ``columns``: (key in a row, heading)."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([csv_text.cell(heading) for _key, heading in columns])
    for row in rows:
        writer.writerow([csv_text.cell(row[key]) for key, _heading in columns])
    # spreadsheets take a file without this mark for another alphabet
    return buffer.getvalue().encode("utf-8-sig")


def message_page(delivery):
    """A message as sent, as a page that loads nothing."""
    return Markup(
        '<!doctype html><html><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'; img-src data:\">"
        "<title>%s</title></head><body><p>%s, %s</p>%s</body></html>"
    ) % (
        delivery.subject or "",
        delivery.address or "",
        fields.Datetime.to_string(delivery.sent_on) or "",
        delivery.body,
    )
