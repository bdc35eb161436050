import base64
import io
import re
from unittest.mock import patch

from odoo import Command
from odoo.addons.base.models import ir_actions_report
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools.pdf import PdfFileReader

from .common import RecoveryCommon

POSTAL = {"street": "Long Road 1", "zip": "12345", "city": "Northam"}
MM = 72 / 25.4


@tagged("post_install", "-at_install")
class TestDunningLetter(RecoveryCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({"phone": "+1 555 0199", "street": "Street 9", "city": "Homeville"})
        cls.partner_a.write({**POSTAL, "country_id": cls.company.country_id.id})
        cls.levels.write({"send_email": False, "print_letter": True})

    def _waiting(self, **values):
        """A letter that waits for the printer."""
        self.invoice = self._overdue_invoice(**values)
        run = self._propose()
        run.action_issue()
        self._deliver()
        return run.notice_ids.sudo().delivery_ids

    def _text(self, letter):
        reader = PdfFileReader(io.BytesIO(letter.proof_attachment_id.raw))
        # some versions of the program write tabs for spaces
        return " ".join(" ".join(page.extract_text() for page in reader.pages).split())

    def _places(self, letter):
        """{text: (x, y) in mm from the top left edge} of the first page."""
        page = PdfFileReader(io.BytesIO(letter.proof_attachment_id.raw)).pages[0]
        height, found = float(page.mediabox.height), {}

        def visit(text, cm, tm, _font, _size):
            x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
            y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
            if text.strip():
                found.setdefault(" ".join(text.split()), (x / MM, (height - y) / MM))

        page.extract_text(visitor_text=visit)
        return found

    # -- the flow ------------------------------------------------------------------------------

    def test_letter_waits_for_the_printer_and_counts_when_it_is_marked(self):
        letter = self._waiting()
        self.assertEqual((letter.channel, letter.state), ("letter", "sending"))
        self.assertTrue(letter.proof_attachment_id.raw.startswith(b"%PDF"))
        self.assertEqual(letter.notice_id.state, "issued")
        self.assertFalse(self.invoice.dunning_level_id)
        letter.action_mark_printed()
        self.assertEqual((letter.state, letter.notice_id.state), ("sent", "sent"))
        self.assertEqual(self.invoice.dunning_level_id, self.levels[0])

    def test_pay_by_has_the_postal_days(self):
        letter = self._waiting()
        # 3 March + 10 days to pay + 3 postal days is a Sunday
        self.assertEqual(str(letter.notice_id.date_due), "2025-03-17")
        self.assertIn("March 17, 2025", self._text(letter))

    def test_letter_is_never_lost(self):
        letter = self._waiting()
        with self.on(0, hour=15):
            self._deliver()
        self.assertEqual(letter.state, "sending")
        letter.proof_attachment_id.unlink()
        with self.on(0, hour=16):
            self._deliver()
        self.assertTrue(letter.proof_attachment_id)

    def test_letter_is_logged_when_it_is_printed(self):
        letter = self._waiting()
        log = letter.case_id.interaction_ids
        self.assertFalse(log)
        letter.action_print_letters()
        letter.action_print_letters()
        self.assertEqual(letter.case_id.interaction_ids.mapped("outcome"), ["sending"])
        letter.action_mark_printed()
        entries = letter.case_id.interaction_ids.sorted("sequence")
        self.assertEqual(entries.mapped("outcome"), ["sending", "sent"])
        self.assertEqual(set(entries.mapped("channel")), {"letter"})

    def test_print_gives_one_document_of_all(self):
        self.partner_b.write(POSTAL)
        self._overdue_invoice(partner=self.partner_b)
        letters = self._waiting()
        action = letters.action_print_letters()
        dialog = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(dialog.delivery_ids, letters)
        pages = PdfFileReader(io.BytesIO(base64.b64decode(dialog.file))).pages
        self.assertEqual(len(pages), 2)
        dialog.action_mark_printed()
        self.assertEqual(set(letters.mapped("state")), {"sent"})

    def test_paid_letter_is_left_out_when_it_is_printed(self):
        letter = self._waiting()
        self._pay(self.invoice)
        with self.assertRaises(UserError):
            letter.action_print_letters()
        self.assertEqual((letter.state, letter.notice_id.state), ("sending", "issued"))
        self._overdue_invoice(partner=self._another_customer())
        run = self._propose()
        run.action_issue()
        self._deliver()
        both = letter | run.notice_ids.sudo().delivery_ids
        action = both.action_print_letters()
        dialog = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(dialog.delivery_ids, both - letter)
        self.assertIn(letter.notice_id.name, dialog.left_out)
        self.assertEqual((letter.state, letter.notice_id.state), ("cancelled", "cancelled"))

    def _another_customer(self):
        return self.env["res.partner"].create({"name": "Another", **POSTAL})

    def test_letter_paid_after_printing_is_not_handed_over(self):
        letter = self._waiting()
        letter.action_print_letters()
        self._pay(self.invoice)
        told = letter.action_mark_printed()
        self.assertIn(letter.notice_id.name, told["params"]["message"])
        self.assertEqual((letter.state, letter.notice_id.state), ("cancelled", "cancelled"))
        self.assertFalse(self.invoice.dunning_level_id)

    def test_printed_letter_with_an_old_address_is_not_handed_over_but_made_anew(self):
        letter = self._waiting()
        letter.action_print_letters()
        self.partner_a.street = "New Road 2"
        told = letter.action_mark_printed()
        self.assertIn(letter.notice_id.name, told["params"]["message"])
        self.assertEqual((letter.state, letter.notice_id.state), ("queued", "issued"))
        self.assertFalse(self.invoice.dunning_level_id)
        self._deliver()
        self.assertEqual(letter.state, "sending")
        self.assertFalse(letter.printed_on)
        self.assertIn("New Road 2", self._text(letter))
        letter.action_mark_printed()
        self.assertEqual(letter.state, "sent")

    def test_printed_letter_to_who_has_a_lawyer_by_now_is_not_handed_over(self):
        lawyer = self._another_customer()
        letter = self._waiting()
        letter.action_print_letters()
        self._hold(self.partner_a, "represented", representative_id=lawyer.id)
        told = letter.action_mark_printed()
        self.assertIn(letter.notice_id.name, told["params"]["message"])
        self._deliver()
        self.assertEqual(letter.state, "cancelled")
        to_lawyer = letter.notice_id.sudo().delivery_ids - letter
        self.assertEqual((to_lawyer.recipient_id, to_lawyer.state), (lawyer, "sending"))

    def test_address_is_the_same_in_every_language(self):
        """Or a letter that came back would go there again by a job that speaks another one."""
        self.env["res.lang"]._activate_lang("de_DE")
        self.env["ir.module.module"]._load_module_terms(["base"], ["de_DE"])
        letter = self._waiting()
        letter.action_mark_printed()
        letter.with_context(lang="de_DE").action_came_back()
        for lang in ("en_US", "de_DE"):
            customer = self.partner_a.with_context(lang=lang)
            self.assertFalse(customer._recovery_address("letter"))

    def test_letter_of_another_day_is_made_anew(self):
        letter = self._waiting()
        before = letter.proof_attachment_id
        with self.on(1, hour=8):
            self._deliver()
            self.assertEqual(str(letter.notice_id.date), "2025-03-04")
            self.assertNotEqual(letter.proof_attachment_id, before)
            self.assertIn("03/04/2025", self._text(letter))

    def test_printed_letter_stays_as_it_is_until_it_is_marked(self):
        letter = self._waiting()
        letter.action_print_letters()
        before = letter.proof_attachment_id
        with self.on(1, hour=8):
            self._deliver()
            self.assertEqual(letter.proof_attachment_id, before)
            letter.action_mark_printed()
        self.assertEqual(str(letter.notice_id.date), "2025-03-03")

    def test_partial_payment_changes_the_letter_at_printing(self):
        letter = self._waiting()
        self._pay(self.invoice, 40)
        letter.action_print_letters()
        self.assertIn("60.00", self._text(letter))
        self.assertEqual(letter.notice_id.amount_demanded, 60)

    def test_print_again_keeps_the_document(self):
        letter = self._waiting()
        before = letter.proof_attachment_id
        letter.action_print_letters()
        self.assertEqual(letter.proof_attachment_id, before)

    def test_cancelled_or_skipped_notice_takes_its_letter_with_it(self):
        letter = self._waiting()
        letter.notice_id.action_skip("Called")
        self.assertEqual(letter.state, "cancelled")

    def test_letter_that_came_back_counts_for_nothing_and_its_address_is_dead(self):
        letter = self._waiting()
        with self.assertRaises(UserError):
            letter.action_came_back()
        letter.action_mark_printed()
        letter.action_came_back()
        self.assertEqual((letter.state, letter.notice_id.state), ("bounced", "failed"))
        self.assertFalse(self.partner_a._recovery_address("letter"))
        self.partner_a.street = "Short Road 2"
        self.assertTrue(self.partner_a._recovery_address("letter"))
        self.assertFalse(self.invoice.dunning_level_id)

    def test_only_waiting_letters_can_be_marked(self):
        letter = self._waiting()
        letter.action_mark_printed()
        with self.assertRaises(UserError):
            letter.action_mark_printed()
        with self.assertRaises(UserError):
            letter.action_print_letters()

    def test_letter_can_be_switched_while_it_waits(self):
        # where it is ten o'clock now
        self.partner_a.country_id = self.env.ref("base.de")
        letter = self._waiting()
        letter.action_switch_channel("email")
        self._deliver()
        states = {d.channel: d.state for d in letter.notice_id.delivery_ids}
        self.assertEqual(states, {"letter": "cancelled", "email": "sent"})

    # -- what goes wrong -----------------------------------------------------------------------

    def test_without_the_program_the_letter_fails_with_a_clear_reason_and_nobody_else(self):
        self.partner_b.recovery_channel = "email"
        self.levels.send_email = True
        self.partner_a.recovery_channel = "letter"
        self._overdue_invoice(partner=self.partner_b)
        report = type(self.env["ir.actions.report"])
        with patch.object(report, "get_wkhtmltopdf_state", lambda report: "install"):
            deliveries = self._waiting()
        states = {d.channel: d.state for d in deliveries}
        self.assertEqual(states, {"letter": "failed", "email": "sent"})
        letter = deliveries.filtered(lambda d: d.channel == "letter")
        self.assertIn("wkhtmltopdf", letter.reason)
        letter.notice_id.action_retry()
        self._deliver()
        self.assertTrue(letter.proof_attachment_id)

    def test_letter_that_can_not_be_written_fails_alone(self):
        self.partner_b.write(POSTAL)
        self._overdue_invoice(partner=self.partner_b)
        letters = type(self.env["dunning.notice"])
        write = letters._letter

        def broken(notice, recipient):
            if recipient == self.partner_a:
                raise ValueError("boom")
            return write(notice, recipient)

        with patch.object(letters, "_letter", broken):
            deliveries = self._waiting()
        states = {d.partner_id: d.state for d in deliveries}
        self.assertEqual(states, {self.partner_a: "failed", self.partner_b: "sending"})

    # -- the sheet -----------------------------------------------------------------------------

    def test_window_shows_the_address_and_the_sender_alone(self):
        letter = self._waiting()
        places = self._places(letter)
        inside = {
            text: (x, y) for text, (x, y) in places.items() if 20 <= x < 105 and 45 <= y <= 90
        }
        lines = ["partner_a", "Long Road 1", "Northam"]
        for line in lines:
            self.assertTrue(any(line in text for text in inside), (line, places))
        shown = " ".join(inside)
        for secret in (self.invoice.name, "100.00", letter.notice_id.name, "account with"):
            self.assertNotIn(secret, shown)
        x, y = next(place for text, place in inside.items() if "Long Road 1" in text)
        self.assertAlmostEqual(x, 20, delta=1.5)
        self.assertTrue(62 < y < 90, y)

    def test_window_on_the_right(self):
        self.company.recovery_letter_window = "right"
        places = self._places(self._waiting())
        x, _y = next(place for text, place in places.items() if "Long Road 1" in text)
        self.assertAlmostEqual(x, 105, delta=1.5)

    def test_letter_says_what_the_message_says_without_links(self):
        letter = self._waiting()
        text = self._text(letter)
        for part in ("$ 100.00", self.invoice.name, letter.notice_id.name, "+1 555 0199"):
            self.assertIn(part, text)
        self.assertIn("Write to us", text)
        self.assertNotIn("Reply to this message", text)
        self.assertNotIn("href", letter.body)

    # -- link ----------------------------------------------------------------------------------

    def _opened(self, letter):
        """The link that the address on the sheet opens."""
        token = re.search(r"/recovery/l/ ?(\w{16})\b", self._text(letter))[1]
        return self.env["recovery.link"]._find(token)

    def test_sheet_has_a_short_address_that_opens_and_its_code(self):
        letter = self._waiting()
        self.assertEqual(self._opened(letter).delivery_id, letter)
        self.assertIn("/recovery/l/your-link", letter.body, "the record has no secret")

    def test_code_on_the_sheet_is_of_that_address(self):
        letter = self._waiting()
        notices = type(letter.notice_id)
        with patch.object(notices, "_qr", autospec=True, side_effect=notices._qr) as drawn:
            letter.proof_attachment_id.unlink()
            letter._make_letter()
        [address] = [call.args[1] for call in drawn.call_args_list]
        self.assertEqual(
            self.env["recovery.link"]._find(address.rpartition("/")[2]), self._opened(letter)
        )
        image = letter.notice_id._qr(address)
        drawing = base64.b64decode(re.search(r"base64,([^\"]+)", image)[1]).decode()
        self.assertGreater(drawing.count("<rect"), 100)

    def test_link_lives_for_thirty_days_from_the_day_it_was_posted(self):
        letter = self._waiting()
        letter.action_print_letters()
        with self.on(4):
            letter.action_mark_printed()
        with self.on(34):
            self.assertTrue(self._opened(letter))
        with self.on(35):
            self.assertFalse(self._opened(letter))

    def test_link_on_a_sheet_that_was_made_anew_or_came_back_opens_nothing(self):
        letter = self._waiting()
        thrown_away = self._opened(letter)
        letter.proof_attachment_id.unlink()
        letter._make_letter()
        self.assertFalse(thrown_away._opens())
        letter.action_print_letters()
        letter.action_mark_printed()
        self.assertTrue(self._opened(letter))
        letter.action_came_back()
        self.assertFalse(self._opened(letter))

    def test_address_of_another_country_ends_with_it_in_capitals(self):
        self.partner_a.country_id = self.env.ref("base.fr")
        self.assertIn("FRANCE", self._text(self._waiting()))
        self.assertEqual(
            self.partner_a._recovery_address_lines(self.company.country_id)[-1], "FRANCE"
        )

    def test_address_of_the_own_country_does_not_name_it(self):
        lines = self.partner_a._recovery_address_lines(self.company.country_id)
        self.assertEqual(lines[-1], "Northam  12345")

    def test_contact_of_a_company_stands_under_its_name(self):
        contact = self.env["res.partner"].create(
            {"name": "Ann Clerk", "parent_id": self.partner_a.id, "is_dunning_contact": True}
        )
        lines = contact._recovery_address_lines(self.company.country_id)
        self.assertEqual(lines[:3], ["partner_a", "Ann Clerk", "Long Road 1"])

    def test_private_mode_prints_no_documents(self):
        self.policy.private_mode = True
        letter = self._waiting()
        self.assertNotIn(self.invoice.name, self._text(letter))
        self.assertIn("100.00", self._text(letter))

    def test_two_currencies_stand_in_two_tables(self):
        currency = self.setup_other_currency("EUR")
        self._overdue_invoice(amount=50, currency_id=currency.id)
        self.assertIn("Amounts in EUR", self._text(self._waiting()))

    def test_letter_is_written_in_the_language_of_its_recipient(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.partner_a.lang = "fr_FR"
        letter = self._waiting()
        self.assertEqual(letter.lang, "fr_FR")
        self.assertIn('lang="fr-FR"', letter.body)
        self.assertIn("03/03/2025", self._text(letter))
        self.assertIn("17 mars 2025", self._text(letter))

    def test_personal_note_is_printed(self):
        self._overdue_invoice()
        run = self._propose()
        run.notice_ids.personal_note = "We spoke on Friday."
        run.action_issue()
        self._deliver()
        self.assertIn("We spoke on Friday.", self._text(run.notice_ids.sudo().delivery_ids))

    def test_long_letter_goes_on_with_whole_lines(self):
        for index in range(60):
            self._overdue_invoice(days=10 + index, amount=10 + index)
        letter = self._waiting()
        reader = PdfFileReader(io.BytesIO(letter.proof_attachment_id.raw))
        self.assertGreater(len(reader.pages), 1)
        text = self._text(letter)
        for line in letter.notice_id.line_ids:
            self.assertIn(line.name, text)

    def test_no_page_ends_between_an_item_and_its_remark(self):
        # a paragraph of one line more each time moves the end of the page by half an item
        for index in range(40):
            self._overdue_invoice(days=10 + index, amount=10 + index)
        run = self._propose()
        names = run.notice_ids.line_ids.mapped("name")
        for lines in range(4):
            run.notice_ids.personal_note = "\n".join(["A line."] * lines)
            pages = self._pages_of(run.notice_ids)
            self.assertGreater(len(pages), 1)
            for page in pages:
                items = sum(name in page for name in names)
                self.assertEqual(page.count("days overdue"), items, page)

    def _pages_of(self, notice):
        """The text of each page of a notice's letter."""
        _subject, html = notice._letter_to(notice.partner_id, False)
        pdf = notice._letter_pdf(html, [])
        pages = PdfFileReader(io.BytesIO(pdf)).pages
        return [" ".join(page.extract_text().split()) for page in pages]

    def test_preview_shows_the_letter(self):
        self._overdue_invoice()
        notice = self._propose().notice_ids
        self.assertTrue(notice.has_letter)
        self.assertIn("Long Road 1", notice.letter_preview)
        self.levels.write({"send_email": True, "print_letter": False})
        notice.invalidate_recordset()
        self.assertFalse(notice.has_letter)

    def test_true_size_for_both_kinds_of_the_program(self):
        notice = self._waiting().notice_id
        info = ir_actions_report._wkhtml()
        for patched, zoom in ((True, "1.0000"), (False, "1.3029")):
            with patch.object(
                ir_actions_report, "_wkhtml", lambda p=patched: info._replace(is_patched_qt=p)
            ):
                self.assertIn(f"zoom: {zoom}", notice._letter_for_print("<head></head>"))

    def test_letter_goes_to_each_dunning_contact(self):
        self.partner_a.child_ids = [
            Command.create({"name": name, "is_dunning_contact": True, "type": "other", **POSTAL})
            for name in ("One", "Two")
        ]
        letters = self._waiting()
        self.assertEqual(letters.recipient_id, self.partner_a.child_ids)
        letters[0].action_mark_printed()
        self.assertEqual(letters.mapped("state"), ["sent", "sending"])
        letters[1].action_mark_printed()
        self.assertEqual(letters.mapped("state"), ["sent", "sent"])
