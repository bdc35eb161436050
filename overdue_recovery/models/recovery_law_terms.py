from odoo import fields, models

ORDERS = [
    ("costs,interest,principal", "Costs, interest, principal"),
    ("interest,costs,principal", "Interest, costs, principal"),
    ("interest,principal,costs", "Interest, principal, costs"),
    ("principal,interest,costs", "Principal, interest, costs"),
    ("principal,costs,interest", "Principal, costs, interest"),
    ("costs,principal,interest", "Costs, principal, interest"),
]


class RecoveryLawTerms(models.AbstractModel):
    """What a row says to others: in which order money counts, where the rule stands, and the
    sentence that tells a debtor."""

    _name = "recovery.law.terms"
    _description = "Law: terms"

    allocation_order = fields.Selection(
        ORDERS,
        string="Money Pays First",
        required=True,
        default="costs,interest,principal",
        help="Where neither the customer nor an agreement says what a payment is for.",
    )

    def _allocation(self):
        """The kinds of debt in the order in which money pays them; of no row, the usual one."""
        order = self.allocation_order or ORDERS[0][0]
        return tuple(order.split(","))

    def _source_proof(self):
        """Where the rule stands, for the proof of a charge."""
        self.ensure_one()
        return {
            "law": self.code,
            "valid_from": self.valid_from.isoformat(),
            "source": self.source,
            "url": self.source_url or "",
        }

    def _terms_sentence(self):
        """What is charged for being late, as one sentence in the language of the context; empty
        when nothing is."""
        self.ensure_one()
        return ""
