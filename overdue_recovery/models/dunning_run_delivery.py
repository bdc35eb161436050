from collections import Counter, defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

# What a run shows of its messages, and the states that each figure counts.
SHOWN = {
    "sent_count": ("sent",),
    "waiting_count": ("queued", "sending"),
    "held_count": ("held",),
    "failed_count": ("failed", "bounced"),
    "unknown_count": ("unknown",),
}
# Letters that wait for the printer: counted apart.
LETTERS = Domain("channel", "=", "letter") & Domain("state", "=", "sending")


class DunningRunDelivery(models.AbstractModel):
    """What became of a run's messages."""

    _name = "dunning.run.delivery"
    _description = "Run: its messages"

    sent_count = fields.Integer("Sent", compute="_compute_delivery_counts")
    waiting_count = fields.Integer("Waiting", compute="_compute_delivery_counts")
    held_count = fields.Integer("Held", compute="_compute_delivery_counts")
    failed_count = fields.Integer(
        "Failed", compute="_compute_delivery_counts", help="Messages that did not get through."
    )
    unknown_count = fields.Integer("Unknown", compute="_compute_delivery_counts")
    letter_count = fields.Integer(
        "Letters to print", compute="_compute_delivery_counts", help="Letters to be printed."
    )
    skipped_count = fields.Integer("Skipped", compute="_compute_delivery_counts")
    unsent_count = fields.Integer(
        "Failed notices", compute="_compute_delivery_counts", help="Notices that reached nobody."
    )

    @api.depends("notice_ids.state", "notice_ids.delivery_ids.state")
    def _compute_delivery_counts(self):
        """Two queries for all runs."""
        messages, letters, notices = self._count_messages()
        for run in self:
            for name, states in SHOWN.items():
                run[name] = sum(messages[run.id][state] for state in states)
            run.letter_count = letters[run.id]
            run.waiting_count -= letters[run.id]
            run.skipped_count = notices[run.id]["skipped"] + notices[run.id]["cancelled"]
            run.unsent_count = notices[run.id]["failed"]

    def _count_messages(self):
        """Messages by state, letters that wait for the printer, and notices by state, by run."""
        messages, letters, notices = defaultdict(Counter), Counter(), defaultdict(Counter)
        groups = self.env["dunning.delivery"]._read_group(
            [("run_id", "in", self.ids)], ["run_id", "state", "channel"], ["__count"]
        )
        for run, state, channel, count in groups:
            messages[run.id][state] += count
            if state == "sending" and channel == "letter":
                letters[run.id] += count
        groups = self.env["dunning.notice"]._read_group(
            [("run_id", "in", self.ids)], ["run_id", "state"], ["__count"]
        )
        for run, state, count in groups:
            notices[run.id][state] = count
        return messages, letters, notices

    # -- a person's acts -----------------------------------------------------------------------

    def action_retry_failed(self):
        """Try all failed notices and messages of these runs again, each with its address of now.

        Those that still can't be reached stay as they are.

        :raise UserError: nothing of them failed, or none of them can be reached
        """
        self.check_access("write")
        runs = self.sudo()
        failed = runs.notice_ids.filtered(lambda notice: notice.state == "failed")
        others = (runs.notice_ids - failed).delivery_ids.filtered(
            lambda delivery: delivery.state in ("failed", "bounced")
        )
        if not failed and not others:
            raise UserError(self.env._("Nothing of this run failed."))
        failed._try_again(others)
        return True

    def action_view_sent(self):
        """Open the messages of this run that were sent."""
        return self._open_shown("sent_count")

    def action_view_waiting(self):
        """Open the messages of this run that wait; letters have a list of their own."""
        return self._open_shown("waiting_count", ~LETTERS)

    def action_view_held(self):
        """Open the messages of this run that the gate holds."""
        return self._open_shown("held_count")

    def action_view_failed(self):
        """Open the messages of this run that did not get through."""
        return self._open_shown("failed_count")

    def action_view_unknown(self):
        """Open the messages of this run of which nobody knows whether they arrived."""
        return self._open_shown("unknown_count")

    def action_view_letters(self):
        """Open the letters of this run that wait to be printed."""
        return self._action_of("overdue_recovery.dunning_delivery_action_letter", {}, LETTERS)

    def action_view_skipped(self):
        """Open the notices of this run that were skipped or cancelled."""
        return self._open_notices(("skipped", "cancelled"))

    def action_view_unsent(self):
        """Open the notices of this run that reached nobody."""
        return self._open_notices(("failed",))

    def _open_shown(self, name, but=Domain.TRUE):
        """Open the messages that a figure counts."""
        domain = Domain("state", "in", SHOWN[name]) & but
        return self._action_of("overdue_recovery.dunning_delivery_action", {}, domain)

    def _open_notices(self, states):
        domain = Domain("state", "in", states)
        return self._action_of("overdue_recovery.dunning_notice_action", {}, domain)
