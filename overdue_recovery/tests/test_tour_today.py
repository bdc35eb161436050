from odoo.tests import new_test_user, tagged

from .test_tour import TourCommon


@tagged("post_install", "-at_install", "is_tour")
class TestTourToday(TourCommon):
    """Monday morning, in a browser."""

    def test_monday_morning_by_keys_and_buttons(self):
        colleague = new_test_user(
            self.env,
            "colleague",
            name="Colleague",
            groups="overdue_recovery.group_user",
            company_id=self.company.id,
        )
        cases = self.customer._recovery_case(self.company) | self.silent._recovery_case(
            self.company
        )
        kind = self.env.ref("overdue_recovery.mail_activity_type_review")
        for case in cases:
            case._plan_activity(kind, "Look at it")
        self.env.flush_all()
        self.start_tour(
            "/odoo/action-overdue_recovery.recovery_today_action",
            "recovery_today",
            login="accountman",
        )
        self.env.invalidate_all()
        self.assertEqual(cases.user_id, colleague)
