import doctest

from odoo.addons.overdue_recovery.tools import archive, http_call
from odoo.tests import BaseCase, tagged


@tagged("post_install", "-at_install")
class TestToolsHttpCall(BaseCase):
    def test_the_examples_of_the_docstrings_hold(self):
        for module in (http_call, archive):
            results = doctest.testmod(module)
            self.assertGreater(results.attempted, 0)
            self.assertEqual(results.failed, 0)

    def test_a_secret_of_more_than_a_line_is_refused_without_being_told(self):
        for value in ("s3cret\r\nX-Other: 1", "s3crét", "s3cret\x00"):
            with self.assertRaises(ValueError) as caught:
                http_call.Secret("Authorization", value)
            self.assertNotIn("s3cr", str(caught.exception))

    def test_a_secret_can_be_printed_without_being_told(self):
        secret = http_call.Secret("Authorization", "s3cret")
        self.assertNotIn("s3cret", f"{secret} {secret!r}")
