from datetime import timedelta
from typing import NamedTuple

from odoo.tests import tagged

from .charging import ChargingCommon


class Means(NamedTuple):
    """What a shipped reason promises: the demand stops (or sinks by the amount), no charge arises,
    the whole customer is meant, only a representative is written to, days until the review."""

    contact: bool
    charges: bool
    whole: bool = False
    representative: bool = False
    review: int = 0


REASONS = {
    "disputed": Means(contact=True, charges=True),
    "promised": Means(contact=True, charges=False),
    "in_plan": Means(contact=True, charges=True),
    "in_transit": Means(contact=True, charges=False, review=5),
    "credit_note_coming": Means(contact=True, charges=True, review=14),
    "hardship": Means(contact=True, charges=True, whole=True, review=30),
    "reply_waiting": Means(contact=True, charges=False, whole=True, review=7),
    "says_paid": Means(contact=True, charges=True, review=7),
    "cheque_received": Means(contact=True, charges=True, review=10),
    "returned_payment": Means(contact=True, charges=False, review=7),
    "insolvency": Means(contact=True, charges=True, whole=True, representative=True, review=90),
    "deceased": Means(contact=True, charges=True, whole=True, representative=True, review=60),
    "represented": Means(contact=False, charges=False, whole=True, representative=True, review=60),
    "moratorium": Means(contact=True, charges=True, whole=True, review=30),
    "factored": Means(contact=True, charges=True, review=90),
    "we_owe_them": Means(contact=True, charges=False, whole=True, review=14),
    "referred": Means(contact=True, charges=True),
    "collected_by_us": Means(contact=True, charges=True, review=7),
    "other": Means(contact=True, charges=False, review=14),
}
DAYS = 20


@tagged("post_install", "-at_install")
class TestFlowHoldReasons(ChargingCommon):
    """Every shipped reason does what its switches say, from the dialog to the interest."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reasons = cls.env["recovery.hold.reason"].search([("code", "in", list(REASONS))])
        maker = cls()
        cls.items = {reason: maker._two_items(reason) for reason in cls.reasons}

    def _two_items(self, reason):
        """Two overdue items of a customer of its own."""
        customer = self.env["res.partner"].create(
            {"name": reason.name, "email": f"{reason.code}@customer.example"}
        )
        made = [self._overdue_invoice(DAYS, 1000, partner=customer) for _number in range(2)]
        return [self._items(invoice) for invoice in made]

    def _put_on_hold(self, reason):
        """The first of the two items, by the dialog on its invoice."""
        invoice = self.items[reason][0].move_id
        dialog = (
            self.env["recovery.hold.create"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"reason_id": reason.id})
        )
        dialog.action_hold()
        return self.env["recovery.hold"].search([("reason_id", "=", reason.id)])

    def _each(self):
        for reason in self.reasons:
            with self.subTest(reason=reason.code):
                yield reason, REASONS[reason.code], *self.items[reason]

    def test_the_table_is_complete(self):
        self.assertEqual(set(self.reasons.mapped("code")), set(REASONS))

    def test_the_dialog_holds_what_the_reason_is_about_until_its_review(self):
        for reason, means, first, _second in self._each():
            hold = self._put_on_hold(reason)
            self.assertEqual(
                hold.partner_id, first.partner_id if means.whole else hold.browse().partner_id
            )
            self.assertEqual(bool(hold.move_id), not means.whole)
            review = means.review and self.today + timedelta(days=means.review)
            self.assertEqual(hold.date_review, review)

    def test_the_demand_stops_for_what_is_held_and_for_nothing_else(self):
        for reason, means, first, second in self._each():
            self._put_on_hold(reason)
            self.assertEqual(
                reason.code in self._codes(first), means.contact or means.representative
            )
            also = means.whole and (means.contact or means.representative)
            self.assertEqual(reason.code in self._codes(second), also)

    def test_the_debtor_is_not_written_to_where_only_a_representative_is(self):
        for reason, means, first, _second in self._each():
            customer = first.partner_id
            hold = self._put_on_hold(reason)
            self.assertEqual(bool(customer._recovery_recipients("email")), not means.representative)
            if not means.representative:
                continue
            hold.representative_id = self.partner_b
            self.assertEqual(customer._recovery_recipients("email"), self.partner_b)
            stays = means.contact and [reason.code]
            self.assertEqual([c for c in self._codes(first) if c == reason.code], stays or [])

    def test_no_interest_runs_for_the_days_on_hold_where_the_reason_says_so(self):
        for reason in self.reasons:
            hold = self._put_on_hold(reason)
            hold.date_from = self.today - timedelta(days=10)
            hold.date_to = self.today - timedelta(days=1)
        run = self._run_dunning()
        charges = run.notice_ids.charge_ids.filtered(lambda charge: charge.kind == "interest")
        for _reason, means, first, second in self._each():
            spared = charges.filtered(lambda c, item=first: c.move_line_id == item)
            other = charges.filtered(lambda c, item=second: c.move_line_id == item)
            whole = self._interest(DAYS)
            half = self._interest(DAYS - 10)
            self.assertEqual(sum(spared.mapped("amount")), half if means.charges else whole)
            spares_all = means.charges and means.whole
            self.assertEqual(sum(other.mapped("amount")), half if spares_all else whole)

    def _interest(self, days):
        return self.company.currency_id.round(1000 * 0.12 * days / 365)
