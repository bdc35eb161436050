import doctest
import smtplib

from odoo.addons.base.models.ir_mail_server import MailDeliveryException
from odoo.addons.overdue_recovery.tools import smtp_truth
from odoo.tests import BaseCase, tagged

BEFORE, AFTER, UNSEEN = False, True, None


@tagged("post_install", "-at_install")
class TestSmtpTruth(BaseCase):
    def test_the_examples_of_the_docstrings_hold(self):
        results = doctest.testmod(smtp_truth)
        self.assertGreater(results.attempted, 0)
        self.assertEqual(results.failed, 0)

    def test_only_a_refused_address_is_dead(self):
        refused = smtplib.SMTPRecipientsRefused
        cases = {
            (550, b"5.1.1 <a@b.example>: user unknown"): True,
            (550, b"5.1.10 the system takes no mail"): True,
            (553, b"5.1.3 bad syntax"): True,
            (551, b"5.1.6 moved away"): True,
            (550, b"no such user"): False,  # may be a policy as well
            (550, b"5.1.8 your domain does not exist"): False,
            (550, b"5.7.1 relaying denied"): False,
            (552, b"5.2.2 mailbox full"): False,
            (552, b"5.3.4 too large"): False,
            (554, b"5.7.1 blocked, see 5.1.1"): False,
            (450, b"5.1.1 for the moment"): False,
        }
        for answer, is_dead in cases.items():
            with self.subTest(answer=answer):
                truth = smtp_truth.judge(refused({"a@b.example": answer}), BEFORE)
                self.assertEqual(truth.is_dead, is_dead)
        for error in (
            smtplib.SMTPDataError(550, b"5.1.1 user unknown"),
            smtplib.SMTPSenderRefused(550, b"5.1.1 user unknown", "a@b.example"),
            ValueError("550 5.1.1 user unknown"),
        ):
            self.assertFalse(smtp_truth.judge(error, BEFORE).is_dead, error)

    def test_every_end_of_a_talk(self):
        refused = smtplib.SMTPRecipientsRefused
        cases = [
            (smtplib.SMTPSenderRefused(450, b"later", "a@b.example"), BEFORE, "later"),
            (smtplib.SMTPSenderRefused(550, b"no", "a@b.example"), BEFORE, "failed"),
            (refused({"a@b.example": (451, b"greylisted")}), BEFORE, "later"),
            (refused({"a@b.example": (550, b"no such user")}), BEFORE, "failed"),
            (refused({"a@b.example": (550, b"no"), "c@d.example": (450, b"")}), BEFORE, "later"),
            (refused({"a@b.example": (421, b"closing")}), BEFORE, "later"),
            (smtplib.SMTPDataError(451, b"local error"), BEFORE, "later"),
            (smtplib.SMTPDataError(554, b"spam"), AFTER, "failed"),
            (smtplib.SMTPDataError(452, b"full"), AFTER, "later"),
            (smtplib.SMTPDataError(421, b"closing"), AFTER, "later"),
            (smtplib.SMTPDataError(251, b"will forward"), AFTER, "sent"),
            (smtplib.SMTPDataError(-1, b"what?"), AFTER, "unknown"),
            (smtplib.SMTPSenderRefused(-1, b"what?", ""), BEFORE, "later"),
            (smtplib.SMTPResponseException(500, "Line too long."), AFTER, "unknown"),
            (smtplib.SMTPResponseException(500, "Line too long."), BEFORE, "later"),
            (smtplib.SMTPServerDisconnected("closed"), BEFORE, "later"),
            (smtplib.SMTPServerDisconnected("closed"), AFTER, "unknown"),
            (smtplib.SMTPServerDisconnected("closed"), UNSEEN, "unknown"),
            (TimeoutError("timed out"), BEFORE, "later"),
            (TimeoutError("timed out"), AFTER, "unknown"),
            (smtplib.SMTPNotSupportedError("SMTPUTF8"), BEFORE, "failed"),
            (UnicodeEncodeError("ascii", "é", 0, 1, "no"), BEFORE, "failed"),
            (ValueError("an addon broke"), AFTER, "unknown"),
            (ValueError("550 no such user"), UNSEEN, "failed"),
        ]
        for error, dot_left, outcome in cases:
            with self.subTest(error=error, dot_left=dot_left):
                self.assertEqual(smtp_truth.judge(error, dot_left).outcome, outcome)

    def test_what_core_wraps_is_looked_through(self):
        try:
            try:
                raise smtplib.SMTPDataError(450, b"mailbox busy")
            except smtplib.SMTPDataError:
                raise MailDeliveryException("Mail Delivery Failed", "text")  # noqa: B904
        except MailDeliveryException as error:
            truth = smtp_truth.judge(error, True)
        self.assertEqual(truth, smtp_truth.Truth("later", "450 mailbox busy"))

    def test_a_message_that_ends_like_a_command_does_not_deceive(self):
        class Session:
            def send(self, data):
                if data == b"broken\r\n.\r\n":
                    raise smtplib.SMTPServerDisconnected("closed")

        session = Session()
        witness = smtp_truth.Witness(session)
        session.send("data\r\n")
        with self.assertRaises(smtplib.SMTPServerDisconnected):
            session.send(b"broken\r\n.\r\n")
        self.assertIs(witness.dot_left, False)
        session.send(b"whole\r\n.\r\n")
        self.assertIs(witness.dot_left, True)
