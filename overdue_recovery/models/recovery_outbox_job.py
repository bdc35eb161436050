import logging
import random
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from psycopg2 import OperationalError

from ..calc import backoff
from ..tools.http_call import Answer

_logger = logging.getLogger(__name__)

# Rows looked at together; calls are made one by one.
BATCH = 50
# Tries of one row until a person has to look: about a day.
MOST_TRIES = 12
# No call takes longer than half of this: the process that made it is gone.
LOST_AFTER = timedelta(minutes=5)


class RecoveryOutboxJob(models.AbstractModel):
    """The job that makes the calls, one by one, each written down before it is made."""

    _name = "recovery.outbox.job"
    _description = "Outbox: the job that calls"

    @api.model
    def _most_tries(self):
        return MOST_TRIES

    @api.model
    def _dice(self):
        """Seam: chance, 0 to 1; a test throws its own."""
        return random.random()

    @api.model
    def _cron_send(self):
        """Make the calls that are due, until none is left or the slice is over.

        sudo: calls belong to the engine, whoever wakes it.
        """
        self = self.sudo()
        cron = self.env["ir.cron"]
        self._give_up_lost()
        domain = self._due_domain()
        cron._recovery_commit(remaining=self.search_count(domain))
        for call in self.search(domain, limit=BATCH, order="id"):
            call.try_lock_for_update().filtered_domain(domain)._call()
            if not cron._recovery_commit(1):
                break

    @api.model
    def _due_domain(self):
        return Domain("state", "=", "queued") & (
            Domain("next_try", "=", False) | Domain("next_try", "<=", fields.Datetime.now())
        )

    @api.model
    def _give_up_lost(self):
        """Calls whose process died: nobody knows whether they arrived."""
        lost = self.search(
            [
                ("state", "=", "sending"),
                ("sending_since", "<", fields.Datetime.now() - LOST_AFTER),
            ]
        ).try_lock_for_update()
        for call in lost:
            call._unclear(self.env._("The process stopped during the call."))

    def _call(self):
        """Make this call, if it is this one's turn, and write down what came of it."""
        if not self or self._waits_for_another():
            return
        attempt = self.attempts + 1
        self._set_state(
            "sending", attempts=attempt, sending_since=fields.Datetime.now(), next_try=False
        )
        self.env["ir.cron"]._recovery_commit()
        answer = self._make()
        # whoever was slower than LOST_AFTER no longer has a say
        mine = self.try_lock_for_update().filtered_domain(
            [("state", "=", "sending"), ("attempts", "=", attempt)]
        )
        mine._settle(answer)

    def _call_here(self):
        """Make a call that reaches nobody in the transaction that decided it.

        :raise UserError: it can't be made; nothing is decided then
        """
        self._set_state("sending", attempts=self.attempts + 1)
        self._settle(self.agency_id._connector(self.kind)(self))

    def _waits_for_another(self):
        """Whether an earlier call about the same record has to be made first; this one then waits
        as long: an agency can't be told about what it doesn't know yet."""
        earlier = self.search(
            [
                ("res_model", "=", self.res_model),
                ("res_id", "=", self.res_id),
                ("state", "in", ("queued", "sending")),
                ("id", "<", self.id),
            ],
            order="id desc",
            limit=1,
        )
        if earlier:
            self.next_try = earlier.next_try or fields.Datetime.now() + LOST_AFTER
        return bool(earlier)

    def _make(self):
        """Let the connector make the call. What raises has failed, in words without any detail:
        nobody knows what an exception's text holds."""
        try:
            with self.env.cr.savepoint():
                return self.agency_id._connector(self.kind)(self)
        except OperationalError:
            raise
        except Exception as error:
            _logger.info("Call %s can't be made: %s", self.id, type(error).__name__)
            return Answer("failed", problem="broken")

    # -- what came of it -------------------------------------------------------------------

    def _settle(self, answer):
        """Write down what became of this call, and tell the record that it speaks of."""
        if not self:
            return
        self.write(
            {
                "status_code": answer.status,
                "answered_on": answer.status and fields.Datetime.now(),
                "complaints": "\n".join(": ".join(filter(None, pair)) for pair in answer.errors),
            }
        )
        reason = self._in_words(answer)
        if answer.outcome == "done":
            self._set_state("done", sending_since=False, reason=reason)
            self._tell_record("done", answer.data)
        elif answer.outcome == "failed":
            self._fail(reason)
        elif answer.outcome == "unclear":
            self._unclear(reason, answer.wait)
        else:
            self._later(reason, answer.wait)

    def _unclear(self, reason, wait=0):
        """It may have arrived: call again if the agency knows the key, else ask a person."""
        if self.agency_id.knows_keys:
            self._later(reason, wait)
        else:
            self._set_state("unknown", sending_since=False, reason=reason)
            self._tell_record("failed")

    def _later(self, reason, wait=0):
        """Call again after a pause, longer each time; in the end a person has to look."""
        left = self.tries_left - 1
        if left <= 0:
            self.tries_left = 0
            self._fail(reason)
            return
        pause = max(wait, backoff.wait(self._most_tries() - left, self._dice()))
        self._set_state(
            "queued",
            sending_since=False,
            tries_left=left,
            next_try=fields.Datetime.now() + timedelta(seconds=pause),
            reason=reason,
        )
        self._trigger_later(self.next_try)

    @api.model
    def _trigger_later(self, moment):
        self.env.ref("overdue_recovery.ir_cron_outbox").sudo()._trigger(at=moment)

    def _fail(self, reason):
        """The agency refuses it, or nobody could reach the agency for a day."""
        self._set_state("failed", sending_since=False, reason=reason)
        self._tell_record("failed")

    def _tell_record(self, what, *args):
        """Let the record act on it. If that fails the call stays what it is, and says so."""
        try:
            with self.env.cr.savepoint():
                getattr(self._record(), f"_outbox_{what}")(self, *args)
        except OperationalError:
            raise
        except Exception as error:
            _logger.info("Call %s: its record could not follow", self.id, exc_info=True)
            self.reason = self.env._(
                "What follows could not be done: %s", str(error) or type(error).__name__
            )

    def _in_words(self, answer):
        """What a person reads about an answer; nothing when all is well."""
        texts = {
            "unreachable": self.env._("The agency could not be reached."),
            "certificate": self.env._("The agency's certificate is not valid."),
            "silent": self.env._("The connection broke before the agency had answered."),
            "too_large": self.env._("The agency's answer is too long to be read."),
            "impossible": self.env._("This address can't be called: look at the agency's page."),
            "secret": self.env._("The secret that the agency's page names is not set."),
            "broken": self.env._("The connector could not make this call."),
        }
        if answer.problem:
            return texts[answer.problem]
        if answer.outcome == "done":
            return False
        return self.env._("The agency answered with status %s.", answer.status)
