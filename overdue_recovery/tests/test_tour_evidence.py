from datetime import timedelta

from odoo.addons.account.tests.common import AccountTestInvoicingHttpCommon
from odoo.addons.mail.tests.common import MailCase
from odoo.addons.overdue_recovery.tools import verify_evidence
from odoo.tests import tagged


@tagged("post_install", "-at_install", "is_tour")
class TestTourEvidence(AccountTestInvoicingHttpCommon, MailCase):
    """A collector calls, and hands the evidence over."""

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref("overdue_recovery.group_manager")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # compiled within a request, they keep the others waiting too long for the tests' cursor
        bundle = cls.env["ir.qweb"]._get_asset_bundle("web.assets_web", css=True, js=True)
        bundle.css()
        bundle.js()
        # a browser knows no other time than now, and it may be night
        cls.env.ref("overdue_recovery.recovery_law_courtesy").sudo().contact_active = False
        cls.customer = cls.env["res.partner"].create(
            {"name": "Tour Customer", "is_company": True, "email": "office@customer.example"}
        )

    def _notice(self):
        """A notice that was issued to a customer whose level has a script."""
        company = self.env.company
        due = company._recovery_today() - timedelta(days=10)
        self._create_invoice_one_line(
            price_unit=1234.5,
            tax_ids=[],
            partner_id=self.customer,
            invoice_date=due - timedelta(days=30),
            invoice_date_due=due,
            invoice_payment_term_id=False,
            post=True,
        )
        run = self.env["dunning.run"].create(
            {"company_id": company.id, "partner_ids": self.customer.ids}
        )
        run.action_propose()
        run.notice_ids.level_id.write(
            {"call": True, "call_script": "<p>Ask when the money comes.</p>"}
        )
        run.action_issue()
        with self.mock_mail_gateway():
            self.env["dunning.delivery"]._cron_deliver()
        return run.notice_ids

    def test_a_call_is_logged_and_the_pack_verifies(self):
        notice = self._notice()
        case = notice.case_id
        # the form may ask for its timeline while the pack is printed, when others are turned away
        self.http_request_allow_all = True
        self.start_tour(
            f"/odoo/action-overdue_recovery.recovery_case_action/{case.id}",
            "recovery_evidence",
            login="accountman",
        )
        self.env.invalidate_all()
        call = case.interaction_ids.filtered(lambda entry: entry.kind == "call")
        self.assertRecordValues(call, [{"outcome": "conversation", "text": "Not before May"}])
        attachment = self.env["ir.attachment"].search(case.sudo()._evidence_domain())
        self.authenticate("accountman", "accountman")
        pack = self.url_open(f"/web/content/{attachment.id}?download=true").content
        self.assertIn("each as it was written", verify_evidence.check(pack)[1])
        changed = bytearray(pack)
        changed[len(pack) // 3] ^= 1
        with self.assertRaises(verify_evidence.Refused):
            verify_evidence.check(bytes(changed))
