from odoo import api, models
from odoo.exceptions import UserError


class RecoveryArrangement(models.AbstractModel):
    """What every arrangement with a debtor does to its items: claims them, and lets them rest.

    A model that inherits it has ``claim_ids``, ``case_id``, ``company_id`` and ``currency_id``,
    and says with ``_hold_reason()`` under which name its items rest.
    """

    _name = "recovery.arrangement"
    _description = "Arrangement"

    def _hold_reason(self):
        """XML id of the reason under which the items rest while the arrangement lives."""
        return "overdue_recovery.hold_reason_promised"

    def _begin_claims(self, until):
        """Take the items: no other arrangement may, and nothing is demanded of them meanwhile.

        :param until: last day of the pause, included
        :raise UserError: another arrangement has one of them; it is named
        """
        self.ensure_one()
        claims = self.claim_ids.filtered("move_line_id")
        claims._check_free(claims.move_line_id, but=claims)
        claims.live = True
        today = self.company_id._recovery_today()
        if until >= today:
            self.env["recovery.hold"].create(
                [self._hold_values(claim, today, until) for claim in claims]
            )

    def _hold_values(self, claim, today, until):
        return {
            "move_line_id": claim.move_line_id.id,
            "company_id": claim.company_id.id,
            "reason_id": self.env.ref(self._hold_reason()).id,
            "date_from": today,
            "date_to": until,
            "note": self.display_name,
            "origin_model": self._name,
            "origin_id": self.id,
        }

    def _end_claims(self):
        """Let go of the items: they may be demanded again at once, at the level they had."""
        self.claim_ids.live = False
        today = self.company_id._recovery_today()
        holds = self.env["recovery.hold"].search(
            [
                ("origin_model", "=", self._name),
                ("origin_id", "in", self.ids),
                *self.env["recovery.hold"]._dated_domain(today),
            ]
        )
        holds.action_end()
        self.env["recovery.case.dirty"]._put(self.case_id)

    def _received(self, until=None, money=None):
        """Money reconciled with the claims since they were made, in their currency.

        :param until: last day of the money, included
        :param money: what ``recovery.claim._money()`` said, for many arrangements at a time
        """
        self.ensure_one()
        return sum(self.claim_ids._received(until, money).values())

    def _is_settled(self):
        """Whether nothing is left open of any item, by whatever it was closed."""
        self.ensure_one()
        items = self.claim_ids.move_line_id
        whole = len(items) == len(self.claim_ids)
        return whole and all(item.reconciled and item.parent_state == "posted" for item in items)

    @api.model
    def _one_of_each(self, items):
        """(debtor, company, currency) of these items.

        :raise UserError: they are not of one customer, company and currency
        """
        debtors = items.partner_id._recovery_debtor()
        if len(debtors) != 1 or len(items.company_id) != 1 or len(items.currency_id) != 1:
            raise UserError(
                self.env._(
                    "An arrangement is about items of one customer, one company and one currency."
                )
            )
        return debtors, items.company_id, items.currency_id
