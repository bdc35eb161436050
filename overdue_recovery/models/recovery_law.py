from typing import NamedTuple

from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class ContactLaw(NamedTuple):
    """What the gate asks of a row: whom it concerns, and its rules."""

    debtor_type: str
    country_ids: frozenset
    rules: tuple

    def applies_to(self, country, debtor_type):
        """Whether it concerns debtors of this type (business, consumer) there."""
        is_here = not self.country_ids or country.id in self.country_ids
        return is_here and self.debtor_type in ("any", debtor_type)


class RecoveryLaw(models.Model):
    """What a law, a contract or good manners allow towards some debtors in some period.

    Rules are dated rows with a source, never code, and a person vouches for each: rows of a
    country ship with both switches off. None of them is legal advice.

    A change of law is a new row of the same code: the old one gets ``valid_to``, the new one
    begins on the next day, and debts keep the rules of their time. An empty list of countries
    means all. What a row says of interest, costs and limitation stands in the mixins.
    """

    _name = "recovery.law"
    _inherit = [
        "recovery.law.cached",
        "recovery.law.choice",
        "recovery.law.interest",
        "recovery.law.cost",
        "recovery.law.limitation",
        "recovery.law.terms",
    ]
    _description = "Recovery Law"
    _order = "code, valid_from desc, id"
    _rec_names_search = ["name", "code"]

    code = fields.Char(required=True, help="Such as DE-B2C; the same for all periods of one law.")
    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    country_ids = fields.Many2many(
        "res.country", string="Countries", help="Of the debtor. Empty: all."
    )
    debtor_type = fields.Selection(
        [("business", "Businesses"), ("consumer", "Consumers"), ("any", "All")],
        string="Debtors",
        required=True,
        default="any",
    )
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(help="Last day. Empty: in force until further notice.")
    source = fields.Char(required=True, help="Law and section, or who decided it.")
    source_url = fields.Char(string="Source Link")
    note = fields.Text(
        translate=True,
        default=lambda self: self.env._("Not legal advice. Verify it before you switch it on."),
    )
    contact_rule_ids = fields.One2many(
        "recovery.law.contact.rule", "law_id", string="Contact Rules", copy=True
    )
    band_ids = fields.One2many("recovery.law.band", "law_id", string="Bands", copy=True)
    contact_active = fields.Boolean(
        string="Contact Rules On", help="Hours, days and limits of this row bind every demand."
    )
    _code_valid_from_uniq = models.Constraint(
        "UNIQUE (code, valid_from)", "This law has a row that begins on the same day already."
    )
    _valid_period = models.Constraint(
        "CHECK (valid_to IS NULL OR valid_to >= valid_from)",
        "A law can't end before it begins.",
    )
    _charges_dated = models.Constraint(
        "CHECK (charges_active IS NOT TRUE OR charges_since IS NOT NULL)",
        "Say from which due date on charges may be made before you switch them on.",
    )

    @api.constrains("code", "valid_from", "valid_to", "active")
    def _check_periods(self):
        """Two active rows of one code are never in force on the same day."""
        rows = self.search([("code", "in", self.mapped("code"))], order="code, valid_from")
        for row, following in zip(rows, rows[1:], strict=False):
            is_same = row.code == following.code
            if is_same and (not row.valid_to or row.valid_to >= following.valid_from):
                raise ValidationError(
                    self.env._(
                        "Two rows of %(code)s overlap: the one from %(first)s must end before "
                        "%(second)s.",
                        code=row.code,
                        first=row.valid_from,
                        second=following.valid_from,
                    )
                )

    @api.model
    def _in_force_domain(self, day):
        """Rows in force on ``day``, both ends included."""
        return Domain("valid_from", "<=", day) & (
            Domain("valid_to", "=", False) | Domain("valid_to", ">=", day)
        )

    @api.model
    @tools.ormcache("day")
    def _contact_laws(self, day):
        """The rows whose contact rules bind on ``day``, as tuple of ``ContactLaw``.

        sudo: rules bind whoever asks.
        """
        domain = self._in_force_domain(day) & Domain("contact_active", "=", True)
        return tuple(
            ContactLaw(
                law.debtor_type,
                frozenset(law.country_ids.ids),
                tuple(rule._fact() for rule in law.contact_rule_ids),
            )
            for law in self.sudo().search(domain)
        )

    @api.depends("code", "name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for law in self:
            law.display_name = f"{law.code}: {law.name}"
