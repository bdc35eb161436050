from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..calc import field_mapping

#: Our words, and nothing else ever leaves: those of the referral, and those of each item.
FACTS = [
    ("reference", "Our number of the referral"),
    ("date", "Day of the referral"),
    ("amount", "Amount placed"),
    ("currency", "Currency"),
    ("note", "Note for the agency"),
    ("creditor_name", "Creditor: name"),
    ("creditor_vat", "Creditor: VAT number"),
    ("debtor_name", "Debtor: name"),
    ("debtor_type", "Debtor: business, consumer or public"),
    ("debtor_vat", "Debtor: VAT number"),
    ("debtor_street", "Debtor: street"),
    ("debtor_street2", "Debtor: second line of the street"),
    ("debtor_zip", "Debtor: ZIP"),
    ("debtor_city", "Debtor: city"),
    ("debtor_country", "Debtor: country code"),
    ("debtor_email", "Debtor: e-mail"),
    ("debtor_phone", "Debtor: phone"),
    ("debtor_lang", "Debtor: language"),
]
ITEM_FACTS = [
    ("item_document", "Item: document"),
    ("item_date", "Item: date of the document"),
    ("item_due", "Item: due date"),
    ("item_total", "Item: amount of the document"),
    ("item_amount", "Item: amount placed"),
    ("item_is_charge", "Item: is a charge of ours"),
]
ITEMS = "items[]."
OF_ITEMS = {code for code, _label in ITEM_FACTS}


class RecoveryAgencyField(models.Model):
    """Where one of our facts stands in what an agency is told.

    ``debtor.name`` is a name inside of an object; ``claims[].number`` is said of each item.
    """

    _name = "recovery.agency.field"
    _description = "Field of an Agency's Message"
    _order = "sequence, id"
    _rec_name = "target"

    sequence = fields.Integer(default=10)
    agency_id = fields.Many2one("recovery.agency", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="agency_id.company_id", store=True, index=True)
    source = fields.Selection(FACTS + ITEM_FACTS, string="Our fact", required=True)
    target = fields.Char(
        string="Its name", required=True, help="Such as debtor.name, or claims[].number."
    )

    @api.constrains("agency_id", "source", "target")
    def _check_targets(self):
        for row in self:
            is_of_items = row.source in OF_ITEMS
            if not field_mapping.is_target(row.target) or is_of_items != ("[]" in row.target):
                raise ValidationError(
                    self.env._(
                        "“%(target)s” is no place for %(fact)s: write names with dots between, "
                        "and claims[].number for what each item says.",
                        target=row.target,
                        fact=row.source,
                    )
                )
        for agency in self.agency_id:
            agency.field_ids._check_together()

    def _check_together(self):
        """Refuse two fields in one place, by filling a message with nothing."""
        try:
            self._message(dict.fromkeys(dict(FACTS), ""), [dict.fromkeys(OF_ITEMS, "")])
        except ValueError as error:
            raise ValidationError(
                self.env._("The agency's fields don't fit together: %s.", error)
            ) from None

    def _pairs(self):
        """(our fact, its place) of the agency's fields; without any, all in our own words."""
        if self:
            return [(row.source, row.target) for row in self.sorted()]
        return [(code, code) for code, _label in FACTS] + [
            (code, ITEMS + code.removeprefix("item_")) for code, _label in ITEM_FACTS
        ]

    def _message(self, facts, items):
        """The message in the agency's words.

        :param facts: {our fact: value}, see ``recovery.referral._facts``
        :param items: the same for each item
        """
        return field_mapping.fill(self._pairs(), facts, items)
