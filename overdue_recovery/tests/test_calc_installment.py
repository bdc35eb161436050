import calendar
import doctest
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.overdue_recovery.calc import installment
from odoo.tests import BaseCase, tagged

GENTLY = settings(max_examples=200, deadline=None, derandomize=True)
AMOUNTS = st.integers(0, 10**8)
COUNTS = st.integers(1, 60)
DAYS = st.dates(date(2000, 1, 1), date(2060, 12, 31))
FREQUENCIES = st.sampled_from(["weekly", "biweekly", "monthly", "quarterly"])


@tagged("post_install", "-at_install")
class TestCalcInstallment(BaseCase):
    def test_the_examples_of_the_docstrings_hold(self):
        results = doctest.testmod(installment)
        self.assertGreater(results.attempted, 0)
        self.assertEqual(results.failed, 0)

    def test_pl1_a_thousand_in_three(self):
        self.assertEqual(installment.split(100000, 3), [33333, 33333, 33334])

    @GENTLY
    @given(AMOUNTS, COUNTS)
    def test_parts_add_up_and_only_the_last_one_differs(self, amount, count):
        parts = installment.split(amount, count)
        self.assertEqual((len(parts), sum(parts)), (count, amount))
        self.assertLessEqual(len(set(parts[:-1])), 1)
        self.assertTrue(0 <= parts[-1] - parts[0] < count)

    @GENTLY
    @given(AMOUNTS, DAYS, COUNTS, FREQUENCIES, st.integers(0, 100))
    def test_a_schedule_adds_up_and_its_dates_ascend(
        self, amount, first, count, frequency, percent
    ):
        down_payment = amount * percent // 100
        rows = installment.schedule(amount, first, count, frequency, down_payment)
        dates = [day for day, _amount in rows]
        self.assertEqual(len(rows), count + bool(down_payment))
        self.assertEqual(sum(part for _day, part in rows), amount)
        self.assertEqual(dates[0], first)
        self.assertEqual(dates, sorted(set(dates)))

    @GENTLY
    @given(DAYS, COUNTS, st.sampled_from([("monthly", 1), ("quarterly", 3)]))
    def test_months_keep_the_day_or_have_their_last(self, first, count, frequency):
        name, months = frequency
        for number, (day, _amount) in enumerate(installment.schedule(100, first, count, name)):
            last = calendar.monthrange(day.year, day.month)[1]
            self.assertEqual(day.day, min(first.day, last))
            self.assertEqual(
                12 * day.year + day.month, 12 * first.year + first.month + months * number
            )

    @GENTLY
    @given(DAYS, COUNTS, st.sampled_from([("weekly", 7), ("biweekly", 14)]))
    def test_weeks_are_weeks(self, first, count, frequency):
        name, days = frequency
        rows = installment.schedule(100, first, count, name)
        self.assertEqual(
            [day for day, _amount in rows],
            [first + timedelta(days=days * number) for number in range(count)],
        )

    def test_a_month_end_comes_back_after_a_short_month(self):
        rows = installment.schedule(400, date(2024, 1, 31), 4, "monthly")
        self.assertEqual(
            [str(day) for day, _amount in rows],
            ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"],
        )
        rows = installment.schedule(300, date(2024, 11, 30), 3, "quarterly")
        self.assertEqual(
            [str(day) for day, _amount in rows], ["2024-11-30", "2025-02-28", "2025-05-30"]
        )

    def test_a_down_payment_comes_first_and_the_rest_a_period_later(self):
        rows = installment.schedule(100000, date(2025, 1, 31), 2, "monthly", 30001)
        self.assertEqual(
            rows,
            [
                (date(2025, 1, 31), 30001),
                (date(2025, 2, 28), 34999),
                (date(2025, 3, 31), 35000),
            ],
        )

    @GENTLY
    @given(AMOUNTS, st.decimals(0, "0.5", places=4), COUNTS)
    def test_an_annuity_clears_the_balance_with_equal_payments(self, principal, rate, count):
        rows = installment.annuity(principal, rate, count)
        self.assertEqual([row.number for row in rows], list(range(1, count + 1)))
        self.assertEqual(sum(row.principal for row in rows), principal)
        self.assertEqual(rows[-1].balance, 0)
        balance = principal
        for row in rows:
            balance -= row.principal
            self.assertEqual(row.amount, row.interest + row.principal)
            self.assertEqual(row.balance, balance)
            self.assertGreaterEqual(min(row.interest, row.principal, row.balance), 0)
        before_it_is_paid = [row.amount for row in rows[:-1] if row.balance]
        self.assertLessEqual(len(set(before_it_is_paid)), 1)

    def test_an_annuity_of_a_loan(self):
        rows = installment.annuity(1000000, Decimal("0.06"), 12)
        self.assertEqual({row.amount for row in rows[:-1]}, {86066})
        self.assertEqual((rows[0].interest, rows[0].principal), (5000, 81066))
        self.assertEqual(rows[-1].balance, 0)
        self.assertLess(abs(rows[-1].amount - 86066), 12)

    def test_nonsense_is_refused(self):
        day = date(2025, 1, 1)
        for refused, call in (
            ("at least one", lambda: installment.split(100, 0)),
            ("at least one", lambda: installment.schedule(100, day, -1, "weekly")),
            ("at least one", lambda: installment.annuity(100, Decimal(0), 0)),
            ("must not be negative", lambda: installment.split(-100, 2)),
            ("must not be negative", lambda: installment.annuity(-100, Decimal(0), 2)),
            ("rate must not be negative", lambda: installment.annuity(100, Decimal(-1), 2)),
            ("unknown frequency", lambda: installment.schedule(100, day, 1, "yearly")),
            ("down payment", lambda: installment.schedule(100, day, 1, "weekly", -1)),
            ("down payment", lambda: installment.schedule(100, day, 1, "weekly", 101)),
        ):
            with self.subTest(refused), self.assertRaisesRegex(ValueError, refused):
                call()

    @GENTLY
    @given(st.lists(AMOUNTS, max_size=30), AMOUNTS)
    def test_a_waterfall_loses_no_cent_and_pays_in_order(self, amounts, reduction):
        paid = installment.waterfall(reduction, amounts)
        self.assertEqual(sum(paid), min(reduction, sum(amounts)))
        for index, (part, amount) in enumerate(zip(paid, amounts, strict=True)):
            self.assertTrue(0 <= part <= amount)
            if part < amount:
                self.assertFalse(any(paid[index + 1 :]))

    @GENTLY
    @given(st.lists(AMOUNTS, max_size=10), AMOUNTS, AMOUNTS)
    def test_more_money_never_pays_less_of_any_part(self, amounts, reduction, more):
        before = installment.waterfall(reduction, amounts)
        after = installment.waterfall(reduction + more, amounts)
        self.assertTrue(all(one <= other for one, other in zip(before, after, strict=True)))

    @GENTLY
    @given(AMOUNTS, DAYS, COUNTS, FREQUENCIES, st.integers(1, 12))
    def test_nothing_but_the_first_falls_into_the_holiday(
        self, amount, first, count, frequency, month
    ):
        rows = installment.schedule(amount, first, count, frequency, holiday=month)
        self.assertEqual((len(rows), sum(part for _day, part in rows)), (count, amount))
        days = [day for day, _part in rows]
        self.assertEqual(days, sorted(set(days)))
        self.assertNotIn(month, [day.month for day in days[1:]])

    @GENTLY
    @given(AMOUNTS, DAYS, COUNTS, FREQUENCIES)
    def test_what_is_due_only_grows_and_ends_with_all(self, amount, first, count, frequency):
        rows = installment.schedule(amount, first, count, frequency)
        sums = [installment.due(rows, day) for day, _part in rows]
        self.assertEqual(sums, sorted(sums))
        self.assertEqual(sums[-1], amount)
        self.assertEqual(installment.due(rows, first - timedelta(days=1)), 0)
