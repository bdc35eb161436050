import doctest
from email import message_from_bytes, policy

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.overdue_recovery.calc import incoming_mail
from odoo.tests import BaseCase, tagged


@tagged("post_install", "-at_install")
class TestCalcIncomingMail(BaseCase):
    def test_the_examples_hold(self):
        result = doctest.testmod(incoming_mail)
        self.assertGreater(result.attempted, 0)
        self.assertFalse(result.failed)

    @settings(max_examples=200, deadline=None)
    @given(st.binary(max_size=500))
    def test_no_bytes_from_outside_raise(self, noise):
        for head in (
            b"",
            b"From: mailer-daemon@x\r\n\r\n",
            b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n"
            b"Content-Type: message/delivery-status\r\n\r\n",
        ):
            message = message_from_bytes(head + noise, policy=policy.SMTP)
            self.assertIn(incoming_mail.is_automatic(message), (True, False))
            found = incoming_mail.report(message)
            self.assertTrue(found is None or found.kind in ("failed", "delayed", "other"))
            self.assertIsInstance(incoming_mail.quoted_ids(message), list)
