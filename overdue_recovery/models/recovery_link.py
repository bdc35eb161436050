import hashlib
import secrets
from datetime import timedelta

from odoo import api, fields, models

DAYS = 30
# 192 bits, as URL-safe text.
SECRET_BYTES = 24
# 79 bits, for who has to type it or pays for its length; no two of these letters look alike.
SHORT_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
SHORT_LENGTH = 16
SHORT_CHANNELS = ("letter", "sms")
TOKEN_LENGTHS = (32, SHORT_LENGTH)
# Stands in a message for the secret, until the message leaves.
PLACE = "your-link"
PATH = "/recovery/l/"
# Where a message may be when its reader opens the link in it.
UNDER_WAY = ("sending", "sent", "unknown")


class RecoveryLink(models.Model):
    """The signed link in one delivery of a notice: opens the portal without login.

    It shows that notice's matter only. The secret stands in the message that left and nowhere
    else: here is its SHA-256. It opens for 30 days, and only as long as the message was not taken
    back (``date_revoked``), its case is open and something on the notice is. Opening it changes
    nothing.
    """

    _name = "recovery.link"
    _description = "Signed Link to the Portal"
    _order = "id desc"
    _rec_name = "notice_id"

    notice_id = fields.Many2one(
        "dunning.notice", required=True, readonly=True, index=True, ondelete="cascade"
    )
    delivery_id = fields.Many2one(
        "dunning.delivery", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    digest = fields.Char(required=True, readonly=True, help="SHA-256 of the secret.")
    date_expiry = fields.Date(
        string="Opens until", required=True, readonly=True, index=True, help="Included."
    )
    date_revoked = fields.Datetime(readonly=True)

    _digest_unique = models.UniqueIndex("(digest)", "Each link has its own secret.")

    # -- issue -----------------------------------------------------------------------------

    @api.model
    def _issue(self, deliveries):
        """New links for messages that are about to leave, in one statement.

        :return: {delivery id: the secret}; kept nowhere
        """
        tokens = {delivery.id: _secret(delivery.channel) for delivery in deliveries}
        ends = {
            company.id: company._recovery_today() + timedelta(days=DAYS)
            for company in deliveries.company_id
        }
        columns = ["notice_id", "delivery_id", "company_id", "digest", "date_expiry"]
        rows = [
            (
                delivery.notice_id.id,
                delivery.id,
                delivery.company_id.id,
                _digest(tokens[delivery.id]),
                ends[delivery.company_id.id],
            )
            for delivery in deliveries
        ]
        if rows:
            self.env["dunning.proposal"]._insert(self._name, columns, rows)
        return tokens

    @api.model
    def _begin(self, deliveries):
        """The days of the links in these messages are counted from now, when they leave."""
        for link in self.sudo().search([("delivery_id", "in", deliveries.ids)]):
            link.date_expiry = link.company_id._recovery_today() + timedelta(days=DAYS)

    @api.model
    def _revoke(self, domain):
        """The links of this domain open nothing any more."""
        links = self.sudo().search([*domain, ("date_revoked", "=", False)])
        links.date_revoked = fields.Datetime.now()

    # -- open ------------------------------------------------------------------------------

    @api.model
    def _find(self, token):
        """The link that this secret opens; empty for one that is unknown, altered or over.

        sudo: whoever has the secret is the one that the message was for.
        """
        links = self.sudo()
        if not isinstance(token, str) or len(token) not in TOKEN_LENGTHS:
            return links.browse()
        return links.search([("digest", "=", _digest(token))]).filtered(lambda one: one._opens())

    def _opens(self):
        """Whether it still opens: in time, not taken back, and its matter not settled."""
        self.ensure_one()
        notice = self.notice_id
        return (
            not self.date_revoked
            and self.date_expiry >= self.company_id._recovery_today()
            and self.delivery_id.state in UNDER_WAY
            and notice.state in ("issued", "sent")
            and not notice.case_id.date_closed
            and any(not item.reconciled for item in self._items())
        )

    def _items(self):
        """The open items that its notice names, and those of what it charged.

        :return: account.move.line
        """
        self.ensure_one()
        named = self.notice_id.line_ids.filtered(lambda line: line.kind != "credit").move_line_id
        charged = self.notice_id.charge_ids.move_id._recovery_lines()
        return (named | charged).filtered(
            lambda item: item.parent_state == "posted" and item.amount_residual_currency > 0
        )

    @api.autovacuum
    def _gc_expired(self):
        """Those that are over."""
        today = fields.Date.context_today(self)
        self.search([("date_expiry", "<", today - timedelta(days=1))], limit=10_000).unlink()


def _secret(channel):
    """A new secret for a message by this channel."""
    if channel in SHORT_CHANNELS:
        return "".join(secrets.choice(SHORT_LETTERS) for _letter in range(SHORT_LENGTH))
    return secrets.token_urlsafe(SECRET_BYTES)


def _digest(token):
    return hashlib.sha256(token.encode()).hexdigest()
