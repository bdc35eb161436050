import polib
from lxml import html
from odoo.tests import tagged

from ..controllers.portal_act import PAGES
from .portal_acts import PortalActs
from .test_translations import I18N, LANGUAGES, SAME

CODES = {"de": "de_DE", "es": "es_ES", "fr": "fr_FR", "nl": "nl_NL"}
# Where the words of the portal's pages stand.
PAGE_TERMS = "model_terms:ir.ui.view,arch_db:overdue_recovery.portal_"


@tagged("post_install", "-at_install")
class TestPortalLanguages(PortalActs):
    """Every page of the portal, in each language that ships: none of our English is left on it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for code in CODES.values():
            cls.env["res.lang"]._activate_lang(code)
        cls.env["ir.module.module"]._load_module_terms(["overdue_recovery"], list(CODES.values()))

    def setUp(self):
        super().setUp()
        self._settlement()
        self._promise(self._overdue_invoice(10, 30.0))
        plan = self._plan(self._overdue_invoice(10, 90.0), credits_aside=True)
        plan.action_activate()
        self._saved_card(self.contact)
        self._act("help", text="Bitte, por favor")

    def _english(self, language):
        """The words of the pages, as far as another language has others for them."""
        terms = polib.pofile(str(I18N / "overdue_recovery.pot"))
        return {
            " ".join(entry.msgid.split())
            for entry in terms
            if any(place.startswith(PAGE_TERMS) for place, _line in entry.occurrences)
            and entry.msgid not in SAME[language]
            and len(entry.msgid) > 3
        }

    def _pages(self):
        query = f"company={self.company.id}&currency={self.company.currency_id.id}&what=overdue"
        forms = [f"/form/{page}" for page in sorted(PAGES)]
        return ["", "/statement", f"/pay?{query}", *forms]

    def _words(self, page):
        """The pieces of text on a page."""
        answer = self.url_open(f"/my/recovery{page}")
        self.assertEqual(answer.status_code, 200, page)
        main = html.fromstring(answer.content).xpath("//main")[0]
        return {" ".join(text.split()) for text in main.itertext()} - {""}

    def test_the_words_are_found_where_they_are(self):
        english = self._english("de")
        for page in self._pages():
            with self.subTest(page=page):
                self.assertTrue(self._words(page) & english)

    def test_no_page_keeps_our_english(self):
        for language in LANGUAGES:
            self.user.lang = self.partner_a.lang = CODES[language]
            self.env.flush_all()
            # what the browser was shown last goes before what its user prefers
            self.opener.cookies.pop("frontend_lang", None)
            self._login()
            english = self._english(language)
            for page in self._pages():
                with self.subTest(language=language, page=page):
                    words = self._words(page)
                    self.assertGreater(len(words), 5)
                    self.assertEqual(words & english, set())
