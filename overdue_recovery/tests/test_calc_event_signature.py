import doctest

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.overdue_recovery.calc import event_signature
from odoo.tests import BaseCase, tagged

GENTLY = settings(max_examples=200, deadline=None, derandomize=True)
NOW = 1741000000


@tagged("post_install", "-at_install")
class TestCalcEventSignature(BaseCase):
    def test_the_examples_of_the_docstrings_hold(self):
        results = doctest.testmod(event_signature)
        self.assertGreater(results.attempted, 0)
        self.assertEqual(results.failed, 0)

    @GENTLY
    @given(st.text(min_size=1), st.binary(), st.integers(-1000, 1000))
    def test_what_was_signed_is_genuine_for_five_minutes_each_way(self, secret, body, age):
        stamp = str(NOW - age)
        signature = event_signature.sign(secret, stamp, body)
        found = event_signature.is_genuine(secret, stamp, body, signature, NOW)
        self.assertEqual(found, abs(age) <= 300)

    @GENTLY
    @given(st.binary(), st.text(), st.text())
    def test_nothing_else_is_genuine_and_nothing_raises(self, body, stamp, signature):
        self.assertFalse(event_signature.is_genuine("s3cret", stamp, body, signature, NOW))

    def test_a_timestamp_in_other_digits_or_with_a_sign_is_none(self):
        for stamp in ("١٧٤١٠٠٠٠٠٠", "+1741000000", " 1741000000", "1741000000.0", "", "1" * 400):
            signature = event_signature.sign("s3cret", stamp, b"{}")
            self.assertFalse(
                event_signature.is_genuine("s3cret", stamp, b"{}", signature, NOW), stamp
            )
