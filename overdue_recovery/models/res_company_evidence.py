from odoo import fields, models


class ResCompanyEvidence(models.AbstractModel):
    """Whether a company keeps the ends of its logs elsewhere."""

    _name = "res.company.recovery.evidence"
    _description = "Company: evidence"

    recovery_export_heads = fields.Boolean(
        string="Export digests daily",
        help="A file each day with the digests with which the contact logs end.",
        prefetch="recovery",
    )
    recovery_heads_email = fields.Char(
        string="Send digests to",
        help="An address outside this database, where nobody can change what was received.",
        prefetch="recovery",
    )
