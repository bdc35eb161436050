from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import SQL, format_amount, format_date, mute_logger
from psycopg2 import IntegrityError

from ..models.dunning_message_batch import MessageFigures, MessageForm, shape_of, with_holes
from .common import RecoveryCommon

LANGUAGES = ("en_US", "fr_FR", "de_DE", "es_ES", "nl_NL", "hi_IN")


@tagged("post_install", "-at_install")
class TestDunningDeliveryMessage(RecoveryCommon):
    """Messages are written ahead, and once more where something has changed since."""

    def _prepared(self, *partners):
        """The deliveries of an issued run over these customers, written ahead a moment ago."""
        for partner in partners or [self.partner_a]:
            self._overdue_invoice(days=20, partner=partner)
        run = self._propose()
        run.action_issue()
        deliveries = run.notice_ids.delivery_ids.sudo()
        deliveries._prepare_ahead()
        # everything a test makes is of the same instant
        for delivery in deliveries.filtered("prepared_at"):
            delivery.prepared_at += timedelta(seconds=1)
        return deliveries

    def _rendered_while(self, act):
        """Ids of the notices whose messages are rendered during ``act()``."""
        notices = self.env.registry["dunning.notice"]
        render, rendered = notices._render_messages, set()

        def listen(records):
            rendered.update(records.ids)
            return render(records)

        with patch.object(notices, "_render_messages", listen):
            act()
        return rendered

    # -- ahead -----------------------------------------------------------------------------

    def test_what_was_written_ahead_is_sent_as_it_is(self):
        delivery = self._prepared()
        self.assertTrue(delivery.body)
        self.assertEqual(delivery.state, "queued")
        subject, body = delivery.subject, delivery.body
        self.assertFalse(self._rendered_while(self._deliver))
        self.assertEqual(delivery.state, "sent")
        self.assertEqual((delivery.subject, delivery.body), (subject, body))

    def test_what_is_written_ahead_is_what_would_be_written_at_the_end(self):
        delivery = self._prepared()
        body = delivery.body
        delivery._forget_messages()
        self._deliver()
        self.assertEqual(delivery.body, body)

    def test_a_payment_since_then_changes_the_message(self):
        delivery = self._prepared()
        invoice = delivery.notice_id.line_ids.move_line_id.move_id
        self.assertIn("100.00", delivery.body)
        self._pay(invoice, 60)
        self._deliver()
        self.assertEqual(delivery.state, "sent")
        self.assertIn("60.00", delivery.body)
        self.assertIn("already paid", delivery.body)

    def test_who_has_paid_since_then_gets_nothing(self):
        delivery = self._prepared()
        self._pay(delivery.notice_id.line_ids.move_line_id.move_id)
        self._deliver()
        self.assertEqual(delivery.state, "cancelled")

    def test_whatever_it_is_written_from_that_changes_since_then_changes_the_message(self):
        colleague = self.env["res.users"].create({"name": "Ann", "login": "ann"})
        account = self.env["res.partner.bank"].create(
            {"acc_number": "1", "partner_id": self.company.partner_id.id}
        )
        for written_from, values in (
            (lambda d: d.recipient_id, {"name": "Changed."}),
            (
                lambda d: d.notice_id.line_ids.move_line_id.partner_id - d.recipient_id,
                {"name": "Changed."},
            ),
            (lambda d: d.company_id.partner_id, {"phone": "Changed."}),
            (lambda d: colleague.partner_id, {"phone": "Changed too."}),
            (lambda d: d.notice_id.line_ids.move_id[-1:], {"payment_reference": "Changed."}),
            (lambda d: account, {"acc_number": "Changed."}),
            # at last: it names nothing of the others
            (lambda d: d.notice_id.level_id.mail_template_id, {"body_html": "<p>Changed.</p>"}),
        ):
            partner = self.partner_a.copy({"email": "copy@x.example", "user_id": colleague.id})
            subsidiary = self.partner_b.copy({"dunning_payer_id": partner.id})
            delivery = self._prepared(partner, subsidiary)
            record = written_from(delivery)
            with self.subTest(record._name):
                before = delivery.body
                record.write(values)
                self._say_written(record, delivery.prepared_at + timedelta(seconds=1))
                self._deliver()
                self.assertNotEqual(delivery.body, before)
                self._say_written(record, delivery.create_date)

    def _say_written(self, record, moment):
        """Everything a test writes is of the same instant: say by hand what came later."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET write_date = %s WHERE id = %s",
                SQL.identifier(record._table),
                moment,
                record.id,
            )
        )
        record.invalidate_recordset(["write_date"])

    def test_who_answers_for_the_customer_by_now_signs_the_message(self):
        first, second = (
            self.env["res.users"].create({"name": name, "login": name}) for name in ("Ann", "Ben")
        )
        self.partner_a.user_id = first
        delivery = self._prepared()
        self.assertIn("Ann", delivery.body)
        delivery.case_id.user_id = second
        self.assertFalse(delivery.prepared_at)
        self._deliver()
        self.assertIn("Ben", delivery.body)
        self.assertNotIn("Ann", delivery.body)

    def test_a_note_written_since_then_is_printed(self):
        delivery = self._prepared()
        delivery.notice_id.personal_note = "As agreed on the phone."
        self.assertFalse(delivery.prepared_at)
        self._deliver()
        self.assertIn("As agreed on the phone.", delivery.body)

    def test_on_another_day_it_is_written_anew(self):
        delivery = self._prepared()
        self.assertIn("20 days overdue", delivery.body)
        with self.on(1):
            self._deliver()
        self.assertEqual(delivery.state, "sent")
        self.assertIn("21 days overdue", delivery.body)

    def test_a_run_proposed_earlier_is_written_with_the_figures_of_today(self):
        self._overdue_invoice(days=20)
        run = self._propose()
        with self.on(2):
            run.action_issue()
            run.notice_ids.delivery_ids.sudo()._prepare_ahead()
            self.assertIn("22 days overdue", run.notice_ids.delivery_ids.body)

    @mute_logger("odoo.addons.mail.models.mail_render_mixin")
    def test_one_that_cannot_be_written_fails_alone_when_it_should_leave(self):
        level = self.levels[0]
        template = level.mail_template_id.copy()
        template.with_context(
            install_mode=True
        ).body_html = "<p t-if=\"object.partner_id.name != 'partner_b' or 1 / 0\">Hello.</p>"
        level.mail_template_id = template
        deliveries = self._prepared(self.partner_a, self.partner_b)
        by_partner = deliveries.grouped("partner_id")
        self.assertIn("Hello.", by_partner[self.partner_a].body)
        self.assertFalse(by_partner[self.partner_b].body)
        self.assertEqual(set(deliveries.mapped("state")), {"queued"})
        self._deliver()
        self.assertEqual(by_partner[self.partner_a].state, "sent")
        self.assertEqual(by_partner[self.partner_b].state, "failed")
        self.assertIn("ZeroDivisionError", by_partner[self.partner_b].reason)

    # -- languages -------------------------------------------------------------------------

    def test_each_recipient_of_a_notice_reads_its_own_language(self):
        for code in ("de_DE", "fr_FR"):
            self.env["res.lang"]._activate_lang(code)
        self.env["ir.module.module"]._load_module_terms(["overdue_recovery"], ["de_DE", "fr_FR"])
        delivery = self._prepared()
        delivery.lang = "de_DE"
        other = delivery.copy({"recipient_id": self.partner_b.id, "lang": "fr_FR"})
        both = delivery | other
        both._forget_messages()
        both._prepare_ahead()
        self.assertIn("Stimmt etwas nicht?", delivery.body)
        self.assertIn('lang="de-DE"', delivery.body)
        self.assertIn('lang="fr-FR"', other.body)
        self.assertTrue(delivery.subject.startswith("Ihr Konto"))
        self.assertTrue(other.subject.startswith("Votre compte"))

    # -- what a batch shares -----------------------------------------------------------------

    def test_amounts_and_days_are_written_as_core_writes_them(self):
        currencies = [self.company.currency_id, self.setup_other_currency("EUR")]
        currencies.append(self.setup_other_currency("JPY", rounding=1.0))
        for code in LANGUAGES:
            env = self.env["res.lang"]._activate_lang(code).with_context(lang=code).env
            figures = MessageFigures(env)
            self.assertEqual(figures.day(self.today), format_date(env, self.today))
            for currency in currencies:
                for amount in (0, -0.004, 0.005, 1, -7.5, 999.995, 1234.5, -1234567.891, 1e12):
                    with self.subTest(code=code, currency=currency.name, amount=amount):
                        self.assertEqual(
                            figures.money(amount, currency),
                            format_amount(env, amount, currency).replace("\ufeff", ""),
                        )

    def test_a_form_is_filled_with_escaped_texts(self):
        values = {"rows": ["a", "", "<b>"], "last": "&", "count": 3}
        holes = with_holes(values)
        page = "<p>{last}|{rows[2]}|{rows[0]}|{last}|{rows[1]}</p>".format(**holes)
        self.assertEqual(MessageForm(page).filled(values), "<p>&amp;|&lt;b&gt;|a|&amp;|</p>")
        self.assertEqual(shape_of(values), shape_of({**values, "last": "other"}))
        self.assertNotEqual(shape_of(values), shape_of({**values, "last": ""}))
        self.assertNotEqual(shape_of(values), shape_of({**values, "count": 4}))

    # -- what a chunk shares -----------------------------------------------------------------

    def test_of_a_partner_only_what_is_asked_is_read(self):
        deliveries = self._prepared(self.partner_a, self.partner_b)
        partners = self.env.registry["res.partner"]
        fetch, widths = partners._fetch_query, []

        def listen(records, query, fields):
            widths.append(len(list(fields)))
            return fetch(records, query, fields)

        self.env.flush_all()
        self.env.invalidate_all()
        with patch.object(partners, "_fetch_query", listen):
            deliveries._read_together()
            ready = deliveries._prepare()
        self.assertEqual(ready, deliveries)
        # the ORM has about a hundred columns of a partner to read
        self.assertLess(max(widths), 40)

    def test_mails_name_their_notices_before_they_leave(self):
        deliveries = self._prepared(self.partner_a, self.partner_b)
        deliveries._set_state("sending")
        mails = deliveries._create_mails()
        for _look in ("cache", "database"):
            self.assertEqual(mails.mapped("res_id"), [d.notice_id.id for d in deliveries])
            self.assertEqual(mails.mail_message_id.mapped("model"), ["dunning.notice"] * 2)
            self.assertEqual(list(deliveries.mail_mail_id), list(mails))
            self.assertEqual(deliveries.mapped("message_id"), mails.mapped("message_id"))
            self.assertEqual(deliveries.mapped("attempts"), [1, 1])
            self.env.flush_all()
            self.env.invalidate_all()
        self.assertEqual(len(set(mails.mapped("message_id"))), 2)

    def test_shared_defaults_are_those_of_core(self):
        mails = self.env["mail.mail"].sudo()
        values = [{"subject": "one", "email_to": "a@b.example"}, {"subject": "two"}]
        own = {"id", "mail_message_id", "message_id", "display_name"}
        names = [name for name, field in mails._fields.items() if field.store and name not in own]
        self.assertEqual(
            [row | {"id": 0} for row in mails._sharing_defaults().create(values).read(names)],
            [row | {"id": 0} for row in mails.create(values).read(names)],
        )

    def test_deliveries_of_a_run_are_whole_and_unique(self):
        deliveries = self._prepared(self.partner_a, self.partner_b)
        notices = deliveries.notice_id
        self.assertEqual(notices.delivery_ids, deliveries)
        for delivery in deliveries:
            notice = delivery.notice_id
            self.assertEqual(delivery.company_id, notice.company_id)
            self.assertEqual(delivery.run_id, notice.run_id)
            self.assertEqual((delivery.state, delivery.attempts), ("queued", 0))
            self.assertEqual(delivery.address, notice.partner_id.email_normalized)
            self.assertTrue(delivery.create_uid and delivery.write_date)
            self.assertEqual(delivery.lang, notice.partner_id.lang)
        one = deliveries[0]
        values = one._delivery_values(one.notice_id, one.channel, one.recipient_id)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            deliveries._create_together(one.notice_id, values)
