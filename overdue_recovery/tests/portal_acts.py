"""What tests of acts on the portal share: forms, and what a page says of them."""

from datetime import timedelta

from odoo.http import Request
from odoo.tools import mute_logger

from .portal import PortalCommon

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
HOSTILE = "<script>alert('x')</script>\"'><img src=x onerror=alert(1)>"


class PortalActs(PortalCommon):
    """A contact who may sign, logged in, and forms."""

    def setUp(self):
        super().setUp()
        self.contact.is_dunning_contact = True
        self.case = self.partner_a._recovery_case(self.company)
        self.item = self._items(self.invoice_a)
        self.reason = self.env.ref("overdue_recovery.late_reason_our_error")
        self._login()

    def _act(self, act, base="/my/recovery", files=None, **values):
        data = {"csrf_token": Request.csrf_token(self), **values}
        with self.mock_mail_gateway(), mute_logger("odoo.http"):
            answer = self.url_open(
                f"{base}/act/{act}", data=data, files=files, allow_redirects=False
            )
        self.env.invalidate_all()
        return answer

    def _assert_done(self, answer, text=""):
        self.assertEqual(answer.status_code, 303, answer.text[:2000])
        self.assertIn(text, self._get("/my/recovery").text)

    def _assert_refused(self, answer, field):
        self.assertEqual(answer.status_code, 422, answer.text[:500])
        beside = 'role="alert"' if field in ("offer", "plan", "sign") else f'id="error_{field}_'
        self.assertIn(beside, answer.text)

    def _incoming(self, case=None):
        log = (case or self.case).interaction_ids.filtered(lambda one: one.direction == "in")
        return log.sorted("sequence")

    def _day(self, days):
        return str(self.today + timedelta(days=days))

    def _settlement(self, amount=95):
        self.env["recovery.offer.limit"].sudo().create(
            {
                "kind": "settlement",
                "role": "manager",
                "min_age": 0,
                "max_percent": 20,
                "source": "Test",
            }
        )
        return self._offer(self.invoice_a, amount)
