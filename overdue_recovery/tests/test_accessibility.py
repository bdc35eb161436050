import json
import os
from pathlib import Path

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..controllers.portal_act import PAGES
from .browser import opened
from .portal_acts import PortalActs
from .test_tour import TourCommon

SIZES = (360, 1280)
SEVERE = ("serious", "critical")
# Odoo's own, wherever it draws them: pictures of people, and boxes to tick rows.
NOT_OURS = (".o_data_row img", ".o_list_record_selector")
# Core's sign that a provider is in test mode: only its tooltip, drawn a moment later, names it.
SIGNS_OF_CORE = ("#o_payment_form i[data-bs-toggle='tooltip']",)
RUN = """
(async (within) => {
    if (!window.axe) {
        throw new Error("axe-core was not loaded");
    }
    const found = await window.axe.run(within, {
        resultTypes: ["violations"],
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
    });
    return {
        passes: found.passes.length,
        violations: found.violations.map(({ id, impact, nodes }) => ({
            id,
            impact,
            nodes: nodes.map(({ html, failureSummary }) => `${html}\\n${failureSummary}`),
        })),
    };
})"""


class Axe(HttpCase):
    """axe-core in a real browser: it looks for what keeps people with a disability out."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        path = Path(os.environ.get("OR_AXE", "axe.min.js"))
        if not path.is_file():
            raise AssertionError(f"axe-core is not at {path} (OR_AXE): `make test` fetches it.")
        cls.axe = path.read_text()

    def _assert_open_to_all(self, browser, name, within=("body",), without=()):
        """Nothing serious or critical on the page that the browser shows.

        :param within: selectors of the parts to look at; each has to be there
        :param without: selectors of what is not ours
        """
        for selector in within:
            self.assertTrue(browser.has(selector), f"{name}: no {selector}")
        browser.value(f"{self.axe};0")
        parts = {"include": [[one] for one in within], "exclude": [[one] for one in without]}
        found = browser.value(f"{RUN}({json.dumps(parts)})")
        with self.subTest(page=name):
            self.assertGreater(found["passes"], 0, "nothing was looked at")
            severe = [one for one in found["violations"] if one["impact"] in SEVERE]
            text = "\n".join(
                f"{one['id']} ({one['impact']}): {node}" for one in severe for node in one["nodes"]
            )
            self.assertFalse(text, text)


@tagged("post_install", "-at_install", "is_tour")
class TestAxe(Axe):
    """A test that finds nothing wherever it looks would prove nothing."""

    def test_it_finds_what_nobody_can_read_and_what_says_nothing(self):
        with opened(self) as browser:
            browser.open("/recovery/thanks", "h1")
            self._assert_open_to_all(browser, "as it is")
            browser.value(
                "document.querySelector('main').innerHTML +="
                ' \'<p style="color: #aaa">Pale words</p><a href="/"><img src="/x"></a>\'; 0'
            )
            found = browser.value(f"{RUN}({{include: [['body']]}})")
        severe = {one["id"] for one in found["violations"] if one["impact"] in SEVERE}
        self.assertLessEqual({"color-contrast", "image-alt"}, severe)


@tagged("post_install", "-at_install", "is_tour")
class TestPortalAccessibility(PortalActs, Axe):
    """Every page of the portal, on a telephone and on a desk."""

    def setUp(self):
        super().setUp()
        self.foreign = self.setup_other_currency("CHF")
        self._overdue_invoice(40, 60.0, currency_id=self.foreign.id)
        self._overdue_invoice(-20, 80.0)

    def _arrange(self):
        """What the card of agreements can show, each about an item of its own."""
        self._settlement()
        self._promise(self._overdue_invoice(10, 30.0))
        offered = self._plan(self._overdue_invoice(10, 90.0), credits_aside=True)
        offered.action_offer()
        active = self._plan(self._overdue_invoice(10, 90.0), credits_aside=True)
        active.action_activate()
        self._act(
            "wrong", move=self._overdue_invoice(10, 70.0).id, reason=self.reason.id, text="No"
        )
        self._act("help", text="Please call me")

    def _pay_query(self):
        return f"company={self.company.id}&currency={self.company.currency_id.id}&what=overdue"

    def _look_at(self, browser, base, pages):
        for width in SIZES:
            browser.resize(width)
            for page in pages:
                browser.open(f"{base}{page}", ".o_recovery h1")
                self._assert_open_to_all(browser, f"{page} at {width}", without=SIGNS_OF_CORE)

    def _send(self, browser, button, until):
        """Click a button of a form, whatever the browser thinks of what is in it."""
        selector = json.dumps(button)
        browser.leave(
            lambda: browser.value(
                f"(() => {{ const button = document.querySelector({selector});"
                " button.form.noValidate = true; button.click(); })()"
            ),
            until,
        )

    def test_pages_of_who_is_logged_in(self):
        self._arrange()
        self._saved_card(self.contact)
        forms = [f"/form/{page}" for page in sorted(PAGES)]
        pages = ["", "/statement", f"/pay?{self._pay_query()}", *forms]
        with opened(self, "recovery_customer") as browser:
            self._look_at(browser, "/my/recovery", pages)

    def test_pages_of_a_link(self):
        self.contact.is_dunning_contact = False
        base = f"/recovery/l/{self._links()[self.partner_a]}"
        self._settlement()
        forms = [f"/form/{page}" for page in sorted(PAGES - {"autopay"})]
        with opened(self) as browser:
            self._look_at(browser, base, ["", f"/pay?{self._pay_query()}", *forms])

    def test_what_forms_answer(self):
        with opened(self, "recovery_customer") as browser:
            for width in SIZES:
                browser.resize(width)
                for page in ("promise", "plan", "date", "wrong", "help"):
                    browser.open(f"/my/recovery/form/{page}", ".o_recovery h1")
                    with mute_logger("odoo.http"):
                        self._send(
                            browser, "form.o_recovery_card .btn-primary", ".o_recovery_error"
                        )
                    self._assert_open_to_all(browser, f"refused {page} at {width}")
                browser.open("/my/recovery/form/plan", ".o_recovery h1")
                day = json.dumps(self._day(7))
                browser.value(f"document.querySelector('[name=day]').value = {day}")
                self._send(browser, "form.o_recovery_card .btn-primary", ".o_recovery_card tfoot")
                self._assert_open_to_all(browser, f"shown plan at {width}")

    def test_who_acts_too_often_is_told_so(self):
        visitor = self.env["recovery.portal.visitor"].sudo()._of_user(self.user)
        visits = self.env["recovery.portal.visit"].sudo()
        for _number in range(30):
            visits._allow(visitor.key, "/act/help", 30)
        with opened(self, "recovery_customer") as browser:
            browser.open("/my/recovery/form/help", ".o_recovery h1")
            with mute_logger("odoo.http"):
                self._send(browser, "form.o_recovery_card .btn-primary", "main h1")
            self.assertIn("an hour", browser.value("document.body.innerText"))
            self._assert_open_to_all(browser, "too often")

    def test_who_paid_nothing_by_a_link_reads_so(self):
        self.contact.is_dunning_contact = False
        link = f"/recovery/l/{self._links()[self.partner_a]}"
        route = f"{link}/transaction/{self.company.id}/{self.company.currency_id.id}/overdue"
        body = json.dumps({"params": self._pay_values()})
        options = {"method": "POST", "headers": {"Content-Type": "application/json"}, "body": body}
        with opened(self) as browser:
            # a page that asks for nothing more by itself
            browser.open("/recovery/thanks", "main h1")
            browser.value(f"fetch({json.dumps(route)}, {json.dumps(options)}).then(() => 0)")
            self._wait_remaining_requests()
            self.env["payment.transaction"].search([], limit=1)._set_canceled()
            self.env.flush_all()
            browser.open("/recovery/thanks", "main h1")
            self.assertIn("nothing was taken", browser.value("document.body.innerText"))
            self._assert_open_to_all(browser, "not paid")

    def test_pages_for_nobody(self):
        with opened(self) as browser:
            for path in ("/recovery/thanks", f"/recovery/l/{'x' * 32}"):
                browser.open(path, "main h1")
                self._assert_open_to_all(browser, path)


@tagged("post_install", "-at_install", "is_tour")
class TestBackendAccessibility(TourCommon, Axe):
    """What we draw ourselves among Odoo's own screens."""

    def setUp(self):
        super().setUp()
        self._propose().action_issue()
        self.old = self._overdue(self.customer, 99.0, days=70)
        self.customer._recovery_case(self.company)
        self.env["recovery.case"]._cron_recompute()
        self.env.flush_all()

    def _look_at(self, path, *within, sizes=SIZES):
        with opened(self, "accountman") as browser:
            for width in sizes:
                browser.resize(width)
                browser.open(f"/odoo/{path}", within[-1])
                self._assert_open_to_all(browser, f"{path} at {width}", within, NOT_OURS)

    def test_case_with_its_story(self):
        case = self.customer._recovery_case(self.company)
        form = f"action-overdue_recovery.recovery_case_action/{case.id}"
        self._look_at(form, ".o_recovery_ageing", ".o_recovery_timeline")

    def test_line_above_a_customer(self):
        form = f"action-account.res_partner_action_customer/{self.customer.id}"
        self._look_at(form, ".alert", ".alert .o_recovery_status button")

    def test_today(self):
        action = "action-overdue_recovery.recovery_today_action"
        self._look_at(action, ".o_recovery_strip", ".o_data_row", sizes=[1280])

    def test_first_steps(self):
        action = "action-overdue_recovery.recovery_start_action"
        self._look_at(action, ".o_recovery_start", ".o_recovery_start h1")

    def test_status_of_an_invoice(self):
        form = f"action-account.action_move_out_invoice_type/{self.old.id}"
        self._look_at(form, ".o_recovery_status", ".o_recovery_status button")
