from datetime import date

from odoo import Command
from odoo.tools import html2plaintext

from .common import RecoveryCommon

EVER = date(2000, 1, 1)


class MoneyCommon(RecoveryCommon):
    """A company in euro whose policy charges: level 1 on day 5, level 2 on day 15.

    No law row is switched on: a test switches a shipped one on (``_switch_on``) or makes its own
    (``_own_law``), and says with ``_level`` what a level costs.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.eur, cls.gbp = cls.env.ref("base.EUR"), cls.env.ref("base.GBP")
        (cls.eur + cls.gbp).active = True
        cls.company.currency_id = cls.eur
        cls.env["res.currency.rate"].create(
            {"name": EVER, "currency_id": cls.gbp.id, "company_id": cls.company.id, "rate": 0.8}
        )
        cls.policy.active = False
        cls.policy = cls._create_policy((5, 15), charges=True, charges_since=EVER)
        cls.levels = cls.policy.level_ids
        cls.debtors = cls.env["res.partner"]

    @classmethod
    def _debtor(cls, country, debtor_type="business", **values):
        """A new customer in a country (its code)."""
        number = len(cls.debtors) + 1
        debtor = cls.env["res.partner"].create(
            {
                "name": f"Customer {number} in {country.upper()}",
                "email": f"customer{number}@{country}.example",
                "lang": "en_US",
                "country_id": cls.env.ref(f"base.{country}").id,
                "recovery_debtor_type": debtor_type,
                **values,
            }
        )
        cls.debtors += debtor
        return debtor

    @classmethod
    def _switch_on(cls, code):
        """The shipped law row of this code, with charges switched on."""
        law = cls.env["recovery.law"].search([("code", "=", code)])
        law.write({"charges_active": True, "charges_since": EVER})
        return law

    @classmethod
    def _own_law(cls, country="", **values):
        """A law row for a country (its code; empty: for all) with charges switched on."""
        return cls.env["recovery.law"].create(
            {
                "code": f"TEST-{country}",
                "name": "A law for a test",
                "source": "This test",
                "valid_from": EVER,
                "country_ids": [Command.set([cls.env.ref(f"base.{country}").id])]
                if country
                else False,
                "currency_id": cls.eur.id,
                "charges_active": True,
                "charges_since": EVER,
                **values,
            }
        )

    @classmethod
    def _fixed_rate(cls, rate, country="", **values):
        """A law row that gives interest at a fixed rate and nothing else."""
        return cls._own_law(country, interest_kind="fixed", interest_rate=rate, **values)

    def _notify(self, day):
        """Propose, issue and deliver a run on ``day``: its notices, by customer."""
        with self.on(day):
            run = self._run_dunning()
        self.assertEqual(set(run.notice_ids.mapped("state")), {"sent"}, run.exception_ids)
        return {notice.partner_id: notice for notice in run.notice_ids}

    def _receivables(self, moves):
        """The receivable items of documents, charges among them."""
        return moves.line_ids.filtered(lambda line: line.account_type == "asset_receivable")

    def _posted(self, notice):
        """{kind: [amount, …]} of the lines of the charge invoices of a notice, as they stand in
        the ledger."""
        moves = notice.charge_ids.move_id
        self.assertEqual(set(moves.mapped("state")), {"posted"})
        self.assertTrue(all(moves.mapped("is_recovery_charge")))
        products = {
            self.env.ref(f"overdue_recovery.product_charge_{kind}"): kind
            for kind in ("fee", "fixed_sum", "interest")
        }
        posted = {}
        for line in moves.invoice_line_ids.sorted("price_total"):
            kind = products[line.product_id]
            posted.setdefault(kind, []).append(self.eur.round(line.price_total))
        return posted

    def _text(self, notice):
        """The text of the message of a notice, as it was sent."""
        self.assertEqual(len(notice.delivery_ids), 1)
        return html2plaintext(notice.delivery_ids.body)

    def _assert_charged(self, notice, **expected):
        """These amounts, by kind, are posted to the cent, and each stands in the message."""
        self.assertEqual(self._posted(notice), expected)
        text = self._text(notice)
        for amount in sum(expected.values(), []):
            self.assertIn(f"{amount:,.2f}", text)
