import json
import re
from datetime import timedelta

from freezegun import freeze_time
from odoo import Command
from odoo.addons.overdue_recovery.tests.common import MONDAY, RecoveryCommon
from odoo.addons.spreadsheet.utils.validate_data import (
    fields_in_spreadsheet,
    menus_xml_ids_in_spreadsheet,
    odoo_charts,
    odoo_view_links,
)
from odoo.fields import Domain
from odoo.tests import HttpCase, new_test_user, tagged

FORMULA = re.compile(r'PIVOT(?:\.VALUE)?\((\d+)(?:,\s*"([^"]+)")?')
BROWSE = """
const begin = Date.now();
const watch = setInterval(() => {
    const charts = document.querySelectorAll(".o-figure canvas").length;
    if (charts >= %(charts)s) {
        clearInterval(watch);
        console.log("test successful");
    } else if (Date.now() - begin > 60000) {
        clearInterval(watch);
        console.error("charts drawn: " + charts + " " + document.body.innerText.slice(0, 300));
    }
}, 300);
"""


@tagged("post_install", "-at_install")
class TestSpreadsheetDashboard(RecoveryCommon, HttpCase):
    """What the dashboard asks for exists, is answered to a collector, and is in the ledger."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dashboard = cls.env.ref("overdue_recovery_dashboard.spreadsheet_dashboard_recovery")
        cls.data = json.loads(cls.dashboard.spreadsheet_data)
        cls.charts = {chart["id"]: chart for chart in odoo_charts(cls.data)}
        cls.collector = cls._person("collector", "account.group_account_invoice")

    @classmethod
    def _person(cls, login, groups):
        return new_test_user(
            cls.env,
            f"dashboard_{login}",
            password=f"dashboard_{login}",
            groups=groups,
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def _make_figures(self):
        """Money overdue, a notice that was paid, a kept promise and a settlement."""
        invoice = self._overdue_invoice(10, 1000)
        self._overdue_invoice(100, 500, partner=self.partner_b)
        self._overdue_invoice(-10, 300)
        self._run_dunning()
        settler = self.env["res.partner"].create({"name": "Settler"})
        settled = self._overdue_invoice(100, 90, partner=settler)
        promise, offer = self._promise(invoice, 200), self._offer(settled, 72)
        offer.action_accept()
        self.startPatcher(freeze_time(f"{MONDAY + timedelta(days=3)} 09:00:00"))
        self._pay(invoice, 250)
        self._pay(settled, 72)
        promise.sudo()._judge()
        offer.sudo()._judge()
        self.env.flush_all()

    def _cells(self):
        return {
            f"{sheet['name']}!{place}": content
            for sheet in self.data["sheets"]
            for place, content in sheet["cells"].items()
        }

    def _value(self, cell):
        """What a key figure shows: the total of its pivot's measure."""
        formula = self._cells()[f"Data!{cell}"]
        [(number, measure)] = FORMULA.findall(formula)
        pivot = self.data["pivots"][number]
        model = self.env[pivot["model"]].with_user(self.collector)
        [group] = model.formatted_read_group(pivot["domain"], [], [measure])
        return group[measure]

    def test_every_model_field_and_menu_exists(self):
        for model, names in fields_in_spreadsheet(self.data).items():
            self.assertIn(model, self.env)
            self.assertLessEqual(names, self.env[model]._fields.keys())
        menus = menus_xml_ids_in_spreadsheet(self.data)
        self.assertEqual(len(menus), 4)
        for xmlid in menus:
            self.assertTrue(self.env.ref(xmlid).action, xmlid)

    def test_every_pivot_is_answered_to_a_collector(self):
        self._make_figures()
        for pivot in self.data["pivots"].values():
            model = self.env[pivot["model"]].with_user(self.collector)
            rows = [row["fieldName"] for row in pivot["rows"]]
            measures = [measure["id"] for measure in pivot["measures"]]
            groups = model.formatted_read_group(pivot["domain"], rows, measures)
            self.assertTrue(groups, pivot["name"])
            self.assertTrue(any(groups[0][measure] for measure in measures), pivot["name"])

    def test_every_chart_and_link_is_answered_to_a_collector(self):
        self._make_figures()
        for ident, chart in self.charts.items():
            asked = chart["metaData"]
            model = self.env[asked["resModel"]].with_user(self.collector)
            measure = (
                asked["measure"] if asked["measure"] == "__count" else f"{asked['measure']}:sum"
            )
            domain = chart["searchParams"]["domain"]
            groups = model.formatted_read_group(domain, asked["groupBy"], [measure])
            self.assertTrue(sum(group[measure] for group in groups), ident)
        links = odoo_view_links(self.data)
        self.assertEqual(len(links), 8)
        for link in links:
            action = link["action"]
            model = self.env[action["modelName"]].with_user(self.collector)
            groups = model.formatted_read_group(
                action["domain"], action["context"]["group_by"], ["__count"]
            )
            self.assertTrue(groups, link["name"])

    def test_every_formula_names_a_pivot_and_one_of_its_measures(self):
        found = [pair for cell in self._cells().values() for pair in FORMULA.findall(cell)]
        self.assertEqual({number for number, _measure in found}, self.data["pivots"].keys())
        for number, measure in found:
            names = {known["id"] for known in self.data["pivots"][number]["measures"]}
            self.assertTrue(not measure or measure in names, measure)

    def test_every_chart_figure_and_title_leads_to_a_report(self):
        idents = {figure["id"] for sheet in self.data["sheets"] for figure in sheet["figures"]}
        self.assertEqual(idents, self.data["chartOdooMenusReferences"].keys())
        self.assertGreaterEqual(idents, self.charts.keys())

    def test_every_filter_fits_the_models_it_filters(self):
        filters = {one["id"]: one["type"] for one in self.data["globalFilters"]}
        for source in (*self.data["pivots"].values(), *self.charts.values()):
            model = source.get("model") or source["metaData"]["resModel"]
            for ident, matching in source["fieldMatching"].items():
                field = self.env[model]._fields[matching["chain"]]
                self.assertEqual(field.type, matching["type"])
                self.assertEqual(filters[ident], "date" if field.type == "date" else "relation")
            # what is open is open today, whatever the period
            self.assertEqual("period" in source["fieldMatching"], model != "recovery.ageing")

    def test_key_figures_are_those_of_the_ledger(self):
        self._make_figures()
        domain = self.env["recovery.today"]._overdue_domain(self.company)
        items = self.env["account.move.line"].search(domain)
        self.assertEqual(self._value("B1"), sum(items.mapped("amount_residual")))
        self.assertEqual(self._value("B1"), 750 + 500)
        self.assertEqual(self._value("B2"), 2)
        self.assertEqual(self._value("B3"), 750 + 500 + 300)
        self.assertEqual((self._value("B5"), self._value("B6")), (100, 250))
        self.assertEqual((self._value("B7"), self._value("B8")), (250, 2))
        self.assertEqual((self._value("B9"), self._value("B10")), (18, 0))

    def test_collectors_and_auditors_see_it_and_employees_do_not(self):
        users = {
            self.collector: True,
            self._person("auditor", "overdue_recovery.group_auditor"): True,
            self._person("employee", "base.group_user"): False,
        }
        for user, sees in users.items():
            found = self.dashboard.with_user(user).search(Domain("id", "=", self.dashboard.id))
            self.assertEqual(bool(found), sees, user.login)
        self.authenticate(self.collector.login, self.collector.login)
        answer = self.url_open(f"/spreadsheet/dashboard/data/{self.dashboard.id}").json()
        self.assertEqual(answer["translation_namespace"], "overdue_recovery_dashboard")
        self.assertEqual(len(answer["snapshot"]["pivots"]), len(self.data["pivots"]))

    def test_a_browser_draws_it(self):
        self._make_figures()
        figures = len(self.data["sheets"][0]["figures"])
        self.browser_js(
            "/odoo/action-overdue_recovery_dashboard.recovery_dashboard_action",
            BROWSE % {"charts": figures},
            login=self.collector.login,
            timeout=120,
        )
