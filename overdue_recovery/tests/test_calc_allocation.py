import doctest
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st
from odoo.addons.overdue_recovery.calc import allocation
from odoo.addons.overdue_recovery.calc.allocation import Allocation, Debt
from odoo.tests import BaseCase, tagged

GENTLY = settings(max_examples=200, deadline=None, derandomize=True)
KINDS = ("costs", "interest", "principal")
AMOUNTS = st.integers(0, 10**6)
DAYS = st.dates(date(2025, 1, 1), date(2025, 3, 31))
DEBTS = st.lists(
    st.builds(
        Debt,
        st.integers(),
        st.sampled_from(KINDS),
        DAYS,
        AMOUNTS,
        disputed=st.integers(-100, 10**6),
    ),
    unique_by=lambda debt: debt.key,
    max_size=8,
)
ORDERS = st.permutations(KINDS)


@tagged("post_install", "-at_install")
class TestCalcAllocation(BaseCase):
    def test_the_examples_of_the_docstrings_hold(self):
        results = doctest.testmod(allocation)
        self.assertGreater(results.attempted, 0)
        self.assertEqual(results.failed, 0)

    def test_pp1_costs_then_interest_then_principal(self):
        debts = [
            Debt("principal", "principal", date(2025, 1, 1), 1000000),
            Debt("interest", "interest", date(2025, 1, 31), 9863),
            Debt("costs", "costs", date(2025, 1, 31), 4000),
        ]
        paid = {row.key: row.amount for row in allocation.allocate(400000, debts)}
        self.assertEqual(paid, {"costs": 4000, "interest": 9863, "principal": 386137})
        self.assertEqual(1000000 - paid["principal"], 613863)

    def test_an_order_of_principal_first_leaves_the_costs(self):
        debts = [
            Debt("costs", "costs", date(2024, 1, 1), 4000),
            Debt("principal", "principal", date(2025, 1, 1), 10000),
        ]
        rows = allocation.allocate(10500, debts, order=("principal", "interest", "costs"))
        self.assertEqual(rows, [Allocation("principal", 10000), Allocation("costs", 500)])

    def test_the_oldest_of_a_kind_first_and_of_a_day_the_first_one_given(self):
        day = date(2025, 1, 2)
        debts = [
            Debt("late", "principal", date(2025, 2, 1), 100),
            Debt("b", "principal", day, 100),
            Debt("a", "principal", day, 100),
        ]
        self.assertEqual([row.key for row in allocation.allocate(250, debts)], ["b", "a", "late"])

    def test_costs_and_interest_of_one_document_are_two_rows(self):
        day = date(2025, 1, 2)
        debts = [Debt("doc", "interest", day, 100), Debt("doc", "costs", day, 50)]
        self.assertEqual(
            allocation.allocate(120, debts), [Allocation("doc", 50), Allocation("doc", 70)]
        )

    @GENTLY
    @given(AMOUNTS, DEBTS, ORDERS)
    def test_all_money_that_may_be_is_allocated_and_no_more(self, payment, debts, order):
        payable = sum(debt.payable for debt in debts)
        rows = allocation.allocate(payment, debts, order)
        self.assertEqual(sum(row.amount for row in rows), min(payment, payable))

    @GENTLY
    @given(AMOUNTS, DEBTS, ORDERS)
    def test_no_debt_gets_more_than_is_undisputed(self, payment, debts, order):
        payable = {debt.key: debt.amount - max(0, debt.disputed) for debt in debts}
        rows = allocation.allocate(payment, debts, order)
        self.assertEqual(len({row.key for row in rows}), len(rows))
        self.assertTrue(all(0 < row.amount <= payable[row.key] for row in rows))

    @GENTLY
    @given(AMOUNTS, DEBTS, ORDERS)
    def test_nothing_is_paid_while_what_goes_before_it_is_open(self, payment, debts, order):
        paid = {row.key: row.amount for row in allocation.allocate(payment, debts, order)}
        ranks = {
            debt.key: (order.index(debt.kind), debt.date_due) for debt in debts if debt.payable
        }
        still_open = [ranks[debt.key] for debt in debts if debt.payable > paid.get(debt.key, 0)]
        self.assertTrue(all(ranks[key] <= min(still_open, default=(9,)) for key in paid))

    @GENTLY
    @given(AMOUNTS, AMOUNTS, DEBTS)
    def test_two_payments_pay_what_their_sum_pays(self, first, second, debts):
        once = {row.key: row.amount for row in allocation.allocate(first + second, debts)}
        paid = {row.key: row.amount for row in allocation.allocate(first, debts)}
        rest = [
            Debt(d.key, d.kind, d.date_due, d.amount - paid.get(d.key, 0), d.disputed)
            for d in debts
        ]
        for row in allocation.allocate(second, rest):
            paid[row.key] = paid.get(row.key, 0) + row.amount
        self.assertEqual(paid, once)

    def test_nonsense_is_refused(self):
        day = date(2025, 1, 1)
        for refused, args in (
            ("must not be negative", (-1, [])),
            ("is negative", (1, [Debt("a", "costs", day, -1)])),
            ("does not say when 'fees'", (1, [Debt("a", "fees", day, 1)])),
        ):
            with self.subTest(refused), self.assertRaisesRegex(ValueError, refused):
                allocation.allocate(*args)
