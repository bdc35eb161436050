from pathlib import Path

import polib
from odoo.tests import BaseCase, tagged

I18N = Path(__file__).parents[1] / "i18n"
LANGUAGES = ("de", "es", "fr", "nl")
# Where debtors read: messages, letters, agreements, statements and pages; and everybody's menus.
READ_BY_DEBTORS = (
    "model:mail.template,",
    "model_terms:ir.ui.view,arch_db:overdue_recovery.portal_",
    "model_terms:ir.ui.view,arch_db:overdue_recovery.message_",
    "model_terms:ir.ui.view,arch_db:overdue_recovery.letter",
    "model_terms:ir.ui.view,arch_db:overdue_recovery.plan_agreement",
    "code:addons/overdue_recovery/models/dunning_notice_placeholder.py",
    "code:addons/overdue_recovery/models/dunning_notice_opening.py",
    "code:addons/overdue_recovery/models/dunning_notice_items.py",
    "code:addons/overdue_recovery/models/dunning_notice_payment.py",
    "code:addons/overdue_recovery/models/dunning_notice_contact.py",
    "code:addons/overdue_recovery/models/dunning_notice_history.py",
    "code:addons/overdue_recovery/models/recovery_charge_text.py",
    "code:addons/overdue_recovery/controllers/",
    "model:ir.ui.menu,",
)
# The same word in that language: its file leaves it empty.
SAME = {
    "de": {"Bank", "PDF", "Ref. %s", "Register: %s"},
    "es": {"PDF", "Ref. %s"},
    "fr": {
        "Absences",
        "Configuration",
        "Date",
        "Document",
        "Documents",
        "E-mail",
        "Note",
        "Options",
        "PDF",
    },
    "nl": {
        "Bank",
        "Contact: %s.",
        "Document",
        "E-mail",
        "Later",
        "PDF",
        "Ref. %s",
        "Register: %s",
    },
}
SAME_EVERYWHERE = {"%(parts)s (%(day_count)s)."}


@tagged("post_install", "-at_install")
class TestTranslations(BaseCase):
    """What a debtor reads, and every menu, is there in each language that ships."""

    def _template(self):
        return polib.pofile(str(I18N / "overdue_recovery.pot"))

    def _is_for_debtors(self, entry):
        return any(place.startswith(READ_BY_DEBTORS) for place, _line in entry.occurrences)

    def test_the_template_has_terms_of_each_kind(self):
        places = [place for entry in self._template() for place, _line in entry.occurrences]
        for kind in READ_BY_DEBTORS:
            self.assertTrue(any(place.startswith(kind) for place in places), kind)

    def test_every_term_that_debtors_read_is_translated(self):
        wanted = {entry.msgid for entry in self._template() if self._is_for_debtors(entry)}
        self.assertGreater(len(wanted), 300)
        for language in LANGUAGES:
            done = {
                entry.msgid
                for entry in polib.pofile(str(I18N / f"{language}.po"))
                if entry.translated()
            }
            with self.subTest(language=language):
                self.assertEqual(wanted - done - SAME[language] - SAME_EVERYWHERE, set())

    def test_every_file_has_the_terms_of_the_template(self):
        terms = {entry.msgid for entry in self._template()}
        for language in LANGUAGES:
            with self.subTest(language=language):
                own = {entry.msgid for entry in polib.pofile(str(I18N / f"{language}.po"))}
                self.assertEqual(own, terms)
