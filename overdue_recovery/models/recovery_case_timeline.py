from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import AccessError
from odoo.tools import format_date, formatLang

from ..calc import ageing

#: How far the timeline looks ahead, and how many steps it shows on each side.
DAYS_AHEAD = 60
MOST_STEPS = 5
# Outcomes of a contact that a person should look at.
BAD_OUTCOMES = frozenset(["failed", "bounced", "unknown", "broken"])
# Entries about a message that has its own: the contact log has them, the timeline does not.
ASIDE = ("hold_override",)


class RecoveryCaseTimeline(models.AbstractModel):
    """What has happened with a customer, what holds today, and what comes next and when."""

    _name = "recovery.case.timeline"
    _description = "Case: timeline and ageing"

    def recovery_story(self):
        """What the case's timeline and ageing bar show; nothing is stored.

        sudo: the coming steps are simulated on the whole account, as runs do it; the case itself
        is read with the reader's rights.

        :return: ``ageing`` = [{label, amount, share}] with share in percent of what is open,
            ``past``, ``today`` and ``next`` = [{date, day, title, text, tone, model, id}]
        :raise AccessError: the reader may not see this case or its company
        """
        self.ensure_one()
        self.check_access("read")
        if self.company_id not in self.env.companies:
            raise AccessError(self.env._("%s is not one of your companies.", self.company_id.name))
        today = self.company_id._recovery_today()
        coming = [] if self.date_closed else self._coming_steps(today)
        return {
            "ageing": self._ageing_columns(today),
            "past": self._past_steps(),
            "today": self._blocked_steps(today),
            "next": sorted(coming, key=lambda step: step["date"])[:MOST_STEPS],
        }

    # -- ageing ----------------------------------------------------------------------------

    def _ageing_columns(self, today):
        """What is open by days overdue, in company currency; columns of ``calc.ageing``."""
        parts = self._items_by_age(today)
        amounts = [sum(items.mapped("amount_residual")) for items in parts]
        total = sum(amounts)
        return [
            {
                "label": label,
                "amount": self._story_money(amount),
                "share": round(100 * amount / total, 1) if total else 0,
            }
            for label, amount in zip(self._ageing_labels(), amounts, strict=True)
        ]

    def _items_by_age(self, today=None):
        """The open items by days overdue: one recordset for each column of ``calc.ageing``."""
        today = today or self.company_id._recovery_today()
        parts = [self.item_ids.browse() for _label in self._ageing_labels()]
        for item in self.item_ids:
            days = ageing.days_overdue(item.date_maturity or item.date, today)
            parts[ageing.bucket(days)] |= item
        return parts

    def _ageing_labels(self):
        return [
            self.env._("Not due"),
            self.env._("1–30 days"),
            self.env._("31–60 days"),
            self.env._("61–90 days"),
            self.env._("Over 90 days"),
        ]

    # -- past ------------------------------------------------------------------------------

    def _past_steps(self):
        """The newest contacts of the log, each with what became of it, oldest first."""
        log = self.env["recovery.interaction"]
        contacts = [("case_id", "=", self.id), ("kind", "not in", ASIDE)]
        newest = log.search(contacts, limit=4 * MOST_STEPS)
        outcomes = {}
        for entry in newest.sorted("sequence"):
            outcomes[entry.refers_to or entry.sequence] = entry
        first = newest.filtered(lambda entry: not entry.refers_to).sorted("sequence")
        levels = self._levels_by_notice(first)
        return [
            self._past_step(entry, outcomes[entry.sequence], levels)
            for entry in first[-MOST_STEPS:]
        ]

    def _levels_by_notice(self, entries):
        """{number of a notice: name of its level}, in one query."""
        numbers = entries.filtered(lambda entry: entry.kind == "notice").mapped("reference")
        domain = [("case_id", "=", self.id), ("name", "in", numbers)]
        notices = self.env["dunning.notice"].search(domain)
        return {notice.name: notice.level_id.name for notice in notices}

    def _past_step(self, entry, outcome, levels):
        day = fields.Datetime.context_timestamp(self, entry.date).date()
        said = [entry.channel_name, outcome.outcome_name]
        return self._story_step(
            day,
            levels.get(entry.reference) or entry.kind_name,
            " · ".join(part for part in said if part),
            tone="danger" if outcome.outcome in BAD_OUTCOMES else "past",
            record=entry,
        )

    # -- today -----------------------------------------------------------------------------

    def _blocked_steps(self, today):
        """Why what is due does not go out today: the reasons of each item, most serious first."""
        if self.date_closed:
            return []
        items = self.item_ids.sudo()._overdue_on(today)
        reasons = self.env["account.move.line"].sudo()._dunning_blockers(items.ids)
        names = {}
        for item in items:
            for reason in reasons.get(item.id, ())[:1]:
                names.setdefault(reason.text, []).append(item.move_id.name)
        return [
            self._story_step(today, text, ", ".join(dict.fromkeys(documents)), tone="blocked")
            for text, documents in names.items()
        ]

    # -- next ------------------------------------------------------------------------------

    def _coming_steps(self, today):
        """What comes within the days shown: steps of dunning, dates agreed, a person's own date.

        Seam: further rooms add their dates by ``super()``.
        """
        return [
            *self._coming_notices(today),
            *self._coming_promises(today),
            *self._coming_installments(today),
            *self._coming_hold_ends(today),
            *self._coming_follow_up(today),
        ]

    def _coming_notices(self, today):
        outlook = (
            self.env["dunning.simulation"]
            .sudo()
            ._outlook(
                self.company_id,
                today,
                today + timedelta(days=DAYS_AHEAD),
                scope=self.partner_id._recovery_debtor().ids,
            )
        )
        channels = dict(
            self.env["dunning.delivery"]._fields["channel"]._description_selection(self.env)
        )
        return [
            self._story_step(
                entry["date"],
                entry["level"],
                " · ".join(
                    part
                    for part in (channels.get(entry["channel"]), self._story_money(entry["amount"]))
                    if part
                ),
                tone="next",
            )
            for entry in outlook.entries
        ]

    def _coming_promises(self, today):
        return [
            self._story_step(
                promise.date_promised,
                self.env._("Promised"),
                promise.currency_id.format(promise.amount_promised),
                tone="agreed",
                record=promise,
            )
            for promise in self.promise_ids
            if promise.state == "open" and promise.date_promised >= today
        ]

    def _coming_installments(self, today):
        rows = self.live_plan_id.installment_ids if self.live_plan_id.state == "active" else ()
        return [
            self._story_step(
                row.date_due,
                self.env._("Installment"),
                row.currency_id.format(row.amount_open),
                tone="agreed",
                record=row.plan_id,
            )
            for row in rows
            if row.amount_open and row.date_due >= today
        ]

    def _coming_hold_ends(self, today):
        return [
            self._story_step(
                hold.date_to,
                self.env._("Hold ends: %s", hold.reason_id.name),
                hold.subject,
                tone="agreed",
                record=hold,
            )
            for hold in self.hold_ids
            if hold.date_to and not hold.origin_model
        ]

    def _coming_follow_up(self, today):
        if not self.follow_up_date or self.follow_up_date < today:
            return []
        return [self._story_step(self.follow_up_date, self.env._("Follow-up"), "", tone="agreed")]

    # -- words -----------------------------------------------------------------------------

    def _story_step(self, day, title, text, tone, record=None):
        return {
            "date": fields.Date.to_string(day),
            "day": format_date(self.env, day),
            "title": title,
            "text": text,
            "tone": tone,
            "model": record._name if record else False,
            "id": record.id if record else False,
        }

    def _story_money(self, amount):
        return formatLang(self.env, amount, currency_obj=self.company_id.currency_id)
