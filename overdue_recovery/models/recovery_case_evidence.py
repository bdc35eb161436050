from pathlib import Path

from odoo import models
from odoo.exceptions import UserError

from ..calc import archive, chain
from ..tools import verify_evidence
from ..tools.archive import safe_name
from .recovery_interaction_verify import as_line
from .res_partner_data import (
    DISPUTE,
    HOLD,
    INSTALLMENT,
    NOTICE,
    NOTICE_LINE,
    OFFER,
    PLAN,
    PROMISE,
    REQUEST,
)

#: What is kept of a message: who got it where, and what the other side answered.
MESSAGE = (
    "notice_id",
    "channel",
    "recipient_id",
    "address",
    "lang",
    "state",
    "handover",
    "attempts",
    "sent_on",
    "printed_on",
    "message_id",
    "subject",
    "reason",
    "letter_digest",
    "log_sequence",
)
CLAIM = ("name", "date_due", "date", "baseline")


class RecoveryCaseEvidence(models.AbstractModel):
    """All that shows what was owed, asked, said and agreed in a case, as one archive for an agency
    or a court: the same case makes the same bytes as the archive that was kept last. A PDF of
    the index that is laid out anew may differ; its digest is that of the file in the archive.

    Beside documents and tables it holds the contact log with its digests, the digest of every
    file, and the program that checks them all.
    """

    _name = "recovery.case.evidence"
    _description = "Case: evidence"
    _inherit = ["recovery.case.evidence.index", "recovery.case.evidence.terms"]

    def action_evidence_pack(self):
        """Make the archive and download it. It stays with the case; one that is the same as the
        last is not kept twice.

        sudo: whoever may read the case may have what belongs to it; an auditor, who may write
        nothing, too.

        :raise UserError: an invoice or the index can't be printed
        """
        self.ensure_one()
        self.check_access("read")
        content = self.sudo()._evidence_pack()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self.sudo()._keep_evidence(content).id}?download=true",
        }

    def _evidence_pack(self):
        """The bytes of the archive, in the language of the company."""
        lang = self.company_id.partner_id.lang or "en_US"
        self = self.with_context(lang=lang, tz="UTC").with_company(self.company_id)
        files = self._evidence_files()
        html = self._evidence_index(files)
        files["index.html"] = html.encode()
        files["index.pdf"] = self._known_evidence_pdf(html) or archive.undated(
            self._evidence_pdf(html)
        )
        rows = self.env["recovery.interaction"]._stored(self)
        head = rows[-1]["digest"] if rows else chain.GENESIS
        facts = {"format": 1, "case": self.id, "log": {"entries": len(rows), "head": head}}
        files[archive.MANIFEST] = archive.manifest(files, facts)
        return archive.archive(files)

    def _known_evidence_pdf(self, html):
        """The PDF of the newest archive if its page is the same: the program that makes PDFs lays
        the same page out in other bytes each time."""
        kept = self.env["ir.attachment"].search(self._evidence_domain(), order="id desc", limit=1)
        files = archive.unpacked(kept.raw) if kept else {}
        return files.get("index.pdf") if files.get("index.html") == html.encode() else None

    def _evidence_domain(self):
        return [(name, "=", value) for name, value in self._evidence_values().items()]

    def _evidence_values(self):
        """What tells an archive that is kept from other attachments."""
        return {
            "name": f"evidence-{self.id}.zip",
            "res_model": self._name,
            "res_id": self.id,
            "mimetype": "application/zip",
        }

    def _keep_evidence(self, content):
        """The attachment with this content: the one that is there, or a new one."""
        attachments = self.env["ir.attachment"]
        checksum = attachments._compute_checksum(content)
        found = attachments.search([*self._evidence_domain(), ("checksum", "=", checksum)], limit=1)
        if found:
            return found
        self._message_log(body=self.env._("An evidence pack was made."))
        return attachments.create({**self._evidence_values(), "raw": content})

    # -- files -------------------------------------------------------------------------------

    def _evidence_files(self):
        """{path: content} of all but index and manifest. Seam: add files by ``super()``."""
        return {
            **self._evidence_invoices(),
            **self._evidence_notices(),
            **self._evidence_charges(),
            **self._evidence_agreements(),
            **self._evidence_disputes(),
            "terms.json": archive.canonical(self._evidence_terms()),
            "log.jsonl": self._evidence_log(),
            "verify_evidence.py": Path(verify_evidence.__file__).read_bytes(),
        }

    def _evidence_log(self):
        """The contact log, an entry a line."""
        rows = self.env["recovery.interaction"]._stored(self)
        return b"".join(archive.canonical(as_line(row)) + b"\n" for row in rows)

    def _evidence_moves(self):
        """The posted invoices and credit notes that the case is about."""
        lines = self.item_ids | self.notice_ids.line_ids.move_line_id
        claims = self.promise_ids.claim_ids | self.offer_ids.claim_ids
        lines |= (claims | self._evidence_plans().claim_ids).move_line_id
        moves = lines.move_id | self.dispute_ids.move_id | self.dispute_ids.refund_move_id
        moves = moves.filtered(lambda move: move.is_sale_document() and move.state == "posted")
        return moves.sorted(lambda move: (move.name, move.id))

    def _evidence_invoices(self):
        """The documents as core made them; one that was never made is made now.

        :raise UserError: one can't be made
        """
        moves = self._evidence_moves()
        for move in moves.filtered(lambda move: not move.invoice_pdf_report_id):
            move._recovery_make_pdf()
        missing = moves.filtered(lambda move: not move.invoice_pdf_report_id)[:1]
        if missing:
            raise UserError(
                self.env._(
                    "The evidence pack needs the PDF of %s, which can't be made. Print the "
                    "invoice to see why, then try again.",
                    missing.display_name,
                )
            )
        return {
            f"invoices/{safe_name(move.name)}.pdf": move.invoice_pdf_report_id.raw for move in moves
        }

    def _evidence_notices(self):
        """The notices with their items, each message as it was sent, and its proof."""
        notices = self.notice_ids.filtered(lambda notice: notice.state != "proposed").sorted("id")
        deliveries = notices.delivery_ids.sorted("id")
        found = {
            "notices/notices.json": self._evidence_table(notices, NOTICE),
            "notices/items.json": self._evidence_table(notices.line_ids.sorted("id"), NOTICE_LINE),
            "notices/messages.json": self._evidence_table(deliveries, MESSAGE),
        }
        for number, delivery in enumerate(deliveries, start=1):
            reference = safe_name(delivery.notice_id.name or "")
            path = f"notices/{number:03}-{reference}-{delivery.channel}"
            if delivery.body:
                found[f"{path}.html"] = str(delivery.body).encode()
            if delivery.proof_attachment_id:
                found[f"{path}.pdf"] = delivery.proof_attachment_id.raw
        return found

    def _evidence_agreements(self):
        """Promises, offers and requests, the items that they are about, and holds. Seam."""
        plans = self._evidence_plans()
        claims = self.promise_ids.claim_ids | self.offer_ids.claim_ids | plans.claim_ids
        names = ("promise_id", "offer_id", "plan_id", *CLAIM)
        asked = [name for name in REQUEST if name != "late_reason_id"]
        return {
            "agreements/promises.json": self._evidence_table(
                self.promise_ids.sorted("id"), PROMISE
            ),
            "agreements/offers.json": self._evidence_table(self.offer_ids.sorted("id"), OFFER),
            "agreements/plans.json": self._evidence_table(plans, PLAN),
            "agreements/installments.json": self._evidence_table(
                plans.installment_ids.sorted("id"), INSTALLMENT
            ),
            "agreements/requests.json": self._evidence_table(self._evidence_requests(), asked),
            "agreements/items.json": self._evidence_table(claims.sorted("id"), names),
            "agreements/holds.json": self._evidence_table(self._evidence_holds(), HOLD),
        }

    def _evidence_plans(self):
        return self.env["recovery.plan"].search([("case_id", "=", self.id)], order="id")

    def _evidence_requests(self):
        """What the customer asked for. Why it was late is no business of whoever reads the pack."""
        return self.env["recovery.request"].search([("case_id", "=", self.id)], order="id")

    def _evidence_holds(self):
        """Every hold on the customer or its documents in this company, past ones too."""
        return self.env["recovery.hold"].search(
            [
                ("company_id", "=", self.company_id.id),
                "|",
                "|",
                ("partner_id", "=", self.partner_id.id),
                ("move_id.commercial_partner_id", "=", self.partner_id.id),
                ("move_line_id.partner_id", "=", self.partner_id.id),
            ],
            order="id",
        )

    def _evidence_disputes(self):
        """Disputes, with the files that the customer gave."""
        disputes = self.dispute_ids.sorted("id")
        found = {"disputes/disputes.json": self._evidence_table(disputes, DISPUTE)}
        for dispute in disputes:
            for number, file in enumerate(dispute.attachment_ids.sorted("id"), start=1):
                path = f"{safe_name(dispute.name)}/{number:02}-{safe_name(file.name)}"
                found[f"disputes/{path}"] = file.raw or b""
        return found

    def _evidence_table(self, records, names):
        """These fields of records as JSON."""
        return archive.canonical(self.partner_id._recovery_plain(names, records))
