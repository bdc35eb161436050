from odoo.tests import tagged

from .test_tour import TourCommon


@tagged("post_install", "-at_install", "is_tour")
class TestTourNumbers(TourCommon):
    """A number is clicked until its record is there."""

    def _sent(self):
        self._mail_server()
        self._propose().action_issue()
        self._deliver()
        return self.env["dunning.notice"].search([("partner_id", "=", self.customer.id)])

    def test_from_the_figure_of_today_to_the_invoice(self):
        self.start_tour(
            "/odoo/action-overdue_recovery.recovery_today_action",
            "recovery_number_of_today",
            login="accountman",
        )

    def test_from_the_figures_of_a_customer_to_its_items(self):
        case = self._sent().case_id
        self.start_tour(
            f"/odoo/action-overdue_recovery.recovery_case_action/{case.id}",
            "recovery_number_of_a_case",
            login="accountman",
        )

    def test_from_a_report_to_the_notice(self):
        self.assertEqual(self._sent().state, "sent")
        self.start_tour(
            "/odoo/action-overdue_recovery.dunning_notice_report_action",
            "recovery_number_of_a_report",
            login="accountman",
        )
