import io
import json

from odoo import Command
from odoo.tests import HttpCase, new_test_user, tagged
from openpyxl import load_workbook

from .common import RecoveryCommon


@tagged("post_install", "-at_install")
class TestReportExport(RecoveryCommon, HttpCase):
    """Figures leave as XLSX by Odoo's own routes, and say there what they say on the screen."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = new_test_user(
            cls.env,
            login="exporting_clerk",
            password="exporting_clerk",
            groups="account.group_account_invoice,base.group_allow_export",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def setUp(self):
        super().setUp()
        self._overdue_invoice(10, 100)
        self._overdue_invoice(40, 250)
        self._overdue_invoice(100, 50, partner=self.partner_b)

    def _sheet(self, route, **data):
        """The rows of the file that a route gives back, as a browser posts to it."""
        self.env.flush_all()
        self.authenticate("exporting_clerk", "exporting_clerk")
        token = {"csrf_token": self._csrf_token()}
        answer = self.url_open(route, data={"data": json.dumps(data), **token})
        self.assertEqual(answer.status_code, 200, answer.text[:200])
        sheet = load_workbook(io.BytesIO(answer.content)).active
        return [list(row) for row in sheet.iter_rows(values_only=True)]

    def _csrf_token(self):
        page = self.url_open("/odoo").text
        return page.split('csrf_token: "')[1].split('"')[0]

    def _list(self, model, names, **context):
        types = {name: self.env[model]._fields[name].type for name in names}
        fields = [{"name": name, "label": name, "type": types[name]} for name in names]
        rows = self._sheet(
            "/web/export/xlsx",
            model=model,
            fields=fields,
            ids=False,
            domain=[("company_id", "=", self.company.id)],
            groupby=[],
            import_compat=False,
            context=context,
        )
        self.assertEqual(rows[0], names)
        return rows[1:]

    def test_the_ageing_of_a_day_leaves_as_a_list(self):
        names = ["partner_id", "days_30", "days_60", "days_over", "amount"]
        rows = self._list("recovery.ageing", names, ageing_date=str(self.today))
        self.assertEqual(sorted(row[-1] for row in rows), [50, 100, 250])
        self.assertEqual(
            [sum(column) for column in zip(*[row[1:] for row in rows], strict=True)],
            [100, 250, 50, 400],
        )
        self.assertEqual({row[0] for row in rows}, {"partner_a", "partner_b"})

    def test_the_responses_leave_as_a_list(self):
        notices = self._run_dunning().notice_ids
        rows = self._list("dunning.notice.report", ["notice_id", "level_id", "amount_demanded"])
        self.assertEqual(
            {row[0]: row[2] for row in rows},
            {notice.display_name: notice.amount_demanded for notice in notices},
        )

    def test_the_ageing_leaves_as_a_pivot(self):
        """What the client sends is what it shows: here its own figures, asked as it asks."""
        report = self.env["recovery.ageing"].with_user(self.clerk)
        groups = report.formatted_read_group(
            [("company_id", "=", self.company.id)], ["partner_id"], ["amount:sum"]
        )
        rows = self._sheet(
            "/web/pivot/export_xlsx",
            model="recovery.ageing",
            title="Ageing",
            measure_count=1,
            origin_count=1,
            col_group_headers=[[{"title": "Total", "width": 1, "height": 1}]],
            measure_headers=[{"title": "Open", "width": 1, "height": 1, "is_bold": False}],
            origin_headers=[],
            rows=[
                {
                    "title": group["partner_id"][1],
                    "indent": 0,
                    "values": [{"is_bold": False, "value": group["amount:sum"]}],
                }
                for group in groups
            ],
        )
        self.assertEqual(dict(rows[-2:]), {"partner_a": 350, "partner_b": 50})
