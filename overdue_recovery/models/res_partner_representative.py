from typing import Any, NamedTuple

from odoo import models
from odoo.fields import Domain


class Represented(NamedTuple):
    """Who is written to instead of a customer; an empty record: nobody until somebody is named."""

    representative: Any


class ResPartnerRepresentative(models.AbstractModel):
    """Customers who may be written to only through a lawyer, an adviser, an administrator."""

    _name = "res.partner.recovery.representative"
    _description = "Contact: representative"

    def _recovery_represented(self):
        """{customer: Represented} of those of these customers who are represented today.

        sudo: a hold binds whoever looks.
        """
        holds = self.env["recovery.hold"].sudo()
        found = holds.search(
            Domain("partner_id", "in", self.ids)
            & Domain("reason_id.representative_only", "=", True)
            & holds._dated_domain(self.env.company._recovery_today()),
            order="id",
        )
        return {
            customer.with_env(self.env): Represented(
                own.representative_id.filtered("active")[:1].with_env(self.env)
            )
            for customer, own in found.grouped("partner_id").items()
        }
