"""The story: what happened to fourteen customers in half a year, and by whose act."""

from odoo import Command, fields
from odoo.fields import Domain
from odoo.tools import groupby

from .ledger import OURS, THEIRS, VISITOR
from .stage import Stage

# The days on which reminders went out.
RUNS = (-126, -105, -84, -63, -42, -21)
# Older items wait for a person, as when the addon came.
BEGINNING = -200
WHATEVER_THE_HOUR = "Demo data: sent whatever the day and hour"


class Story:
    """Tells it once, in the order of the days: money first, then what people and jobs did.

    :param env: of the superuser, while demo data is loaded
    """

    #: What happened, by the name of the method that does it.
    chapters = (
        *((day, "remind") for day in RUNS),
        (-50, "offer_settlement_to_marigold"),
        (-45, "take_money_of_marigold"),
        (-60, "call_duval_in_vain"),
        (-41, "refer_duval"),
        (-39, "hear_of_the_agency"),
        (-35, "agree_on_a_plan_with_luna"),
        (-68, "take_first_part_of_rivoli"),
        (-20, "take_first_installment_of_luna"),
        (-20, "get_the_message_to_oldmill_back"),
        (-15, "note_what_harbour_contests"),
        (-14, "note_the_promise_of_whitby"),
        (-12, "note_the_hardship_of_seaview"),
        (-10, "take_a_part_of_soluciones"),
        (0, "look_at_the_day"),
    )

    def __init__(self, env):
        self.company = env.ref("base.main_company")
        self.second = env.ref("overdue_recovery.demo_company_quayside")
        person = env.ref("base.user_admin")
        companies = (self.company + self.second).ids
        self.env = env(
            user=person.id, su=False, context={"allowed_company_ids": companies, "lang": "en_US"}
        )
        self.sudo = env
        self.stage = Stage(env, self.company._recovery_today())
        self.late = []

    def tell(self):
        """Open the books, then go from day to day until today."""
        self._open_books(self.company, "accounts@yourcompany.example")
        self._open_books(self.second)
        self._bill(self.company, OURS)
        self._bill(self.second, THEIRS)
        if self.sudo.ref("base.partner_demo_portal", raise_if_not_found=False):
            self._bill(self.company, VISITOR)
        self._bill_rivoli_in_three_parts()
        self._credit_vandenberg()
        with self.stage.open():
            for day, events in sorted(groupby(self._events(), lambda event: event[0])):
                self.stage.go_to(day)
                for _day, act in events:
                    act()
                self.env["recovery.case"].sudo()._cron_recompute()

    def _events(self):
        """(day, act) of everything; payments of a day come before what else happens on it."""
        for bill, invoice in self.late:
            yield bill.paid, lambda invoice=invoice: self._pay(invoice)
        for day, chapter in self.chapters:
            yield day, getattr(self, chapter)

    # -- books ---------------------------------------------------------------------------------

    def _open_books(self, company, email=None):
        """A company that sells, takes money, and reminds since ``BEGINNING``."""
        company = company.with_env(self.sudo)
        if not company.chart_template:
            # account's models are all here; try_loading() would wait for those of other addons
            self.sudo["account.chart.template"]._load("generic_coa", company, install_demo=False)
        company.email = company.email or email
        company._recovery_create_default_policies()
        policies = self.sudo["dunning.policy"].search([("company_id", "=", company.id)])
        policies.date_start = self.stage.day(BEGINNING)

    def _bill(self, company, bills):
        """Post an invoice for each of these, thirty days before it falls due, and take the money
        of those that were paid in time."""
        moves = (
            self.env["account.move"]
            .with_company(company)
            .create(
                [
                    self._invoice_values(
                        bill.customer,
                        bill.amount,
                        bill.text,
                        invoice_date=self.stage.day(bill.due - 30),
                        invoice_date_due=self.stage.day(bill.due),
                        invoice_payment_term_id=False,
                    )
                    for bill in bills
                ]
            )
        )
        moves.action_post()
        paid = [(bill, move) for bill, move in zip(bills, moves, strict=True) if bill.paid]
        self.late += [pair for pair in paid if pair[0].is_paid_late]
        self._take_money(company, [pair for pair in paid if not pair[0].is_paid_late])

    def _take_money(self, company, pairs):
        """A payment for each (bill, invoice), on its day."""
        payments = (
            self.env["account.payment"]
            .with_company(company)
            .create(
                [
                    {
                        "amount": bill.amount,
                        "date": self.stage.day(bill.paid),
                        "partner_id": invoice.commercial_partner_id.id,
                        "payment_type": "inbound",
                        "partner_type": "customer",
                    }
                    for bill, invoice in pairs
                ]
            )
        )
        payments.action_post()
        items = [
            (invoice + payment.move_id)._recovery_lines()
            for (_bill, invoice), payment in zip(pairs, payments, strict=True)
        ]
        self.env["account.move.line"]._reconcile_plan(items)

    def _invoice_values(self, customer, amount, text, **values):
        line = {"name": text, "quantity": 1, "price_unit": amount, "tax_ids": [Command.clear()]}
        return {
            "move_type": "out_invoice",
            "partner_id": self._customer(customer).id,
            "invoice_line_ids": [Command.create(line)],
            **values,
        }

    def _bill_rivoli_in_three_parts(self):
        parts = [
            Command.create({"value": "percent", "value_amount": share, "nb_days": days})
            for share, days in ((30, 30), (30, 60), (40, 90))
        ]
        term = self.sudo["account.payment.term"].create(
            {"name": "Three parts in 90 days", "line_ids": parts}
        )
        self.rivoli = self.env["account.move"].create(
            self._invoice_values(
                "rivoli",
                2600.0,
                "Frames and glass",
                invoice_date=self.stage.day(-100),
                invoice_payment_term_id=term.id,
            )
        )
        self.rivoli.action_post()

    def _credit_vandenberg(self):
        note = self.env["account.move"].create(
            {
                **self._invoice_values("vandenberg", 350.0, "Pallets returned"),
                "move_type": "out_refund",
                "invoice_date": self.stage.day(-11),
                "invoice_payment_term_id": False,
            }
        )
        note.action_post()

    def _pay(self, invoice, amount=None):
        """The customer pays today: all that is open of an invoice, or ``amount``."""
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        values = {"payment_date": fields.Date.context_today(invoice)}
        if amount is not None:
            values["amount"] = amount
        wizard.create(values)._create_payments()

    # -- reminders -----------------------------------------------------------------------------

    def remind(self):
        """The daily run of that day, for the customers of the story alone."""
        run = self.env["dunning.run"].create(
            {
                "company_id": self.company.id,
                "partner_ids": [Command.set(self._customers().ids)],
                # Odoo's own demo data has bank lines, and they are old
                "receipts_booked": True,
            }
        )
        run.action_propose()
        if run.state != "proposed":
            return
        run.action_issue()
        deliveries = self.env["dunning.delivery"].sudo()
        of_run = Domain("run_id", "=", run.id)
        deliveries._deliver_due(of_run & Domain("state", "=", "queued"))
        held = deliveries.search(of_run & Domain("state", "=", "held"))
        if held:
            held.action_override_hold(WHATEVER_THE_HOUR)
            deliveries._deliver_due(of_run & Domain("state", "=", "queued"))

    def get_the_message_to_oldmill_back(self):
        notice = self._case("oldmill").notice_ids
        notice.delivery_ids._on_bounce("550 5.1.1 No such mailbox")

    # -- arrangements --------------------------------------------------------------------------

    def offer_settlement_to_marigold(self):
        self._note_reason("marigold", "cash_flow")
        self.env["recovery.offer"].create(
            {
                "amount": 2000.0,
                "expiry_date": self.stage.day(-38),
                "claim_ids": self._claims("marigold"),
            }
        ).action_accept()

    def take_money_of_marigold(self):
        self._pay(self._open_invoices("marigold"), 2000.0)

    def agree_on_a_plan_with_luna(self):
        self._note_reason("luna", "unexpected_expense")
        self.env["recovery.plan"].create(
            {
                "installment_count": 4,
                "date_first": self.stage.day(-20),
                "claim_ids": self._claims("luna"),
            }
        ).action_activate()

    def take_first_installment_of_luna(self):
        self._pay(self._open_invoices("luna")[0], 550.0)

    def take_first_part_of_rivoli(self):
        self._pay(self.rivoli, 780.0)

    def take_a_part_of_soluciones(self):
        self._pay(self._open_invoices("soluciones"), 700.0)

    def note_the_promise_of_whitby(self):
        self._note_reason("whitby", "approval_queue")
        self.env["recovery.promise"].create(
            {"date_promised": self.stage.day(-5), "claim_ids": self._claims("whitby")}
        )

    def note_what_harbour_contests(self):
        self.env["recovery.dispute"].create(
            {
                "move_id": self._open_invoices("harbour").id,
                "amount_disputed": 650.0,
                "reason_id": self.env.ref("overdue_recovery.late_reason_our_error").id,
                "description": "Two of the five visits did not take place.",
                "sla_date": self.stage.today,
            }
        )

    def note_the_hardship_of_seaview(self):
        case = self._case("seaview")
        self._note_reason("seaview", "home_repair")
        note = "Storm damage, closed until the roof is repaired."
        case._begin_hardship(self.env.user, self.stage.day(14), note)

    # -- the agency ----------------------------------------------------------------------------

    def call_duval_in_vain(self):
        tasks = self._case("duval")._planned_calls().activity_id.with_env(self.env)
        tasks.action_feedback(feedback="Nobody answered.")

    def refer_duval(self):
        self._note_reason("duval", "cash_flow")
        agency = self.env.ref("overdue_recovery.demo_agency_by_hand")
        items = self._open_invoices("duval")._recovery_lines()
        collector = self.env.ref("overdue_recovery.demo_user_collector")
        referral = (
            self.env["recovery.referral"]
            .with_user(collector)
            .create({"agency_id": agency.id, "move_line_ids": [Command.set(items.ids)]})
        )
        referral.action_check()
        self.referral = referral.with_env(self.env)
        self.referral.action_approve()
        self.referral.action_send()

    def hear_of_the_agency(self):
        self.referral._on_accepted("QR-1042")
        self.referral._on_active()

    # -- today ---------------------------------------------------------------------------------

    def look_at_the_day(self):
        """The daily job: promises and plans are judged, tasks made."""
        self.env["recovery.case"].sudo()._cron_daily()

    # -- help ----------------------------------------------------------------------------------

    def _customer(self, key):
        xmlid = key if "." in key else f"overdue_recovery.demo_partner_{key}"
        return self.env.ref(xmlid)

    def _customers(self):
        keys = dict.fromkeys(bill.customer for bill in OURS)
        return self.env["res.partner"].union(*map(self._customer, keys))

    def _case(self, key):
        return self._customer(key)._recovery_case(self.company)

    def _note_reason(self, key, code):
        reason = self.env.ref(f"overdue_recovery.late_reason_{code}")
        self._case(key).late_reason_id = reason

    def _open_invoices(self, key):
        """What a customer owes our first company, oldest first."""
        return self.env["account.move"].search(
            [
                ("partner_id", "=", self._customer(key).id),
                ("company_id", "=", self.company.id),
                ("move_type", "=", "out_invoice"),
                ("payment_state", "in", ("not_paid", "partial")),
            ],
            order="invoice_date_due, id",
        )

    def _claims(self, key):
        items = self._open_invoices(key)._recovery_lines()
        return [Command.create({"move_line_id": item.id}) for item in items]
