from datetime import timedelta
from unittest.mock import patch

from lxml import etree, html
from odoo import Command
from odoo.addons.base.tests.common import new_test_user
from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import html2plaintext, mute_logger

from .common import MONDAY, RecoveryCommon

LEVELS = ("predue", "reminder1", "reminder2", "reminder3", "last")
TONES = ("gentle", "firm", "formal")
# language: (subject, the day 20 February 2025 in words, 1,240.00 in figures)
LANGUAGES = {
    "en_US": ("Your account with %s, ref. %s", "February 20, 2025", "1,240.00"),
    "fr_FR": ("Votre compte chez %s, réf. %s", "20 février 2025", "1\u202f240,00"),
    "de_DE": ("Ihr Konto bei %s, Ref. %s", "20. Februar 2025", "1.240,00"),
    "es_ES": ("Su cuenta con %s, ref. %s", "20 de febrero de 2025", "1.240,00"),
    "nl_NL": ("Uw rekening bij %s, ref. %s", "20 februari 2025", "1.240,00"),
}


@tagged("post_install", "-at_install")
class TestDunningMessages(RecoveryCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bank = cls.env["res.partner.bank"].create(
            {
                "acc_number": "BE71096123456769",
                "partner_id": cls.company.partner_id.id,
                "allow_out_payment": True,
            }
        )
        cls.company.phone = "+32 2 555 10 10"

    # -- factories -------------------------------------------------------------------------

    def _notice(self, *invoices):
        """The notice of today's proposal for the customer of these invoices."""
        run = self._propose()
        partner = (invoices and invoices[0].partner_id) or self.partner_a
        return run.notice_ids.filtered(lambda notice: notice.partner_id == partner)

    def _template(self, level, tone):
        return self.env.ref(f"overdue_recovery.mail_template_{level}_{tone}")

    def _own_template(self, **values):
        """A template as a company writes its own."""
        return self.env["mail.template"].create(
            {
                "name": "Own",
                "model_id": self.env["ir.model"]._get_id("dunning.notice"),
                "subject": "Your account, ref. {{ object.name }}",
                "body_html": '<p><t t-out="object.opening"/></p>',
                **values,
            }
        )

    def _message(self, notice):
        """(subject, body) of one notice; an error fails the test."""
        message = notice._render_messages()[notice.id]
        self.assertIsInstance(message, tuple, message)
        return message

    def _install_languages(self):
        codes = list(LANGUAGES)[1:]
        for code in codes:
            self.env["res.lang"]._activate_lang(code)
        self.env["ir.module.module"]._load_module_terms(["overdue_recovery"], codes)

    def _text(self, body):
        return html2plaintext(body)

    # -- shipped templates -----------------------------------------------------------------

    def test_each_template_renders_in_each_language(self):
        self._install_languages()
        invoice = self._overdue_invoice(days=11, amount=1240)
        notice = self._notice(invoice)
        for lang, (_subject, day, amount) in LANGUAGES.items():
            self.partner_a.lang = lang
            for level in LEVELS:
                for tone in TONES:
                    with self.subTest(lang=lang, level=level, tone=tone):
                        notice.level_id.mail_template_id = self._template(level, tone)
                        self._check_message(notice, lang, day, amount)

    def _check_message(self, notice, lang, day, amount):
        subject, body = self._message(notice)
        expected = LANGUAGES[lang][0] % (self.company.name, notice.name)
        self.assertEqual(subject, expected)
        paragraphs = [p.text_content() for p in html.fromstring(body).iter("p")]
        self.assertIn(self.partner_a.name, paragraphs[0])
        self.assertIn(amount, paragraphs[1].replace("\xa0", " ").replace(" 240", "\u202f240"))
        self.assertIn(day, paragraphs[1])
        spoken = notice.with_context(lang=lang)
        for block in (spoken.items_html, spoken.payment_html, spoken.help_html):
            self.assertIn(block, body)
        self.assertIn(self._text(spoken.contact_text), self._text(body))
        phrases = self.env["recovery.phrase"]._found_in(f"{subject} {self._text(body)}", lang)
        self.assertFalse(phrases.mapped("name"))

    def test_the_translations_are_complete(self):
        self._install_languages()
        notice = self._notice(self._overdue_invoice(days=20))
        english = self.env.ref("overdue_recovery.mail_template_dispute_outcome")
        for level in LEVELS:
            for tone in TONES:
                english |= self._template(level, tone)
        for lang in list(LANGUAGES)[1:]:
            for template in english:
                self.assertNotEqual(template.with_context(lang=lang).body_html, template.body_html)
            for name in ("opening", "help_html", "payment_html", "items_html", "pay_by_text"):
                self.assertNotEqual(notice.with_context(lang=lang)[name], notice[name], name)

    def test_subjects_tell_neither_amount_nor_level_nor_document(self):
        invoice = self._overdue_invoice(days=40, amount=777)
        subject, _body = self._message(self._notice(invoice))
        for telling in ("777", invoice.name, "reminder", "overdue", self.levels[0].name):
            self.assertNotIn(telling, subject)

    def test_shipped_templates_can_be_edited_without_the_right_to_all_templates(self):
        for level in LEVELS:
            for tone in TONES:
                self.assertFalse(self._template(level, tone)._has_unsafe_expression())

    def test_the_items_table_survives_the_template_editor(self):
        invoice = self._overdue_invoice(days=40)
        notice = self._notice(invoice)
        editor = new_test_user(
            self.env, "template_editor", groups="base.group_user,mail.group_mail_template_editor"
        )
        template = self._template("reminder1", "gentle").with_user(editor)
        notice.level_id.sudo().mail_template_id = template.sudo()
        # what the editor in the browser gives back: closed tags, and a sentence more
        edited = str(template.body_html).replace(
            '<div t-out="object.items_html"/>',
            '<p>See below.</p><div t-out="object.items_html"></div>',
        )
        for _round in range(2):
            template.body_html = edited
            edited = template.body_html
        _subject, body = self._message(notice)
        self.assertIn("See below.", body)
        self.assertIn(notice.items_html, body)
        self.assertIn(invoice.name, notice.items_html)
        self.assertIn("Yours" if notice.tone == "formal" else "kind regards", body)

    # -- what stands in a message ----------------------------------------------------------

    def test_the_first_sentence_says_what_is_owed_since_when(self):
        self._overdue_invoice(days=12, amount=1240)
        self._overdue_invoice(days=40, amount=60)
        notice = self._notice()
        since = MONDAY - timedelta(days=40)
        self.assertEqual(since.strftime("%d %m %Y"), "22 01 2025")
        self.assertEqual(
            notice.opening.replace("\xa0", ""),
            "$1,300.00 is open on your account, overdue since January 22, 2025.",
        )

    def test_before_the_due_date_the_first_sentence_says_when_it_falls_due(self):
        self.policy.level_ids = [
            Command.create({"name": "Soon", "delay_days": -3, "sequence": 1, "basis": "due_date"})
        ]
        self._overdue_invoice(days=-3, amount=50)
        notice = self._notice()
        self.assertEqual(
            notice.opening.replace("\xa0", ""), "$50.00 on your account falls due on March 6, 2025."
        )
        self.assertEqual(notice.pay_by_text, "Please pay by March 6, 2025.")
        self.assertNotIn("overdue", self._text(self._message(notice)[1]))

    def test_sections_show_credits_as_negative_and_what_is_not_yet_due_apart(self):
        old = self._overdue_invoice(days=20, amount=300)
        soon = self._overdue_invoice(days=-20, amount=80)
        self._pay(old, 100)
        credit = self._credit_note(50)
        notice = self._notice(old)
        text = self._text(notice.items_html).replace("\xa0", "")
        rows = text.splitlines()
        self.assertIn(f"{old.name} 02/11/2025 $200.00", rows)
        self.assertIn("20 days overdue · $100.00 already paid, thank you", rows)
        self.assertTrue(any(row.startswith(credit.name) and "$-50.00" in row for row in rows))
        self.assertIn("*To pay now* *$150.00*", rows)
        after = rows[rows.index("Not yet due, for your information") :]
        self.assertTrue(any(row.startswith(soon.name) and "$80.00" in row for row in after))

    def test_each_item_names_its_own_level_when_there_are_several(self):
        old = self._overdue_invoice(days=14)
        self._run_dunning()
        with self.on(7):
            self.env["dunning.policy"].browse(self.policy.id).min_interval_days = 0
            self._overdue_invoice(days=6)
        with self.on(20):
            notice = self._notice(old)
            text = self._text(notice.items_html)
        self.assertIn("second reminder", text)
        self.assertIn("first reminder", text)

    def test_two_currencies_give_two_tables_with_two_totals(self):
        euro = self.setup_other_currency("EUR")
        self._overdue_invoice(days=20, amount=300)
        self._overdue_invoice(days=20, amount=70, currency_id=euro.id)
        notice = self._notice()
        tables = html.fromstring(f"<div>{notice.items_html}</div>").findall(".//table")
        self.assertEqual(len(tables), 2)
        text = self._text(notice.items_html).replace("\xa0", "")
        self.assertIn("*To pay now* *$300.00*", text)
        self.assertIn("*To pay now* *70.00€*", text)
        self.assertTrue(notice.opening.replace("\xa0", "").startswith("$300.00 and 70.00€ are"))

    def test_private_mode_shows_sums_and_no_document(self):
        self.policy.private_mode = True
        invoice = self._overdue_invoice(days=20, amount=300)
        subject, body = self._message(self._notice(invoice))
        self.assertNotIn(invoice.name, subject + body)
        self.assertNotIn(invoice.payment_reference, subject + body)
        self.assertIn("300.00", body)

    def test_two_bank_accounts_give_two_blocks(self):
        other = self.bank.copy({"acc_number": "BE68539007547034"})
        first = self._overdue_invoice(days=20, partner_bank_id=self.bank.id)
        second = self._overdue_invoice(days=21, partner_bank_id=other.id)
        text = self._text(self._notice(first).payment_html)
        self.assertIn("BE71 0961 2345 6769", text)
        self.assertIn("BE68 5390 0754 7034", text)
        self.assertLess(text.index(second.name), text.index("BE68 5390"))
        self.assertLess(text.index(f"For {first.name}"), text.index("BE71 0961"))

    def test_without_a_bank_account_the_customer_is_asked_to_reply(self):
        invoice = self._overdue_invoice(days=20, partner_bank_id=False)
        self.company.partner_id.bank_ids.active = False
        self.assertIn("we will tell you how to pay", self._notice(invoice).payment_html)

    def test_a_note_of_a_person_is_printed_once_whatever_the_template(self):
        notice = self._notice(self._overdue_invoice(days=20))
        notice.personal_note = "As agreed on the phone.\nUntil Friday."
        for template in (self._template("reminder1", "firm"), self._own_template()):
            notice.level_id.mail_template_id = template
            _subject, body = self._message(notice)
            self.assertEqual(body.count("As agreed on the phone.<br"), 1)

    def test_the_owner_of_the_case_signs(self):
        notice = self._notice(self._overdue_invoice(days=20))
        owner = new_test_user(self.env, "owner", groups="overdue_recovery.group_user")
        owner.write({"name": "Olga Owner", "phone": "+32 2 555 99 99"})
        notice.sudo().case_id = self.partner_a._recovery_case(self.company)
        notice.case_id.sudo().user_id = owner
        _subject, body = self._message(notice)
        self.assertIn("Olga Owner", body)
        self.assertIn("call +32 2 555 99 99", body.replace("\xa0", " "))

    def test_script_in_names_and_references_is_only_text(self):
        evil = "<script>alert(1)</script>"
        self.partner_a.name = f"Azure {evil}"
        invoice = self._overdue_invoice(days=20, payment_reference=f"REF {evil}")
        notice = self._notice(invoice)
        notice.personal_note = evil
        notice.line_ids.sudo().name = evil
        subject, body = self._message(notice)
        self.assertNotIn("<script", body)
        self.assertNotIn("<script", notice.preview)
        self.assertIn("&lt;script&gt;", body)
        self.assertNotIn("script", subject)

    def test_the_plain_text_version_reads_line_by_line(self):
        invoice = self._overdue_invoice(days=20, amount=300)
        notice = self._notice(invoice)
        text = self._text(self._message(notice)[1]).replace("\xa0", "")
        lines = text.splitlines()
        self.assertEqual(lines[0], f"*{self.company.name}*")
        self.assertIn(f"{invoice.name} 02/11/2025 $300.00", lines)
        self.assertNotIn("<", text)
        self.assertNotIn("\ufeff", text)

    # -- history ---------------------------------------------------------------------------

    def test_a_first_miss_is_taken_for_an_oversight(self):
        notice = self._notice(self._overdue_invoice(days=6))
        self.assertEqual(notice.history, "first")
        self.assertIn("oversight", notice.history_text)
        self.assertIn(notice.history_text, self._text(self._message(notice)[1]))

    def test_a_loyal_customer_is_thanked(self):
        for _index in range(6):
            self._pay(self._overdue_invoice(days=100))
        notice = self._notice(self._overdue_invoice(days=6))
        self.assertEqual(notice.history, "loyal")
        self.assertIn("You have paid 6 invoices", notice.history_text)

    def test_a_customer_reminded_again_and_again_is_offered_other_dates(self):
        earlier = [self._overdue_invoice(days=6) for _index in range(3)]
        self._run_dunning()
        with self.on(30):
            for invoice in earlier:
                self._pay(invoice)
            notice = self._notice(self._overdue_invoice(days=6))
            self.assertEqual(notice.history, "repeat")
            self.assertIn("look for better ones together", notice.history_text)

    # -- batches ---------------------------------------------------------------------------

    def test_one_broken_template_among_three_notices_fails_only_its_own(self):
        partners = self.partner_a | self.partner_b | self.partner_a.copy({"name": "Third"})
        for partner in partners:
            self._overdue_invoice(days=20, partner=partner)
        notices = self._propose().notice_ids
        victim = notices.filtered(lambda notice: notice.partner_id == self.partner_b)
        victim.company_id.partner_id.ref = "x"
        template = self._own_template()
        # such an error shows only with the one customer it is about
        self.env["mail.template"].browse(template.id).with_context(install_mode=True).write(
            {
                "body_html": '<p><t t-out="object.opening"/><t t-if="object.partner_id.name == '
                '\'partner_b\'"><t t-out="1 / 0"/></t></p>'
            }
        )
        notices.level_id.mail_template_id = template
        with mute_logger("odoo.addons.mail.models.mail_render_mixin"):
            messages = notices._render_messages()
        self.assertEqual(set(messages), set(notices.ids))
        error = messages.pop(victim.id)
        self.assertIsInstance(error, Exception)
        self.assertIn("Own", str(error))
        self.assertIn("partner_b", str(error))
        self.assertIn("ZeroDivisionError", str(error))
        self.assertLess(len(str(error)), 200)
        for message in messages.values():
            self.assertIsInstance(message, tuple)

    def test_a_level_without_template_says_so(self):
        notice = self._notice(self._overdue_invoice(days=20))
        notice.level_id.write({"send_email": False, "print_letter": True})
        notice.level_id.mail_template_id = False
        error = notice._render_messages()[notice.id]
        self.assertIn("has no e-mail template", str(error))

    def test_rendering_needs_no_query_per_notice(self):
        def queries(count):
            partners = self.env["res.partner"].create(
                [
                    {"name": f"Many {count} {index}", "email": f"m{index}@x.example"}
                    for index in range(count)
                ]
            )
            for partner in partners:
                self._overdue_invoice(days=20, partner=partner)
            notices = self._propose().notice_ids.filtered(lambda n: n.partner_id in partners)
            self.assertEqual(len(notices), count)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            notices._render_messages()
            return self.env.cr.sql_log_count - before

        queries(2)  # compiles the templates
        self.assertLessEqual(queries(12), queries(3) + 2)

    def test_a_template_with_logic_is_compiled_once_for_a_batch(self):
        for partner in self.partner_a | self.partner_b:
            self._overdue_invoice(days=20, partner=partner)
        notices = self._propose().notice_ids
        notices.level_id.mail_template_id = self._own_template(
            body_html='<p t-if="object.line_ids"><t t-out="object.opening"/></p>'
        )
        compiled = []
        qweb = self.env.registry["ir.qweb"]
        compile_ = qweb._generate_code

        def count(model, template):
            # now: compiling takes the directives off the element
            compiled.append(_source(template))
            return compile_(model, template)

        with patch.object(qweb, "_generate_code", count):
            messages = notices._render_messages()
        bodies = [source for source in compiled if b"object.line_ids" in source]
        # core looks once whether it may render without compiling, then the body is compiled
        self.assertEqual(len(bodies), 2)
        for notice in notices:
            self.assertIn(notice.opening, messages[notice.id][1])

    def test_each_customer_is_written_to_in_its_own_language(self):
        self._install_languages()
        self.partner_b.lang = "de_DE"
        for partner in self.partner_a | self.partner_b:
            self._overdue_invoice(days=20, partner=partner)
        notices = self._propose().notice_ids
        messages = notices._render_messages()
        by_partner = {notice.partner_id: messages[notice.id] for notice in notices}
        self.assertIn("Your account", by_partner[self.partner_a][0])
        self.assertIn("Ihr Konto", by_partner[self.partner_b][0])
        self.assertIn('lang="de-DE"', by_partner[self.partner_b][1])
        self.assertIn("Stimmt etwas nicht?", by_partner[self.partner_b][1])

    def test_the_preview_shows_what_is_sent(self):
        notice = self._notice(self._overdue_invoice(days=20))
        collector = new_test_user(self.env, "collector", groups="account.group_account_invoice")
        preview = notice.with_user(collector).preview
        subject, _body = self._message(notice)
        self.assertIn(html.fromstring(f"<p>{subject}</p>").text, html2plaintext(preview))
        self.assertIn(notice.opening, html2plaintext(preview))

    def test_the_preview_of_a_broken_message_says_what_is_wrong(self):
        notice = self._notice(self._overdue_invoice(days=20))
        template = self._own_template()
        template.with_context(install_mode=True).body_html = '<p t-if="1 / 0">x</p>'
        notice.level_id.mail_template_id = template
        with mute_logger("odoo.addons.mail.models.mail_render_mixin"):
            self.assertIn("ZeroDivisionError", notice.preview)

    # -- checks of templates ---------------------------------------------------------------

    def test_a_threatening_phrase_is_named_with_what_to_write_instead(self):
        with self.assertRaises(ValidationError) as caught:
            self._own_template(
                body_html="<p>This is our FINAL&nbsp;<b>warning</b>: we go to court.</p>"
            )
        for part in ("final warning", "last reminder", "court", "English", "Own"):
            self.assertIn(part, str(caught.exception))

    def test_phrases_are_whole_words_of_their_own_language(self):
        template = self._own_template(body_html="<p>Courtesy of our courteous staff.</p>")
        self._install_languages()
        # "court" is French for short
        template.with_context(lang="fr_FR").body_html = "<p>Un court message.</p>"
        with self.assertRaisesRegex(ValidationError, "huissier"):
            template.with_context(lang="fr_FR").body_html = "<p>Notre huissier viendra.</p>"
        with self.assertRaisesRegex(ValidationError, "Inkasso"):
            template.update_field_translations(
                "body_html", {"de_DE": "<p>Dann kommt das Inkasso.</p>"}
            )

    def test_an_archived_phrase_is_allowed(self):
        self.env.ref("overdue_recovery.recovery_phrase_en_court").active = False
        self.assertTrue(self._own_template(body_html="<p>The tennis court is closed.</p>"))

    def test_templates_of_other_models_may_say_anything(self):
        template = self.env["mail.template"].create(
            {
                "name": "Other",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "subject": "Court {{ object.name }}",
                "body_html": "<p>Legal action.</p>",
            }
        )
        self.assertTrue(template)

    def test_a_subject_may_only_show_the_company_and_the_reference(self):
        self._own_template(subject="{{ object.company_id.name or '' }}, {{ object.name }}")
        for telling in (
            "{{ object.amount_demanded }}",
            "{{ object.items_html }}",
            "{{ object.level_id.name }}",
            "{{ object['opening'] }}",
            "{{ format_amount(object.amount_demanded, object.currency_id) }}",
        ):
            with self.subTest(telling), self.assertRaisesRegex(ValidationError, "subject shows"):
                self._own_template(subject=f"Account {telling}")

    @mute_logger("odoo.addons.mail.models.mail_render_mixin")
    def test_a_template_that_does_not_render_is_refused_by_name(self):
        broken = {
            "unknown field": '<p><t t-out="object.no_such_field"/></p>',
            "syntax": '<p><t t-out="object."/></p>',
            "unknown template": '<p><t t-call="overdue_recovery.nothing"/></p>',
        }
        for with_notice in (False, True):
            if with_notice:
                self._notice(self._overdue_invoice(days=20))
            for what, body in broken.items():
                with (
                    self.subTest(what, with_notice=with_notice),
                    self.assertRaisesRegex(ValidationError, "“Own”.*Body"),
                ):
                    self._own_template(body_html=body)

    def test_a_template_can_be_written_before_there_is_any_notice(self):
        self.env["dunning.run"].search([]).unlink()
        body = self._template("last", "formal").body_html
        self.assertTrue(self._own_template(body_html=body))


def _source(template):
    return etree.tostring(template) if isinstance(template, etree._Element) else b""
