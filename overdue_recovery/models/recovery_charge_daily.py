from odoo import api, models
from odoo.tools import SQL

from ..calc import interest
from .recovery_charge_interest import accrue


class RecoveryChargeDaily(models.AbstractModel):
    """What is looked at every day: what waited to be booked, and payments dated back."""

    _name = "recovery.charge.daily"
    _description = "Charge: the daily look"

    @api.model
    def _cron_charges(self):
        """Book what could not be booked, and propose credits for payments with an earlier date.

        sudo: nobody watches this job, and it looks after every company.
        """
        charges = self.sudo()
        charges.search([("state", "=", "draft"), ("notice_id.state", "=", "sent")])._post_or_wait()
        ended = [("state", "=", "posted"), ("notice_id.state", "in", ("failed", "cancelled"))]
        charges.search(ended)._end_with_notice()
        charges._propose_corrections()

    # -- payments dated back ---------------------------------------------------------------

    @api.model
    def _propose_corrections(self, partners=None):
        """Where money came in with a date within the days already charged, propose to credit what
        was charged too much. A person decides. Proposals that are no longer right (the payment
        was undone) are withdrawn.

        :param partners: only charges to these customers (None: all)
        """
        charges = self.sudo().browse(self._doubtful_ids(partners))
        if not charges:
            return
        payments = self._payments(tuple(charges.move_line_id.ids) or (0,))
        for charge in charges:
            known = payments.get(charge.move_line_id.id, [])
            charge._propose_correction([[day.isoformat(), units] for day, units in known])

    def _doubtful_ids(self, partners):
        """Ids of posted interest charges with a payment dated before their last day that was not
        known when they were made, or with a proposal that waits."""
        self.env["recovery.charge"].flush_model()
        self.env["recovery.charge.waiver"].flush_model()
        self.env["account.partial.reconcile"].flush_model()
        whose = SQL("TRUE")
        if partners is not None:
            whose = SQL("charge.partner_id IN %s", tuple(partners.ids) or (0,))
        query = SQL(
            """
            SELECT charge.id
              FROM recovery_charge charge
             WHERE charge.kind = 'interest' AND charge.state = 'posted' AND %s
               AND (EXISTS (SELECT 1
                              FROM account_partial_reconcile partial
                              JOIN account_move_line credit ON credit.id = partial.credit_move_id
                             WHERE partial.debit_move_id = charge.move_line_id
                               AND credit.date < charge.date_to
                               AND partial.create_date >= charge.create_date)
                    OR EXISTS (SELECT 1
                                 FROM recovery_charge_waiver waiver
                                WHERE waiver.charge_id = charge.id
                                  AND waiver.kind = 'correct' AND waiver.state = 'requested'))
          ORDER BY charge.id
            """,
            whose,
        )
        return [charge_id for (charge_id,) in self.env.execute_query(query)]

    def _propose_correction(self, payments):
        """Let the waiting proposal of this charge say what was charged too much by now."""
        _segments, unrounded = accrue(self.proof, payments)
        due = interest.half_up(unrounded)
        excess = self._units() - due - self._units(self.amount_waived)
        amount = self.currency_id.round(max(excess, 0) * self.currency_id.rounding)
        waiting = self.waiver_ids.filtered(lambda waiver: waiver.state == "requested")
        proposed = waiting.filtered(lambda waiver: waiver.kind == "correct")
        if proposed and not self.currency_id.compare_amounts(proposed.amount, amount):
            return
        proposed._set_state("refused")
        if amount and not self._was_refused(amount):
            self.env["recovery.charge.waiver"]._propose(self, amount)

    def _was_refused(self, amount):
        """Whether a person said no to crediting just that: it is not asked again every day."""
        return any(
            waiver.kind == "correct"
            and waiver.state == "refused"
            and waiver.approver_id
            and not self.currency_id.compare_amounts(waiver.amount, amount)
            for waiver in self.waiver_ids
        )
