from typing import NamedTuple

from odoo import api, fields, models, tools
from odoo.fields import Domain


class ChargeLaw(NamedTuple):
    """What choosing a row asks: whom it concerns, and the debts it may touch."""

    id: int
    debtor_type: str
    country_ids: frozenset
    valid_from: object
    valid_to: object
    charges_since: object
    charges_active: bool
    limitation_months: int
    limitation_start: str

    def applies_to(self, country, debtor_type):
        """Whether it concerns debtors of this type (business, consumer) there."""
        is_here = not self.country_ids or country.id in self.country_ids
        return is_here and self.debtor_type in ("any", debtor_type)

    def is_in_force(self, day):
        """Whether it binds debts that fell due on ``day``, both ends included."""
        return self.valid_from <= day and (not self.valid_to or day <= self.valid_to)

    def may_charge(self, day):
        """Whether charges may be made on debts that fell due on ``day``."""
        return self.charges_active and self.is_in_force(day) and self.charges_since <= day

    def precision(self):
        """The greater, the more precisely the row says whom it is for: few countries before many,
        many before all, a type of debtor before any, a newer row before an older one."""
        return (
            -(len(self.country_ids) or 1000),
            self.debtor_type != "any",
            self.valid_from,
            self.id,
        )


class RecoveryLawChoice(models.AbstractModel):
    """Which row a debt falls under."""

    _name = "recovery.law.choice"
    _description = "Law: which row a debt falls under"

    charges_active = fields.Boolean(
        string="Charge Rules On", help="Interest and fees of this row may be charged."
    )
    charges_since = fields.Date(
        help="Items due before this day are never charged: switching on doesn't reach back."
    )

    @api.model
    def _charge_law(self, company, partner, day):
        """The row under which debts of ``partner`` that fell due on ``day`` may be charged.

        :param company: res.company, the creditor: a customer without a country is at home there
        :param partner: res.partner, the debtor; unknown type = consumer, the stricter
        :return: recovery.law, empty when nothing may be charged
        """
        law = self._fitting(
            company, partner, (law for law in self._charge_laws() if law.may_charge(day))
        )
        return self.browse(law and law.id)

    @api.model
    def _fitting(self, company, partner, laws):
        """The ``ChargeLaw`` of ``laws`` that says most precisely that it is for ``partner``."""
        country, _state = partner._recovery_home(company)
        debtor_type = partner._recovery_law_type()
        fitting = (law for law in laws if law.applies_to(country, debtor_type))
        return max(fitting, key=ChargeLaw.precision, default=None)

    @api.model
    @tools.ormcache()
    def _charge_laws(self):
        """The rows with a switch on, as tuple of ``ChargeLaw``.

        sudo: rules bind whoever asks.
        """
        switched_on = Domain("charges_active", "=", True) | Domain("contact_active", "=", True)
        return tuple(
            ChargeLaw(
                law.id,
                law.debtor_type,
                frozenset(law.country_ids.ids),
                law.valid_from,
                law.valid_to,
                law.charges_since,
                law.charges_active,
                law.limitation_months,
                law.limitation_start,
            )
            for law in self.sudo().search(switched_on)
        )
