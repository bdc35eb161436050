from functools import lru_cache

import phonenumbers
from odoo import fields, models

TAKES_TEXTS = {
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    phonenumbers.PhoneNumberType.PERSONAL_NUMBER,
}


class ResPartner(models.Model):
    _inherit = "res.partner"

    recovery_dead_number = fields.Char(
        string="Dead number",
        copy=False,
        help="The SMS provider does not deliver to this number: no text message goes there until "
        "the telephone number changes or you empty this field.",
        prefetch="recovery",
    )

    def _recovery_address(self, channel):
        """The number for text messages, as core keeps it in E.164; False without one that can take
        them."""
        if channel != "sms":
            return super()._recovery_address(channel)
        self.ensure_one()
        number = self.phone_sanitized
        alive = number and number != self.recovery_dead_number
        return number if alive and _takes_texts(number) else False

    def _recovery_contact_fields(self):
        return [*super()._recovery_contact_fields(), "phone_sanitized", "recovery_dead_number"]

    def _recovery_recipients_by_channel(self):
        """Where no level sends texts nobody's number is looked at: that is 0.1 ms each."""
        levels = self.env["dunning.level"].sudo()
        used = levels.search_count([("send_sms", "=", True)], limit=1)
        self = self.with_context(recovery_no_texts=not used)
        return super()._recovery_recipients_by_channel()

    def _pick_recipients(self, contacts, channel):
        if channel == "sms" and self.env.context.get("recovery_no_texts"):
            return self.browse()
        return super()._pick_recipients(contacts, channel)

    def _recovery_address_died(self, channel, address):
        if channel == "sms":
            living = self.filtered(lambda partner: partner._recovery_address(channel) == address)
            living.recovery_dead_number = address
        return super()._recovery_address_died(channel, address)


@lru_cache(maxsize=65_536)
def _takes_texts(number):
    """Whether a number in E.164 may be that of a mobile telephone: a landline is paid for and reads
    nothing. In some countries numbers do not tell.

    >>> _takes_texts("+32470123456"), _takes_texts("+12015550123")
    (True, True)
    >>> _takes_texts("+3222345678"), _takes_texts("")
    (False, False)
    """
    try:
        kind = phonenumbers.number_type(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False
    return kind in TAKES_TEXTS
