from datetime import date

from odoo import Command

from .common import RecoveryCommon


class ReferringCommon(RecoveryCommon):
    """A customer whose last notice was in vain, and an agency that takes 9.5 % and 25 % VAT."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.recovery_referral_limit = 100000.0
        cls.agency = cls._create_agency("Collect Ltd")
        cls.debtor = cls._create_debtor("Silent")

    @classmethod
    def _create_agency(cls, name, percent=9.5, vat=25.0, older=(), **values):
        """An agency with one band of fees; ``older``: {days: extra points}."""
        partner = cls.env["res.partner"].create(
            {"name": name, "email": "desk@agency.example", "phone": "+32 2 555 01 01"}
        )
        start = date(2020, 1, 1)
        rows = [{"date_from": start, "percent": percent, "vat_percent": vat}]
        rows += [
            {"date_from": start, "kind": "age", "days_from": days, "percent": points}
            for days, points in dict(older).items()
        ]
        return cls.env["recovery.agency"].create(
            {
                "partner_id": partner.id,
                "date_reviewed_until": date(2030, 1, 1),
                "fee_ids": [Command.create(row) for row in rows],
                **values,
            }
        )

    @classmethod
    def _create_debtor(cls, name, **values):
        """A customer of whom everything is known that an agency wants."""
        return cls.env["res.partner"].create(
            {
                "name": name,
                "email": f"{name.lower()}@customer.example",
                "phone": "+32 2 555 02 02",
                "street": "High Street 1",
                "city": "Brussels",
                "zip": "1000",
                "country_id": cls.env.ref("base.be").id,
                "lang": "en_US",
                **values,
            }
        )

    def _ripe_invoice(self, amount=4000.0, partner=None, days=60):
        """An invoice at the last level, whose customer was asked why it is late."""
        invoice = self._overdue_invoice(days, amount, partner or self.debtor)
        self._items(invoice).action_start_at(self.levels[-1])
        case = invoice.commercial_partner_id._recovery_debtor()._recovery_case(self.company)
        case.late_reason_id = self.env.ref("overdue_recovery.late_reason_cash_flow")
        return invoice

    def _referral(self, invoices, **values):
        """A draft that places these invoices with the agency."""
        return self._refer(invoices, **{"agency_id": self.agency.id, **values})

    def _placed(self, invoices, state="active", **values):
        """A referral of these invoices that the agency has."""
        referral = self._referral(invoices, **values)
        referral.action_check()
        referral.action_approve()
        referral.action_send()
        if state != "sent":
            referral._on_accepted("A-1")
        if state not in ("sent", "accepted"):
            referral._on_active()
        return referral
