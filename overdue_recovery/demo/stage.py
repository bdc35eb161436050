"""What a story needs to be told in one go: a clock, a mail server, and one transaction."""

from contextlib import ExitStack, contextmanager
from datetime import datetime, time, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from ..tools.smtp_truth import Truth

# Office hours wherever the customers are.
HOUR = time(15)


class Stage:
    """A database whose time is moved from day to day, and whose mail reaches nobody.

    Only the transaction of ``env`` is on the stage; what other processes and threads send or
    commit meanwhile is theirs. (Python's clock stands still for the whole process, though.)
    """

    def __init__(self, env, today):
        self.env = env
        self.today = today
        self._clock = None

    @contextmanager
    def open(self):
        """Let time stand still, mail be taken by nobody, and jobs commit nothing."""
        with ExitStack() as stack:
            stack.enter_context(self._instead("dunning.delivery", "_hand_to_servers", _take_all))
            stack.enter_context(
                self._instead("ir.cron", "_is_test_transaction", lambda _jobs: True)
            )
            self._clock = stack.enter_context(freeze_time(self._moment(0)))
            yield self
        self._drop_mail()

    def go_to(self, day):
        """Let it be ``day`` days from today."""
        self._clock.move_to(self._moment(day))

    def day(self, days):
        """The date of ``days`` from today."""
        return self.today + timedelta(days=days)

    def _moment(self, days):
        return datetime.combine(self.day(days), HOUR)

    def _instead(self, model, name, stand_in):
        """Let a method of a model be another one, for this transaction."""
        owner = self.env.registry[model]
        method = getattr(owner, name)

        def choose(records, *args):
            own = records.env.cr is self.env.cr
            return (stand_in if own else method)(records, *args)

        return patch.object(owner, name, choose)

    def _drop_mail(self):
        """Cancel the messages that core has queued meanwhile: nobody is to get them."""
        mails = self.env["mail.mail"].sudo()
        mails.search([("create_uid", "in", self._writers()), ("state", "=", "outgoing")]).write(
            {"state": "cancel"}
        )

    def _writers(self):
        return [self.env.uid, self.env.ref("base.user_root").id]


def _take_all(_deliveries, posts):
    """A mail server that says yes to everybody and keeps nothing."""
    return {post.delivery_id: Truth("sent") for post in posts}
