from datetime import date

from odoo import Command

from .common import RecoveryCommon

LONG_AGO = date(2020, 1, 1)


class ChargingCommon(RecoveryCommon):
    """A company that charges: 12 % interest and a fixed sum of 40.00 by a law of its own, a fee of
    5.00 from the second level on."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.law = cls._charging_law()
        cls.policy.write({"charges": True, "charges_since": LONG_AGO})
        cls.levels[0].write({"fee_type": "law", "charge_interest": True})
        cls.levels[1:].write({"fee_type": "fixed", "fee_amount": 5.0, "charge_interest": True})
        (cls.partner_a | cls.partner_b).write({"is_company": True})

    @classmethod
    def _charging_law(cls, bands=((0, 40.0),), **values):
        """A law row that is switched on and concerns everybody."""
        return (
            cls.env["recovery.law"]
            .sudo()
            .create(
                {
                    "code": "TEST",
                    "name": "Test law",
                    "valid_from": LONG_AGO,
                    "source": "Test Act, s. 1",
                    "interest_kind": "fixed",
                    "interest_rate": 0.12,
                    "currency_id": cls.company.currency_id.id,
                    "charges_active": True,
                    "charges_since": LONG_AGO,
                    "band_ids": [
                        Command.create(
                            {"kind": "fixed_sum", "amount_from": start, "amount": amount}
                        )
                        for start, amount in bands
                    ],
                    **values,
                }
            )
        )

    def _charges(self, notice=None, **values):
        """{kind: amount} of the live charges of a notice (default: of all notices)."""
        domain = self.env["recovery.charge"]._live_domain()
        domain = [*domain, *([("notice_id", "in", notice.ids)] if notice else [])]
        return {charge.kind: charge.amount for charge in self.env["recovery.charge"].search(domain)}
