from odoo import api, fields, models
from odoo.exceptions import UserError


class DunningDelivery(models.Model):
    """One message of a notice on one channel to one recipient.

    ``_cron_deliver`` takes what is queued, or held and due, in chunks: looks again whether it is
    due, asks the contact gate, renders, logs, commits, sends, and writes what became of it.
    What counts is what the mail server said (``mail.mail``), never that something was queued.
    """

    _name = "dunning.delivery"
    _description = "Delivery of a Notice"
    _inherit = [
        "dunning.delivery.channel",
        "dunning.delivery.recipient",
        "dunning.delivery.letter",
        "dunning.delivery.print",
        "dunning.delivery.attachment",
        "dunning.delivery.pace",
        "dunning.delivery.link",
        "dunning.delivery.email",
        "dunning.delivery.smtp",
        "dunning.delivery.call",
        "dunning.delivery.message",
        "dunning.delivery.job",
        "dunning.delivery.hold",
        "dunning.delivery.outcome",
        "dunning.delivery.act",
        "dunning.delivery.switch",
        # last: its seams are empty, and what the others put there comes first
        "recovery.state.mixin",
    ]
    _order = "id desc"
    _rec_name = "address"

    _transitions = {
        "queued": {"held", "sending", "cancelled"},
        "held": {"queued", "cancelled"},
        "sending": {"sent", "queued", "unknown", "failed", "cancelled"},
        "failed": {"queued", "cancelled"},
        "unknown": {"sent", "queued", "failed"},
        "sent": {"bounced"},
        "bounced": {"queued", "cancelled"},
        "cancelled": set(),
    }

    notice_id = fields.Many2one("dunning.notice", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="notice_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="notice_id.partner_id", string="Customer")
    run_id = fields.Many2one(related="notice_id.run_id", store=True, index=True)
    case_id = fields.Many2one(related="notice_id.case_id")
    notice_date = fields.Date(related="notice_id.date", string="Date of the notice")
    channel = fields.Selection(
        [("email", "E-mail"), ("sms", "SMS"), ("letter", "Letter"), ("call", "Call")],
        required=True,
        readonly=True,
    )
    recipient_id = fields.Many2one(
        "res.partner", required=True, readonly=True, index=True, ondelete="restrict"
    )
    address = fields.Char(readonly=True, help="E-mail address, number or owner of the call.")
    lang = fields.Char(readonly=True)
    state = fields.Selection(
        [
            ("queued", "Queued"),
            ("held", "Held"),
            ("sending", "Sending"),
            ("sent", "Sent"),
            ("unknown", "Unknown"),
            ("failed", "Failed"),
            ("bounced", "Bounced"),
            ("cancelled", "Cancelled"),
        ],
        default="queued",
        required=True,
        readonly=True,
        index=True,
    )
    is_merged = fields.Boolean(readonly=True, default=False, required=True)
    hold_until = fields.Datetime(readonly=True)
    reason = fields.Char(readonly=True)
    attempts = fields.Integer(readonly=True)
    next_try = fields.Datetime(readonly=True)
    sending_since = fields.Datetime(readonly=True)
    handover = fields.Selection(
        [("begun", "Begun"), ("taken", "Taken by the server")],
        readonly=True,
        help="How far the message had come when it was last written down.",
    )
    sent_on = fields.Datetime(readonly=True)
    message_id = fields.Char(string="Message-ID", readonly=True, index="btree_not_null")
    subject = fields.Char(readonly=True)
    body = fields.Html(readonly=True, sanitize=False, help="As sent.")
    mail_mail_id = fields.Many2one(
        "mail.mail", readonly=True, index="btree_not_null", ondelete="set null"
    )
    activity_id = fields.Many2one("mail.activity", readonly=True, ondelete="set null")
    proof_attachment_id = fields.Many2one(
        "ir.attachment", string="Letter", readonly=True, ondelete="set null"
    )
    letter_digest = fields.Char(readonly=True, help="Of what stands in the PDF.")
    printed_on = fields.Datetime(readonly=True, help="When the letter was last given to print.")
    log_sequence = fields.Integer(
        readonly=True, help="Number of the entry in the contact log that announced it."
    )

    _one_per_recipient = models.UniqueIndex(
        "(notice_id, channel, recipient_id) WHERE state != 'cancelled' AND NOT is_merged",
        "A recipient gets a notice once on a channel.",
    )
    _due = models.Index("(next_try, id) WHERE state IN ('queued', 'held', 'sending')")

    @api.ondelete(at_uninstall=False)
    def _unlink_only_cancelled(self):
        for delivery in self.filtered(lambda delivery: delivery.state != "cancelled"):
            raise UserError(
                self.env._(
                    "The message to %(address)s belongs to a notice and stays as its record. "
                    "Cancel the notice instead.",
                    address=delivery.display_name,
                )
            )

    @api.model
    def _trigger_delivery(self):
        """Let the delivery job start as soon as this transaction is committed."""
        self.env.ref("overdue_recovery.ir_cron_deliver").sudo()._trigger()
