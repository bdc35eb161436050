from odoo.tests import tagged

from .common import RecoveryCommon


@tagged("post_install", "-at_install")
class TestDunningDeliveryRecipient(RecoveryCommon):
    """A message may wait for days until it may leave: it goes to whoever is to be written to
    then."""

    def _waiting(self, **values):
        """The delivery of an issued notice that has not left, written ahead."""
        self._overdue_invoice(days=20, **values)
        run = self._propose()
        run.action_issue()
        delivery = run.notice_ids.delivery_ids.sudo()
        delivery._prepare_ahead()
        return delivery

    def _written_to(self, notice):
        """[(recipient, address)] of what has left."""
        sent = notice.delivery_ids.sudo().filtered(lambda one: one.state == "sent")
        return [(one.recipient_id, one.address) for one in sent]

    def _contact(self, email, **values):
        return self.env["res.partner"].create(
            {"name": email, "email": email, "parent_id": self.partner_a.id, **values}
        )

    def test_it_goes_to_the_address_of_now(self):
        delivery = self._waiting()
        self.partner_a.email = "Right One <right@customer.example>"
        self._deliver()
        self.assertEqual(
            self._written_to(delivery.notice_id), [(self.partner_a, "right@customer.example")]
        )
        self.assertEqual([mail["email_to"] for mail in self._mails], [["right@customer.example"]])
        log = delivery.case_id.interaction_ids.sudo().filtered(lambda one: one.kind == "notice")
        self.assertEqual(set(log.filtered("address").mapped("address")), {"right@customer.example"})

    def test_it_is_written_in_the_language_of_now(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.env["ir.module.module"]._load_module_terms(["overdue_recovery"], ["de_DE"])
        delivery = self._waiting()
        self.assertIn("Is something wrong?", delivery.body)
        self.partner_a.lang = "de_DE"
        self._deliver()
        self.assertEqual(delivery.state, "sent")
        self.assertIn("Stimmt etwas nicht?", delivery.body)

    def test_who_has_a_lawyer_by_now_is_not_written_to_but_the_lawyer(self):
        delivery = self._waiting()
        hold = self._hold(self.partner_a, "represented", representative_id=self.partner_b.id)
        self.assertTrue(hold.is_represented)
        self._deliver()
        self.assertEqual(delivery.state, "cancelled")
        self.assertTrue(delivery.reason)
        self.assertEqual(
            self._written_to(delivery.notice_id), [(self.partner_b, "b@customer.example")]
        )
        self.assertEqual(delivery.notice_id.state, "sent")
        self.assertIn("b@customer.example", delivery.notice_id.preview)
        self.assertNotIn("a@customer.example", delivery.notice_id.preview)

    def test_who_wrote_for_the_customer_and_left_is_not_written_to(self):
        old = self._contact("old@customer.example", is_dunning_contact=True)
        delivery = self._waiting()
        self.assertEqual(delivery.recipient_id, old)
        old.active = False
        new = self._contact("new@customer.example", is_dunning_contact=True)
        self._deliver()
        self.assertEqual(self._written_to(delivery.notice_id), [(new, "new@customer.example")])

    def test_another_contact_besides_gets_it_too_only_from_the_next_notice_on(self):
        first = self._contact("first@customer.example", is_dunning_contact=True)
        delivery = self._waiting()
        self._contact("second@customer.example", is_dunning_contact=True)
        self._deliver()
        self.assertEqual(self._written_to(delivery.notice_id), [(first, "first@customer.example")])

    def test_without_an_address_it_takes_the_next_channel(self):
        self.levels.print_letter = True
        belgium = self.env.ref("base.be").id
        self.partner_a.write(
            {"street": "Lane 1", "zip": "1000", "city": "Town", "country_id": belgium}
        )
        delivery = self._waiting()
        self.assertEqual(delivery.channel, "email")
        self.partner_a.email = False
        self._deliver()
        self.assertEqual(delivery.state, "cancelled")
        [letter] = delivery.notice_id.delivery_ids - delivery
        self.assertEqual((letter.channel, letter.state), ("letter", "sending"))
        self.assertIn("Lane 1", letter.address)

    def test_without_any_address_the_owner_is_asked_to_find_one(self):
        delivery = self._waiting()
        self.partner_a.email = False
        self._deliver()
        notice = delivery.notice_id
        self.assertEqual(notice.state, "failed")
        self.assertTrue(notice.reason)
        self.assertFalse(self._written_to(notice))
        self.assertFalse(notice.line_ids.move_line_id.dunning_level_id)

    def test_what_did_not_change_costs_no_statement_for_each(self):
        counts = []
        for number in (2, 6):
            partners = self.env["res.partner"].create(
                [
                    {"name": f"{number} {place}", "email": f"{number}.{place}@customer.example"}
                    for place in range(number)
                ]
            )
            for partner in partners:
                self._overdue_invoice(days=20, partner=partner)
            run = self._propose(partner_ids=partners.ids)
            run.action_issue()
            deliveries = run.notice_ids.delivery_ids.sudo()
            self.env.flush_all()
            self.env.invalidate_all()
            deliveries._read_together()
            before = self.env.cr.sql_log_count
            self.assertEqual(deliveries._follow_recipients(), deliveries)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

    def test_two_who_left_give_way_to_one(self):
        first = self._contact("first@customer.example", is_dunning_contact=True)
        second = self._contact("second@customer.example", is_dunning_contact=True)
        deliveries = self._waiting()
        self.assertEqual(deliveries.recipient_id, first | second)
        (first | second).active = False
        self._deliver()
        self.assertEqual(set(deliveries.mapped("state")), {"cancelled"})
        notice = deliveries.notice_id
        self.assertEqual(self._written_to(notice), [(self.partner_a, "a@customer.example")])

    def test_who_left_is_left_out_where_another_is_written_to_anyway(self):
        first = self._contact("first@customer.example", is_dunning_contact=True)
        second = self._contact("second@customer.example", is_dunning_contact=True)
        deliveries = self._waiting()
        first.active = False
        self._deliver()
        notice = deliveries.notice_id
        self.assertEqual(self._written_to(notice), [(second, "second@customer.example")])
        self.assertEqual(notice.delivery_ids, deliveries)

    def test_nobody_is_called_about_a_customer_who_was_archived_since(self):
        self.levels.write({"send_email": False, "call": True})
        delivery = self._waiting()
        self.assertEqual(delivery.channel, "call")
        self.partner_a.active = False
        self._deliver()
        self.assertEqual((delivery.state, delivery.notice_id.state), ("cancelled", "failed"))
        self.assertFalse(delivery.activity_id)
