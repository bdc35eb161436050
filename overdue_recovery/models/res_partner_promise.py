from collections import Counter, defaultdict

from odoo import api, fields, models

from .account_move import RECOVERY_GROUPS


class ResPartnerPromise(models.AbstractModel):
    """How a customer has kept what it promised."""

    _name = "res.partner.recovery.promise"
    _description = "Customer: promises"

    promise_reliability = fields.Char(
        compute="_compute_promise_reliability",
        string="Promises kept",
        compute_sudo=True,
        groups=RECOVERY_GROUPS,
    )

    @api.depends_context("company", "lang")
    def _compute_promise_reliability(self):
        words = self._recovery_debtor()._recovery_reliability(self.env.company)
        for partner in self:
            partner.promise_reliability = words.get(partner._recovery_debtor(), False)

    def _recovery_reliability(self, company):
        """{debtor: how many promises to this company it kept, of how many that were judged, in
        words}; without those that never promised anything."""
        groups = self.env["recovery.promise"]._read_group(
            [
                ("partner_id", "in", self.ids),
                ("company_id", "=", company.id),
                ("state", "in", ("kept", "partly_kept", "broken")),
            ],
            ["partner_id", "state"],
            ["__count"],
        )
        counts = defaultdict(Counter)
        for partner, state, count in groups:
            counts[partner][state] = count
        return {
            partner: self.env._(
                "%(kept)s of %(judged)s", kept=found["kept"], judged=sum(found.values())
            )
            for partner, found in counts.items()
        }
