from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools import http_call

PATHS = {"submit": "referrals", "inform": "referrals", "report": "reports", "recall": "recalls"}


class RecoveryAgencyRest(models.AbstractModel):
    """The connector ``rest``: JSON over HTTPS, to addresses below one URL.

    ``POST <url>/referrals`` places, and answers a question with, what the agency's fields say;
    ``/reports`` tells of money, credit notes and disputes; ``/recalls`` asks for it back. Each
    carries ``Idempotency-Key``; an answer may hold ``{"reference": its number}`` or, refused,
    ``{"errors": {field: text}}``, which is shown.
    """

    _name = "recovery.agency.rest"
    _description = "Agency: JSON over HTTPS"

    rest_url = fields.Char(string="URL", help="HTTPS; without a password or a question mark.")
    rest_header = fields.Char(
        string="Header of the secret", default="Authorization", help="Such as X-Api-Key."
    )
    rest_scheme = fields.Char(
        string="Word before the secret", default="Bearer", help="Empty: the secret alone."
    )
    secret_name = fields.Char(
        string="Secret for calls",
        help="Its name; its value stands in odoo.conf as recovery_secret_<name>, or in the "
        "environment as RECOVERY_SECRET_<NAME>.",
    )
    event_secret_name = fields.Char(
        string="Secret for news",
        help="The name of the secret with which the agency signs what it tells.",
    )
    is_secret_set = fields.Boolean(compute="_compute_is_secret_set")

    @api.depends("secret_name", "event_secret_name")
    def _compute_is_secret_set(self):
        for agency in self:
            names = filter(None, (agency.secret_name, agency.event_secret_name))
            agency.is_secret_set = all(map(self._secret, names))

    @api.constrains("rest_url", "rest_header", "rest_scheme")
    def _check_rest(self):
        for agency in self:
            if agency.rest_url and not http_call.is_safe_url(agency.rest_url):
                raise ValidationError(
                    self.env._(
                        "%s can't be called: use https://, without a password, a question mark or "
                        "a #.",
                        agency.rest_url,
                    )
                )
            if not http_call.is_header(agency.rest_header or "Authorization"):
                raise ValidationError(
                    self.env._("The header %s can't hold the secret.", agency.rest_header)
                )
            if agency.rest_scheme and not http_call.is_header(agency.rest_scheme):
                raise ValidationError(
                    self.env._("The word before the secret is a single one, such as Bearer.")
                )

    @api.constrains("secret_name", "event_secret_name")
    def _check_secret_names(self):
        for agency in self:
            for name in filter(None, (agency.secret_name, agency.event_secret_name)):
                if not self._is_secret_name(name):
                    raise ValidationError(
                        self.env._(
                            "The name of a secret has small letters, digits and underscores only. "
                            "Don't write the secret itself here."
                        )
                    )

    def _rest_submit(self, call):
        """Place a referral."""
        return self._rest_post(call)

    def _rest_inform(self, call):
        """Answer what the agency asked."""
        return self._rest_post(call)

    def _rest_report(self, call):
        """Tell of money, a credit note, or a dispute that began or ended."""
        return self._rest_post(call)

    def _rest_recall(self, call):
        """Ask for it back."""
        return self._rest_post(call)

    def _rest_post(self, call):
        """Make one call.

        sudo: whoever may send need not know where the agency listens.
        """
        agency = self.sudo()
        if not agency.rest_url:
            return http_call.Answer("failed", problem="impossible")
        secret = agency._rest_secret()
        if agency.secret_name and not secret:
            return http_call.Answer("failed", problem="secret")
        url = f"{agency.rest_url.rstrip('/')}/{PATHS[call.kind]}"
        return http_call.post(url, call._body(), call.idempotency_key, secret)

    def _rest_secret(self):
        """The header that tells the agency who we are; None without one."""
        value = self._secret(self.secret_name)
        if not value:
            return None
        text = f"{self.rest_scheme} {value}" if self.rest_scheme else value
        return http_call.Secret(self.rest_header or "Authorization", text)
