from typing import NamedTuple

from odoo import api, fields, models

from ..calc import contact_window

CHANNELS = [("email", "E-mail"), ("sms", "SMS"), ("letter", "Letter"), ("call", "Call")]
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class ContactRule(NamedTuple):
    """The figures of one row, kept in memory: the gate asks for them all the time."""

    channel: str | None
    weekdays: frozenset
    hours: tuple
    skip_holidays: bool
    max_contacts: int
    window_days: int
    gap_days: int
    conversation_days: int
    needs_consent: bool

    def binds(self, channel):
        """Whether a contact on ``channel`` has to keep it."""
        return self.channel in (None, channel)

    def for_channel(self, channel, holidays):
        """As ``calc.contact_window.Rule``, for a contact on ``channel``.

        :param holidays: whatever can say whether a day is a public holiday for the recipient
        """
        timed = self.channel or channel != "letter"
        return contact_window.Rule(
            weekdays=self.weekdays if timed else range(7),
            hours=self.hours if timed else (0, 24),
            holidays=holidays if timed and self.skip_holidays else (),
            limits=self._limits(channel),
            gap_days=self.gap_days,
        )

    def _limits(self, channel):
        limits = []
        if self.max_contacts:
            limits.append(contact_window.Limit(self.channel, self.max_contacts, self.window_days))
        if self.conversation_days and channel == "call":
            limits.append(contact_window.Limit("call", None, self.conversation_days))
        return tuple(limits)

    def looks_back(self):
        """The days of log that it looks back on."""
        return max(self.window_days, self.gap_days, self.conversation_days)


class RecoveryLawContactRule(models.Model):
    """When and how often a law row lets people be contacted, on one channel or on all.

    Rules only narrow each other: a contact needs a moment that suits every rule in force for the
    person and the channel. So a country's rule can forbid what the courtesy rule allows, never
    the other way round.
    """

    _name = "recovery.law.contact.rule"
    _inherit = "recovery.law.cached"
    _description = "Contact Rule"
    _order = "law_id, sequence, id"

    law_id = fields.Many2one("recovery.law", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    channel = fields.Selection(
        CHANNELS,
        help="Empty: all. Hours and days of such a rule leave letters alone, which are read when "
        "they are read; its limits count them.",
    )
    monday = fields.Boolean(default=True)
    tuesday = fields.Boolean(default=True)
    wednesday = fields.Boolean(default=True)
    thursday = fields.Boolean(default=True)
    friday = fields.Boolean(default=True)
    saturday = fields.Boolean(default=True)
    sunday = fields.Boolean(default=True)
    hour_from = fields.Float(string="From", help="In the recipient's own time.")
    hour_to = fields.Float(
        string="To", default=24.0, help="Not included; 24:00 is the end of the day."
    )
    skip_holidays = fields.Boolean(
        string="Not on holidays", help="Public holidays where the recipient lives."
    )
    max_contacts = fields.Integer(
        string="At most",
        help="Contacts on this channel in so many days. For all channels: demands, and all "
        "messages of one notice and its call are one demand. 0: no limit.",
    )
    window_days = fields.Integer(string="In days")
    gap_days = fields.Integer(
        string="Days between", help="Days since the last contact, on whatever channel. 0: none."
    )
    conversation_days = fields.Integer(
        string="Days after a talk",
        help="So many days after a conversation by telephone there is no further call. 0: none.",
    )
    needs_consent = fields.Boolean(
        string="Only with consent",
        help="Text messages only to who agreed to them (see the contact's recovery tab).",
    )

    _hours_in_order = models.Constraint(
        "CHECK (hour_from >= 0 AND hour_from < hour_to AND hour_to <= 24)",
        "The hours of a contact rule begin before they end, between 0:00 and 24:00.",
    )
    _some_day = models.Constraint(
        "CHECK (monday OR tuesday OR wednesday OR thursday OR friday OR saturday OR sunday)",
        "A contact rule leaves at least one day of the week: nobody could ever be contacted.",
    )
    _not_negative = models.Constraint(
        "CHECK (max_contacts >= 0 AND gap_days >= 0 AND conversation_days >= 0)",
        "Limits and days of a contact rule can't be negative.",
    )
    _limit_has_window = models.Constraint(
        "CHECK (max_contacts = 0 OR window_days > 0)",
        "A limit needs the days it counts in: at most 7 in 7 days.",
    )
    _within_a_year = models.Constraint(
        "CHECK (GREATEST(window_days, gap_days, conversation_days) <= 366)",
        "A contact rule looks back one year at most.",
    )

    @api.depends("channel", "law_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["channel"]._description_selection(self.env))
        for rule in self:
            channel = labels.get(rule.channel) or self.env._("All channels")
            rule.display_name = f"{rule.law_id.code}: {channel}"

    def _fact(self):
        """This rule as plain figures."""
        self.ensure_one()
        return ContactRule(
            channel=self.channel or None,
            weekdays=frozenset(number for number, name in enumerate(WEEKDAYS) if self[name]),
            hours=(self.hour_from, self.hour_to),
            skip_holidays=self.skip_holidays,
            max_contacts=self.max_contacts,
            window_days=self.window_days,
            gap_days=self.gap_days,
            conversation_days=self.conversation_days,
            needs_consent=self.needs_consent,
        )
