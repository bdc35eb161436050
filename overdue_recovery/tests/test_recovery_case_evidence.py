import csv
import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest.mock import patch

from odoo import Command
from odoo.addons.overdue_recovery.calc import archive
from odoo.addons.overdue_recovery.tools import verify_evidence
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import RecoveryCommon
from .test_dunning_attachments import PDF


@tagged("post_install", "-at_install")
class TestRecoveryCaseEvidence(RecoveryCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.case = cls.partner_a._recovery_case(cls.company)

    def setUp(self):
        super().setUp()
        send = type(self.env["account.move.send"])
        self.patch(send, "_prepare_invoice_pdf_report", lambda _model, found: self._print(found))
        index = type(self.case)
        pdf = b"%PDF-1.4 /CreationDate (D:20250303090000Z) " + PDF
        self.patch(index, "_evidence_pdf", lambda _case, _html: pdf)

    def _print(self, invoices):
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

    def _story(self):
        """A notice that was sent, a promise, an offer, a dispute with a photo, and a hold."""
        self._overdue_invoice(10)
        self._run_dunning()
        self._promise(self._overdue_invoice(20), 50)
        self._offer(self._overdue_invoice(30), 70)
        photo = self.env["ir.attachment"].create({"name": "../photo 1.txt", "raw": b"broken"})
        self.env["recovery.dispute"].create(
            {
                "move_id": self._overdue_invoice(40).id,
                "amount_disputed": 10,
                "reason_id": self.env.ref("overdue_recovery.late_reason_our_error").id,
                "description": "The lamp was broken",
                "attachment_ids": [Command.link(photo.id)],
            }
        )
        self._plan(self._overdue_invoice(50))
        self._hold(self.partner_a, "other", note="Wait")
        self.env["recovery.request"]._ask(self.case, "help", "I lost my job")

    def _pack(self):
        action = self.case.action_evidence_pack()
        number = int(action["url"].split("/")[3].split("?")[0])
        return self.env["ir.attachment"].browse(number).raw

    def _packed(self, files, **facts):
        """The archive of changed files, under a manifest that fits them."""
        told = json.loads(files.pop(archive.MANIFEST))
        facts = {"format": told["format"], "case": told["case"], "log": told["log"], **facts}
        return archive.archive({**files, archive.MANIFEST: archive.manifest(files, facts)})

    def _why(self, pack, head=None):
        """What the checker says is wrong; None when nothing is."""
        try:
            verify_evidence.check(pack, head)
        except verify_evidence.Refused as refused:
            return str(refused)
        return None

    # -- what is in it ----------------------------------------------------------------------

    def test_everything_of_the_case_is_in_the_pack(self):
        self._story()
        files = archive.unpacked(self._pack())
        self.assertLessEqual(
            {
                "agreements/holds.json",
                "agreements/items.json",
                "agreements/offers.json",
                "agreements/promises.json",
                "charges/charges.json",
                "charges/proofs.json",
                "charges/sheet.csv",
                "disputes/disputes.json",
                "index.html",
                "index.pdf",
                "log.jsonl",
                "manifest.json",
                "notices/items.json",
                "notices/messages.json",
                "notices/notices.json",
                "terms.json",
                "verify_evidence.py",
            },
            files.keys(),
        )
        for name in ("promises", "offers", "plans", "installments", "requests", "items", "holds"):
            self.assertTrue(json.loads(files[f"agreements/{name}.json"]), name)
        invoices = [name for name in files if name.startswith("invoices/")]
        self.assertEqual(len(invoices), 5)
        self.assertEqual({files[name] for name in invoices}, {PDF})
        (photo,) = [name for name in files if name.endswith("photo-1.txt")]
        self.assertEqual(files[photo], b"broken")
        (message,) = json.loads(files["notices/messages.json"])
        delivery = self.case.notice_ids.delivery_ids
        self.assertEqual(message["message_id"], delivery.message_id)
        self.assertEqual(message["address"], "a@customer.example")
        (body,) = [name for name in files if name.startswith("notices/001-")]
        self.assertEqual(files[body].decode(), delivery.body)
        index = files["index.html"].decode()
        for words in (self.partner_a.name, self.company.name, self.case.notice_ids.name, "whole"):
            self.assertIn(words, index)

    def test_the_same_case_makes_the_same_bytes(self):
        self._story()
        first = self._pack()
        with self.on(3):
            self.assertEqual(self._pack(), first)
        attachments = self.env["ir.attachment"].search(
            [("res_model", "=", "recovery.case"), ("name", "=", f"evidence-{self.case.id}.zip")]
        )
        self.assertEqual(len(attachments), 1)

    def test_the_reader_changes_nothing(self):
        self._story()
        first = self._pack()
        auditor = new_test_user(
            self.env,
            "evidence_auditor",
            groups="overdue_recovery.group_auditor",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
            tz="Asia/Tokyo",
        )
        self.case = self.case.with_user(auditor)
        self.assertEqual(self._pack(), first)

    def test_who_may_not_read_the_case_gets_no_pack(self):
        employee = new_test_user(self.env, "evidence_employee", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.case.with_user(employee).action_evidence_pack()

    def test_an_empty_case_has_a_pack_too(self):
        self.assertIsNone(self._why(self._pack()))

    def test_an_invoice_that_can_not_be_printed_is_named(self):
        invoice = self._overdue_invoice(10)
        with (
            patch.object(type(invoice), "_recovery_make_pdf", lambda _move: None),
            self.assertRaisesRegex(UserError, invoice.name),
        ):
            self.case.action_evidence_pack()

    # -- checking it ------------------------------------------------------------------------

    def test_a_pack_as_it_was_made_is_whole(self):
        self._story()
        pack = self._pack()
        found = verify_evidence.check(pack)
        self.assertIn("each as it was packed", found[0])
        self.assertIn(self.case.interaction_ids.sorted("sequence")[-1].digest, found[2])
        for entry in self.case.interaction_ids:
            self.assertIsNone(self._why(pack, entry.digest))
        self.assertIn("kept elsewhere", self._why(pack, "f" * 64))

    def test_one_byte_changed_anywhere_is_refused(self):
        self._story()
        pack = self._pack()
        places = {*range(0, len(pack), len(pack) // 400), *range(len(pack) - 60, len(pack))}
        for place in places:
            changed = bytearray(pack)
            changed[place] ^= 1
            self.assertTrue(self._why(bytes(changed)), place)
        self.assertTrue(self._why(pack + b"\0"))
        self.assertTrue(self._why(pack[:-1]))

    def test_a_file_that_is_changed_added_or_missing_is_named(self):
        self._story()
        files = archive.unpacked(self._pack())
        changes = {
            "terms.json was changed": {**files, "terms.json": b"{}"},
            "more.txt was added": {**files, "more.txt": b""},
            "terms.json is missing": {n: c for n, c in files.items() if n != "terms.json"},
        }
        for words, changed in changes.items():
            self.assertEqual(self._why(archive.archive(changed)), words)

    def _with_log(self, change):
        """The pack with a log that ``change`` has worked on, and a manifest that fits it."""
        files = archive.unpacked(self._pack())
        lines = [json.loads(line) for line in files["log.jsonl"].splitlines()]
        lines = change(lines) or lines
        files["log.jsonl"] = b"".join(archive.canonical(line) + b"\n" for line in lines)
        head = {"entries": len(lines), "head": lines[-1]["digest"]}
        return self._packed(files, log=head)

    def test_a_broken_chain_is_named_though_the_manifest_fits(self):
        self._story()
        changes = {
            "entry 2: it was changed": lambda log: log[1]["columns"].update(kind="x"),
            "entry 2: what was said was changed": lambda log: log[1]["content"].update(text="x"),
            "entry 2: it was taken out": lambda log: log[:1] + log[2:],
            "entry 2: it does not follow": lambda log: log[1].update(previous_digest="0" * 64),
            "entry 2: it is not complete": lambda log: log[1].pop("salt") and None,
        }
        for words, change in changes.items():
            with self.subTest(words):
                self.assertIn(words, self._why(self._with_log(change)))

    def test_a_cut_end_shows_against_the_manifest_and_the_digest_kept_elsewhere(self):
        self._story()
        last = self.case.interaction_ids.sorted("sequence")[-1]
        shorter = self._with_log(lambda log: log[:-1])
        self.assertIsNone(self._why(shorter))
        self.assertIn("kept elsewhere", self._why(shorter, last.digest))
        files = archive.unpacked(self._pack())
        files["log.jsonl"] = files["log.jsonl"].rsplit(b"\n", 2)[0] + b"\n"
        self.assertIn("does not end", self._why(self._packed(files)))

    def test_erased_content_is_accepted(self):
        self._story()
        entry = self.case.interaction_ids.sorted("sequence")[0]
        entry.sudo().content_ids._erase("request of 14 March")
        pack = self._pack()
        self.assertIsNone(self._why(pack))
        self.assertIn("of 1 of them was erased", verify_evidence.check(pack)[1])

    def test_the_checker_needs_python_alone(self):
        """As a court's expert runs it: the program out of the pack, isolated from everything."""
        self._story()
        pack = self._pack()
        changed = bytearray(pack)
        changed[len(pack) // 2] ^= 1
        with tempfile.TemporaryDirectory() as folder:
            checker = Path(folder, "verify_evidence.py")
            checker.write_bytes(archive.unpacked(pack)["verify_evidence.py"])
            for content, code, words in (
                (pack, 0, "each as it was written"),
                (bytes(changed), 1, "Refused"),
                (b"no archive", 1, "can't be read"),
            ):
                Path(folder, "pack.zip").write_bytes(content)
                done = subprocess.run(
                    [sys.executable, "-I", str(checker), str(Path(folder, "pack.zip"))],
                    capture_output=True,
                    check=False,
                    text=True,
                )
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(words, done.stdout)

    # -- charges ----------------------------------------------------------------------------

    def test_the_sheet_follows_the_proof(self):
        self._overdue_invoice(10)
        notice = self._run_dunning().notice_ids
        line = notice.line_ids[:1]
        charge = (
            self.env["recovery.charge"]
            .sudo()
            .create(
                {
                    "notice_id": notice.id,
                    "company_id": self.company.id,
                    "partner_id": self.partner_a.id,
                    "kind": "interest",
                    "move_line_id": line.move_line_id.id,
                    "item_name": line.name,
                    "date": self.today,
                    "date_from": self.today,
                    "date_to": self.today,
                    "currency_id": self.company.currency_id.id,
                    "amount": 1.5,
                    "proof": {
                        "law": {"source": "A law"},
                        "day_count": "act/365",
                        "amount": 150,
                        "unrounded": "150",
                        "segments": [
                            {
                                "from": "2025-02-01",
                                "to": "2025-03-03",
                                "days": 30,
                                "principal": 10000,
                                "rate": "0.08",
                                "interest": "150",
                            }
                        ],
                    },
                }
            )
        )
        charge._set_state("posted")
        files = archive.unpacked(self._pack())
        (row,) = csv.DictReader(io.StringIO(files["charges/sheet.csv"].decode()))
        self.assertEqual(
            (row["days"], row["principal"], row["rate"], row["amount charged"], row["source"]),
            ("30", "100.00", "0.08", "1.50", "A law"),
        )
        self.assertEqual(json.loads(files["charges/proofs.json"])[0]["proof"], charge.proof)


@tagged("post_install", "-at_install")
class TestEvidencePdf(RecoveryCommon):
    def test_the_index_is_a_real_pdf_without_its_day(self):
        case = self.partner_a._recovery_case(self.company)
        self.env["recovery.interaction"]._log(
            [{"case": case, "direction": "note", "channel": "system", "kind": "note"}]
        )
        first = case._evidence_pack()
        pdf = archive.unpacked(first)["index.pdf"]
        self.assertTrue(pdf.startswith(b"%PDF"))
        self.assertIn(b"D:19800101", pdf)
        case._keep_evidence(first)
        self.assertEqual(case._evidence_pack(), first)

    def test_without_the_program_that_makes_pdfs_it_is_said(self):
        case = self.partner_a._recovery_case(self.company)
        report = type(self.env["ir.actions.report"])
        with (
            patch.object(report, "get_wkhtmltopdf_state", lambda _report: "install"),
            self.assertRaisesRegex(UserError, "wkhtmltopdf is missing"),
        ):
            case.action_evidence_pack()
