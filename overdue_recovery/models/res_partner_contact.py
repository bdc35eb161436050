from datetime import timedelta
from functools import lru_cache

import holidays
from odoo import api, fields, models

from ..calc import time_zone
from .account_move import RECOVERY_GROUPS

WEEKEND = (5, 6)


class ResPartnerContact(models.AbstractModel):
    """How and when a person wants to be contacted: what the contact gate asks of a partner."""

    _name = "res.partner.recovery.contact"
    _description = "Partner: wishes and time for contacts"

    recovery_opt_out_email = fields.Boolean(
        string="No e-mails", groups=RECOVERY_GROUPS, prefetch="recovery"
    )
    recovery_opt_out_sms = fields.Boolean(
        string="No text messages", groups=RECOVERY_GROUPS, prefetch="recovery"
    )
    recovery_opt_out_letter = fields.Boolean(
        string="No letters", groups=RECOVERY_GROUPS, prefetch="recovery"
    )
    recovery_opt_out_call = fields.Boolean(
        string="No calls", groups=RECOVERY_GROUPS, prefetch="recovery"
    )
    recovery_sms_consent = fields.Boolean(
        string="Agreed to text messages",
        groups=RECOVERY_GROUPS,
        help="Where a contact rule asks for it, only who agreed gets text messages.",
        prefetch="recovery",
    )

    recovery_hours = fields.Selection(
        [
            ("morning", "In the morning, 8 to 12"),
            ("afternoon", "In the afternoon, 12 to 17"),
            ("evening", "In the evening, 17 to 20"),
        ],
        string="When to contact",
        groups=RECOVERY_GROUPS,
        help="Kept as far as the contact rules leave time then. Empty: whenever they allow.",
        prefetch="recovery",
    )

    def _recovery_fetch(self):
        """Read what reaching and contacting these people takes, and where they live, in a constant
        number of statements. sudo: it only fills the cache; who reads it is asked as ever."""
        people, fields = self.sudo(), self._recovery_contact_fields()
        people.fetch(fields)
        (people.commercial_partner_id - people).fetch(fields)
        people.country_id.fetch(["code", "name", "zip_required"])
        people.state_id.fetch(["code"])

    def _recovery_contact_fields(self):
        """Seam: glue addons add the fields that their channels look at."""
        return [
            "name",
            "complete_name",
            "company_name",
            "active",
            "lang",
            "tz",
            "create_uid",
            "parent_id",
            "commercial_partner_id",
            "dunning_payer_id",
            "is_dunning_contact",
            "email",
            "email_normalized",
            "phone",
            "street",
            "street2",
            "zip",
            "city",
            "country_id",
            "state_id",
            "recovery_channel",
            "recovery_dead_email",
            "recovery_dead_postal",
            "recovery_debtor_type",
            "recovery_opt_out_email",
            "recovery_opt_out_sms",
            "recovery_opt_out_letter",
            "recovery_opt_out_call",
            "recovery_sms_consent",
            "recovery_hours",
        ]

    def _recovery_opted_out(self, channel):
        """Whether this person, or the customer it belongs to, wants nothing on ``channel``.

        sudo: whoever triggers a message need not be allowed to read wishes.
        """
        person, wish = self.sudo(), f"recovery_opt_out_{channel}"
        return person[wish] or person.commercial_partner_id[wish]

    def _recovery_consented(self, channel):
        """Whether this person agreed to ``channel``, for rules that ask for it: there is a consent
        to text messages only, so every other channel counts as agreed to.

        Seam: extend for channels with a consent of their own. sudo: as above.
        """
        return channel != "sms" or self.sudo().recovery_sms_consent

    def _recovery_law_type(self):
        """What the law takes this debtor for: business (a public body too) or consumer."""
        self.ensure_one()
        return "business" if self.recovery_debtor_type in ("business", "public") else "consumer"

    def _recovery_home(self, company):
        """Where this person lives, as (country, state): its own, else its customer's, else the
        country of the company, as customers at home are often entered without one."""
        self.ensure_one()
        for place in (self, self.commercial_partner_id):
            if place.country_id:
                return place.country_id, place.state_id
        return company.country_id, company.state_id

    @api.model
    def _recovery_holidays(self, country, state):
        """Public holidays there, as what a date can be looked for in. Source: the ``holidays``
        library; empty for a country that it does not know."""
        return _holidays_of(country.code, state.code)

    def _recovery_working_day(self, day):
        """``day``, or the next working day of this partner's country: no weekend, no public
        holiday."""
        days_off = self._recovery_holidays(self.country_id, self.state_id)
        while day.weekday() in WEEKEND or day in days_off:
            day += timedelta(days=1)
        return day

    def _recovery_add_working_days(self, day, count):
        """The working day that is ``count`` working days after ``day`` (before it, where
        ``count`` is negative), in this partner's country."""
        days_off = self._recovery_holidays(self.country_id, self.state_id)
        step = timedelta(days=1 if count > 0 else -1)
        left = abs(count)
        while left:
            day += step
            left -= not (day.weekday() in WEEKEND or day in days_off)
        return day

    def _recovery_zones(self, company, year):
        """The time zones this person may be in: its own; else those of its state or country, and
        then a moment has to suit in each; else that of ``company``.

        Odoo gives a new contact the zone of whoever enters it. So a zone of that user's or of the
        company's is taken for the contact's own only if clocks show that time where it lives.

        :return: tuple of ``zoneinfo.ZoneInfo``, never empty
        """
        self.ensure_one()
        place = self if self.country_id else self.commercial_partner_id
        zones = time_zone.zones_of(place.country_id.code or "", place.state_id.code or "", year)
        own = time_zone.zone_of(self.tz or self.commercial_partner_id.tz)
        if own and (not zones or self._recovery_zone_is_own(own, zones, company, year)):
            return (own,)
        return zones or (time_zone.zone_of(company._recovery_zone()) or time_zone.zone_of("UTC"),)

    def _recovery_zone_is_own(self, own, zones, company, year):
        """Whether the zone on this contact is its own, not the one of whoever entered it."""
        if time_zone.shows_same_time(own, zones, year):
            return True
        return own.key not in {company._recovery_zone(), self.create_uid.tz, self.env.user.tz}


@lru_cache(maxsize=512)
def _holidays_of(country_code, state_code):
    """Public holidays of a country (and of its subdivision where the library knows it)."""
    if not country_code:
        return frozenset()
    countries = holidays.list_supported_countries(include_aliases=True)
    if country_code not in countries:
        return frozenset()
    # Odoo writes Bavaria as DE-BY, the library as BY
    state_code = (state_code or "").removeprefix(f"{country_code}-")
    known = state_code in countries[country_code]
    return holidays.country_holidays(country_code, subdiv=state_code if known else None)
