import csv
import io
import zipfile
from unittest import skipUnless

from odoo.tests import tagged

from .agency import Agency, AgencyCommon


@tagged("post_install", "-at_install")
@skipUnless(Agency, "needs the folder dev/ of the project")
class TestAgencyManual(AgencyCommon):
    """The ZIP that a person brings to the agency."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.by_hand = cls._create_agency(connector="manual", rest_url=False)

    def _archive(self, referral):
        """The newest ZIP of a referral: {name: bytes}."""
        found = self.env["ir.attachment"].search(
            [("res_model", "=", "recovery.referral"), ("res_id", "=", referral.id)], limit=1
        )
        with zipfile.ZipFile(io.BytesIO(found.raw)) as archive:
            return found.raw, {name: archive.read(name) for name in archive.namelist()}

    def _table(self, files, name):
        return list(csv.DictReader(io.StringIO(files[name].decode("utf-8-sig"))))

    def test_what_is_sent_by_hand_is_a_zip_on_the_referral_at_once(self):
        invoice = self._overdue_invoice(60, 400)
        self._run_dunning()
        self._pay(invoice, 150)
        referral = self._referral(invoice, self.by_hand)
        self.assertEqual(self._calls(referral).state, "done")
        self.assertFalse(self.desk.calls)
        _raw, files = self._archive(referral)
        [row] = self._table(files, "referral.csv")
        self.assertEqual((row["reference"], row["amount"]), (referral.name, "250.00"))
        [item] = self._table(files, "items.csv")
        self.assertEqual(
            (item["items[].document"], item["items[].amount"]), (invoice.name, "250.00")
        )
        statement = self._table(files, "statement.csv")
        self.assertEqual([line["amount"] for line in statement], ["400.00", "-150.00"])
        folders = {name.split("/")[0] for name in files if "/" in name}
        self.assertEqual(folders, {"invoices", "notices"})
        [notice] = [content for name, content in files.items() if name.startswith("notices/")]
        self.assertIn(invoice.name.encode(), notice)

    def test_the_same_referral_makes_the_same_bytes(self):
        referral = self._referral(agency=self.by_hand)
        raw, _files = self._archive(referral)
        with self.on(0, hour=10):
            self.assertEqual(self.by_hand._manual_submit(self._calls(referral)).outcome, "done")
        self.assertEqual(self._archive(referral)[0], raw)

    def test_documents_that_the_agency_does_not_want_stay_here(self):
        self.by_hand.write({"wants_invoices": False, "wants_notices": False})
        invoice = self._overdue_invoice(60, 400)
        self._run_dunning()
        _raw, files = self._archive(self._referral(invoice, self.by_hand))
        self.assertEqual(sorted(files), ["items.csv", "referral.csv", "statement.csv"])

    def test_a_debtors_name_is_no_formula(self):
        self.partner_a.write({"name": "=cmd|' /C calc'!A0", "street": "@SUM(1+1)\r\n=1"})
        _raw, files = self._archive(self._referral(agency=self.by_hand))
        [row] = self._table(files, "referral.csv")
        self.assertEqual(row["debtor_name"], "'=cmd|' /C calc'!A0")
        self.assertEqual(row["debtor_street"], "'@SUM(1+1) =1")

    def test_what_is_told_later_is_a_task_and_an_answer_is_a_new_zip(self):
        referral = self._referral(agency=self.by_hand)
        referral._tell_agency("direct_payment", {"text": "100.00 was paid to us."})
        self.assertIn("100.00", referral.case_id.activity_ids[-1:].summary)
        referral._on_info_needed("Who signed?")
        referral.note = "Ann did"
        referral.action_answer()
        _raw, files = self._archive(referral)
        [row] = self._table(files, "referral.csv")
        self.assertEqual(row["note"], "Ann did")
