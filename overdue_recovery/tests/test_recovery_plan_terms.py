from datetime import date, timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .common import MONDAY, RecoveryCommon


@tagged("post_install", "-at_install")
class TestRecoveryPlanTerms(RecoveryCommon):
    """How a plan divides what is open, what it costs, and what customers may ask for."""

    def setUp(self):
        super().setUp()
        self.invoice = self._overdue_invoice(10, 1000)

    def _rows(self, plan):
        return [(row.date_due, row.amount) for row in plan.installment_ids]

    def test_it_is_about_what_the_case_proposes_when_nobody_names_items(self):
        case = self.partner_a._recovery_case(self.company)
        plan = self.env["recovery.plan"].create({"case_id": case.id})
        self.assertEqual(plan.claim_ids.move_line_id, self._items(self.invoice))
        self.assertEqual((plan.partner_id, plan.case_id), (self.partner_a, case))
        self.assertEqual(len(plan.installment_ids), 3)

    def test_several_invoices_of_one_customer_are_one_plan(self):
        plan = self._plan(self.invoice | self._overdue_invoice(5, 200), count=2)
        self.assertEqual(plan.installment_ids.mapped("amount"), [600, 600])

    def test_a_month_without_payment_moves_what_follows(self):
        plan = self._plan(self.invoice, days=30, holiday_month="5")
        days = [date(2025, 4, 2), date(2025, 6, 2), date(2025, 7, 2)]
        self.assertEqual([day for day, _amount in self._rows(plan)], days)
        plan.holiday_month = False
        self.assertEqual(plan.installment_ids[1].date_due, date(2025, 5, 2))

    def test_own_days_and_amounts(self):
        days = [MONDAY + timedelta(days=20), MONDAY + timedelta(days=3)]
        rows = [
            Command.create({"date_due": day, "amount": amount})
            for day, amount in zip(days, (700, 300), strict=True)
        ]
        plan = self._plan(self.invoice, frequency="own", installment_ids=rows)
        self.assertEqual(self._rows(plan), [(days[1], 300), (days[0], 700)])
        self.assertEqual(plan.installment_ids.mapped("sequence"), [1, 2])
        self.assertEqual((plan.installment_count, plan.date_first), (2, days[1]))
        with self.assertRaisesRegex(UserError, "1,001.00"):
            rows[0][2]["amount"] = 701
            self._plan(self.invoice, frequency="own", installment_ids=rows)

    def test_terms_that_make_no_plan_are_refused(self):
        for values in (
            {"installment_count": 0},
            {"installment_count": 10**9},
            {"down_payment": 1000},
            {"down_payment": -1},
            {"interest_rate": -0.1},
            {"interest_rate": 0.1, "frequency": "weekly"},
            {"interest_rate": 0.1, "holiday_month": "5"},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                self._plan(self.invoice, **values)

    def test_its_terms_are_fixed_once_it_is_offered(self):
        plan = self._plan(self.invoice)
        plan.action_offer()
        self.assertEqual(plan.expiry_date, plan.installment_ids[0].date_due)
        for values in ({"installment_count": 2}, {"grace_days": 9}, {"amount_excused": 5}):
            with self.subTest(values=values), self.assertRaises(UserError):
                plan.write(values)
        with self.assertRaises(UserError):
            plan.installment_ids[0].unlink()
        with self.assertRaises(UserError):
            plan.unlink()
        plan.note = "She called."

    def test_an_offer_that_nobody_accepts_expires(self):
        plan = self._plan(self.invoice)
        plan.action_offer()
        with self.on(7):
            self.env["recovery.plan"]._judge_all()
            self.assertEqual(plan.state, "offered")
        with self.on(8):
            self.env["recovery.plan"]._judge_all()
            self.assertEqual(plan.state, "expired")

    def test_a_request_is_agreed_to_or_rejected(self):
        plan, other = self._plan(self.invoice), self._plan(self.invoice)
        (plan | other).action_request()
        other.action_reject()
        plan.installment_count = 2
        plan.action_activate()
        self.assertEqual((plan.state, other.state), ("active", "rejected"))

    def test_a_plan_whose_first_day_is_over_does_not_begin(self):
        plan = self._plan(self.invoice, days=2)
        with self.on(3), self.assertRaisesRegex(UserError, "before today"):
            plan.action_activate()

    def test_a_plan_does_not_begin_when_less_is_owed_than_when_it_was_made(self):
        plan = self._plan(self.invoice)
        (self._items(self.invoice) | self._items(self._credit_note(100))).reconcile()
        with self.assertRaisesRegex(UserError, "has changed"):
            plan.action_activate()

    # -- interest --------------------------------------------------------------------------

    def test_interest_is_a_charge_of_its_own_and_paid_with_the_plan(self):
        plan = self._plan(self.invoice, interest_rate=0.12)
        self.assertEqual(plan.installment_ids.mapped("amount"), [340.02, 340.02, 340.03])
        self.assertEqual((plan.amount_total, plan.amount_interest), (1000, 20.07))
        before = self.invoice.line_ids.mapped("balance")
        plan.action_activate()
        charge = plan.interest_move_id
        self.assertTrue(charge.is_recovery_charge)
        self.assertRecordValues(
            charge,
            [
                {
                    "state": "posted",
                    "amount_total": 20.07,
                    "amount_tax": 0,
                    "invoice_date_due": plan.installment_ids[-1].date_due,
                }
            ],
        )
        self.assertEqual((plan.amount_total, plan.amount_open), (1020.07, 1020.07))
        self.assertEqual(self.invoice.line_ids.mapped("balance"), before)
        self.assertEqual(plan.state, "active")
        for document in self.invoice | charge:
            self._pay(document)
        self.env["recovery.case"]._recompute_dirty()
        self.assertEqual(plan.state, "completed")

    def test_interest_that_no_installment_earned_is_credited_when_the_plan_ends(self):
        plan = self._plan(self.invoice, interest_rate=0.12)
        plan.action_activate()
        with self.on(8):
            plan.action_cancel()
        # 10.00 of the first month are earned
        self.assertEqual(plan.interest_move_id.amount_residual, 10)
        self.assertEqual(plan.state, "cancelled")

    def test_a_person_is_warned_of_interest_from_a_consumer(self):
        plan = self._plan(self.invoice)
        self.partner_a.recovery_debtor_type = "consumer"
        self.assertFalse(plan.is_interest_doubtful)
        plan.interest_rate = 0.05
        self.assertTrue(plan.is_interest_doubtful)
        self.partner_a.recovery_debtor_type = "business"
        plan.invalidate_recordset()
        self.assertFalse(plan.is_interest_doubtful)

    # -- what customers may ask for --------------------------------------------------------

    def test_limits_of_what_a_customer_asks_for(self):
        self.company.write(
            {
                "recovery_plan_max_months": 4,
                "recovery_plan_max_count": 3,
                "recovery_plan_min_amount": 200,
                "recovery_plan_first_percent": 20,
            }
        )
        self._plan(self.invoice)._check_limits()
        for values, word in (
            ({"installment_count": 4}, "at most 3"),
            ({"frequency": "quarterly"}, "at the latest"),
            ({"down_payment": 500}, "at least .*200.00"),
            ({"down_payment": 190, "installment_count": 2}, "at least .*200.00"),
        ):
            with self.subTest(values=values), self.assertRaisesRegex(UserError, word):
                self._plan(self.invoice, **{"count": 3, **values})._check_limits()
        self.company.write({"recovery_plan_min_amount": 0, "recovery_plan_first_percent": 50})
        with self.assertRaisesRegex(UserError, "first payment is at least .*500.00"):
            self._plan(self.invoice)._check_limits()

    def test_small_requests_inside_the_limits_begin_at_once_where_the_company_says_so(self):
        plan = self._plan(self.invoice)
        self.assertFalse(plan._is_accepted_at_once())
        self.company.recovery_plan_accepted_amount = 1000
        self.assertTrue(plan._is_accepted_at_once())
        self.company.recovery_plan_max_count = 2
        self.assertFalse(plan._is_accepted_at_once())

    # -- the dialog ------------------------------------------------------------------------

    def _dialog(self):
        case = self.partner_a._recovery_case(self.company)
        action = case.action_plan()
        return self.env[action["res_model"]].browse(action["res_id"])

    def test_the_dialog_shows_the_rows_while_the_terms_change(self):
        dialog = self._dialog()
        for values, amounts in (
            ({}, [333.33, 333.33, 333.34]),
            ({"installment_count": 4}, [250] * 4),
            ({"down_payment": 400}, [400, 150, 150, 150, 150]),
            ({"installment_count": 0}, []),
            ({"installment_count": 2}, [400, 300, 300]),
        ):
            with self.subTest(values=values), Form(dialog) as form:
                for name, value in values.items():
                    setattr(form, name, value)
                missing = 1000 - sum(amounts)
                self.assertAlmostEqual(form.amount_missing, missing, 2)
            self.assertEqual(dialog.line_ids.mapped("amount"), amounts)
        plan = self.env["recovery.plan"].browse(dialog.action_make()["res_id"])
        self.assertEqual(plan.installment_ids.mapped("amount"), [400, 300, 300])
        self.assertEqual(plan.state, "active")

    def test_the_dialog_offers_or_keeps_own_days(self):
        dialog = self._dialog()
        with Form(dialog) as form:
            form.frequency = "own"
            with form.line_ids.edit(0) as line:
                line.amount = 333.34
            with form.line_ids.edit(2) as line:
                line.amount = 333.33
            self.assertFalse(form.amount_missing)
        kept = self.env["recovery.plan"].browse(dialog.action_keep()["res_id"])
        self.assertEqual(kept.state, "draft")
        self.assertEqual(kept.installment_ids.mapped("amount"), [333.34, 333.33, 333.33])
        offered = self.env["recovery.plan"].browse(dialog.action_offer()["res_id"])
        self.assertEqual(offered.state, "offered")

    def test_a_collector_agrees_on_a_plan_and_nobody_else_does(self):
        collector, employee = (
            new_test_user(
                self.env,
                f"plan_{groups[-5:]}",
                groups=groups,
                company_id=self.company.id,
                company_ids=[Command.set(self.company.ids)],
            )
            for groups in ("account.group_account_invoice", "base.group_user")
        )
        plan = self._plan(self.invoice)
        with self.assertRaises(AccessError):
            plan.with_user(employee).action_activate()
        mine = plan.with_user(collector)
        mine.installment_ids = [
            Command.update(mine.installment_ids[0].id, {"amount": 400}),
            Command.update(mine.installment_ids[2].id, {"amount": 266.67}),
        ]
        mine.action_activate()
        self.assertEqual(plan.state, "active")
