from odoo import api, fields, models
from odoo.exceptions import UserError

#: What a booking adds to an event; everything else of it is fixed.
BOOKED = {"payment_id"}


class RecoveryReferralEvent(models.Model):
    """One thing that happened to a referral: told by the agency, or by us to it.

    Events are only added. What the agency sends again (the same ``external_id``) is one event,
    and what it tells of money carries the commission that its contract takes of it.
    """

    _name = "recovery.referral.event"
    _description = "Event of a Referral"
    _order = "date desc, id desc"
    _rec_name = "kind"

    referral_id = fields.Many2one(
        "recovery.referral", required=True, readonly=True, index=True, ondelete="cascade"
    )
    agency_id = fields.Many2one(
        "recovery.agency", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="referral_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="referral_id.currency_id")
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    day = fields.Date(string="Value date", readonly=True, help="Of money: when it was received.")
    kind = fields.Selection(
        [
            ("sent", "Sent"),
            ("accepted", "Accepted"),
            ("active", "Being worked"),
            ("info_needed", "Information needed"),
            ("answered", "Answered"),
            ("rejected", "Rejected"),
            ("paused", "Paused"),
            ("resumed", "Resumed"),
            ("payment", "Payment to the agency"),
            ("remitted", "Remittance booked"),
            ("direct_payment", "Payment to us"),
            ("credit_note", "Credit note"),
            ("dispute", "Dispute"),
            ("dispute_ended", "Dispute ended"),
            ("recall_requested", "Recall requested"),
            ("recalled", "Recalled"),
            ("closed", "Closed"),
            ("written_off", "Rest written off"),
            ("note", "Note"),
            ("unknown", "Unknown"),
        ],
        required=True,
        readonly=True,
    )
    external_id = fields.Char(readonly=True, help="The agency's own number of this event.")
    own_key = fields.Char(readonly=True, help="What it tells of, so that it is told once.")
    text = fields.Text(readonly=True)
    payload = fields.Json(readonly=True, help="The message as it came or went.")
    amount = fields.Monetary(readonly=True)
    amount_fee = fields.Monetary(string="Commission", readonly=True)
    amount_vat = fields.Monetary(string="VAT on it", readonly=True)
    amount_remitted = fields.Monetary(string="Comes to us", compute="_compute_amount_remitted")
    payment_id = fields.Many2one(
        "account.payment",
        string="Booked by",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )

    _external_uniq = models.UniqueIndex(
        "(agency_id, external_id) WHERE external_id IS NOT NULL",
        "The agency told this event before.",
    )
    _own_key_uniq = models.UniqueIndex(
        "(referral_id, own_key) WHERE own_key IS NOT NULL", "The agency was told this before."
    )

    @api.depends("amount", "amount_fee", "amount_vat")
    def _compute_amount_remitted(self):
        for event in self:
            event.amount_remitted = event.amount - event.amount_fee - event.amount_vat

    def write(self, vals):
        if not vals.keys() <= BOOKED:
            raise UserError(self.env._("What happened to a referral is only added to."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What happened to a referral is only added to."))

    @api.model
    def _add(self, referral, kind, external_id=None, **values):
        """Note that something happened, unless it is known.

        sudo: whoever works on a referral adds to its story, and the agency does so too.

        :return: the event; empty when the agency told it before
        """
        events = self.sudo()
        domain = [("agency_id", "=", referral.agency_id.id), ("external_id", "=", external_id)]
        if external_id and events.search_count(domain, limit=1):
            return events.browse()
        return events.create(
            {
                "referral_id": referral.id,
                "agency_id": referral.agency_id.id,
                "kind": kind,
                "external_id": external_id or False,
                **values,
            }
        )
