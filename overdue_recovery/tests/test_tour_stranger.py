from datetime import timedelta
from unittest.mock import patch

from odoo.addons.web.controllers.export import ExcelExport
from odoo.tests import tagged
from odoo.tools import mute_logger

from .features import switch_off
from .test_tour import TourCommon


@tagged("post_install", "-at_install", "is_tour")
class TestTourStranger(TourCommon):
    """Somebody who has just installed it: the first send, a Monday, a month end."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        switch_off(cls.env)

    def test_first_send_monday_and_month_end(self):
        sink = self._mail_server()
        self._tour("recovery_stranger_first_send")
        self._deliver()
        (message,) = sink.messages()
        self.assertEqual(message["To"], "office@customer.example")
        self.assertEqual(self.invoice.dunning_level_id.name, "First reminder")

        case = self._break_a_promise()
        self._tour("recovery_stranger_monday")
        self.assertEqual(case.promise_ids.sorted("id").mapped("state"), ["broken", "open"])
        self.env["recovery.case"]._cron_recompute()
        self.assertEqual(case.state, "promised")

        # a manager has switched lists and reports on in Settings
        self.env["res.groups"]._recovery_show("group_lists")
        self.env.flush_all()
        files = []
        write = ExcelExport.from_group_data

        def keep(export, *args):
            files.append(write(export, *args))
            return files[-1]

        # core's own export ignores what its own page sends, and says so
        with mute_logger("odoo.http"), patch.object(ExcelExport, "from_group_data", keep):
            self._tour("recovery_stranger_month_end")
        self.assertEqual([file[:2] for file in files], [b"PK"], "one workbook")

    def _tour(self, name):
        self.start_tour("/odoo", name, login="accountman")
        self.env.invalidate_all()

    def _break_a_promise(self):
        """The customer promises to pay, and some days later nothing has come: a browser knows no
        other time than now."""
        case = self.customer._recovery_case(self.company)
        items = self.invoice._recovery_lines()
        promise = self.env["recovery.promise"].create(
            {
                "date_promised": self.company._recovery_today(),
                "claim_ids": [(0, 0, {"move_line_id": item.id}) for item in items],
            }
        )
        promise.sudo().date_promised -= timedelta(days=5)
        self.env["recovery.case"]._cron_daily()
        self.env.flush_all()
        return case
